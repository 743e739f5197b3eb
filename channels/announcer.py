"""Tells this process's pages which conversations have something new, as PostgreSQL announces it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import structlog

from bot.outbox import NOTIFY_CHANNEL

log = structlog.get_logger()

RETRY_AFTER = 1.0
"""Seconds before a lost connection is opened again."""
CHECK_EVERY = 20.0
"""Seconds between questions to the server, so that a connection cut without a word is noticed."""


class Subscription:
    """One reader's interest in one conversation. News that nobody waits for yet is kept, once."""

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
        self._readers: dict[int, set[Subscription]] = {}
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
    def subscribe(self, conversation_id: int) -> Iterator[Subscription]:
        """News of one conversation, for as long as the context lasts."""
        subscription = Subscription()
        self._readers.setdefault(conversation_id, set()).add(subscription)
        try:
            yield subscription
        finally:
            readers = self._readers[conversation_id]
            readers.discard(subscription)
            if not readers:
                del self._readers[conversation_id]

    def wake(self, conversation_id: int) -> None:
        """Tells this process's readers of a conversation to look again."""
        for subscription in self._readers.get(conversation_id, ()):
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
            self._ready.set()
            for conversation_id in list(self._readers):
                self.wake(conversation_id)
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_EVERY):
                        await lost.wait()
                if not lost.is_set():
                    await connection.execute("SELECT 1")
        finally:
            await connection.close(timeout=2)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if isinstance(payload, str) and payload.isdecimal():
            self.wake(int(payload))
