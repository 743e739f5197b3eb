"""One answer for one Idempotency-Key: the same request again does nothing and gets the same answer."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from actions.reports.service.keys import Connection, Pool, Sender
from actions.reports.service.reading import Fields
from actions.reports.service.refusals import refuse

type Answer = dict[str, str | None]
type Work = Callable[[Connection], Awaitable[Answer]]

KEPT: Final = timedelta(days=30)
_UNSAID: Final = frozenset({"api_key", "locale", "jurisdiction_id"})
"""Parameters that do not make a request another one."""


def asked(what: str, fields: Fields) -> bytes:
    """A mark of what a request wants, to tell a repeat from another request with a used key."""
    pairs = sorted((name, fields.all(name)) for name in fields.names() if name not in _UNSAID)
    return hashlib.sha256(f"{what} {pairs!r}".encode("utf-8", "replace")).digest()


async def once(
    pool: Pool, sender: Sender, key: str | None, request: bytes, now: datetime, work: Work
) -> Answer:
    """Does the work in a transaction, unless this sender's key was answered before.

    Args:
        pool: the database.
        sender: whose keys they are.
        key: None does the work whatever came before.
        request: from `asked`.
        now: the time.
        work: what is done. When it raises, nothing of it stays and the key is free again.

    Returns:
        The answer.

    Raises:
        Refusal: 409, the key was used for another request.
    """
    async with pool.acquire() as connection, connection.transaction():
        if key is None:
            return await work(connection)
        # Waits here for another transaction that has the same key at this moment.
        claimed = await connection.fetchval(
            """INSERT INTO problem_answered (sender, key, request_digest, answered_at)
               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING true""",
            sender.name, key, request, now,
        )  # fmt: skip
        if not claimed:
            row = await connection.fetchrow(
                "SELECT request_digest, answer FROM problem_answered WHERE sender = $1 AND key = $2",
                sender.name, key,
            )  # fmt: skip
            if row is None or row["request_digest"] != request:
                raise refuse(409, "key_reused")
            found: Answer = row["answer"]
            return found
        answer = await work(connection)
        await connection.execute(
            "UPDATE problem_answered SET answer = $3 WHERE sender = $1 AND key = $2",
            sender.name, key, answer,
        )  # fmt: skip
        return answer


async def forget_answers(pool: Pool, now: datetime) -> None:
    """Drops the answers that nobody will ask for again."""
    await pool.execute("DELETE FROM problem_answered WHERE answered_at < $1", now - KEPT)
