"""What the desk looks at: problems that will be late soon, and those that come again and again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actions.reports.service.keys import Pool
from actions.reports.service.promise import after_working, working_time
from actions.reports.service.reports import REPEATS_WITHIN

MOST: Final = 200
"""Problems in one list."""

BREACHING_QUERY: Final = """
SELECT id, category, agency, state, expected_at FROM problem
WHERE status = 'open' AND expected_at <= $1 ORDER BY expected_at, id LIMIT $2
"""
# The third report of a place and each after it. The index of the table has the same number.
REPEATS_QUERY: Final = """
SELECT id, category, agency, officer, times, requested_at FROM problem
WHERE times >= 3 AND requested_at > $1 AND state <> 'duplicate' ORDER BY requested_at DESC, id DESC LIMIT $2
"""


@dataclass(frozen=True)
class Breach:
    """A problem that is late, or will be.

    Args:
        id: its reference.
        category: its code.
        agency: who has it.
        state: as it is now.
        expected: by when it was promised.
        left: working time until then; nothing when it is late.
    """

    id: int
    category: str
    agency: str
    state: str
    expected: datetime
    left: timedelta


async def breaching(pool: Pool, now: datetime, *, hours: float = 8) -> list[Breach]:
    """The open problems whose promise will be broken soon, those that are late first.

    Args:
        pool: the database.
        now: the time.
        hours: how soon, in working hours; 8 are a working day.
    """
    rows = await pool.fetch(BREACHING_QUERY, after_working(now, hours), MOST)
    return [
        Breach(
            row["id"], row["category"], row["agency"], row["state"], row["expected_at"],
            working_time(now, row["expected_at"]),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Repeat:
    """A failure that repeats itself: three times in 90 days at one place.

    Args:
        id: the reference of the latest.
        category: its code.
        agency: who has it.
        officer: who is named for such; None where nobody is.
        times: how often it was reported in the 90 days before, this time among them.
        reported: when.
    """

    id: int
    category: str
    agency: str
    officer: str | None
    times: int
    reported: datetime


async def repeats(pool: Pool, now: datetime) -> list[Repeat]:
    """The failures of the last 90 days that repeat themselves, the latest first."""
    rows = await pool.fetch(REPEATS_QUERY, now - REPEATS_WITHIN, MOST)
    return [
        Repeat(
            row["id"], row["category"], row["agency"], row["officer"], row["times"], row["requested_at"]
        )
        for row in rows
    ]  # fmt: skip
