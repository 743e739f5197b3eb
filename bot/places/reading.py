"""What a text says of a place, before any name is looked up: its words, a postcode, a number, a junction."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from bot.answers.kind import Question
from bot.answers.place import read_outward, read_postcode
from bot.answers.words import fold
from bot.places.names import MOST_WORDS, squeeze, table, tokens, unmutated, words_in
from bot.places.pointed import Pointed, read_point, without_links

LONGEST: Final = 400
"""Characters that are read: who says where a thing is says it early, or sends it alone."""
MOST_TOKENS: Final = 60
_BREAK: Final = re.compile(r"[,;\n\r()|/]+|(?<=\w{4})\.\s|\s[-–—]\s")
_NUMBER: Final = re.compile(r"\d{1,4}[a-z]?")
_LOOK_BACK: Final = 5
"""Words before a landmark in which its relation stands: “in front of the”."""
_LONGEST_JOIN: Final = 3


@dataclass(frozen=True)
class Span:
    """Some words of the text, one after another.

    Args:
        start: number of the first word.
        end: of the first word behind it.
        key: what they are looked up as.
        said: them, as they are looked up.
        changed: whether a spelling was put right or a mutation undone.
    """

    start: int
    end: int
    key: str
    said: tuple[str, ...]
    changed: bool = False


@dataclass(frozen=True)
class Reading:
    """A text as it can be looked up.

    Args:
        said: its words, in the form that is compared.
        parts: for each word the number of the part of the sentence it is in: no name crosses a comma.
        postcode: a full one, as `LS6 2AB`, or the first half of one.
        point: coordinates.
        link: whether there was a link.
    """

    said: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    postcode: str | None = None
    point: Pointed | None = None
    link: bool = False
    corrections: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def spans(self) -> Iterator[Span]:
        """Each run of up to `MOST_WORDS` words, as said and with what may have been meant."""
        ways = [tuple(self._ways(at)) for at in range(len(self.said))]
        for start in range(len(self.said)):
            built: list[tuple[tuple[str, ...], bool]] = [((), False)]
            for end in range(start + 1, min(start + MOST_WORDS, len(self.said)) + 1):
                if self.parts[end - 1] != self.parts[start]:
                    break
                built = [
                    ((*said, word), changed or other)
                    for said, changed in built
                    for word, other in ways[end - 1]
                ][:_MOST_WAYS]
                for said, changed in built:
                    yield Span(start, end, squeeze(said), said, changed)
                    if turned := _turned(said):
                        yield Span(start, end, squeeze(turned), turned, changed=True)

    def _ways(self, at: int) -> Iterator[tuple[str, bool]]:
        word = self.said[at]
        yield word, False
        if word in _ARTICLES:
            yield "the", True
        if at and self.said[at - 1] in words_in("mutating"):
            for meant in unmutated(word):
                for form in tokens(meant):
                    yield form, True
        for meant in self.corrections.get(word, ()):
            yield meant, True

    def number_before(self, span: Span) -> str | None:
        """The house's number, when it stands right before a street: `14` of “14 Brudenell Grove”."""
        if span.start and self.parts[span.start - 1] == self.parts[span.start]:
            word = self.said[span.start - 1]
            return word if _NUMBER.fullmatch(word) and word != "0" else None
        return None

    def relation(self, span: Span) -> str | None:
        """How the place lies to a landmark: a key of `relations` in words.yml."""
        start = max(0, span.start - _LOOK_BACK)
        before = f" {' '.join(self.said[start : span.start])} "
        found = [(before.rfind(phrase), name) for phrase, name in _relations() if phrase in before]
        return max(found)[1] if found else None

    def is_area(self, span: Span) -> bool:
        """Whether a word that may be a settlement's name is used as one: alone, or behind “in” or a comma."""
        if span.end - span.start == len(self.said):
            return True
        if span.start == 0:
            return False
        apart = self.parts[span.start - 1] != self.parts[span.start]
        return apart or self.said[span.start - 1] in words_in("before_area")

    def is_junction(self, first: Span, second: Span) -> bool:
        """Whether two streets are told as meeting, or as nothing but “A and B”."""
        said = set(self.said[: first.start]) | set(self.said[first.end : second.start])
        said |= set(self.said[second.end :])
        if said & words_in("junction"):
            return True
        return not said & words_in("between") and self.only_joined(first, second)

    def only_joined(self, first: Span, second: Span) -> bool:
        """Whether between two streets there is no more than “and”, or a stroke."""
        between = self.said[first.end : second.start]
        return (
            len(between) <= _LONGEST_JOIN
            and all(word in words_in("joined_by") for word in between)
            and (bool(between) or self.parts[first.start] != self.parts[second.start])
        )


_ARTICLES: Final = frozenset({"y", "yr", "ir", "or"})
_MOST_WAYS: Final = 12
"""Different readings of one run of words."""


@cache
def _relations() -> tuple[tuple[str, str], ...]:
    return tuple(
        (f" {' '.join(tokens(phrase))} ", name)
        for name, row in table()["relations"].items()
        for phrase in row["words"]
    )


def _turned(said: tuple[str, ...]) -> tuple[str, ...] | None:
    """“Heol Cardigan” as “Cardigan Road”."""
    for length in (2, 1):
        last = table()["welsh_types"].get(" ".join(said[:length]))
        if last and len(said) > length:
            return (*said[length:], *last.split())
    return None


def read(text: str) -> Reading:
    """What a text says of a place. Never raises, whatever the text."""
    text = text[: 10 * LONGEST].replace("\x00", " ")
    point = read_point(text)
    text, link = without_links(text)
    text = text[:LONGEST]
    answer = read_postcode(text, Question("postcode"))
    code = str(answer.value) if answer is not None else read_outward(text)
    said: list[str] = []
    parts: list[int] = []
    for part, piece in enumerate(_BREAK.split(text)):
        words = tokens(piece)
        said += words
        parts += [part] * len(words)
    reading = Reading(tuple(said[:MOST_TOKENS]), tuple(parts[:MOST_TOKENS]), code, point, link)
    return _without_code(reading) if code else reading


def _without_code(reading: Reading) -> Reading:
    """The reading without the postcode's own words, so that none of them is a house's number or a name."""
    code = (reading.postcode or "").replace(" ", "").casefold()
    kept: list[int] = []
    said = reading.said
    at = 0
    while at < len(said):
        for length in (1, 2):
            piece = squeeze(said[at : at + length])
            if len(said) - at >= length and _same_code(piece, code):
                at += length
                break
        else:
            kept.append(at)
            at += 1
    return Reading(
        tuple(said[at] for at in kept), tuple(reading.parts[at] for at in kept),
        reading.postcode, reading.point, reading.link,
    )  # fmt: skip


_DIGITS: Final = str.maketrans("oils", "0115")


def _same_code(piece: str, code: str) -> bool:
    return fold(piece).translate(_DIGITS) == code.translate(_DIGITS)
