"""Reads a mistyped word as the word of our patterns that it must be."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 5
"""Letters a word needs before a slip in it can be told from another word."""
_TWO_SLIPS = 8
_LONGEST = 24
_ENDINGS = "nrs"  # "babi'n", "babi'r", "baby's", their apostrophes gone


class Spelling:
    """The words that may be mistyped, and the real words that are never a typing mistake for one."""

    def __init__(self, words: Iterable[str], real: Iterable[str]) -> None:
        self._by_length: dict[int, list[str]] = {}
        self._words = frozenset(words)
        self._real = self._words.union(real)
        for word in sorted(self._words):
            if len(word) >= SHORTEST and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)

    def read(self, word: str) -> str:
        """``chets`` as ``chest``: one slip (a letter added, lost, changed or swapped), two from eight."""
        if word in self._real or not word.isascii() or not SHORTEST - 1 <= len(word) <= _LONGEST:
            return word
        if word[-1] in _ENDINGS and len(word) >= SHORTEST and word[:-1] in self._words:
            return word[:-1]
        for slips in (1, 2):
            for length in range(len(word) - slips, len(word) + slips + 1):
                if length < SHORTEST or (slips == 2 and length < _TWO_SLIPS):
                    continue
                near = process.extractOne(
                    word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=slips
                )
                if near:
                    return str(near[0])
            if len(word) < _TWO_SLIPS:
                break
        return word
