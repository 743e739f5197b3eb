"""The days clinics work in England: not at weekends, and not on bank holidays."""

from datetime import date, timedelta
from functools import cache


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _monday_from(day: date) -> date:
    return day + timedelta(-day.weekday() % 7)


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
        day = fixed
        while day.weekday() >= 5 or day in days:
            day += timedelta(1)
        days.add(day)
    return frozenset(days)


def is_working_day(day: date) -> bool:
    """Whether clinics work on a day."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)
