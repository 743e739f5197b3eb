"""Whatever is written, every kind reads it or doesn't, and soon."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import KINDS, Question
from tests.bot.answers.reading import NOW

DETAILS: dict[str, dict[str, Any]] = {
    "digits": {"digits": 12}, "reference": {"form": r"[A-Z]{2}\d{6}"}, "option": {"nearest": "miles"},
}  # fmt: skip
OPTIONS = tuple(
    ({"miles": n}, f"Ysbyty Number {n}, Tuesday {n} March, {n}:30pm, {n} miles") for n in range(1, 12)
)
WORDS = """yes no not 1 2 half quarter past to a week on friday next the 14 31 feb /3 £ 12.50 all pounds p
ar hugain deg un cant o'r gloch yn ôl ond LS6 2AB 07700 900123 option last 🤷 👍🏽 , . - : ago
month 0 99 ² ٣ Ⅷ ŵ İ ß in"""
LONG = """1 |one |not |a |no, |1/|1.|£1|£1,1|#|,,|12:3|LS6 |un ar |friday |ago |’|yes
07700 |\u0301|half past |L S 6|in a week on |?|👍|and a """


def ask(kind: str, text: str) -> Any:
    question = Question(
        "slot", DETAILS.get(kind, {}), OPTIONS if kind == "option" else (),
        tuple(("soon", "can't drive") for _ in OPTIONS) if kind == "option" else (), (0, 9), now=NOW,
    )  # fmt: skip
    answer = KINDS[kind](text, question)
    return json.dumps(answer.value) if answer else None


@pytest.mark.parametrize("kind", KINDS)
@given(
    text=st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))
)
def test_never_raises_and_gives_json(kind: str, text: str) -> None:
    value = ask(kind, text)
    assert value is None or isinstance(json.loads(value), str | int | float | list | dict | bool)
    assert ask(kind, text) == value


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("kind", "part"), list(product(KINDS, LONG.replace("\n", "|").split("|"))))
def test_a_long_message_is_read_soon(kind: str, part: str) -> None:
    text = part * (100_000 // len(part))
    assert ask(kind, text) == ask(kind, text)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_moment_the_year_is_enough(kind: str) -> None:
    assert KINDS[kind]("🙃", Question("slot", DETAILS.get(kind, {}), year=2030)) is None
