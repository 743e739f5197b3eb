"""When a text may go: quiet hours, bank holidays, the clock change, and whose clock counts."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hours import Hours
from bot.urgency import Urgency

HOME = ZoneInfo("Europe/London")


def at(text: str) -> datetime:
    """“2026-11-23 21:30” in London, or with an offset of its own."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=HOME)


@pytest.mark.parametrize(
    ("urgency", "moment", "goes"),
    [
        ("notice", "2026-11-23 12:00", "2026-11-23 12:00"),
        ("notice", "2026-11-23 20:59", "2026-11-23 20:59"),
        ("notice", "2026-11-23 21:00", "2026-11-24 08:00"),
        ("notice", "2026-11-24 00:30", "2026-11-24 08:00"),
        ("notice", "2026-11-24 07:59", "2026-11-24 08:00"),
        ("notice", "2026-11-24 08:00", "2026-11-24 08:00"),
        # a notice goes at a weekend and on a bank holiday
        ("notice", "2026-11-28 12:00", "2026-11-28 12:00"),
        ("notice", "2026-12-25 12:00", "2026-12-25 12:00"),
        ("urgent", "2026-11-24 03:00", "2026-11-24 03:00"),
        ("reply", "2026-11-23 12:00", "2026-11-23 12:00"),
        ("bulk", "2026-11-23 12:00", "2026-11-23 12:00"),
        ("bulk", "2026-11-27 21:30", "2026-11-30 08:00"),
        ("bulk", "2026-11-28 12:00", "2026-11-30 08:00"),
        # Christmas 2026: Friday, then the weekend, then Boxing Day's substitute on Monday
        ("bulk", "2026-12-24 22:00", "2026-12-29 08:00"),
        ("bulk", "2026-12-25 12:00", "2026-12-29 08:00"),
        # the night the clocks go forward (29 March 2026) is an hour shorter, and back an hour longer
        ("notice", "2026-03-28 23:00", "2026-03-29 08:00"),
        ("notice", "2026-10-24 23:00", "2026-10-25 08:00"),
        ("notice", "2026-03-29T00:30:00+00:00", "2026-03-29 08:00"),
    ],
)
def test_when_a_text_may_go(urgency: str, moment: str, goes: str) -> None:
    assert Hours().allowed(Urgency(urgency), at(moment), HOME) == at(goes)


@pytest.mark.parametrize(("nation", "works"), [("ENG", True), ("SCT", False)])
def test_each_nation_has_its_bank_holidays(nation: str, works: bool) -> None:
    assert Hours(nation=nation).working_day(at("2026-11-30 12:00").date()) is works  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+447700900123", "Europe/London"),
        ("+33612345678", "Europe/Paris"),
        ("+6421123456", "Pacific/Auckland"),
        ("maya@example.com", "Europe/London"),
        ("+999123", "Europe/London"),
    ],
)
def test_whose_clock_counts(number: str, zone: str) -> None:
    assert Hours().zone_of(number) == ZoneInfo(zone)


def test_quiet_hours_may_lie_within_one_day() -> None:
    hours = Hours(quiet_from=time(12), quiet_until=time(14))
    assert hours.allowed(Urgency.NOTICE, at("2026-11-23 13:00"), HOME) == at("2026-11-23 14:00")
    assert hours.allowed(Urgency.NOTICE, at("2026-11-23 23:00"), HOME) == at("2026-11-23 23:00")


moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(["Europe/London", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"])


@given(moments, zones, st.sampled_from(Urgency))
def test_it_is_never_earlier_never_in_quiet_hours_and_settled(
    moment: datetime, zone: str, urgency: Urgency
) -> None:
    hours, local = Hours(), ZoneInfo(zone)
    goes = hours.allowed(urgency, moment, local)
    assert goes >= moment
    assert hours.allowed(urgency, goes, local) == goes
    if urgency in (Urgency.NOTICE, Urgency.BULK):
        assert time(8) <= goes.astimezone(local).time() < time(21)
