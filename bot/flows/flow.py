"""The nouns of a flow as written in `flows.yml`: its steps, and the conditions of its branches."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True)
class Condition:
    """When a branch is taken: `no home`, `several homes`, `has home`, `visit is late`, `x is not y`."""

    slot: str
    test: str
    value: str | None = None

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is so for these slots. A name with a dot looks into a slot's fields."""
        found: Any = values
        for part in self.slot.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        match self.test:
            case "no":
                return not found
            case "has":
                return bool(found)
            case "several":
                return isinstance(found, list) and len(found) > 1
            case "is":
                return _plain(found) == self.value
            case _:
                return _plain(found) != self.value


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_CONDITIONS: Final = (
    re.compile(r"(?P<test>no|has|several) (?P<slot>[\w.]+)"),
    re.compile(r"(?P<slot>[\w.]+) (?P<test>is not|is) (?P<value>\S+)"),
)


def read_condition(text: str) -> Condition:
    """Reads a condition.

    Raises:
        ValueError: it has none of the forms; the text names them.
    """
    for form in _CONDITIONS:
        if match := form.fullmatch(text.strip()):
            parts = match.groupdict()
            return Condition(parts["slot"], parts["test"], parts.get("value"))
    raise ValueError(
        f"“{text}” is not a condition: write “no x”, “has x”, “several x”, “x is y” or “x is not y”"
    )


@dataclass(frozen=True)
class Also:
    """Something else a citizen may say at a question.

    Args:
        word: names the phrases, `words.<word>` in the responses.
        set: slots to set, which rewinds the flow to the first step that depends on them.
        do: a handler to call; with an option named, it gets it. Then the question is asked again.
        say: a response to give before the question is asked again.
        pair: whether the handler wants two options named: “compare 1 and 3”.
        said: a slot that gets the message from the phrase to the next comma, and rewinds as `set` does.
        first: whether it counts in the message that begins the journey as well; `only` for there alone.
    """

    word: str
    set: tuple[tuple[str, Any], ...] = ()
    do: str | None = None
    say: str | None = None
    pair: bool = False
    said: str | None = None
    first: bool | Literal["only"] = False


@dataclass(frozen=True)
class Valid:
    """What an answer must be besides being of its kind; otherwise the question is asked again.

    Args:
        say: the response that tells why it won't do; it may name `value`.
        least: the smallest number or earliest date (ISO 8601).
        most: the largest or latest.
        pattern: a regular expression that the whole of a text matches.
    """

    say: str
    least: Any = None
    most: Any = None
    pattern: str | None = None

    def holds(self, value: Any) -> bool:
        """Whether a value will do; one of another kind than the limits won't."""
        try:
            return (
                (self.least is None or value >= self.least)
                and (self.most is None or value <= self.most)
                and (self.pattern is None or re.fullmatch(self.pattern, str(value)) is not None)
            )
        except TypeError:
            return False


@dataclass(frozen=True)
class Ask:
    """Asks for a slot, with the response `ask_<slot>`.

    Args:
        id: unique in the flow.
        slot: what the answer fills.
        kind: the kind of answer, a name of `bot.answers`.
        details: settings of the kind, such as the number of digits.
        options: the values to choose from, for a fixed list; labels are `option.<slot>.<value>`.
        source: the slot that holds the list, for options that a handler found.
        whole: whether such a list is shown whole, and not three at a time: where all must be seen alike.
        may_skip: whether SKIP does.
        may_correct: whether the answer may be changed later by BACK or a correction.
        secret: whether the answer is hidden in the transcript and forgotten once it was used.
        also: what else may be said here.
        valid: what the answer must be besides.
        otherwise: a slot that gets the words of a message that is nothing else, for a handler to read.
    """

    id: str
    slot: str
    kind: str
    details: tuple[tuple[str, Any], ...] = ()
    options: tuple[str, ...] = ()
    source: str | None = None
    whole: bool = False
    may_skip: bool = False
    may_correct: bool = True
    secret: bool = False
    also: tuple[Also, ...] = ()
    valid: Valid | None = None
    otherwise: str | None = None


@dataclass(frozen=True)
class Do:
    """Calls a handler."""

    id: str
    handler: str


@dataclass(frozen=True)
class Say:
    """Gives a response.

    Args:
        id: unique in the flow.
        response: its key.
        more: a response that MORE gives when the flow has ended with this and nothing is asked.
    """

    id: str
    response: str
    more: str | None = None


@dataclass(frozen=True)
class Confirm:
    """Reads slots back with the response `confirm_<name>` and asks whether to go ahead."""

    id: str
    name: str
    slots: tuple[str, ...]
    also: tuple[Also, ...] = ()


@dataclass(frozen=True)
class Branch:
    """Goes on with the steps of the first case that holds, or with none."""

    id: str
    cases: tuple[tuple[Condition | None, "tuple[Step, ...]"], ...]


@dataclass(frozen=True)
class SubFlow:
    """Goes through another flow of the same pack, as if its steps stood here."""

    id: str
    flow: str


@dataclass(frozen=True)
class Done:
    """Ends the flow."""

    id: str


type Step = Ask | Do | Say | Confirm | Branch | SubFlow | Done


@dataclass(frozen=True)
class Flow:
    """One journey of a department.

    Args:
        id: its name everywhere: the intent that starts it, the metric, the test.
        pack: the department's.
        title: what the citizen is doing, by language, as in "Back to {title}."
        steps: in order.
        keeps_days: how long what was answered is kept when it is left unfinished.
        called: single words that may mean this journey; one that several share is asked about.
        small_talk: whether it is a courtesy, which is never offered as a journey nor interrupts one.
        fleeting: whether it is no journey of its own, but begun by us or called by others; what is asked in
            one that we began is dropped, and not come back to, when something else is said.
    """

    id: str
    pack: str
    title: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    keeps_days: int = 7
    small_talk: bool = False
    called: tuple[str, ...] = ()
    fleeting: bool = False

    def title_in(self, language: str) -> str:
        """The title in a language."""
        return dict(self.title)[language]

    def all_steps(self) -> Iterator[Step]:
        """Every step, those of branches included, in the order written."""
        yield from _all(self.steps)

    def asks(self) -> dict[str, Ask]:
        """The first question of each slot."""
        found: dict[str, Ask] = {}
        for step in self.all_steps():
            if isinstance(step, Ask):
                found.setdefault(step.slot, step)
        return found


def _all(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, Branch):
            for _, inner in step.cases:
                yield from _all(inner)
