"""The rule of an award: exact sums, one rounding, and never less for being poorer or in training."""

import itertools
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.childcare.service.rule import (
    ELEMENTS,
    REASONS,
    WHOLE,
    Award,
    Element,
    Weights,
    largest_remainder,
    work_out,
)
from actions.sdk.serving import Pool

PENCE = st.integers(0, 10_000_000)
BASES = st.fixed_dictionaries(dict.fromkeys(ELEMENTS, PENCE)).filter(lambda base: any(base.values()))
WEIGHTS = st.builds(
    Weights, st.just(1), st.just(date(2026, 1, 1)), st.integers(0, WHOLE), st.integers(0, WHOLE)
)
QUARTER = Weights(1, date(2026, 1, 1), 2500, 1000)


@pytest.mark.parametrize(
    ("base", "low_income", "training", "parts"),
    [
        ({"wtc": 20_000, "neg": 9_600, "ssg": 2_400}, True, True,
         [("wtc", 20_000, 5_000, 2_000), ("neg", 9_600, 2_400, 960), ("ssg", 2_400, 600, 240)]),
        ({"wtc": 20_000}, False, False, [("wtc", 20_000, 0, 0)]),
        # A quarter of 2p and of 4p is half a penny and one: the sum is 1.5p, which is 2p, rounded once.
        ({"wtc": 2, "neg": 4}, True, False, [("wtc", 2, 1, 0), ("neg", 4, 1, 0)]),
        # Three halves are 1.5p: 2p, and no third penny for each of them rounded by itself.
        ({"wtc": 2, "neg": 2, "ssg": 2}, True, False, [("wtc", 2, 1, 0), ("neg", 2, 1, 0), ("ssg", 2, 0, 0)]),
        ({"wtc": 1}, True, False, [("wtc", 1, 0, 0)]),
    ],
)  # fmt: skip
def test_an_award(
    base: dict[Element, int], low_income: bool, training: bool, parts: list[tuple[str, int, int, int]]
) -> None:
    award = work_out(base, QUARTER, low_income=low_income, training=training)
    assert [(each.element, each.base, each.low_income, each.training) for each in award.parts] == parts


@pytest.mark.parametrize("base", [{}, {"wtc": 0}, {"wtc": -1}, {"wtc": 5, "neg": -1}])
def test_an_award_of_nothing_or_less_is_none(base: dict[Element, int]) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        work_out(base, QUARTER, low_income=True, training=True)


def test_the_working_says_how_much_more_for_what() -> None:
    award = work_out({"wtc": 20_000, "neg": 9_600, "ssg": 2_400}, QUARTER, low_income=False, training=True)
    assert award.explain() == {
        "amount": 35_200, "base": 32_000,
        "parts": [
            {"element": "wtc", "amount": 22_000, "base": 20_000},
            {"element": "neg", "amount": 10_560, "base": 9_600},
            {"element": "ssg", "amount": 2_640, "base": 2_400},
        ],
        "reasons": [{"reason": "training", "amount": 3_200, "hundredths": 1_000}],
    }  # fmt: skip


@given(BASES, WEIGHTS, st.booleans(), st.booleans())
def test_parts_sum_to_what_is_rounded_once(
    base: dict[Element, int], weights: Weights, low_income: bool, training: bool
) -> None:
    award = work_out(base, weights, low_income=low_income, training=training)
    weight = weights.low_income * low_income + weights.training * training
    exact = sum(base.values()) * (1 + Fraction(weight, WHOLE))
    assert abs(award.amount - exact) <= Fraction(1, 2)
    assert award.amount == sum(each.total for each in award.parts)
    assert award.amount == award.base + sum(award.because(each) for each in REASONS)
    assert award.base == sum(base.values())
    for part in award.parts:
        for reason, applies, pence in (
            ("low_income", low_income, part.low_income), ("training", training, part.training),
        ):  # fmt: skip
            share = Fraction(part.base * weights.of(reason), WHOLE) * applies  # type: ignore[arg-type]
            assert abs(pence - share) < 1, "each part is its share, to less than a penny"


@given(BASES, WEIGHTS)
def test_nobody_gets_less_for_being_poorer_or_in_training(base: dict[Element, int], weights: Weights) -> None:
    def amount(*, low_income: bool, training: bool) -> int:
        return work_out(base, weights, low_income=low_income, training=training).amount

    for other in (False, True):
        assert amount(low_income=True, training=other) >= amount(low_income=False, training=other)
        assert amount(low_income=other, training=True) >= amount(low_income=other, training=False)


@given(BASES, WEIGHTS, st.sampled_from(ELEMENTS), st.integers(0, 1000), st.integers(0, 1000))
def test_more_of_an_element_or_a_weight_is_never_less(
    base: dict[Element, int], weights: Weights, element: Element, pence: int, more: int
) -> None:
    def amount(base: dict[Element, int], weights: Weights) -> int:
        return work_out(base, weights, low_income=True, training=True).amount

    before = amount(base, weights)
    assert amount({**base, element: base[element] + pence}, weights) >= before + pence
    higher = Weights(1, weights.from_date, weights.low_income + more, weights.training)
    assert amount(base, higher) >= before


@given(st.lists(st.integers(0, 10**12), max_size=8), st.integers(1, 10**6))
def test_largest_remainders_sum_to_the_total(shares: list[int], unit: int) -> None:
    whole = largest_remainder(shares, unit)
    assert sum(whole) == (2 * sum(shares) + unit) // (2 * unit)
    assert all(abs(each * unit - share) < unit for each, share in zip(whole, shares, strict=True))


@given(PENCE, PENCE, st.integers(0, 20_000_000))
def test_what_goes_back_goes_to_each_as_it_was_paid(base: int, weighting: int, rest: int) -> None:
    total = base + weighting
    if 0 < rest <= total:
        parts = largest_remainder([rest * base, rest * weighting], total, rest)
        assert sum(parts) == rest
        assert parts[0] <= base
        assert parts[1] <= weighting


async def test_the_databases_share_is_the_rules(pool: Pool) -> None:
    wholes = ((0, 10_000), (2_500, 10_000), (5_000, 10_000), (1, 3), (2, 3), (10_000, 10_000))
    for amount, (part, whole) in itertools.product((0, 1, 2, 3, 7, 999_999), wholes):
        found = await pool.fetchval("SELECT childcare.share($1, $2, $3)", amount, part, whole)
        assert [found] == largest_remainder([amount * part], whole)


def test_an_award_without_weights_is_what_the_funders_pay() -> None:
    award = work_out({"neg": 9_600}, Weights(1, date(2026, 1, 1), 0, 0), low_income=True, training=True)
    assert isinstance(award, Award)
    assert (award.amount, award.explain()["reasons"]) == (9_600, [])
