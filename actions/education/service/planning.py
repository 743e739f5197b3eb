"""Days for sessions: once a week, never on a bank holiday and, at school, only on days of its terms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from actions.education.service import rules
from actions.sdk.serving import Connection
from bot.hours import Hours

AT_SCHOOL: Final = "school"
"""The place whose days are its school's."""
_WEEK: Final = timedelta(days=7)
_BANK: Final = Hours(nation="ENG")
# A term of the authority that the pupil's school belongs to.
_TERMS: Final = """
SELECT t.first, t.last FROM education.term t JOIN education.school s ON s.la_code = t.la_code
JOIN education.pupil p ON p.school_urn = s.urn WHERE p.reference = $1 ORDER BY t.first
"""


@dataclass(frozen=True)
class Term:
    """A stretch of school days; half-term parts two of them."""

    first: date
    last: date


def school_day(day: date, terms: Collection[Term]) -> bool:
    """Whether school is open; of days behind the last term that is known, nobody has said that it isn't."""
    return any(each.first <= day <= each.last for each in terms) or all(each.last < day for each in terms)


def days(weekday: str, soonest: date, count: int, terms: Collection[Term]) -> list[date]:
    """The first days on which sessions can be.

    Args:
        weekday: of all of them.
        soonest: none is before it.
        count: how many.
        terms: of the school, for help there; none for help elsewhere, which has no holidays but the bank's.
    """
    day = soonest + timedelta(days=(rules.DAYS.index(weekday) - soonest.weekday()) % 7)
    found = list[date]()
    while len(found) < count:
        if not _BANK.holiday(day) and school_day(day, terms):
            found.append(day)
        day += _WEEK
    return found


async def terms_for(connection: Connection, pupil: str, place: str) -> Sequence[Term]:
    """The terms that count where a pupil's sessions are."""
    if place != AT_SCHOOL:
        return ()
    return [Term(row["first"], row["last"]) for row in await connection.fetch(_TERMS, pupil)]
