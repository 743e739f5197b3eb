"""Dates, on Wednesday 4 March 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bot.answers.reading import ask, read

NEXT = [
    ("friday", "03-06"), ("fri", "03-06"), ("Friday please", "03-06"), ("on friday", "03-06"),
    ("wednesday", "03-11"), ("this wednesday", "03-04"), ("this friday", "03-06"), ("next friday", "03-13"),
    ("next tues", "03-10"), ("tues", "03-10"), ("sat", "03-07"), ("friday next week", "03-13"),
    ("next week friday", "03-13"), ("a week on Friday", "03-13"), ("week on friday", "03-13"),
    ("friday week", "03-13"), ("a fortnight on friday", "03-20"), ("a week today", "03-11"),
    ("two weeks today", "03-18"), ("week tomorrow", "03-12"), ("today", "03-04"), ("tonight", "03-04"),
    ("tomorrow", "03-05"), ("tomorow", "03-05"), ("2moro", "03-05"), ("tmrw", "03-05"),
    ("day after tomorrow", "03-06"), ("the day after tomorrow please", "03-06"), ("in 2 weeks", "03-18"),
    ("in two weeks time", "03-18"), ("in a fortnight", "03-18"), ("in 3 days", "03-07"),
    ("in a couple of weeks", "03-18"), ("in a month", "04-04"), ("end of the month", "03-31"),
    ("end of next month", "04-30"), ("start of next month", "04-01"), ("14/3", "03-14"), ("14.3", "03-14"),
    ("14-3-26", "03-14"), ("14/03/2026", "03-14"), ("2026-03-14", "03-14"), ("14th march", "03-14"),
    ("14 mar", "03-14"), ("march 14", "03-14"), ("March 14th, 2026", "03-14"), ("14th of march", "03-14"),
    ("fourteenth of march", "03-14"), ("twenty first of june", "06-21"), ("saturday 14th march", "03-14"),
    ("friday the 13th", "03-13"), ("the 14th", "03-14"), ("the 1st", "04-01"), ("fri 6th", "03-06"),
    ("wendsday", "03-11"), ("thrusday", "03-05"), ("3rd of septmber", "09-03"), ("14 march 10am", "03-14"),
    ("christmas eve", "12-24"), ("boxing day", "12-26"), ("not tuesday, wednesday", "03-11"),
    ("can I come on friday please", "03-06"), ("monday or rather not monday, tuesday", None),
    ("yfory", "03-05"), ("fory", "03-05"), ("heddiw", "03-04"), ("trennydd", "03-06"),
    ("dydd Mawrth nesaf", "03-10"), ("dydd Gwener", "03-06"), ("ddydd Gwener", "03-06"), ("Gwener",
        "03-06"),
    ("dydd Llun", "03-09"), ("wythnos i ddydd Gwener", "03-13"), ("dydd Gwener nesaf", "03-13"),
    ("dydd Iau yma", "03-05"), ("ymhen pythefnos", "03-18"), ("ymhen 3 diwrnod", "03-07"),
    ("mewn wythnos", "03-11"), ("diwedd y mis", "03-31"), ("14 Mawrth", "03-14"), ("14eg o Fawrth",
        "03-14"),
    ("y 14eg o Fawrth", "03-14"), ("y cyntaf o Fai", "05-01"), ("3 Gorffennaf", "07-03"),
    ("dydd Sadwrn 14 Mawrth", "03-14"), ("bore fory", "03-05"), ("dydd Nadolig", "12-25"),
]  # fmt: skip
PAST = [
    ("friday", "2026-02-27"), ("wednesday", "2026-02-25"), ("last tuesday", "2026-03-03"),
    ("yesterday", "2026-03-03"), ("3 days ago", "2026-03-01"), ("a week ago", "2026-02-25"),
    ("14 march", "2025-03-14"), ("1/2", "2026-02-01"), ("25/12", "2025-12-25"), ("the 14th", "2026-02-14"),
    ("14/3/99", "1999-03-14"), ("ddoe", "2026-03-03"), ("echdoe", "2026-03-02"),
    ("dydd Gwener diwethaf", "2026-02-27"), ("christmas", "2025-12-25"), ("today", "2026-03-04"),
    ("day before yesterday", "2026-03-02"), ("last night", "2026-03-03"),
]  # fmt: skip
NONE = """|31 feb|31/4|29/2/27|3/14|0/1|14/0|32 march|tuesday or wednesday|i can't do tuesday|not tuesday
any day but tuesday
tuesday 14 march|next week|soon|asap|12|14 3|£14|LS6 2AB|1111 2222 3333|yes|whenever|the weekend|i may
hello|1/2/3/4|14.30
dydd Llun neu ddydd Mawrth|ddim dydd Llun|9999999 weeks ago|99/99/9999"""


@pytest.mark.parametrize(("text", "value"), NEXT)
def test_the_next_is_meant(text: str, value: str | None) -> None:
    assert read("date", text) == (value and f"2026-{value}")


@pytest.mark.parametrize(
    ("text", "value"), [("1/2", "2027-02-01"), ("29 feb", "2028-02-29"), ("3 March", "2027-03-03")]
)
def test_what_has_been_this_year_is_next_year(text: str, value: str) -> None:
    assert read("date", text) == value


@pytest.mark.parametrize(("text", "value"), PAST)
def test_the_last_is_meant_where_the_past_is_asked_for(text: str, value: str) -> None:
    assert read("date", text, past=True) == value


@pytest.mark.parametrize("text", NONE.replace("\n", "|").split("|"))
def test_what_is_no_date_or_two(text: str) -> None:
    assert read("date", text) is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [("friday", True), ("can I come on friday please", True),
     ("my mother is coming on friday and she has the car that day", False)],
)  # fmt: skip
def test_whole(text: str, whole: bool) -> None:
    answer = ask("date", text)
    assert answer is not None
    assert answer.whole is whole


MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
MISOEDD = "Ionawr|Chwefror|Mawrth|Ebrill|Mai|Mehefin|Gorffennaf|Awst|Medi|Hydref|Tachwedd|Rhagfyr"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"


def _of(names: str, at: int) -> str:
    return names.split("|")[at]


@given(st.dates(date(1990, 1, 1), date(2080, 12, 31)))
def test_a_date_reads_back_however_it_is_written(day: date) -> None:
    month, cymraeg, weekday = (
        _of(MONTHS, day.month - 1),
        _of(MISOEDD, day.month - 1),
        _of(DAYS, day.weekday()),
    )
    for text in (
        day.isoformat(), f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{weekday} {day.day} {month} {day.year}", f"{weekday}, the {day.day}th of {month} {day.year}",
        f"{day.day} {cymraeg} {day.year}", f"on {day.day} {month.upper()} {day.year} please",
    ):  # fmt: skip
        assert read("date", text) == day.isoformat(), text


@given(st.integers(0, 364))
def test_without_a_year_it_is_within_one(days: int) -> None:
    day = date(2026, 3, 4) + timedelta(days=days)
    for text in (f"{day.day}/{day.month}", f"{day.day} {_of(MONTHS, day.month - 1)}"):
        assert read("date", text) == day.isoformat(), text


BORN = [
    ("3/4/61", "1961-04-03"), ("3 April 1961", "1961-04-03"), ("03/04/1961", "1961-04-03"),
    ("3.4.61", "1961-04-03"), ("3-4-61", "1961-04-03"), ("3 4 61", "1961-04-03"), ("03041961",
        "1961-04-03"),
    ("030461", "1961-04-03"), ("1961-04-03", "1961-04-03"), ("April 3 1961", "1961-04-03"),
    ("born 3rd of april 61", "1961-04-03"), ("third of april nineteen sixty one", "1961-04-03"),
    ("3 Ebrill 1961", "1961-04-03"), ("y 3ydd o Ebrill 1961", "1961-04-03"), ("3/4/25", "2025-04-03"),
    ("3/4/26", "1926-04-03"), ("3 april", None), ("3/4/2030", None), ("31/2/61", None), ("3/4/1861", None),
    ("1961", None), ("hello", None), ("yes", None), ("3/4/61 or 4/3/61", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), BORN)
def test_date_of_birth(text: str, value: str | None) -> None:
    assert read("birth_date", text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("3/4/12", "1912-04-03"), ("3/4/05", "2005-04-03"), ("3/4/2012", None)]
)
def test_date_of_birth_of_a_grown_up(text: str, value: str | None) -> None:
    assert read("birth_date", text, youngest=16) == value
