"""What happened that citizens or the desk should hear of: kept in order, told by the watch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import uuid4

import asyncpg

from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

MOST: Final = 200

# One after another, so that a later number is never there before an earlier one.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('care.event'))"
_KEEP: Final = """
INSERT INTO care.event (key, citizen, kind, told, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
_SINCE: Final = """
SELECT event.*, citizen.given_name, citizen.phone, citizen.language FROM care.event
JOIN care.citizen ON citizen.reference = event.citizen WHERE event.id > $1 ORDER BY event.id LIMIT $2
"""


async def happened(
    connection: Connection,
    citizen: str,
    kind: str,
    subject: object | None,
    told: Mapping[str, Json],
    now: datetime,
) -> None:
    """Keeps that something happened, once; the last thing a transaction does.

    Args:
        connection: of the caller's transaction.
        citizen: whose reference.
        kind: a name the watch knows.
        subject: what it is about: the same kind and subject is the same event; None where it may be again.
        told: what the texts about it name.
        now: the time.
    """
    await connection.execute(_LOCK)
    await connection.execute(_KEEP, f"{kind}:{subject or uuid4()}", citizen, kind, dict(told), now)


async def since(pool: Pool, number: int) -> list[asyncpg.Record]:
    """The events after one, in their order."""
    found: list[asyncpg.Record] = await pool.fetch(_SINCE, number, MOST)
    return found
