"""The days clinics work in England: not at weekends, and not on bank holidays."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


def day(moment: datetime) -> date:
    """The day in London."""
    return moment.astimezone(LONDON).date()


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _monday_from(first: date) -> date:
    return first + timedelta(-first.weekday() % 7)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England in a year, with their substitute days."""
    easter = _easter(year)
    days = {
        easter - timedelta(2),
        easter + timedelta(1),
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
    }
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        free = fixed
        while free.weekday() >= 5 or free in days:
            free += timedelta(1)
        days.add(free)
    return frozenset(days)


def is_working_day(date_: date) -> bool:
    """Whether clinics work on a day."""
    return date_.weekday() < 5 and date_ not in bank_holidays(date_.year)
