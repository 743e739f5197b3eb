"""Scripts of conversations: their nouns, and reading them from YAML with mistakes told by file and line."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

CHANNELS: Final = ("sms", "webchat", "terminal")
CASE_KEYS: Final = frozenset({"test_case", "metadata", "fixtures", "channel", "language", "steps", "xfail"})
VERBS: Final[Mapping[str, str]] = {
    "user": "a message of the citizen",
    "photo": 'a picture of the citizen\'s, with these words beside it; "" for none',
    "after_hours": "hours that go by",
    "from": "whose phone the next lines are from, as +44…; “citizen” is the one that began",
    "look": "true: the departments' watches look now, and what they say or ask arrives",
    "service": "the departments' systems: down, or up again",
    "department": "what happens at a department meanwhile: a “post” to its stand-in, a “json” body, a “key”",
    "utter": "a response that is part of the answer, by its key",
    "bot": "the whole answer, word for word",
    "text": "words in the answer, or a regular expression between slashes",
    "not_text": "words that are not in the answer",
    "slot_was_set": "slots of the flow in hand, with their values or only by name",
    "slot_was_not_set": "slots that are empty",
    "flow_started": "a flow that this message began",
    "flow_completed": "a flow that was done with this message",
    "flow_cancelled": "a flow that was left unfinished with this message",
    "resumed": "the flow that goes on, and the citizen is told so",
    "flow": "the flow in hand, or null",
    "asks": "the slot or confirmation that the open question is about, or null",
    "options": "what the answer offers to press: how many, or their words",
    "escalated": "the reason of a case for the desk, true for any or false for none",
    "language": "the language of the answer",
}
"""What a step may be, after Rasa's end-to-end tests with some of our own."""
DOING: Final = frozenset({"user", "photo", "after_hours", "service", "department", "from", "look"})
"""Those that expect nothing."""
_POSTED: Final = frozenset({"pack", "post", "json"})


class ScriptError(Exception):
    """A mistake in a script; the text names the file and the line and says what to write."""


@dataclass(frozen=True)
class Step:
    """One line of a script: what is said, or what is expected of the answer.

    Args:
        verb: one of `VERBS`.
        value: what follows it.
        line: where it stands in its file.
    """

    verb: str
    value: Any
    line: int

    def __str__(self) -> str:
        return f"{self.verb}: {self.value}"


@dataclass(frozen=True)
class Case:
    """One conversation.

    Args:
        name: what it shows.
        path: its file.
        line: where it begins there.
        channel: one of `CHANNELS`.
        language: the citizen's from the start, `en` or `cy`; as a browser's page has one.
        steps: fixtures first.
        xfail: why it is expected to fail for now.
    """

    name: str
    path: Path
    line: int
    channel: str
    language: str
    steps: tuple[Step, ...]
    xfail: str | None = None


def read_cases(path: Path) -> list[Case]:
    """The conversations of one file.

    A `fixture` is a named list of steps that come first: in Rasa it is a list of slots, but here a slot
    is only ever filled by what a citizen said or a department answered.

    Raises:
        ScriptError: on the first mistake.
    """
    return _Reader(path).read()


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._fixtures: dict[str, tuple[Step, ...]] = {}
        self._metadata: dict[str, CommentedMap] = {}

    def read(self) -> list[Case]:
        try:
            document = YAML(typ="rt").load(self._path.read_text())
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ScriptError(f"{self._path}:{line}: this is not YAML: {error.problem}.") from None
        if not isinstance(document, CommentedMap) or not isinstance(document.get("test_cases"), CommentedSeq):
            raise ScriptError(f"{self._path}:1: write “test_cases:” and a list of conversations.")
        self._known(document, {"fixtures", "metadata", "test_cases"})
        for entry in document.get("fixtures") or []:
            for name, steps in entry.items():
                self._fixtures[str(name)] = self._steps(steps, entry)
        for entry in document.get("metadata") or []:
            for name, values in entry.items():
                self._known(values, {"channel", "language"})
                self._metadata[str(name)] = values
        return [self._case(body) for body in document["test_cases"]]

    def _case(self, body: Any) -> Case:
        if not isinstance(body, CommentedMap) or "test_case" not in body:
            self._fail(body, "a conversation begins with “- test_case: <what it shows>”")
        self._known(body, CASE_KEYS)
        settings: dict[str, Any] = {}
        if "metadata" in body:
            settings.update(self._named(body, str(body["metadata"]), self._metadata, "metadata"))
        settings.update({key: body[key] for key in ("channel", "language") if key in body})
        channel, language = settings.get("channel", "webchat"), settings.get("language", "en")
        if channel not in CHANNELS:
            self._fail(body, f"“channel” is one of {', '.join(CHANNELS)}")
        if language not in {"en", "cy"}:
            self._fail(body, "“language” is en or cy")
        steps: tuple[Step, ...] = ()
        for name in body.get("fixtures") or []:
            steps += self._named(body, str(name), self._fixtures, "fixture")
        own = self._steps(body.get("steps"), body)
        if not any(step.verb not in DOING for step in own):
            self._fail(
                body, "nothing is expected here: say what the answer should be, such as “- asks: postcode”"
            )
        return Case(
            str(body["test_case"]), self._path, _line(body), str(channel), str(language), steps + own,
            str(body["xfail"]) if body.get("xfail") else None,
        )  # fmt: skip

    def _steps(self, items: Any, parent: Any) -> tuple[Step, ...]:
        if not isinstance(items, CommentedSeq) or not items:
            self._fail(parent, "“steps” is a list, each with a dash")
        found = []
        for item in items:
            if not isinstance(item, CommentedMap) or len(item) != 1:
                self._fail(
                    item if isinstance(item, CommentedMap) else parent,
                    "a step is one pair, such as “- user: hello”",
                )
            verb, value = next(iter(item.items()))
            self._known(item, VERBS)
            if verb == "after_hours" and (isinstance(value, bool) or not isinstance(value, int | float)):
                self._fail(item, "“after_hours” is a number of hours")
            if verb == "look" and value is not True:
                self._fail(item, "“look” is true")
            if verb == "department" and (
                not isinstance(value, CommentedMap) or not _POSTED <= set(value) <= _POSTED | {"key"}
            ):
                self._fail(
                    item, "“department” has a “pack”, the path to “post” to, and the “json” that is sent"
                )
            if verb == "service" and value not in ("up", "down"):
                self._fail(item, "“service” is up or down")
            found.append(Step(str(verb), value, _line(item)))
        return tuple(found)

    def _named[T](self, item: Any, name: str, there: Mapping[str, T], kind: str) -> T:
        if name not in there:
            self._fail(item, f"there is no {kind} “{name}”{_hint(name, there)}")
        return there[name]

    def _known(self, item: Any, allowed: Any) -> None:
        if not isinstance(item, CommentedMap):
            self._fail(item, "a mapping is wanted here")
        for key in item:
            if key not in allowed:
                self._fail(item, f"“{key}” is not known here{_hint(str(key), allowed)}")

    def _fail(self, item: Any, problem: str) -> NoReturn:
        raise ScriptError(f"{self._path}:{_line(item)}: {problem}.")


def _line(item: Any) -> int:
    return int(item.lc.line) + 1 if isinstance(item, CommentedMap | CommentedSeq) else 1


def _hint(name: str, there: Any) -> str:
    close = get_close_matches(name, [str(each) for each in there], n=1)
    return f": did you mean “{close[0]}”?" if close else f": known are {', '.join(sorted(there))}"
