"""Likeness: which of some meanings a text is nearest to, by the sentence encoder and by its letters."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.engine.encoder import Encoder
from bot.engine.features import SparseFeatures

KEPT: Final = 8
"""Sets of candidates that are kept prepared: a department's categories in two languages are one."""
MOST_CHARACTERS: Final = 400
MEANING: Final = 0.55
"""How much of the likeness is the encoder's, which knows English; the rest is of words and letters."""


@dataclass(frozen=True)
class _Prepared:
    """Phrases of a set of candidates, ready to be compared with."""

    names: list[str]
    features: SparseFeatures
    sparse: csr_matrix
    dense: npt.NDArray[np.float32]


class Comparison:
    """Compares texts with candidates' phrases. What is prepared once is kept; it takes some seconds."""

    def __init__(self, encoder: Callable[[], Encoder]) -> None:
        """Begins with nothing prepared.

        Args:
            encoder: gives the process's sentence encoder.
        """
        self._encoder = encoder
        self._kept: OrderedDict[str, _Prepared] = OrderedDict()
        self._preparing = asyncio.Lock()

    async def closest(
        self, text: str, candidates: Mapping[str, Sequence[str]], most: int = 3
    ) -> list[tuple[str, float]]:
        """The candidates whose phrases are most like a text, best first; see `actions.sdk.Likeness`."""
        if not text.strip() or not any(candidates.values()):
            return []
        prepared = await self._prepare(candidates)
        return self._compare(text[:MOST_CHARACTERS], prepared)[:most]

    async def _prepare(self, candidates: Mapping[str, Sequence[str]]) -> _Prepared:
        written = repr([(name, list(phrases)) for name, phrases in candidates.items()])
        mark = hashlib.sha256(written.encode()).hexdigest()
        async with self._preparing:
            if mark not in self._kept:
                # In a thread: thousands of phrases take seconds, and others are being answered.
                self._kept[mark] = await asyncio.to_thread(self._ready, candidates)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        self._kept.move_to_end(mark)
        return self._kept[mark]

    def _ready(self, candidates: Mapping[str, Sequence[str]]) -> _Prepared:
        pairs = [
            (name, phrase) for name, phrases in candidates.items() for phrase in phrases if phrase.strip()
        ]
        phrases = [phrase for _, phrase in pairs]
        features = SparseFeatures.learn(phrases, at_least=1)
        return _Prepared(
            [name for name, _ in pairs], features, features.matrix(phrases), self._encoder().encode(phrases)
        )

    def _compare(self, text: str, prepared: _Prepared) -> list[tuple[str, float]]:
        """Each candidate's nearest phrase, and a little of its next ones."""
        row = prepared.features.matrix([text])
        norm = float(np.sqrt(row.multiply(row).sum())) or 1.0
        norms = np.sqrt(np.asarray(prepared.sparse.multiply(prepared.sparse).sum(axis=1))).ravel()
        letters = np.asarray((prepared.sparse @ row.T).todense()).ravel() / (np.maximum(norms, 1e-9) * norm)
        meaning = prepared.dense @ self._encoder().encode([text])[0]
        scores = MEANING * np.clip(meaning, 0, 1) + (1 - MEANING) * letters
        by_name: dict[str, list[float]] = {}
        for name, score in zip(prepared.names, scores, strict=True):
            by_name.setdefault(name, []).append(float(score))
        ranked = {name: _of(sorted(found, reverse=True)) for name, found in by_name.items()}
        return sorted(ranked.items(), key=lambda pair: (-pair[1], pair[0]))


def _of(scores: list[float]) -> float:
    """The best phrase counts for most; a second and third that are near it make it surer."""
    return round(0.8 * scores[0] + 0.2 * sum(scores[:3]) / len(scores[:3]), 4)
