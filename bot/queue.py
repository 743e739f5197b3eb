"""The queue of jobs: PgQueuer on our own PostgreSQL, where a job is part of the transaction that made it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Final

import asyncpg
import structlog
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries

type Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
type Pool = asyncpg.Pool[asyncpg.Record]

log = structlog.get_logger()


class Kind(StrEnum):
    """What a job does. Its payload is the number of a conversation, a call-back, or a text with pictures."""

    TURN = "turn"
    SEND = "send"
    BULK = "bulk"
    """The same as `SEND`, behind everything else and with fewer at once."""
    CALLBACK = "callback"
    PICTURE = "picture"


PRIORITY: Final = {Kind.TURN: 10, Kind.SEND: 20, Kind.BULK: 5, Kind.CALLBACK: 8, Kind.PICTURE: 9}
"""Higher goes first: what is finished leaves before more is begun."""


@cache
def _enqueue_sql() -> str:
    return QueryQueueBuilder().build_enqueue_query("raise")


async def enqueue(
    connection: Connection, kind: Kind, conversation_id: int, *, after: timedelta | None = None
) -> None:
    """Adds a job, in the caller's transaction: rolled back with it, visible when it commits.

    A job is a nudge and may run twice or find nothing to do; what is to be done is told by the
    rows of the inbound and outbound tables.

    Args:
        connection: the one that has the transaction.
        kind: what to do.
        conversation_id: for which conversation.
        after: how long to wait first.
    """
    await connection.fetch(
        _enqueue_sql(),
        [PRIORITY[kind]],
        [kind.value],
        [str(conversation_id).encode()],
        [after or timedelta(0)],
        [None],
        [None],
    )


async def insist(pool: Pool, statement: str, *arguments: object) -> None:
    """Runs a statement, again each second while the database is away: a claim that nobody works on is let go.

    Args:
        pool: the process's connections.
        statement: one that may run twice.
        arguments: of the statement.
    """
    while True:
        try:
            await pool.execute(statement, *arguments)
        except (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
        ) as error:  # a TimeoutError is an OSError
            log.warning("queue.insists", error=type(error).__name__)
            await asyncio.sleep(1)
        else:
            return


class QueueWorker:
    """Takes jobs off the queue and runs them, until it is stopped."""

    def __init__(self, url: str, handlers: dict[Kind, tuple[Callable[[int], Awaitable[None]], int]]) -> None:
        """Prepares a worker.

        Args:
            url: the database's address; the worker opens one connection of its own.
            handlers: for each kind of job, what runs it and how many run at once in this process.
        """
        self._url = url
        self._handlers = handlers
        self._manager: QueueManager | None = None
        self._stopping = False

    async def run(self) -> None:
        """Works until `stop`; a lost connection to the database is opened again after a second."""
        while not self._stopping:
            try:
                await self._work()
            except Exception as error:  # whatever it is, a process that takes no jobs is no use to anyone
                log.warning("queue.lost", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _work(self) -> None:
        connection = await asyncpg.connect(
            self._url, timeout=5, server_settings={"application_name": "onedoor queue"}
        )
        try:
            manager = QueueManager(Queries(AsyncpgDriver(connection)))
            for kind, (handle, at_once) in self._handlers.items():
                self._register(manager, kind, handle, at_once)
            self._manager = manager
            if not self._stopping:
                most = sum(at_once for _, at_once in self._handlers.values())
                await manager.run(
                    dequeue_timeout=timedelta(seconds=5),
                    batch_size=min(10, most // 2),
                    max_concurrent_tasks=most,
                    shutdown_on_listener_failure=True,
                )
        finally:
            self._manager = None
            await connection.close(timeout=2)

    @staticmethod
    def _register(
        manager: QueueManager, kind: Kind, handle: Callable[[int], Awaitable[None]], at_once: int
    ) -> None:
        limit = asyncio.Semaphore(at_once)

        @manager.entrypoint(kind.value)
        async def run(job: Job) -> None:
            # PgQueuer logs an exception with its text, which may hold a citizen's: none leaves here.
            async with limit:
                try:
                    await handle(int(job.payload or b"0"))
                except Exception as error:
                    log.error("job.failed", kind=kind.value, error=type(error).__name__)

    def stop(self) -> None:
        """Asks the worker to finish what it has begun and end."""
        self._stopping = True
        if self._manager is not None:
            self._manager.shutdown.set()
