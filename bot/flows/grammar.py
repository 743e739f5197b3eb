"""Reading `flows.yml`: from YAML to flows, with every mistake told by file, line and a suggestion."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from bot.answers import KINDS
from bot.flows.flow import (
    Also,
    Ask,
    Branch,
    Condition,
    Confirm,
    Do,
    Done,
    Flow,
    Say,
    Step,
    SubFlow,
    Valid,
    read_condition,
)


class GrammarError(Exception):
    """A mistake in a pack's files; the text names the file and the line and says what to write."""


class FlowReader:
    """Reads the flows of one file."""

    def __init__(self, path: Path, pack: str) -> None:
        self._path = path
        self._pack = pack
        self._used: set[str] = set()
        self._makers: Final[dict[str, Callable[[CommentedMap, str], Step]]] = {
            "ask": self._ask, "do": self._do, "say": self._say, "confirm": self._confirm,
            "branch": self._branch, "call": self._call, "done": self._done,
        }  # fmt: skip

    def read(self) -> list[Flow]:
        """All flows of the file.

        Raises:
            GrammarError: on the first mistake.
        """
        try:
            document = YAML(typ="rt").load(self._path.read_text())
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise GrammarError(f"{self._path}:{line}: this is not YAML: {error.problem}.") from None
        if not isinstance(document, CommentedMap):
            raise GrammarError(f"{self._path}:1: write a mapping from flow ids to flows.")
        return [self._flow(str(name), body) for name, body in document.items()]

    def _flow(self, name: str, body: Any) -> Flow:
        self._check(
            body, {"title", "steps", "keeps", "small_talk", "called", "fleeting"}, required={"title", "steps"}
        )
        title = body["title"]
        if not isinstance(title, CommentedMap) or set(title) != {"en", "cy"}:
            self._fail(body, f"the title of {name} needs two languages: {{en: …, cy: …}}")
        self._used = set()
        days = str(body.get("keeps", "7 days")).split()
        if len(days) != 2 or not days[0].isdigit() or days[1] not in {"day", "days"}:
            self._fail(body, f"“keeps” of {name} is a number of days, such as “7 days”")
        steps = self._steps(body["steps"], body)
        titles = (("en", str(title["en"])), ("cy", str(title["cy"])))
        called = tuple(str(word).casefold() for word in body.get("called", []))
        return Flow(
            name, self._pack, titles, steps, int(days[0]), bool(body.get("small_talk", False)), called,
            bool(body.get("fleeting", False)),
        )  # fmt: skip

    def _steps(self, items: Any, parent: Any) -> tuple[Step, ...]:
        if not isinstance(items, CommentedSeq) or not items:
            self._fail(parent, "write a list of steps, each with a dash")
        return tuple(self._step(item) for item in items)

    def _step(self, item: Any) -> Step:
        if not isinstance(item, CommentedMap):
            self._fail(item, "a step is a mapping such as “- ask: postcode”")
        found = [word for word in self._makers if word in item]
        if len(found) != 1:
            close = get_close_matches(str(next(iter(item))), self._makers, n=1)
            hint = f"did you mean “{close[0]}”?" if close else f"one of {', '.join(self._makers)}"
            self._fail(item, f"a step has exactly one verb: {hint}")
        return self._makers[found[0]](item, found[0])

    def _ask(self, item: CommentedMap, verb: str) -> Ask:
        self._check(
            item,
            {
                "ask",
                "as",
                "from",
                "whole",
                "options",
                "may_skip",
                "may_correct",
                "secret",
                "also",
                "valid",
                "otherwise",
            },
            {"ask", "as"},
        )
        slot = str(item["ask"])
        kind, details = item["as"], ()
        if isinstance(kind, CommentedMap) and len(kind) == 1:
            kind, given = next(iter(kind.items()))
            details = (
                tuple(sorted(given.items())) if isinstance(given, CommentedMap) else (("digits", given),)
            )
        if kind not in KINDS:
            close = get_close_matches(str(kind), KINDS, n=1)
            known = f"did you mean “{close[0]}”?" if close else f"the kinds are {', '.join(sorted(KINDS))}"
            self._fail(item, f"there is no kind of answer “{kind}”: {known}")
        if kind == "option" and ("from" in item) == ("options" in item):
            self._fail(item, "an option needs either “options: [a, b]” or “from: <slot with the list>”")
        also = tuple(self._also(entry) for entry in item.get("also", []))
        return Ask(
            self._id(f"{verb}_{slot}"), slot, str(kind), details,
            tuple(str(o) for o in item.get("options", [])),
            str(item["from"]) if "from" in item else None, bool(item.get("whole", False)),
            bool(item.get("may_skip", False)),
            bool(item.get("may_correct", True)),
            bool(item.get("secret", False)), also, self._valid(item["valid"]) if "valid" in item else None,
            str(item["otherwise"]) if "otherwise" in item else None,
        )  # fmt: skip

    def _valid(self, item: Any) -> Valid:
        self._check(item, {"min", "max", "pattern", "say"}, {"say"})
        if not {"min", "max", "pattern"} & set(item):
            self._fail(item, "“valid” needs a “min”, a “max” or a “pattern”")
        for key in ("min", "max"):
            if key in item and (isinstance(item[key], bool) or not isinstance(item[key], int | float | str)):
                self._fail(item, f'“{key}” is a number, or a date in quotation marks such as "2026-01-31"')
        if "pattern" in item:
            if not isinstance(item["pattern"], str):
                self._fail(item, "“pattern” is a text, in quotation marks")
            try:
                re.compile(item["pattern"])
            except re.error as error:
                self._fail(item, f"“pattern” is no regular expression: {error}")
        pattern = str(item["pattern"]) if "pattern" in item else None
        return Valid(str(item["say"]), item.get("min"), item.get("max"), pattern)

    def _also(self, item: Any) -> Also:
        self._check(item, {"word", "set", "do", "say", "pair", "said", "first"}, {"word"})
        if "pair" in item and "do" not in item:
            self._fail(item, "“pair” is about the two options that “do” gets")
        if "first" in item and not {"set", "said"} & set(item):
            self._fail(item, "“first” is about what “set” or “said” keeps of the first message")
        given = tuple((str(slot), value) for slot, value in item.get("set", {}).items())
        first = item.get("first", False)
        return Also(
            str(item["word"]), given, item.get("do"), item.get("say"), bool(item.get("pair", False)),
            str(item["said"]) if "said" in item else None, "only" if first == "only" else bool(first),
        )  # fmt: skip

    def _do(self, item: CommentedMap, verb: str) -> Do:
        self._check(item, {"do"}, {"do"})
        return Do(self._id(f"{verb}_{item['do']}"), str(item["do"]))

    def _say(self, item: CommentedMap, verb: str) -> Say:
        self._check(item, {"say", "more"}, {"say"})
        more = str(item["more"]) if "more" in item else None
        return Say(self._id(f"{verb}_{item['say']}"), str(item["say"]), more)

    def _confirm(self, item: CommentedMap, verb: str) -> Confirm:
        self._check(item, {"confirm", "name", "also"}, {"confirm"})
        slots = tuple(str(slot) for slot in item["confirm"])
        name = str(item.get("name", slots[-1] if slots else "it"))
        also = tuple(self._also(entry) for entry in item.get("also", []))
        if any(each.do for each in also):
            self._fail(item, "“do” is about an option that is named, and a read-back has none")
        return Confirm(self._id(f"{verb}_{name}"), name, slots, also)

    def _branch(self, item: CommentedMap, verb: str) -> Branch:
        self._check(item, {"branch"}, {"branch"})
        cases: list[tuple[Condition | None, tuple[Step, ...]]] = []
        for case in item["branch"]:
            if set(case) == {"else"}:
                cases.append((None, self._steps(case["else"], case)))
                continue
            self._check(case, {"if", "then"}, {"if", "then"})
            try:
                condition = read_condition(str(case["if"]))
            except ValueError as error:
                self._fail(case, str(error))
            cases.append((condition, self._steps(case["then"], case)))
        return Branch(self._id(verb), tuple(cases))

    def _call(self, item: CommentedMap, verb: str) -> SubFlow:
        self._check(item, {"call"}, {"call"})
        return SubFlow(self._id(f"{verb}_{item['call']}"), str(item["call"]))

    def _done(self, item: CommentedMap, verb: str) -> Done:
        self._check(item, {"done"}, {"done"})
        return Done(self._id(verb))

    def _id(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._used:
            number += 1
            name = f"{wanted}_{number}"
        self._used.add(name)
        return name

    def _check(self, item: Any, allowed: set[str], required: Iterable[str] = ()) -> None:
        if not isinstance(item, CommentedMap):
            self._fail(item, "a mapping is wanted here")
        for key in item:
            if key not in allowed:
                close = get_close_matches(str(key), allowed, n=1)
                hint = f"did you mean “{close[0]}”?" if close else f"allowed are {', '.join(sorted(allowed))}"
                self._fail(item, f"“{key}” is not known here: {hint}")
        for key in required:
            if key not in item:
                self._fail(item, f"“{key}” is missing")

    def _fail(self, item: Any, problem: str) -> NoReturn:
        line = item.lc.line + 1 if isinstance(item, CommentedMap | CommentedSeq) else 1
        raise GrammarError(f"{self._path}:{line}: {problem}.")
