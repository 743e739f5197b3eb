"""The gate: does this message tell of danger to life, of which kind, in which language?"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypedDict

import yaml

from bot.danger.patterns import END, START, Pattern, PatternSet
from bot.danger.spelling import Spelling
from bot.danger.words import words_of

LITTLE_ELSE: Final = 4
"""Words beside a harmless phrase that can hardly tell of an emergency which no pattern knows."""


class Kind(StrEnum):
    """Kinds of danger, the one whose help is needed soonest first: it is the one answered."""

    BREATHING = "breathing"
    STROKE = "stroke"
    COLLAPSE = "collapse"
    OVERDOSE = "overdose"
    HARMED = "harmed"
    CHILD = "child"
    ATTACK = "attack"
    FIRE = "fire"
    GAS = "gas"
    ELECTRIC = "electric"
    ACCIDENT = "accident"
    MEDICAL = "medical"
    SUICIDE = "suicide"
    SELF_HARM = "self_harm"


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger to life: its kind, the language it was told in (``en``, ``cy``), the pattern it met.

    The pattern is a row of ``patterns.yml``, for explanation; it holds none of the citizen's words.
    """

    kind: Kind
    language: str
    pattern: str


class _Row(TypedDict):
    find: str
    unless: list[str]


class _File(TypedDict):
    aliases: dict[str, str]
    groups: dict[str, str]
    signals: dict[str, list[str]]
    not_danger: list[str | _Row]
    dangers: dict[str, dict[str, list[str | _Row]]]


_FILE: _File = yaml.safe_load(Path(__file__).with_name("patterns.yml").read_text(encoding="utf-8"))


def _read(label: str, row: str | _Row) -> Pattern:
    if isinstance(row, str):
        return Pattern.read(label, row, _FILE["groups"])
    return Pattern.read(label, row["find"], _FILE["groups"], row["unless"])


_SIGNALS = PatternSet(_read(name, row) for name, rows in _FILE["signals"].items() for row in rows)
_NOT_DANGER = PatternSet(_read("", row) for row in _FILE["not_danger"])
_DANGERS = PatternSet(
    _read(f"{kind}/{language}", row)
    for kind in Kind
    for language, rows in _FILE["dangers"][kind].items()
    for row in rows
)


def _vocabulary(*sets: PatternSet) -> set[str]:
    return {word for each in sets for pattern in each.patterns for step in pattern.steps for word in step}


# Only the words that tell of danger are looked for in a mistyped one; a real word is never taken for one.
_SPELLING = Spelling(
    _vocabulary(_DANGERS),
    _vocabulary(_SIGNALS, _NOT_DANGER)
    | set(Path(__file__).with_name("real_words.txt").read_text(encoding="utf-8").split()),
)


def find_danger(text: str) -> Danger | None:
    """The danger to life that ``text`` tells of, or None.

    Words that belong to a harmless phrase ("the wait is killing me") are set aside, then the patterns
    of each kind are tried on the rest, so that one harmless phrase never hides a danger beside it.
    """
    return _look(text)[0]


def is_figure_of_speech(text: str) -> bool:
    """Whether a text is a harmless phrase and little else: what sounds like an emergency in it is none."""
    danger, harmless, words = _look(text)
    return danger is None and harmless > 0 and words - harmless <= LITTLE_ELSE


def _look(text: str) -> tuple[Danger | None, int, int]:
    """The danger in a text, how many of its words belong to harmless phrases, and how many it has."""
    words = [_SPELLING.read(word) for word in words_of(text, _FILE["aliases"])]
    places: dict[str, list[int]] = {START: [-1], END: [len(words)]}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place)
    signals = {pattern.label for pattern in _SIGNALS.candidates(places) if pattern.find(places)}

    harmless: set[int] = set()
    for pattern in _NOT_DANGER.candidates(places):
        if not signals.intersection(pattern.unless):
            harmless |= pattern.find(places)
    harmless -= {-1, len(words)}
    if harmless:
        rest = {word: [place for place in at if place not in harmless] for word, at in places.items()}
        places = {word: at for word, at in rest.items() if at}

    for pattern in _DANGERS.candidates(places):
        if not signals.intersection(pattern.unless) and pattern.find(places):
            kind, language = pattern.label.split("/")
            return Danger(Kind(kind), language, pattern.source), len(harmless), len(words)
    return None, len(harmless), len(words)
