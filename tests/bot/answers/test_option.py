"""Choosing from a list."""

from datetime import timedelta
from typing import Any

import pytest

from bot.answers import Question
from bot.answers.option import read_option
from tests.bot.answers.reading import NOW

HOSPITALS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"id": "A", "distance": 3, "wait": 70, "stars": 4},
     "St Wilfrid's Hospital, Leeds, 3 miles, 10 weeks, Good"),
    ({"id": "B", "distance": 9, "wait": 21, "stars": 3}, "Bradford Royal Infirmary, 9 miles, 3 weeks, Good"),
    ({"id": "C", "distance": 5, "wait": 49, "stars": 5},
     "Chapel Allerton House, Leeds, 5 miles, 7 weeks, Outstanding"),
    ({"id": "D", "distance": 2, "wait": 80, "stars": 2},
     "Meanwood Clinic, Otley, 2 miles, 12 weeks, Inadequate"),
)  # fmt: skip
"""Three of the four are shown."""
FIGURES = {"nearest": "distance", "soonest": "wait", "best": "-stars"}

HOSPITAL = [
    ("2", "B"), ("option 2", "B"), ("2.", "B"), ("2)", "B"), ("(2)", "B"), ("#2", "B"),
    ("number two", "B"), ("no 2", "B"),
    ("No. 2", "B"), ("two", "B"), ("2 please", "B"), ("i'll have number 3", "C"),
    ("go for 2 then", "B"), ("2️⃣", "B"),
    ("２", "B"), ("second", "B"), ("the second", "B"), ("the 2nd one pls", "B"), ("the first", "A"),
    ("the second hospital", "B"), ("bradford hospital", "B"),
    ("one", "A"),
    ("the last one", "C"), ("bottom one", "C"), ("top one", "A"), ("the middle one", "B"),
    ("last but one", "B"),
    ("Bradford", "B"), ("the one in bradford", "B"), ("bradford royal", "B"), ("st wilfrids", "A"),
    ("St Wilfrid’s", "A"),
    ("Saint Wilfrids", "A"), ("wilfred", "A"), ("bradfrd royal", "B"), ("bardford", "B"),
    ("chapel alerton", "C"),
    ("brad", "B"), ("go for bradford then", "B"), ("the outstanding one", "C"), ("7 weeks", "C"),
    ("i think bradford would be easier for my mum", "B"), ("the nearest", "A"), ("closest please", "A"),
    ("the soonest", "B"), ("shortest wait", "B"), ("the best one", "C"),
    ("the one with the best rating", "C"),
    ("furthest", "B"), ("the worst", "B"), ("not Bradford, st wilfrids", "A"),
    ("no not bradford, chapel allerton", "C"),
    ("bradford not leeds", "B"), ("not 2, 3", "C"), ("2 not 3", "B"),
    ("not the nearest but the soonest", "B"),
    ("dau", "B"), ("opsiwn dau", "B"), ("rhif 2", "B"), ("yr ail", "B"), ("yr ail un os gwelwch yn dda",
        "B"),
    ("y cyntaf", "A"), ("y trydydd", "C"), ("yr un olaf", "C"), ("yr un canol", "B"), ("yr agosaf", "A"),
    ("y gorau", "C"), ("y cynharaf", "B"), ("yr un yn Bradford", "B"), ("nid Bradford, Chapel Allerton",
        "C"),
]  # fmt: skip
NONE = """|4|0|9|99|four|the fourth|fifth|the one in Leeds|leeds|leeds and bradford|2 or 3|2 and 3
bradford or chapel allerton
neither|none of them|hello|yes|whichever|i don't want bradford|not bradford|anything but bradford
is there parking at bradford
tell me about 2|cheapest|the other one|🙃|LS6 2AB|10:30|in 2 weeks|good|hospital|the hospital|yr ysbyty
tomorrow|1111 2222 3333
ddim Bradford|-|2.5"""

