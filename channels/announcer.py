"""Tells this process's pages which conversations and cases have something new, as PostgreSQL announces it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import structlog

from bot.desk.cases import NEWS
from bot.outbox import NOTIFY_CHANNEL

log = structlog.get_logger()

RETRY_AFTER = 1.0
"""Seconds before a lost connection is opened again."""
CHECK_EVERY = 20.0
"""Seconds between questions to the server, so that a connection cut without a word is noticed."""


ANY_CASE = "desk"
"""The name under which a list of cases hears of each of them."""

type Name = int | str
"""A conversation's number; `case 17`; or `ANY_CASE`."""


class Subscription:
    """One reader's interest. News that nobody waits for yet is kept, once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Says that there is, or may be, something new."""
        self._event.set()

    async def news(self) -> None:
        """Waits for news, for as long as there is none."""
        await self._event.wait()
        self._event.clear()


class Announcer:
    """Listens on one connection of its own, whatever the number of readers.

    What it says is only ever "look again": a reader finds what is new in the tables. After a lost
    connection every reader is told to look, since something may have been missed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._readers: dict[Name, set[Subscription]] = {}
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Begins, and returns when it listens."""
        self._task = asyncio.create_task(self._run(), name="announcer")
        await self._ready.wait()

    async def stop(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @contextmanager
    def subscribe(self, *names: Name) -> Iterator[Subscription]:
        """News of a conversation, a case, or several of them, for as long as the context lasts."""
        subscription = Subscription()
        for name in names:
            self._readers.setdefault(name, set()).add(subscription)
        try:
            yield subscription
        finally:
            for name in names:
                readers = self._readers[name]
                readers.discard(subscription)
                if not readers:
                    del self._readers[name]

    def wake(self, name: Name) -> None:
        """Tells this process's readers of a conversation or a case to look again."""
        for subscription in self._readers.get(name, ()):
            subscription.wake()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("announcer.lost", error=type(error).__name__)
            await asyncio.sleep(RETRY_AFTER)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            self._url, timeout=5, command_timeout=5, server_settings={"application_name": "onedoor announcer"}
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(NOTIFY_CHANNEL, self._heard)
            await connection.add_listener(NEWS, self._heard)
            self._ready.set()
            for name in list(self._readers):
                self.wake(name)
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_EVERY):
                        await lost.wait()
                if not lost.is_set():
                    await connection.execute("SELECT 1")
        finally:
            await connection.close(timeout=2)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if not isinstance(payload, str):
            return
        kind, _, number = payload.rpartition(" ")
        if not number.isdecimal():
            return
        if kind == "case":
            self.wake(payload)
            self.wake(ANY_CASE)
        else:
            self.wake(int(number))
