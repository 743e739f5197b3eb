"""The list of those who would have an earlier appointment."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from actions.health.service import carers, claims
from actions.health.service.outcomes import Refusal
from actions.health.service.store import Connection, Pool


@dataclass(frozen=True)
class Wish:
    """What is wished for: a service, and a time before which."""

    ubrn: str
    service_id: int
    before: datetime
    by: str


async def want(connection: Connection, wish: Wish, now: datetime) -> asyncpg.Record:
    """Puts a referral on the list, in place of any wish it had.

    Raises:
        Refusal: it has no appointment or deferral, the service is for something else, or the time is past.
    """
    found = await claims.lock(connection, wish.ubrn)
    claims.in_state(found, claims.MOVABLE)
    await claims.service_for(connection, wish.service_id, found)
    if wish.before <= now:
        raise Refusal(422, "INVALID_VALUE", "No slot is before a time that is past.")
    await carers.acts(connection, wish.ubrn, "want earlier", wish.by, now)
    row = await connection.fetchrow(
        """INSERT INTO ers.wish (ubrn, service_id, before, made_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (ubrn) DO UPDATE SET service_id = $2, before = $3 RETURNING *""",
        wish.ubrn, wish.service_id, wish.before, now,
    )  # fmt: skip
    assert row is not None
    return row


async def stop(connection: Connection, ubrn: str, by: str, now: datetime) -> None:
    """Takes a referral off the list; does nothing when it isn't on it.

    Raises:
        Refusal: there is no such referral.
    """
    await claims.lock(connection, ubrn)
    await carers.acts(connection, ubrn, "stop wanting", by, now)
    await connection.execute("DELETE FROM ers.wish WHERE ubrn = $1", ubrn)


async def of(pool: Pool, ubrn: str) -> asyncpg.Record | None:
    """A referral's wish, if it has one."""
    return await pool.fetchrow("SELECT * FROM ers.wish WHERE ubrn = $1", ubrn)
