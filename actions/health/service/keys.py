"""One answer for one Idempotency-Key: the same request again does nothing and gets the same answer."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from actions.health.service.outcomes import Refusal
from actions.health.service.store import Connection, Pool
from actions.sdk.service import Json

type Work = Callable[[Connection], Awaitable[dict[str, Json]]]


async def once(
    pool: Pool, key: str | None, request: str, now: datetime, work: Work
) -> tuple[bool, dict[str, Json]]:
    """Does the work in a transaction, unless the key was answered before.

    Args:
        pool: the database.
        key: the caller's; None does the work whatever came before.
        request: what the caller wants, to tell a repeat from another request with a used key. Without
            the referral's version: who repeats may have learnt of the newer one meanwhile.
        now: the time.
        work: what is done. When it raises, nothing of it stays and the key is free again.

    Returns:
        Whether it was done now, and the answer.

    Raises:
        Refusal: the key was used for another request.
    """
    digest = hashlib.sha256(request.encode()).digest()
    async with pool.acquire() as connection, connection.transaction():
        if key is not None:
            # Waits here for another transaction that has the same key at this moment.
            claimed = await connection.fetchval(
                """INSERT INTO ers.answered (key, request_digest, answered_at) VALUES ($1, $2, $3)
                   ON CONFLICT DO NOTHING RETURNING true""",
                key,
                digest,
                now,
            )
            if not claimed:
                row = await connection.fetchrow("SELECT * FROM ers.answered WHERE key = $1", key)
                if row["request_digest"] != digest:
                    raise Refusal(422, "KEY_REUSED", "The Idempotency-Key was used for another request.")
                return False, row["answer"]
        answer = await work(connection)
        if key is not None:
            await connection.execute("UPDATE ers.answered SET answer = $2 WHERE key = $1", key, answer)
        return True, answer
