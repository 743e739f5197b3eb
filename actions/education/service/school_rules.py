"""The rules of choosing another school as they are published: who comes first, and by when what is done."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from actions.sdk.serving import Connection

LONDON: Final = ZoneInfo("Europe/London")

MOST_CHOSEN: Final = 5
"""Schools on a parent's list."""
LEAST_NOTICE: Final = timedelta(days=14)
MOST_NOTICE: Final = timedelta(days=120)
"""Between being told of the right and the deadline."""
REMIND_BEFORE: Final = (timedelta(days=7), timedelta(days=1))
ANSWER_REMINDED: Final = timedelta(days=2)
"""Before the day by which an offer is to be answered."""
LEAST_ANSWER: Final = timedelta(days=7)
"""For a parent to answer an offer."""
LEAST_APPEAL: Final = timedelta(days=28)
"""To appeal: the law gives 20 school days at least (School Admission Appeals Code 2022, paragraph 2.1)."""
IN_YEAR_DAYS: Final = 15
"""School days in which any other application is answered (School Admissions Code 2021, paragraph 2.30)."""
MOVES_AFTER: Final = timedelta(days=42)
"""From the deadline until children move, about: places are of the school year of that day."""

IN_CARE, SIBLING, DISTANCE = 1, 2, 3

CRITERIA: Final[tuple[tuple[int, Mapping[str, str]], ...]] = (
    (IN_CARE, {
        "en": "Children who are or were in care.",
        "cy": "Plant sydd neu a fu mewn gofal.",
    }),
    (SIBLING, {
        "en": "Children with a brother or sister at the school.",
        "cy": "Plant â brawd neu chwaer yn yr ysgol.",
    }),
    (DISTANCE, {
        "en": "All other children: who lives nearest, in a straight line, comes first.",
        "cy": "Pob plentyn arall: y plentyn sy'n byw agosaf, mewn llinell syth, sy'n dod gyntaf.",
    }),
)  # fmt: skip
"""In their order, after the School Admissions Code 2021, paragraphs 1.7, 1.11 and 1.13. Within each the
nearest comes first, and between two who live equally far the lottery decides. Where on the list a parent put
the school makes no difference to it (paragraph 1.9c)."""

POOR_SHARE: Final = 0.3
FEW_SHARE: Final = 0.5
LEAST_PUPILS: Final = 4
"""An area is one where more good places are wanted if of its pupils who chose at least so large a part is
disadvantaged, at most so large a part got their first choice, and there are so many of them at least."""
AREA_TOLD_FROM: Final = 5
"""Numbers of pupils below this are not published."""


def school_year(day: date) -> int:
    """The year in which the school year of a day began."""
    return day.year if day.month >= 9 else day.year - 1


def lottery(seed: str, pupil: str) -> str:
    """A pupil's number in the lottery: the smallest comes first. Whoever knows the seed can check it."""
    return hashlib.sha256(f"{seed}:{pupil}".encode()).hexdigest()


def seed_digest(seed: str) -> str:
    """What is published of the seed before it is used, so that nobody can choose another afterwards."""
    return hashlib.sha256(seed.encode()).hexdigest()


def local_day(at: datetime) -> date:
    """The day in London of a moment."""
    return at.astimezone(LONDON).date()


async def lock_notices(connection: Connection) -> None:
    """Lets one transaction at a time note what is to be told, until it ends.

    Numbers of notices then come to be seen in their order, and who reads on from the last misses none.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('education school notices'))")


def utc(at: datetime) -> str:
    """A moment as it is answered."""
    return at.astimezone(UTC).isoformat()
