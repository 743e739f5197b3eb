"""A worker's sign of life: a number that is seen to be held, so that a dead one's claims are free at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

import asyncpg
import structlog

log = structlog.get_logger()

KEEP_EVERY = 5.0
"""Seconds between two looks at the connection that holds the lock."""

LOCK_CLASS = 7001
"""The first key of the advisory locks that workers hold; the second is their number. See migration 0001."""


class OneAtATime:
    """Work on a conversation, not twice at once in this process; between processes a claim sees to it."""

    def __init__(self) -> None:
        self._again: dict[int, bool] = {}

    async def run(self, number: int, work: Callable[[int], Awaitable[None]]) -> None:
        """Does the work; if it is being done, has it done once more when that ends.

        Args:
            number: the conversation's.
            work: what to do with it.
        """
        if number in self._again:
            self._again[number] = True
            return
        self._again[number] = True
        try:
            while self._again[number]:
                self._again[number] = False
                await work(number)
        finally:
            del self._again[number]


class Worker:
    """One process's claim to be alive, held on a connection of its own.

    PostgreSQL lets go of the lock when the process dies, however it dies; no clock is involved.
    """

    def __init__(self, url: str, number: int, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.number = number
        self._url = url
        self._connection = connection

    @classmethod
    async def start(cls, url: str) -> Self:
        """Takes the next number and holds its lock."""
        connection = await _connect(url)
        number = await connection.fetchval("SELECT nextval('worker_number')")
        await connection.execute("SELECT pg_advisory_lock($1, $2)", LOCK_CLASS, number)
        return cls(url, number, connection)

    async def keep(self) -> None:
        """Takes the lock again whenever its connection is lost, until cancelled.

        What was claimed meanwhile may be another's: a turn's commit finds out by the version.
        """
        while True:
            await asyncio.sleep(KEEP_EVERY)
            try:
                await self._connection.fetchval("SELECT 1", timeout=KEEP_EVERY)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._take_again()

    async def _take_again(self) -> None:
        self._connection.terminate()
        try:
            connection = await _connect(self._url)
            await connection.execute("SELECT pg_advisory_lock($1, $2)", LOCK_CLASS, self.number)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            log.warning("worker.lost", worker=self.number, error=type(error).__name__)
        else:
            self._connection = connection
            log.warning("worker.back", worker=self.number)

    @property
    def alive(self) -> bool:
        """Whether the lock is still held; when it is not, the process's claims may be another's."""
        return not self._connection.is_closed()

    async def stop(self) -> None:
        """Lets go."""
        await self._connection.close(timeout=2)


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url, timeout=5, server_settings={"application_name": "onedoor worker"})
