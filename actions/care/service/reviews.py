"""Yearly reviews: when one is due, the times there are, and the one a citizen chose."""

from datetime import date, datetime, timedelta
from typing import Final

from actions.care.service import events, people
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem

TOLD_BEFORE: Final = timedelta(days=28)
"""Before it is due the citizen is asked for a day."""
NOT_BEFORE: Final = timedelta(days=2)
OFFERED: Final = 12

_DUE: Final = """
SELECT citizen, review_due FROM care.budget
WHERE review_due BETWEEN $1::date - 7 AND $1::date + $2::int AND ends_on >= $1
  AND NOT EXISTS (SELECT FROM care.slot WHERE slot.citizen = budget.citizen)
  AND NOT EXISTS (SELECT FROM care.event WHERE key = 'review_due:' || budget.citizen || ':' || review_due)
"""


async def review(pool: Pool, reference: str, now: datetime) -> dict[str, Json]:
    """When a citizen's review is due, what they have chosen, and the next times there are."""
    budget = await people.budget(pool, reference, now)
    booked = await pool.fetchval("SELECT starts_at FROM care.slot WHERE citizen = $1", reference)
    free = await pool.fetch(
        "SELECT id, starts_at FROM care.slot WHERE citizen IS NULL AND starts_at > $1"
        " ORDER BY starts_at LIMIT $2",
        now + NOT_BEFORE, OFFERED,
    )  # fmt: skip
    return {
        "due": budget["review_due"].isoformat(), "booked": booked.isoformat() if booked else None,
        "slots": [{"id": row["id"], "starts_at": row["starts_at"].isoformat()} for row in free],
    }  # fmt: skip


async def book(connection: Connection, reference: str, slot: int, now: datetime) -> None:
    """Books a time; one that was booked before is given up.

    Raises:
        Problem: 404; 409 `SLOT_TAKEN`.
    """
    await people.lock_budget(connection, reference, now)
    await connection.execute("UPDATE care.slot SET citizen = NULL WHERE citizen = $1", reference)
    taken = await connection.fetchval(
        """UPDATE care.slot SET citizen = $2 WHERE id = $1 AND citizen IS NULL AND starts_at > $3
           RETURNING true""",
        slot, reference, now,
    )  # fmt: skip
    if not taken:
        raise Problem(409, "SLOT_TAKEN", "That time is not free any more.")


async def tell_due(connection: Connection, now: datetime) -> None:
    """Notes the reviews that come due, once each."""
    day = people.today(now)
    for row in await connection.fetch(_DUE, day, TOLD_BEFORE.days):
        due: date = row["review_due"]
        await events.happened(
            connection, row["citizen"], "review_due", f"{row['citizen']}:{due}", {"due": due.isoformat()}, now
        )
