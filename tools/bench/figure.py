"""One measured figure with its target, and how figures are printed: a table, and JSON."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class BenchError(Exception):
    """A measurement could not be made; its text says why."""


@dataclass(frozen=True)
class Figure:
    """What was measured.

    Args:
        name: dotted, the measurement first.
        what: in words, for the table.
        value: the figure.
        unit: `ms`, `s`, `MB`, `x` …
        target: the most that it may be; None when it is only told.
    """

    name: str
    what: str
    value: float
    unit: str
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.value <= self.target

    def json(self) -> dict[str, object]:
        """As written for programs."""
        return {
            "name": self.name, "what": self.what, "value": round(self.value, 3), "unit": self.unit,
            "target": self.target, "met": self.met,
        }  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of all values does not exceed, between neighbours linearly.

    Args:
        values: one or more.
        share: 0 to 1; 0.95 for p95.
    """
    if len(values) == 1:
        return values[0]
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    """The p50."""
    return statistics.median(values)


_VERDICT = {True: "met", False: "MISSED", None: ""}


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines for a terminal."""
    rows = [("what", "figure", "target", "")]
    for figure in figures:
        target = "" if figure.target is None else f"≤ {figure.target:g} {figure.unit}"
        rows.append((figure.what, f"{figure.value:.2f} {figure.unit}", target, _VERDICT[figure.met]))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{what:<{widths[0]}}  {value:>{widths[1]}}  {target:>{widths[2]}}  {met}".rstrip()
        for what, value, target, met in rows
    )
