"""The desk's rounds: what comes back, officers who fell silent, clocks that run out, work for who is free."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from actions.sdk import Case
from bot.desk.cases import LATE, escalate, event
from bot.desk.ownership import NotYoursError, release
from bot.desk.queue import take_next
from bot.engine.runtime import packs
from bot.queue import Pool

log = structlog.get_logger()

EVERY: Final = 5.0
"""Seconds between two rounds."""
AT_ONCE: Final = 200
"""Cases of one kind in one round."""
PRESENT: Final = timedelta(minutes=2)
"""An officer whose page has not been heard of for so long is not there."""
WARN: Final = timedelta(minutes=15)
"""How long before a clock runs out the desk is warned."""

_WOKEN: Final = """
SELECT id FROM escalation WHERE state = 'snoozed' AND snoozed_until <= now() ORDER BY snoozed_until LIMIT $1
"""
_WAKE: Final = """
UPDATE escalation e SET state = CASE WHEN o.on_duty AND o.active THEN 'taken' ELSE 'waiting' END,
    officer_id = CASE WHEN o.on_duty AND o.active THEN e.officer_id END, snoozed_until = NULL,
    version = e.version + 1
FROM officer o WHERE e.id = $1 AND o.id = e.officer_id AND e.state = 'snoozed' RETURNING e.officer_id
"""
_SILENT: Final = """
SELECT e.id, e.officer_id FROM escalation e JOIN officer o ON o.id = e.officer_id
WHERE e.state = 'taken' AND e.conversation_id IS NOT NULL AND (
    (e.unanswered_since < now() - $1::interval)
    OR (e.unanswered_since IS NOT NULL
        AND (NOT o.active OR coalesce(o.seen_at, '-infinity') < now() - $3::interval))
) LIMIT $2
"""
_LATE: Final = """
SELECT id FROM escalation
WHERE state <> 'closed' AND priority > $1
AND least(CASE WHEN replied_at IS NULL THEN reply_by END, solve_by) <= now() LIMIT $2
"""
_SOON: Final = """
SELECT id FROM escalation
WHERE state <> 'closed' AND warned_at IS NULL
AND least(CASE WHEN replied_at IS NULL THEN reply_by END, solve_by) <= now() + $1::interval LIMIT $2
"""
_FREE: Final = """
SELECT o.id, o.desks, o.skills FROM officer o
WHERE o.active AND o.on_duty AND o.pulls AND o.seen_at > now() - $1::interval
AND o.most_cases > (SELECT count(*) FROM escalation e WHERE e.officer_id = o.id AND e.state = 'taken')
ORDER BY random() LIMIT $2
"""
_FAILED: Final = """
SELECT o.id, o.conversation_id, o.error_code FROM outbound o
WHERE o.status IN ('failed', 'undelivered') AND o.completed_at > now() - interval '1 hour'
AND o.priority <= 1 AND o.error_code IS DISTINCT FROM 'opted-out' AND o.department IS NULL
AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.key = 'failed message ' || o.id)
AND NOT EXISTS (SELECT 1 FROM escalation e
    WHERE e.conversation_id = o.conversation_id AND e.reason = 'message_failed' AND e.state <> 'closed')
LIMIT $1
"""


@dataclass(frozen=True)
class Patience:
    """How long the desk waits.

    Args:
        silent: for an officer's next word, before the citizen goes back into the queue.
    """

    silent: timedelta = timedelta(minutes=10)


class Rounds:
    """What the desk does by itself; any number of processes may go their rounds at the same time."""

    def __init__(self, pool: Pool, patience: Patience | None = None) -> None:
        """Prepares them.

        Args:
            pool: the process's connections.
            patience: how long the desk waits.
        """
        self._pool = pool
        self._patience = patience or Patience()

    async def run(self) -> None:
        """Goes round until it is cancelled; a database that is away is waited for."""
        while True:
            try:
                await self.go()
            except Exception as error:
                log.warning("desk.round_failed", error=type(error).__name__)
            await asyncio.sleep(EVERY)

    async def go(self) -> None:
        """One round."""
        await self.wake()
        await self.lose()
        await self.warn()
        await self.hurry()
        await self.pull()
        await self.tell_failures()

    async def wake(self) -> None:
        """What was put off comes back: to its officer, or to the queue if they are off duty."""
        for row in await self._pool.fetch(_WOKEN, AT_ONCE):
            async with self._pool.acquire() as connection, connection.transaction():
                woken = await connection.fetchrow(_WAKE, row["id"])
                if woken is not None:
                    await event(connection, row["id"], "woken", woken["officer_id"])

    async def lose(self) -> None:
        """An officer who left a citizen without a word loses the case: it waits in its old place again."""
        for row in await self._pool.fetch(_SILENT, self._patience.silent, AT_ONCE, PRESENT):
            async with self._pool.acquire() as connection, connection.transaction():
                try:
                    await release(connection, row["id"], row["officer_id"], "lost")
                except NotYoursError:
                    continue  # they handed it back a moment ago
            log.info("desk.lost", case=row["id"], officer=row["officer_id"])

    async def warn(self) -> None:
        """A clock that will run out soon is shown before it does, once."""
        for row in await self._pool.fetch(_SOON, WARN, AT_ONCE):
            async with self._pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(
                    "UPDATE escalation SET warned_at = now() WHERE id = $1 AND warned_at IS NULL"
                    " RETURNING true",
                    row["id"],
                ):
                    await event(connection, row["id"], "warned", None)

    async def hurry(self) -> None:
        """What is late goes before what is not."""
        for row in await self._pool.fetch(_LATE, LATE, AT_ONCE):
            async with self._pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(
                    "UPDATE escalation SET priority = $2, version = version + 1"
                    " WHERE id = $1 AND priority > $2 RETURNING true",
                    row["id"], LATE,
                ):  # fmt: skip
                    await event(connection, row["id"], "late", None)

    async def pull(self) -> None:
        """Officers on duty who want the next case given, and have room, get it."""
        for row in await self._pool.fetch(_FREE, PRESENT, AT_ONCE):
            async with self._pool.acquire() as connection, connection.transaction():
                await take_next(connection, row["id"], row["desks"], row["skills"])

    async def tell_failures(self) -> None:
        """A reply that could not be delivered is a case: somebody reaches the citizen another way."""
        for row in await self._pool.fetch(_FAILED, AT_ONCE):
            async with self._pool.acquire() as connection, connection.transaction():
                case = Case("message_failed", known={"code": row["error_code"]})
                desk = packs().packs["core"].desk
                await escalate(
                    connection, row["conversation_id"], None, desk, case, key=f"failed message {row['id']}"
                )
