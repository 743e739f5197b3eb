"""The feed of what happened: written with what it tells of, numbered at the commit, read in that order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from actions.health.service.store import Connection, Pool, wanting_count
from actions.sdk.service import Json

KEPT: Final = timedelta(days=60)
_SWEPT: Final = 20
"""Old changes that are deleted with each new one: more than come in, so that they never pile up."""

NEWEST: Final = "newest"


@dataclass(frozen=True)
class Page:
    """Which changes are wanted: after a number, or after all there are; at most so many."""

    since: int | None
    count: int


async def _write(
    connection: Connection,
    kind: str,
    now: datetime,
    *,
    ubrn: str | None = None,
    state: str | None = None,
    slot: asyncpg.Record | None = None,
    more: dict[str, Json] | None = None,
) -> None:
    await connection.execute(
        """INSERT INTO ers.change (kind, at, ubrn, state, service_id, slot_id, starts_at, more)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        kind, now, ubrn, state, slot and slot["service_id"], slot and slot["id"],
        slot and slot["starts_at"], more or {},
    )  # fmt: skip
    await connection.execute(
        """DELETE FROM ers.change WHERE id IN (
               SELECT id FROM ers.change WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)""",
        now - KEPT, _SWEPT,
    )  # fmt: skip


async def _provider(connection: Connection, slot: asyncpg.Record) -> dict[str, Json]:
    name: str = await connection.fetchval(
        "SELECT provider.name FROM ers.service JOIN ers.provider USING (ods) WHERE service.id = $1",
        slot["service_id"],
    )
    return {"provider": name}


async def moved(
    connection: Connection,
    ubrn: str,
    state: str,
    now: datetime,
    *,
    by: str,
    slot: asyncpg.Record | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """A referral is in another state.

    Args:
        connection: in the transaction that moved it.
        ubrn: the referral.
        state: the new one.
        now: the time.
        by: who did it.
        slot: what it is booked into, or offered.
        more: what else is told.
    """
    told: dict[str, Json] = {"by": by, **(more or {})}
    if slot is not None:
        told |= await _provider(connection, slot)
    await _write(connection, "state", now, ubrn=ubrn, state=state, slot=slot, more=told)


async def freed(connection: Connection, slot: asyncpg.Record, now: datetime) -> None:
    """A slot came free; nobody is told of one that is over."""
    if slot["starts_at"] > now:
        more = {**await _provider(connection, slot), "wanted": await wanting_count(connection, slot)}
        await _write(connection, "slot_free", now, slot=slot, more=more)


async def taken(connection: Connection, slot: asyncpg.Record, now: datetime) -> None:
    """A slot was booked."""
    await _write(connection, "slot_taken", now, slot=slot, more=await _provider(connection, slot))


async def carer(
    connection: Connection, ubrn: str, phone: str, until: date | None, now: datetime, *, may: bool
) -> None:
    """Somebody may act for a patient, or no more.

    Args:
        connection: in the transaction that changed it.
        ubrn: the referral.
        phone: the carer's.
        until: the last day, if there is one.
        now: the time.
        may: whether they may.
    """
    more: dict[str, Json] = {"carer": phone, **({"until": until.isoformat()} if until else {})}
    await _write(connection, "permitted" if may else "revoked", now, ubrn=ubrn, more=more)


CHANGES_QUERY: Final = """
SELECT change.*, referral.phone FROM ers.change LEFT JOIN ers.referral USING (ubrn)
WHERE number > $1 ORDER BY number LIMIT $2
"""


async def read(pool: Pool, page: Page) -> tuple[list[asyncpg.Record], int]:
    """The changes after a number, and the number to go on from."""
    if page.since is not None:
        rows = await pool.fetch(CHANGES_QUERY, page.since, page.count)
        return rows, rows[-1]["number"] if rows else page.since
    async with pool.acquire() as connection, connection.transaction():
        # Whoever is giving numbers now is waited for: nothing then comes before what was newest.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('ers changes'))")
        number = await connection.fetchval(
            """SELECT coalesce((SELECT max(number) FROM ers.change),
                               (SELECT last_value FROM ers.change_number WHERE is_called), 0)"""
        )
        return [], int(number)
