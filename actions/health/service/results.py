"""What patients say after their visit, kept for the measurement of results."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from actions.health.service import carers, claims
from actions.health.service.outcomes import Refusal
from actions.health.service.store import Connection


@dataclass(frozen=True)
class Said:
    """Answers; None where none was given."""

    ubrn: str
    how: int | None
    life: int | None
    asked: bool | None
    by: str


async def keep(connection: Connection, said: Said, now: datetime) -> asyncpg.Record:
    """Keeps the answers.

    Raises:
        Refusal: there is no such referral, or nobody has been seen for it.
    """
    await claims.lock(connection, said.ubrn, gone=422)
    await carers.acts(connection, said.ubrn, "tell outcome", said.by, now)
    seen = await connection.fetchval(
        """SELECT EXISTS (SELECT FROM ers.appointment WHERE ubrn = $1 AND NOT talk
               AND (status = 'fulfilled' OR (status = 'booked' AND over_at <= $2)))""",
        said.ubrn, now,
    )  # fmt: skip
    if not seen:
        raise Refusal(422, "INVALID_REQUEST_STATE", "Nobody has been seen for this referral.")
    row = await connection.fetchrow(
        "INSERT INTO ers.outcome (ubrn, how, life, asked, told_at) VALUES ($1, $2, $3, $4, $5) RETURNING *",
        said.ubrn, said.how, said.life, said.asked, now,
    )  # fmt: skip
    assert row is not None
    return row
