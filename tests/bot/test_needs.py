"""Two needs in one message: where it parts, and when both are wanted."""

import pytest

from bot.understanding.needs import Ranking, both, halves

PARTED = {
    "report a broken light on Otley Road and I also want to know my childcare money": (
        "report a broken light on Otley Road", "want to know my childcare money",
    ),
    "report a broken light, and also how much childcare money is left": (
        "report a broken light", "how much childcare money is left",
    ),
    "how much childcare money have i got and when is my hospital appointment": (
        "how much childcare money have i got", "when is my hospital appointment",
    ),
    "riportio twll yn y ffordd a hefyd faint o arian gofal plant sydd gen i": (
        "riportio twll yn y ffordd", "faint o arian gofal plant sydd gen i",
    ),
}  # fmt: skip
WHOLE = (
    "choose a hospital for my knee", "a knee and a hip", "my mum and dad want to come", "also", "and also",
    "one and also two things and also three things", "",
)  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), PARTED.items())
def test_a_message_parts_where_another_need_begins(text: str, parts: tuple[str, str]) -> None:
    assert halves(text) == parts


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_one_need_stays_whole(text: str) -> None:
    assert halves(text) is None


def ranked(name: str, probability: float) -> Ranking:
    return ((name, probability), ("other", 1 - probability))


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (ranked("one", 0.9), ranked("two", 0.85), [("one", "a"), ("two", "b")]),
        (ranked("one", 0.9), ranked("one", 0.85), []),
        (ranked("one", 0.9), ranked("two", 0.7), []),
        ((), ranked("two", 0.9), []),
    ],
)
def test_both_are_wanted_where_both_are_sure(
    first: Ranking, second: Ranking, wanted: list[tuple[str, str]]
) -> None:
    assert both([("a", first), ("b", second)]) == wanted
