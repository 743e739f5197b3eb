"""Parts of a budget: in percent they come to the whole, in pounds somebody has the rest."""

from typing import Any

import pytest

from actions.care.parts import parts


@pytest.mark.parametrize(
    ("text", "unit", "given", "rest"),
    [
        ("60% direct, 40% council", "percent", {"direct": 60, "council": 40}, None),
        ("direct 60 per cent and council 40 per cent", "percent", {"direct": 60, "council": 40}, None),
        (
            "half as a direct payment and half with the council",
            "percent",
            {"direct": 50, "council": 50},
            None,
        ),
        ("half to me, the rest to the provider", "percent", {"direct": 50, "fund": 50}, None),
        ("thirty percent third party, the rest council", "percent", {"third_party": 30, "council": 70}, None),
        ("20% direct 30% fund 50% council", "percent", {"direct": 20, "fund": 30, "council": 50}, None),
        ("£2,000 direct and the rest council", "pence", {"direct": 200_000}, "council"),
        ("£99.50 direct, rest council", "pence", {"direct": 9_950}, "council"),
        ("100 pounds direct, rest council", "pence", {"direct": 10_000}, "council"),
        ("60% uniongyrchol, 40% y cyngor", "percent", {"direct": 60, "council": 40}, None),
        ("i want it 60/40 me and the council", "percent", {"direct": 60, "council": 40}, None),
        ("50/50 council and direct payment", "percent", {"council": 50, "direct": 50}, None),
        ("half and half, me and the council", "percent", {"direct": 50, "council": 50}, None),
        ("hanner hanner, fi a'r cyngor", "percent", {"direct": 50, "council": 50}, None),
        ("hanner i mi, y gweddill i'r cyngor", "percent", {"direct": 50, "council": 50}, None),
    ],
)
def test_what_comes_out(text: str, unit: str, given: dict[str, int], rest: str | None) -> None:
    found: dict[str, Any] | None = parts(text)
    assert found == {"unit": unit, "parts": given, "rest": rest}


@pytest.mark.parametrize(
    "text",
    [
        "", "direct", "60% direct", "60% direct, 50% council", "60% direct, 30% council", "half and half",
        "100% direct, the rest council", "0% direct, 100% council", "£100 direct, £200 council",
        "£100 direct, 50% council", "60% direct, 40% direct", "the rest direct, the rest council",
        "some of it direct, some council", "60/50 me and the council", "60/40",
        "60/40 council", "£0 direct, rest council", "60% 40% direct council",
    ],
)  # fmt: skip
def test_what_does_not(text: str) -> None:
    assert parts(text) is None
