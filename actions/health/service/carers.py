"""Carers: who may act for a patient, recorded and revoked by the patient, and what was done in their name."""

from datetime import date, datetime
from typing import Final

import asyncpg

from actions.health.service import changes
from actions.health.service.holidays import day
from actions.health.service.outcomes import Refusal, missing
from actions.health.service.store import Connection, Pool

MOST: Final = 10
"""Carers of one patient."""

# $1 a referral, $2 the day in London.
_IN_FORCE = "ubrn = $1 AND revoked_at IS NULL AND (until IS NULL OR until >= $2)"


async def acts(connection: Connection, ubrn: str, what: str, by: str, now: datetime) -> None:
    """Records that somebody does something to a referral.

    Args:
        connection: in the transaction of what is done.
        ubrn: the referral.
        what: in a word.
        by: `patient`, `carer` or `provider`.
        now: the time.

    Raises:
        Refusal: 403 `NOT_PERMITTED`, a carer without a permission in force.
    """
    if by == "carer" and not await permitted(connection, ubrn, now):
        raise Refusal(403, "NOT_PERMITTED", "No carer has the patient's permission.")
    await connection.execute(
        "INSERT INTO ers.act (ubrn, what, by, at) VALUES ($1, $2, $3, $4)", ubrn, what, by, now
    )


async def permitted(connection: Connection | Pool, ubrn: str, now: datetime) -> list[asyncpg.Record]:
    """The permissions in force, oldest first."""
    rows: list[asyncpg.Record] = await connection.fetch(
        f"SELECT * FROM ers.carer WHERE {_IN_FORCE} ORDER BY given_at, phone",  # noqa: S608
        ubrn, day(now),
    )  # fmt: skip
    return rows


async def permit(
    connection: Connection, ubrn: str, phone: str, until: date | None, now: datetime
) -> asyncpg.Record:
    """Gives a permission, or gives it anew with another last day.

    Raises:
        Refusal: there is no such referral, its own number is named, the day is past, or there are too many.
    """
    row = await connection.fetchrow("SELECT * FROM ers.referral WHERE ubrn = $1 FOR NO KEY UPDATE", ubrn)
    if row is None:
        raise missing("referral")
    if row["phone"] == phone:
        raise Refusal(422, "OWN_NUMBER", "That is the patient's own number.")
    if until is not None and until < day(now):
        raise Refusal(422, "INVALID_VALUE", "The last day is past.")
    others = [each for each in await permitted(connection, ubrn, now) if each["phone"] != phone]
    if len(others) >= MOST:
        raise Refusal(422, "TOO_MANY", f"A patient has at most {MOST} carers.")
    await acts(connection, ubrn, "permit", "patient", now)
    given = await connection.fetchrow(
        """INSERT INTO ers.carer (ubrn, phone, until, given_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (ubrn, phone) DO UPDATE SET until = $3, given_at = $4, revoked_at = NULL
           RETURNING *""",
        ubrn, phone, until, now,
    )  # fmt: skip
    assert given is not None
    await changes.carer(connection, ubrn, phone, until, now, may=True)
    return given


async def revoke(connection: Connection, ubrn: str, phone: str, now: datetime) -> None:
    """Ends a permission; does nothing when there is none.

    Raises:
        Refusal: there is no such referral.
    """
    if not await connection.fetchval("SELECT true FROM ers.referral WHERE ubrn = $1 FOR NO KEY UPDATE", ubrn):
        raise missing("referral")
    await acts(connection, ubrn, "revoke", "patient", now)
    ended = await connection.fetchval(
        """UPDATE ers.carer SET revoked_at = $3 WHERE ubrn = $1 AND phone = $2 AND revoked_at IS NULL
           RETURNING true""",
        ubrn, phone, now,
    )  # fmt: skip
    if ended:
        await changes.carer(connection, ubrn, phone, None, now, may=False)


_OVER = "('ATTENDED', 'REJECTED', 'CANCELLED_REFERRAL')"

OF_PHONE_QUERY: Final = f"""
SELECT ubrn, false AS for_another, state IN {_OVER} AS over FROM ers.referral WHERE phone = $1
UNION ALL
SELECT ubrn, true, state IN {_OVER} FROM ers.carer JOIN ers.referral USING (ubrn)
WHERE carer.phone = $1 AND revoked_at IS NULL AND (until IS NULL OR until >= $2)
ORDER BY over, for_another, ubrn LIMIT 50
"""  # noqa: S608


async def referrals_of(connection: Connection, phone: str, now: datetime) -> list[tuple[str, bool]]:
    """The referrals of whoever has a number, and whether each is another's; their own first."""
    rows = await connection.fetch(OF_PHONE_QUERY, phone, day(now))
    return [(row["ubrn"], row["for_another"]) for row in rows]
