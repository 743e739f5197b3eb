"""Picks the one value that is meant of those found in a message."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from bot.answers.kind import Answer

_NOT: Final = re.compile(
    r"(?<!why )\b(?:not|cant|cannot|dont|wont|doesnt|except|unless|never|nid|ddim|heblaw|rather than|"
    r"instead of|"
    r"anything but|any day but|apart from)"
    r"(?: (?:on|at|do|the|a|make|come|want|need|is|have|y|yr|am|ar|yn|eisiau|isio|gallu|dydd|for|to|go|"
    r"it)){0,3} ?$"
)
_BEFORE: Final = 60
_OTHER_WORDS: Final = 4
"""Words besides the answer in a message that still is only the answer."""


@dataclass(frozen=True)
class Found:
    """A value in a text.

    Args:
        start: where it begins.
        end: after where it ends.
        value: None for what has the form but can't be, such as 31 February.
        name: which form it has.
    """

    start: int
    end: int
    value: Any
    name: str = ""


type Form = tuple[str, re.Pattern[str], Callable[[re.Match[str]], Any]]


def find(said: str, forms: Iterable[Form]) -> list[Found]:
    """All values of some forms in a text; where two overlap, that of the form named first."""
    found: list[Found] = []
    for name, pattern, read in forms:
        found.extend(Found(m.start(), m.end(), read(m), name) for m in pattern.finditer(said))
        said = pattern.sub(lambda match: "\x00" * len(match.group()), said)
    return sorted(found, key=lambda one: one.start)


def meant(said: str, found: list[Found]) -> list[Found]:
    """Those of them that are not denied, as the first is in “not Tuesday, Wednesday”."""
    return [one for one in found if not _NOT.search(said[max(0, one.start - _BEFORE) : one.start])]


def choose(said: str, found: list[Found]) -> Answer | None:
    """The one value of a text; None where there are two, or where one can't be."""
    kept = meant(said, found)
    values = [one.value for one in kept]
    if not values or any(value is None or value != values[0] for value in values):
        return None
    return Answer(values[0], whole=is_whole(said, found))


def is_whole(said: str, found: list[Found]) -> bool:
    """Whether little else is said."""
    rest = list(said)
    for one in found:
        rest[one.start : one.end] = " " * (one.end - one.start)
    return len("".join(rest).split()) <= _OTHER_WORDS
