"""Costs: an amount with how often, in both languages."""

import pytest

from bot.answers.cost import read_cost
from bot.answers.kind import Question


@pytest.mark.parametrize(
    ("text", "pence", "period"),
    [
        ("£20 a week", 2_000, "week"), ("20 a week", 2_000, "week"), ("£12.50pw", 1_250, "week"),
        ("twenty quid a week", 2_000, "week"), ("20 pounds weekly please", 2_000, "week"),
        ("£12.50 p/w", 1_250, "week"), ("it's £15 every week", 1_500, "week"), ("£5 a day", 3_500, "week"),
        ("a tenner per week", 1_000, "week"), ("£10 3 times a week", 3_000, "week"),
        ("£15 once a week", 1_500, "week"), ("£0 a week", 0, "week"), ("60 a month", 6_000, "month"),
        ("£60 monthly", 6_000, "month"), ("£60pm", 6_000, "month"), ("£7.50 twice a month", 1_500, "month"),
        ("£15 a fortnight", 39_000, "year"), ("£15 every other week", 39_000, "year"),
        ("£90 a year", 9_000, "year"), ("90 annually", 9_000, "year"), ("£25 a quarter", 10_000, "year"),
        ("£580 once", 58_000, "once"), ("500 one off", 50_000, "once"),
        ("it's a one-off, 500 pounds", 50_000, "once"), ("£1,200", 120_000, None), ("45", 4_500, None),
        ("about £40", 4_000, None), ("£20 yr wythnos", 2_000, "week"),
        ("ugain punt yr wythnos", 2_000, "week"), ("£20 bob wythnos", 2_000, "week"),
        ("30 punt y mis", 3_000, "month"), ("£30 bob mis", 3_000, "month"), ("£90 y flwyddyn", 9_000, "year"),
        ("£500 unwaith", 50_000, "once"), ("£500 un tro", 50_000, "once"),
        ("£10 dwywaith yr wythnos", 2_000, "week"), ("£15 bob pythefnos", 39_000, "year"),
    ],
)  # fmt: skip
def test_what_people_write(text: str, pence: int, period: str | None) -> None:
    answer = read_cost(text, Question("cost"))
    assert answer is not None
    assert answer.value == {"pence": pence, "period": period}
    assert answer.whole


@pytest.mark.parametrize(
    "text",
    [
        "", "a week", "every week", "-£5 a week", "minus 20 a month", "£5 or £10 a week", "all of it a month",
        "half a month", "€20 a week", "£1.234 a week", "free", "dim syniad", "not sure",
    ],
)  # fmt: skip
def test_what_is_no_cost(text: str) -> None:
    assert read_cost(text, Question("cost")) is None


def test_within_a_sentence_it_is_not_the_whole() -> None:
    said = "I'd like swimming on Mondays with my friend Ann, that's £6 a week"
    answer = read_cost(said, Question("cost"))
    assert answer is not None
    assert (answer.value, answer.whole) == ({"pence": 600, "period": "week"}, False)
