"""A desk's opening hours, and promises counted in them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.opening import Opening, OpeningError, Target, read_level
from bot.hours import Hours

LONDON = ZoneInfo("Europe/London")
OFFICE = Opening.parse({"weekdays": "09:00-17:00"})
SHORT_FRIDAY = Opening.parse({"friday": "09:00-12:00", "weekdays": "09:00-17:00", "saturday": "10:00-12:00"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("opening", "moment", "opens"),
    [
        (OFFICE, "2026-11-24 10:00", "2026-11-24 10:00"),
        (OFFICE, "2026-11-24 08:59", "2026-11-24 09:00"),
        (OFFICE, "2026-11-24 17:00", "2026-11-25 09:00"),
        (OFFICE, "2026-11-27 17:30", "2026-11-30 09:00"),  # Friday evening
        (OFFICE, "2026-12-24 17:30", "2026-12-29 09:00"),  # Christmas, Boxing Day in lieu
        (SHORT_FRIDAY, "2026-11-27 12:00", "2026-11-28 10:00"),
        (SHORT_FRIDAY, "2026-11-28 12:00", "2026-11-30 09:00"),
    ],
)
def test_when_it_opens(opening: Opening, moment: str, opens: str) -> None:
    assert opening.opens(at(moment)) == at(opens)
    assert opening.open_at(at(moment)) == (moment == opens)


@pytest.mark.parametrize(
    ("opening", "since", "target", "due"),
    [
        (OFFICE, "2026-11-24 10:00", "30 minutes", "2026-11-24 10:30"),
        (OFFICE, "2026-11-24 16:45", "30 minutes", "2026-11-25 09:15"),
        (OFFICE, "2026-11-24 22:00", "1 hour", "2026-11-25 10:00"),
        (
            OFFICE,
            "2026-11-27 16:00",
            "9 hours",
            "2026-11-30 17:00",  # one on Friday, eight on Monday
        ),
        (OFFICE, "2026-11-27 10:00", "1 day", "2026-11-30 10:00"),
        (OFFICE, "2026-11-28 10:00", "2 days", "2026-12-02 09:00"),
        (SHORT_FRIDAY, "2026-11-26 16:00", "1 day", "2026-11-27 12:00"),
    ],
)
def test_by_when_something_must_be(opening: Opening, since: str, target: str, due: str) -> None:
    assert opening.due(at(since), Target.parse(target)) == at(due)


@given(
    st.datetimes(
        datetime(2026, 1, 1),  # noqa: DTZ001
        datetime(2027, 12, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.integers(1, 3_000),
    st.integers(1, 3_000),
)
def test_more_time_is_never_sooner(since: datetime, minutes: int, more: int) -> None:
    first = OFFICE.due(since, Target(minutes=minutes))
    second = OFFICE.due(since, Target(minutes=minutes + more))
    assert since < first < second
    assert second - first >= timedelta(minutes=more)


def test_a_nation_has_its_own_holidays() -> None:
    scottish = Opening.parse({"weekdays": "09:00-17:00"}, holidays=Hours(nation="SCT"))
    assert not scottish.open_at(at("2026-11-30 10:00"))  # St Andrew's Day
    assert OFFICE.open_at(at("2026-11-30 10:00"))


@pytest.mark.parametrize(
    ("hours", "promises", "says"),
    [
        ({"weekday": "09:00-17:00"}, None, "“weekday” is no day"),
        ({"weekdays": "9-5"}, None, "“9-5” are no hours"),
        ({"weekdays": "17:00-09:00"}, None, "opens before it closes"),
        ({"weekdays": "09:00-25:00"}, None, "are no hours"),
        ({}, None, "opens on one day"),
        ("always", None, "“hours” are such as"),
        (None, {"first_answer": "1 hour"}, "“promises” are such as"),
        (None, {"first_reply": "soon"}, "“soon” is no time"),
        (None, {"solved": "0 days"}, "“0 days” is no time"),
    ],
)
def test_what_cannot_be_read_says_why(hours: object, promises: object, says: str) -> None:
    with pytest.raises(OpeningError, match=says):
        read_level(hours, promises)