TIMES = tuple((n, label) for n, label in enumerate(
    ["Tuesday 3 March, 10:30am", "Tuesday 3 March, 2:15pm", "Wednesday 4 March, 9am"], 1
))  # fmt: skip
TIME = [
    ("wednesday", 3), ("weds", 3), ("the wednesday one", 3), ("wendesday", 3), ("4 march", 3),
    ("4th march", 3),
    ("the 4th", 3), ("4/3", 3), ("dydd Mercher", 3), ("10:30", 1), ("10.30", 1), ("half ten", 1),
    ("half past ten", 1),
    ("half ten on tues please", 1), ("tuesday at 10.30", 1), ("tuesday morning", 1),
    ("hanner awr wedi deg", 1),
    ("tuesday afternoon", 2), ("the afternoon one", 2), ("2.15", 2), ("quarter past 2", 2),
    ("2:15 on tuesday", 2),
    ("9am", 3), ("at 9", 3), ("3", 3), ("the second", 2), ("not wednesday, tuesday at 2.15", 2),
    ("y prynhawn", 2),
    ("the tuesday one", None), ("tuesday", None), ("thursday", None), ("the 3rd", None),
    ("the morning one", None),
    ("9", None), ("11am", None), ("dydd Mawrth", None), ("not tuesday", None),
]  # fmt: skip


def choose(text: str, **kept: Any) -> Any:
    question = Question("hospital", FIGURES, HOSPITALS, shown=(0, 3), now=NOW)
    answer = read_option(text, Question(**{**vars(question), **kept}))
    return answer.value["id"] if answer else None


@pytest.mark.parametrize(("text", "value"), HOSPITAL)
def test_one_is_meant(text: str, value: str) -> None:
    assert choose(text) == value


@pytest.mark.parametrize("text", NONE.replace("\n", "|").split("|"))
def test_none_or_two_are_meant_or_a_number_not_shown(text: str) -> None:
    assert choose(text) is None


def test_one_that_is_not_shown_yet_is_meant_by_its_name() -> None:
    assert choose("meanwood") == "D"


@pytest.mark.parametrize(("text", "value"), TIME)
def test_by_day_and_time(text: str, value: int | None) -> None:
    answer = read_option(text, Question("slot", {}, TIMES, shown=(0, 3), now=NOW - timedelta(days=3)))
    assert (answer.value if answer else None) == value


def test_an_ordinal_counts_on_the_page_and_a_number_through_all() -> None:
    assert choose("the first", shown=(3, 4)) == "D"
    assert choose("4", shown=(3, 4)) == "D"
    assert choose("1", shown=(3, 4)) == "A"


@pytest.mark.parametrize(("chosen", "value"), [(0, "B"), (1, "A")])
@pytest.mark.parametrize("text", ["the other one", "the other", "y llall"])
def test_the_other_of_two(text: str, chosen: int, value: str) -> None:
    assert choose(text, shown=(0, 2), chosen=HOSPITALS[chosen][0]) == value


def test_what_is_as_near_as_another_is_not_the_nearest() -> None:
    twice = tuple(({"id": one, "distance": 3}, one) for one in ("Ash", "Oak"))
    assert choose("nearest", options=twice, shown=(0, 2)) is None


def test_a_figure_that_is_not_known_is_left_out() -> None:
    known = tuple(({"id": one, "wait": wait}, one) for one, wait in (("Ash", None), ("Oak", 9), ("Elm", 8)))
    assert choose("soonest", options=known, shown=(0, 3)) == "Elm"


WAYS: tuple[tuple[str, ...], ...] = (
    ("soonest", "shortest wait", "can't wait"),
    ("nearest", "can't drive", "not far"),
)


@pytest.mark.parametrize(
    ("text", "value", "whole"),
    [
        ("soonest", "a", True), ("can’t drive", "b", True), ("cant drive", "b", True), ("not far", "b",
            True),
        ("something not far from home", "b", False), ("I can't drive", "b", True),
        ("the nearest to my work", "b", False),
        ("not the nearest, the soonest", "a", True), ("soonest or nearest", None, False),
        ("best", None, False),
    ],
)  # fmt: skip
def test_other_ways_to_say_an_option(text: str, value: str | None, whole: bool) -> None:
    options = (("a", "The shortest wait"), ("b", "The nearest"))
    answer = read_option(text, Question("priority", {}, options, WAYS, (0, 2)))
    assert (answer.value if answer else None) == value
    assert whole is (answer is not None and answer.whole)


@pytest.mark.parametrize(
    ("text", "value"),
    [("this week", 0), ("next week", 1), ("last week", 2), ("This week please", None), ("week", None)],
)
def test_a_name_that_is_said_as_it_stands(text: str, value: int | None) -> None:
    weeks = ((0, "This week, from Monday 2 March"), (1, "Next week, from Monday 9 March"),
             (2, "Last week, from Monday 23 February"))  # fmt: skip
    answer = read_option(text, Question("week", options=weeks, shown=(0, 3)))
    assert (answer.value if answer else None) == value
