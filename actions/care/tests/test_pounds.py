"""Pounds as they are typed into a form: what is an amount, and what is looked at no further."""

import pytest

from actions.care.pounds import pence_of


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("250", 25_000), ("£1,250.50", 125_050), (" £ 38 ", 3_800), ("0.5", 50), ("1,000,000", 10**8),
        ("007.10", 710), ("12.3", 1_230),
        ("", None), ("£", None), ("0", None), ("0.00", None), ("-5", None), ("+5", None), ("1.005", None),
        ("1,000,000.01", None), ("12,50", None), ("1,2345", None), ("1_000", None), ("ten", None),
        ("NaN", None), ("Infinity", None), ("١٢", None), ("5\n", 500), ("5 6", None),
        # Each of these was a number of millions of digits, or an overflow, before anything looked at it.
        ("1e999990", None), ("1e9999999999", None), ("1e-9999999999", None), ("1E3", None), ("9" * 10, None),
        ("1" + ",000" * 4_000, None), ("9" * 16_000, None), ("0." + "0" * 16_000, None),
    ],
)  # fmt: skip
def test_pence_of_what_is_typed(typed: str, pence: int | None) -> None:
    assert pence_of(typed) == pence
