"""Helpers: carers and assistants whom a citizen lets pay from the budget, with limits that hold."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import asyncpg
from pydantic import Field

from actions.care.service import events, people
from actions.care.service.numbers import Number
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

MOST: Final = 10
"""Helpers of one citizen at once."""

_SPENT: Final = """
SELECT coalesce(sum(pence), 0)::bigint FROM care.spend
WHERE helper = $1 AND made_at >= $2 AND state NOT IN ('unfunded', 'refused', 'withdrawn')
"""


class NewHelper(Body):
    """Whom a citizen lets pay, and what for; pence."""

    name: str = Field(pattern=r"\S", max_length=80)
    phone: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$")
    per_payment: int = Field(gt=0, le=1_000_000)
    per_week: int = Field(gt=0, le=5_000_000)
    lines: Annotated[list[Number], Field(max_length=40)] | None = None


def week_begins(now: datetime) -> datetime:
    """The Monday, at midnight in London, that a moment's week begins with."""
    day = people.today(now)
    monday = day - timedelta(days=day.weekday())
    return datetime(monday.year, monday.month, monday.day, tzinfo=people.LONDON)


async def allow(connection: Connection, reference: str, helper: NewHelper, now: datetime) -> int:
    """Keeps a helper; one with the same number takes the place of the one before.

    Raises:
        Problem: 404; 422 `WEEK_TOO_SMALL`; 409 `OWN_PHONE`, `HELPER_LIMIT`.
    """
    if helper.per_week < helper.per_payment:
        raise Problem(422, "WEEK_TOO_SMALL", "The limit of a week is not below that of a payment.")
    who = await people.citizen(connection, reference)
    await people.lock_budget(connection, reference, now)
    if who["phone"] == helper.phone:
        raise Problem(409, "OWN_PHONE", "That is the citizen's own number.")
    await connection.execute(
        "UPDATE care.helper SET ended_at = $3 WHERE citizen = $1 AND phone = $2 AND ended_at IS NULL",
        reference, helper.phone, now,
    )  # fmt: skip
    count = await connection.fetchval(
        "SELECT count(*) FROM care.helper WHERE citizen = $1 AND ended_at IS NULL", reference
    )
    if count >= MOST:
        raise Problem(409, "HELPER_LIMIT", "So many may pay at once at most.", most=MOST)
    number: int = await connection.fetchval(
        """INSERT INTO care.helper (citizen, name, phone, per_payment, per_week, lines, allowed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        reference, helper.name.strip(), helper.phone, helper.per_payment, helper.per_week, helper.lines, now,
    )  # fmt: skip
    told: dict[str, Json] = {
        "helper": helper.name.strip(), "phone": helper.phone, "per_payment": helper.per_payment,
        "per_week": helper.per_week,
    }  # fmt: skip
    await events.happened(connection, reference, "helper_allowed", number, told, now)
    return number


async def end(connection: Connection, reference: str, number: int, now: datetime) -> None:
    """Ends what a helper may do, at once.

    Raises:
        Problem: 404.
    """
    await people.lock_budget(connection, reference, now)
    row = await connection.fetchrow(
        """UPDATE care.helper SET ended_at = coalesce(ended_at, $3) WHERE id = $1 AND citizen = $2
           RETURNING *""",
        number, reference, now,
    )  # fmt: skip
    if row is None:
        raise Problem(404, "NO_SUCH", "There is no such helper.")
    told: dict[str, Json] = {"helper": row["name"], "phone": row["phone"]}
    await events.happened(connection, reference, "helper_ended", number, told, now)


async def check(
    connection: Connection, reference: str, number: int, pence: int, line: int | None, now: datetime
) -> None:
    """Comes back if a helper may spend so much; the caller has the citizen's budget locked where it counts.

    Raises:
        Problem: 403 `HELPER_ENDED`; `OVER_PAYMENT` with the `limit`; `OVER_WEEK` with what is `left`;
            `NOT_THEIR_LINE`.
    """
    row = await connection.fetchrow(
        "SELECT * FROM care.helper WHERE id = $1 AND citizen = $2 AND ended_at IS NULL", number, reference
    )
    if row is None:
        raise Problem(403, "HELPER_ENDED", "They may not pay from this budget.")
    if line is None or (row["lines"] is not None and line not in row["lines"]):
        raise Problem(403, "NOT_THEIR_LINE", "They may not pay for this.")
    if pence > row["per_payment"]:
        raise Problem(403, "OVER_PAYMENT", "It is over the limit of a payment.", limit=row["per_payment"])
    left = row["per_week"] - await connection.fetchval(_SPENT, number, week_begins(now))
    if pence > left:
        raise Problem(403, "OVER_WEEK", "It is over the limit of a week.", left=max(left, 0))


async def of_citizen(pool: Pool, reference: str, now: datetime) -> list[dict[str, Json]]:
    """The helpers a citizen has, with what is left of their week."""
    rows = await pool.fetch(
        "SELECT * FROM care.helper WHERE citizen = $1 AND ended_at IS NULL ORDER BY id", reference
    )
    return [await _json(pool, row, now) for row in rows]


async def _json(pool: Pool, row: asyncpg.Record | Any, now: datetime) -> dict[str, Json]:
    spent = await pool.fetchval(_SPENT, row["id"], week_begins(now))
    return {
        "id": row["id"], "name": row["name"], "phone": row["phone"], "per_payment": row["per_payment"],
        "per_week": row["per_week"], "week_left": max(row["per_week"] - spent, 0), "lines": row["lines"],
    }  # fmt: skip
