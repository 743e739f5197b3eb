"""The sweeper: finds work that was lost, measures the queue, and lets go of what is old."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from bot.callbacks import WAITING as CALLBACKS_WAITING
from bot.metrics import QUEUE_AGE, WAITING
from bot.outbox import record_receipt
from bot.queue import Kind, Pool, enqueue
from bot.retention import Retention
from bot.weights import tick

log = structlog.get_logger()

EVERY: Final = 10.0
"""Seconds between two looks."""
OVERDUE: Final = timedelta(seconds=10)
FORGET_EVERY: Final = 360
"""Looks between two deletions of old messages: an hour."""
GIVE_UP_AFTER: Final = timedelta(hours=72)
"""A text of which its sender says nothing for so long did not arrive: GOV.UK Notify's rule."""
NO_RECEIPT: Final = "no-receipt"

_TURNS: Final = """
SELECT DISTINCT i.conversation_id FROM inbound i JOIN conversation c ON c.id = i.conversation_id
WHERE i.done_at IS NULL AND i.due_at <= now() - $1::interval
AND (c.claimed_by IS NULL OR NOT worker_alive(c.claimed_by)) LIMIT 1000
"""
_SENDS: Final = """
SELECT DISTINCT o.conversation_id FROM outbound o JOIN conversation c ON c.id = o.conversation_id
WHERE o.status IN ('created', 'handing', 'retry') AND o.due_at <= now() - $1::interval
AND (c.sending_by IS NULL OR NOT worker_alive(c.sending_by)) LIMIT 1000
"""
_PICTURES: Final = """
SELECT id FROM inbound WHERE done_at IS NULL AND due_at > now() AND details ->> 'waits' = 'pictures'
AND received_at <= now() - $1::interval LIMIT 1000
"""
_MEASURE: Final = """
SELECT (SELECT count(*) FROM inbound WHERE done_at IS NULL AND due_at <= now()) AS turns,
       (SELECT extract(epoch FROM now() - min(due_at)) FROM inbound
           WHERE done_at IS NULL AND due_at <= now()) AS age,
       (SELECT count(*) FROM outbound WHERE status IN ('created', 'handing', 'retry')
           AND due_at <= now()) AS sends
"""
_UNANSWERED: Final = """
SELECT id FROM outbound WHERE channel = 'sms'
AND status IN ('accepted', 'scheduled', 'queued', 'sending', 'sent')
AND handed_at < now() - $1::interval LIMIT 1000
"""


class Sweeper:
    """Runs beside the queue's worker in every process that works."""

    def __init__(self, pool: Pool, retention: Retention) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            retention: lets go of what is old.
        """
        self._pool = pool
        self._retention = retention

    async def run(self) -> None:
        """Looks every ten seconds until it is cancelled; a database that is away is tried again."""
        looks = 0
        while True:
            await asyncio.sleep(EVERY)
            looks += 1
            try:
                await self.sweep(older_than=OVERDUE)
                await self.measure()
                await tick(self._pool, datetime.now(UTC))
                if looks % FORGET_EVERY == 0:
                    await self.give_up()
                    await self._retention.run()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("sweeper.failed", error=type(error).__name__)

    async def sweep(self, *, older_than: timedelta) -> None:
        """Enqueues again what waits and is nobody's.

        Args:
            older_than: how long it has waited; zero at the start of a process.
        """
        async with self._pool.acquire() as connection:
            turns = await connection.fetch(_TURNS, older_than)
            sends = await connection.fetch(_SENDS, older_than)
            callbacks = await connection.fetch(CALLBACKS_WAITING, older_than)
            pictures = await connection.fetch(_PICTURES, older_than)
            for kind, rows in (
                (Kind.TURN, turns), (Kind.SEND, sends), (Kind.CALLBACK, callbacks), (Kind.PICTURE, pictures),
            ):  # fmt: skip
                for row in rows:
                    await enqueue(connection, kind, row[0])
        if turns or sends or callbacks or pictures:
            log.warning(
                "sweeper.found", turns=len(turns), sends=len(sends), callbacks=len(callbacks),
                pictures=len(pictures),
            )  # fmt: skip

    async def measure(self) -> None:
        """Sets the gauges of what waits."""
        row = await self._pool.fetchrow(_MEASURE)
        assert row is not None
        QUEUE_AGE.set(float(row["age"] or 0))
        WAITING.labels("in").set(row["turns"])
        WAITING.labels("out").set(row["sends"])

    async def give_up(self) -> None:
        """Ends texts that were handed over and never heard of again."""
        for row in await self._pool.fetch(_UNANSWERED, GIVE_UP_AFTER):
            async with self._pool.acquire() as connection, connection.transaction():
                await record_receipt(connection, row["id"], "undelivered", NO_RECEIPT)
