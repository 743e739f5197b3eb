"""Times, parts of a day, and days with times, on Wednesday 4 March 2026 at 10:00."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bot.answers.reading import read

TIMES = [
    ("2pm", "14:00"), ("2 pm", "14:00"), ("2p.m.", "14:00"), ("2", "14:00"), ("at 2", "14:00"),
    ("10", "10:00"),
    ("half two", "14:30"), ("half 2", "14:30"), ("half past two", "14:30"), ("half ten", "10:30"),
    ("half past twelve", "12:30"), ("quarter to 3", "14:45"), ("quarter past 3", "15:15"),
    ("a quarter to three", "14:45"), ("ten past four", "16:10"), ("twenty five to five", "16:35"),
    ("twenty-five to five", "16:35"), ("5 past 8", "08:05"), ("10 to 12", "11:50"),
    ("3 minutes to 4", "15:57"),
    ("14.30", "14:30"), ("14:30", "14:30"), ("1430", "14:30"), ("2.30pm", "14:30"), ("230pm", "14:30"),
    ("2:30", "14:30"), ("02:30", "02:30"), ("9.30am", "09:30"), ("9", "09:00"), ("noon", "12:00"),
    ("midday", "12:00"), ("12 noon", "12:00"), ("midnight", "00:00"), ("12pm", "12:00"), ("12am", "00:00"),
    ("two o'clock", "14:00"), ("10 o clock", "10:00"), ("7 in the evening", "19:00"),
    ("half seven tonight", "19:30"),
    ("quarter past 9 in the morning", "09:15"), ("around 4ish", "16:00"), ("not 2pm, 3pm", "15:00"),
    ("friday at 2pm", "14:00"), ("11am please", "11:00"), ("twelve", "12:00"),
    ("hanner awr wedi dau", "14:30"), ("dau o'r gloch", "14:00"), ("ddau o'r gloch", "14:00"),
    ("un ar ddeg o'r gloch", "11:00"), ("chwarter i dri", "14:45"), ("chwarter wedi tri", "15:15"),
    ("deng munud i bedwar", "15:50"), ("ugain munud wedi chwech", "18:20"),
    ("pum munud ar hugain i bump", "16:35"), ("hanner dydd", "12:00"), ("hanner nos", "00:00"),
    ("10yb", "10:00"),
    ("2yp", "14:00"), ("am 10", "10:00"), ("hanner awr wedi wyth y bore", "08:30"),
]  # fmt: skip
PARTS = [
    ("in the morning", "08:00", "12:00"), ("morning", "08:00", "12:00"), ("am", "08:00", "12:00"),
    ("afternoon please", "12:00", "17:00"), ("pm", "12:00", "17:00"), ("evening", "17:00", "21:00"),
    ("lunchtime", "12:00", "14:00"), ("first thing", "08:00", "10:00"), ("late afternoon", "15:00", "17:00"),
    ("any time", "00:00", "23:59"), ("after 3", "15:00", "23:59"), ("before noon", "00:00", "12:00"),
    ("by 5", "00:00", "17:00"), ("between 2 and 4", "14:00", "16:00"), ("2-4pm", "14:00", "16:00"),
    ("from 9 till 11", "09:00", "11:00"), ("10-12", "10:00", "12:00"), ("after work", "17:00", "19:00"),
    ("yn y bore", "08:00", "12:00"), ("bore", "08:00", "12:00"), ("pnawn", "12:00", "17:00"),
    ("p'nawn", "12:00", "17:00"), ("prynhawn", "12:00", "17:00"), ("gyda'r nos", "17:00", "21:00"),
    ("amser cinio", "12:00", "14:00"), ("unrhyw bryd", "00:00", "23:59"), ("ar ôl 3", "15:00", "23:59"),
]  # fmt: skip
NONE = """|hello|25:00|24:30|14:75|99|half 13|2pm or 3pm|not 2pm|2:3:4|LS6 2AB|12345|£2.50 each|yes|soon
quarter to 30|-2|1111 2222 3333
bore neu brynhawn|ddim 2pm|4 to 2 to 1 to 9"""
MOMENTS: list[tuple[str, Any]] = [
    ("friday at half two", "2026-03-06T14:30"), ("friday 14.30", "2026-03-06T14:30"),
    ("fri 2ish", "2026-03-06T14:00"),
    ("14/3 at 2.30pm", "2026-03-14T14:30"), ("14th march 10am", "2026-03-14T10:00"),
    ("14 march 10:30", "2026-03-14T10:30"), ("2pm on friday please", "2026-03-06T14:00"),
    ("a week on friday at noon", "2026-03-13T12:00"), ("tonight at 7", "2026-03-04T19:00"),
    ("tomorrow at ten past four", "2026-03-05T16:10"), ("yfory am 10", "2026-03-05T10:00"),
    ("dydd Gwener am ddau o'r gloch", "2026-03-06T14:00"),
    ("dydd Llun am hanner awr wedi dau", "2026-03-09T14:30"),
    ("next tues pm", {"date": "2026-03-10", "from": "12:00", "to": "17:00"}),
    ("tomorrow morning", {"date": "2026-03-05", "from": "08:00", "to": "12:00"}),
    ("tuesday the 10th in the morning", {"date": "2026-03-10", "from": "08:00", "to": "12:00"}),
    ("this afternoon", {"date": "2026-03-04", "from": "12:00", "to": "17:00"}),
    ("last night", {"date": "2026-03-03", "from": "21:00", "to": "23:59"}),
    ("yfory yn y bore", {"date": "2026-03-05", "from": "08:00", "to": "12:00"}),
    ("bore fory", {"date": "2026-03-05", "from": "08:00", "to": "12:00"}),
    ("friday", {"date": "2026-03-06", "from": "00:00", "to": "23:59"}),
    ("friday after 3", {"date": "2026-03-06", "from": "15:00", "to": "23:59"}),
    ("2 hours ago", "2026-03-04T08:00"), ("half an hour ago", "2026-03-04T09:30"),
    ("just now", "2026-03-04T10:00"),
    ("awr yn ôl", "2026-03-04T09:00"),
    ("2pm", None), ("hello", None), ("friday or saturday at 2", None), ("friday at 2 or at 3", None),
    ("31 feb at 2pm", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TIMES)
def test_times(text: str, value: str) -> None:
    assert read("time", text) == value


@pytest.mark.parametrize(("text", "start", "end"), PARTS)
def test_parts_of_a_day(text: str, start: str, end: str) -> None:
    assert read("time", text) == {"from": start, "to": end}


@pytest.mark.parametrize("text", NONE.replace("\n", "|").split("|"))
def test_what_is_no_time_or_two(text: str) -> None:
    assert read("time", text) is None


@pytest.mark.parametrize(("text", "value"), MOMENTS)
def test_days_with_times(text: str, value: Any) -> None:
    assert read("date_time", text) == value


@given(st.times())
def test_a_time_reads_back_however_it_is_written(time: Any) -> None:
    value, twelve = f"{time:%H:%M}", time.hour % 12 or 12
    half = "am" if time.hour < 12 else "pm"
    for text in (
        f"{twelve}:{time:%M}{half}",
        f"{twelve}.{time:%M} {half}",
        f"at {twelve}:{time:%M} {half} please",
    ):
        assert read("time", text) == value, text
    if time.hour > 12:
        assert read("time", value) == value
