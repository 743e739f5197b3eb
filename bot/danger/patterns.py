"""Patterns: words in order, with a bounded number of others between them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_GAP = re.compile(r"\.\.(\d)")
_USUAL_GAP = 1

START, END = "$start", "$end"
"""Stand before the first and after the last word of a message."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row of ``patterns.yml``: the steps, the greatest gap before each, and what calls it off."""

    source: str
    label: str
    steps: tuple[frozenset[str], ...]
    gaps: tuple[int, ...]
    unless: tuple[str, ...]

    @classmethod
    def read(
        cls, label: str, source: str, groups: Mapping[str, str], unless: Sequence[str] = ()
    ) -> "Pattern":
        """From ``CANT ..3 breathe|breath``: GROUPS, words, alternatives, ``..n`` for at most n words between.

        Without ``..n`` one word may stand between. Raises KeyError for a group that isn't there.
        """
        steps: list[frozenset[str]] = []
        gaps: list[int] = []
        gap = _USUAL_GAP
        for part in source.split():
            if found := _GAP.fullmatch(part):
                gap = int(found[1])
                continue
            alternatives = part.split("|")
            steps.append(
                frozenset(
                    word
                    for item in alternatives
                    for word in (groups[item].split() if item.isupper() and item.isalpha() else [item])
                )
            )
            gaps.append(gap)
            gap = _USUAL_GAP
        return cls(source, label, tuple(steps), tuple(gaps), tuple(unless))

    def find(self, places: Mapping[str, list[int]]) -> set[int]:
        """The places of the words of every match; empty when there is none. Linear in the words."""
        reached: list[dict[int, int]] = []
        for step, gap in zip(self.steps, self.gaps, strict=True):
            here = sorted({place for word in step for place in places.get(word, ())})
            if not reached:
                reached.append(dict.fromkeys(here, -1))
            else:
                before = reached[-1]
                now: dict[int, int] = {}
                for place in here:
                    for back in range(place - 1, place - gap - 2, -1):
                        if back in before:
                            now[place] = back
                            break
                reached.append(now)
            if not reached[-1]:
                return set()
        found: set[int] = set()
        for last in reached[-1]:
            place = last
            for level in reversed(reached):
                found.add(place)
                place = level[place]
        return found


class PatternSet:
    """Many patterns, of which a message need only be tried with those whose rarest word it has."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        uses = Counter(word for pattern in self.patterns for step in pattern.steps for word in step)
        self._by_word: dict[str, list[int]] = {}
        for index, pattern in enumerate(self.patterns):
            rarest = min(pattern.steps, key=lambda step: sum(uses[word] for word in step))
            for word in rarest:
                self._by_word.setdefault(word, []).append(index)

    def candidates(self, words: Iterable[str]) -> list[Pattern]:
        """The patterns that could match, in the order they were written."""
        indexes = {index for word in words for index in self._by_word.get(word, ())}
        return [self.patterns[index] for index in sorted(indexes)]
