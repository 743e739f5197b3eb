"""The promise of a category: working days in working time, in London, without England's bank holidays."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from holidays import country_holidays

LONDON: Final = ZoneInfo("Europe/London")
OPENS: Final = time(9)
CLOSES: Final = time(17)
_DAY: Final = timedelta(days=1)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    # The library follows https://www.gov.uk/bank-holidays, substitute days and special days included.
    return frozenset(country_holidays("GB", subdiv="ENG", years=year))


@cache
def is_working_day(day: date) -> bool:
    """Monday to Friday, and no bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def _next_working_day(day: date) -> date:
    while not is_working_day(day):
        day += _DAY
    return day


def begins(moment: datetime) -> datetime:
    """When work on something that came at a moment can begin: then, or when a team next opens, in London."""
    local = moment.astimezone(LONDON)
    day = local.date()
    if local.time() >= CLOSES:
        day, local = day + _DAY, datetime.combine(day + _DAY, OPENS, LONDON)
    working = _next_working_day(day)
    if working != day or local.time() < OPENS:
        return datetime.combine(working, OPENS, LONDON)
    return local


def expected(reported: datetime, days: int | None) -> datetime | None:
    """By when a problem is promised to be put right.

    Args:
        reported: when it was.
        days: working days; None promises nothing.

    Returns:
        The same time of day so many working days after work can begin, in UTC.
    """
    if days is None:
        return None
    local = begins(reported)
    day = local.date()
    for _ in range(days):
        day = _next_working_day(day + _DAY)
    return datetime.combine(day, local.time(), LONDON).astimezone(UTC)


def working_time(since: datetime, until: datetime) -> timedelta:
    """The working time between two moments; nothing when the second is not later."""
    since, until = since.astimezone(LONDON), until.astimezone(LONDON)
    total, day = timedelta(), since.date()
    while day <= until.date():
        if is_working_day(day):
            opens = max(since, datetime.combine(day, OPENS, LONDON))
            closes = min(until, datetime.combine(day, CLOSES, LONDON))
            total += max(timedelta(), closes - opens)
        day += _DAY
    return total


def after_working(since: datetime, hours: float) -> datetime:
    """The moment so many working hours after another, in UTC."""
    left, local = timedelta(hours=hours), begins(since)
    while True:
        closes = datetime.combine(local.date(), CLOSES, LONDON)
        if left <= closes - local:
            return (local + left).astimezone(UTC)
        left -= closes - local
        local = begins(closes)
