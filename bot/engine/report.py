"""How good understanding is: figures from predictions on sentences that were not learned from, as a table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.understanding.reader import OUT_OF_SCOPE

WORST: Final = 8
"""Confused pairs that the table shows."""
_BINS: Final = 10


@dataclass(frozen=True)
class Prediction:
    """One sentence and what was made of it.

    Args:
        intent: the right one.
        guess: the most likely one.
        probability: of the guess.
        language: `en` or `cy`.
        pack: the department whose journey is the right one.
    """

    intent: str
    guess: str
    probability: float
    language: str = ""
    pack: str = ""

    def told(self, threshold: float) -> str:
        """What the assistant takes it for: below the threshold, as out of scope."""
        return self.guess if self.probability >= threshold else OUT_OF_SCOPE


@dataclass(frozen=True)
class Figures:
    """Of a set of predictions.

    Args:
        sentences: how many there are.
        accuracy: share of the journeys' sentences whose most likely journey is the right one.
        accuracy_at_threshold: the same, where those below the threshold count as wrong.
        macro_f1: the mean over intents.
        out_of_scope_caught: share of what no journey serves that is told so, at the threshold.
        calibration_error: how far probability and share of right ones lie apart, on average.
    """

    sentences: int
    accuracy: float
    accuracy_at_threshold: float
    macro_f1: float
    out_of_scope_caught: float
    calibration_error: float


def measure(predictions: Sequence[Prediction], threshold: float) -> Figures:
    """The figures; a share of nothing is 1.

    Args:
        predictions: at least one.
        threshold: below it a sentence is taken as out of scope.
    """
    inside = [p for p in predictions if p.intent != OUT_OF_SCOPE]
    outside = [p for p in predictions if p.intent == OUT_OF_SCOPE]
    return Figures(
        len(predictions), _share([p.guess == p.intent for p in inside]),
        _share([p.told(threshold) == p.intent for p in inside]), _macro_f1(predictions),
        _share([p.told(threshold) == OUT_OF_SCOPE for p in outside]), calibration_error(predictions),
    )  # fmt: skip


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 1.0


def _macro_f1(predictions: Sequence[Prediction]) -> float:
    right = Counter(p.intent for p in predictions if p.intent == p.guess)
    wanted, guessed = Counter(p.intent for p in predictions), Counter(p.guess for p in predictions)
    return sum(2 * right[name] / (wanted[name] + guessed[name]) for name in wanted) / len(wanted)


def calibration_error(predictions: Sequence[Prediction]) -> float:
    """The expected calibration error over ten bins of equal width (Guo et al. 2017, section 2)."""
    bins: dict[int, list[Prediction]] = {}
    for prediction in predictions:
        bins.setdefault(min(_BINS - 1, int(prediction.probability * _BINS)), []).append(prediction)
    apart = (
        abs(sum(p.probability for p in held) - sum(p.guess == p.intent for p in held))
        for held in bins.values()
    )
    return sum(apart) / len(predictions)


def confused(predictions: Sequence[Prediction], threshold: float) -> list[tuple[str, str, int]]:
    """The right intent, what it was taken for instead, and how often; the most frequent first."""
    pairs = Counter(
        (p.intent, p.told(threshold)) for p in predictions if p.told(threshold) != p.intent
    )  # fmt: skip
    return [(*pair, count) for pair, count in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))]


def lines(predictions: Sequence[Prediction], threshold: float) -> Iterator[str]:
    """The table: all, each language, each pack, then the worst confused pairs."""
    yield f"{'':<14}{'sentences':>10}{'right':>9}{'at threshold':>14}{'macro F1':>10}{'out of scope':>14}"
    groups: dict[str, list[Prediction]] = {"all": list(predictions)}
    for by in ("language", "pack"):
        for name in sorted({str(getattr(p, by)) for p in predictions}):
            groups[name] = [p for p in predictions if getattr(p, by) == name]
    for name, group in groups.items():
        f = measure(group, threshold)
        caught = f"{f.out_of_scope_caught:.1%}" if any(p.intent == OUT_OF_SCOPE for p in group) else "–"
        yield (
            f"{name:<14}{f.sentences:>10}{f.accuracy:>9.1%}{f.accuracy_at_threshold:>14.1%}"
            f"{f.macro_f1:>10.3f}{caught:>14}"
        )
    yield f"calibration error {measure(predictions, threshold).calibration_error:.3f}"
    yield "taken for another, most often:"
    for right, other, count in confused(predictions, threshold)[:WORST]:
        yield f"{count:>4} × {right} → {other}"


def too_low(figures: Figures, *, accuracy: float, out_of_scope: float) -> list[str]:
    """A sentence for each figure below its floor.

    Args:
        figures: of the sentences kept apart.
        accuracy: the least share of right journeys.
        out_of_scope: the least share of what no journey serves that is told so.
    """
    floors = (
        ("right journeys", figures.accuracy, accuracy, "ONEDOOR_FLOOR_ACCURACY"),
        ("out of scope caught", figures.out_of_scope_caught, out_of_scope, "ONEDOOR_FLOOR_OUT_OF_SCOPE"),
    )
    return [
        f"{what}: {found:.1%} is below the floor of {least:.1%} ({setting})."
        for what, found, least, setting in floors
        if found < least
    ]
