"""The rule of the childcare credit: elements, weighted for low income and for training, and rounded once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from actions.sdk.service import Json

type Element = Literal["wtc", "neg", "ssg"]
type Reason = Literal["low_income", "training"]

ELEMENTS: Final[tuple[Element, ...]] = get_args(Element.__value__)
"""The childcare element of the working tax credit, the nursery education grant, the Sure Start general grant.

Credit is spent in this order where it expires on the same day.
"""
REASONS: Final[tuple[Reason, ...]] = get_args(Reason.__value__)
WHOLE: Final = 10_000
"""A weight of 1: weights are counted in hundredths of a per cent, so that the working is exact."""


@dataclass(frozen=True)
class Weights:
    """What is added for each reason from a day on.

    Args:
        version: its number.
        from_date: the first day it holds for.
        low_income: in hundredths of a per cent of each element; 2500 is a quarter more.
        training: the same.
    """

    version: int
    from_date: date
    low_income: int
    training: int

    def of(self, reason: Reason) -> int:
        """The weight for a reason."""
        return self.low_income if reason == "low_income" else self.training


@dataclass(frozen=True)
class Part:
    """An element of an award, in pence: what its funder pays, and what the equity account adds and why."""

    element: Element
    base: int
    low_income: int = 0
    training: int = 0

    @property
    def weighting(self) -> int:
        """What the equity account pays."""
        return self.low_income + self.training

    @property
    def total(self) -> int:
        """Both together."""
        return self.base + self.weighting


@dataclass(frozen=True)
class Award:
    """What a child is awarded for a period: its parts add up to it to the penny."""

    parts: tuple[Part, ...]
    weights: Weights

    @property
    def base(self) -> int:
        """What the funders pay, in pence."""
        return sum(part.base for part in self.parts)

    @property
    def amount(self) -> int:
        """All of it, in pence."""
        return sum(part.total for part in self.parts)

    def because(self, reason: Reason) -> int:
        """How much of it there is for a reason, in pence."""
        return sum(part.low_income if reason == "low_income" else part.training for part in self.parts)

    def explain(self) -> dict[str, Json]:
        """The working, for the citizen: the sum, its parts, and how much more for which reason.

        A reason has `hundredths`, its weight in hundredths of a per cent, beside its `amount` in pence.
        """
        return {
            "amount": self.amount,
            "base": self.base,
            "parts": [
                {"element": part.element, "amount": part.total, "base": part.base} for part in self.parts
            ],
            "reasons": [
                {"reason": reason, "amount": more, "hundredths": self.weights.of(reason)}
                for reason in REASONS
                if (more := self.because(reason))
            ],
        }


def work_out(base: Mapping[Element, int], weights: Weights, *, low_income: bool, training: bool) -> Award:
    """Works out an award: Σ element x (1 + w_low_income + w_training), where they apply.

    Only the sum is rounded, half a penny up; what it has more than its parts' whole pennies goes to the
    largest remainders. So nobody gets less for being poorer or in training, and all of it adds up.

    Args:
        base: pence of each element that the child has.
        weights: that hold for the period.
        low_income: whether the family's income is low.
        training: whether a parent is in training.

    Raises:
        ValueError: an amount is below nothing, or there is none.
    """
    elements = [element for element in ELEMENTS if base.get(element)]
    if not elements or any(base[element] < 0 for element in elements):
        raise ValueError("An award has an element, and each is more than nothing.")
    apply = {"low_income": low_income, "training": training}
    shares = [
        base[element] * (weights.of(reason) if apply[reason] else 0)
        for element in elements
        for reason in REASONS
    ]
    pence = iter(largest_remainder(shares, WHOLE))
    return Award(tuple(Part(each, base[each], next(pence), next(pence)) for each in elements), weights)


def largest_remainder(shares: Sequence[int], unit: int, total: int | None = None) -> list[int]:
    """Whole numbers as near as can be to shares, that sum to their total.

    Args:
        shares: numerators, 0 or more.
        unit: the denominator of all of them.
        total: what they sum to; their sum, rounded once, half up, when None.

    Returns:
        Each share rounded down, or up for the largest remainders; of equal ones the first.
    """
    if total is None:
        total = (2 * sum(shares) + unit) // (2 * unit)
    whole = [share // unit for share in shares]
    order = sorted(range(len(shares)), key=lambda at: -(shares[at] % unit))
    for at in order[: total - sum(whole)]:
        whole[at] += 1
    return whole
