"""Stores answers as the turn does, for tests of the channel alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bot.outbox import NOTIFY_CHANNEL
from bot.queue import Pool


@dataclass(frozen=True)
class Answer:
    text: str
    options: tuple[tuple[str, str], ...] = ()
    language: str = "en"


async def answer(pool: Pool, inbound_id: int, answers: Iterable[Answer]) -> list[int]:
    """Marks a message done and stores what is said to it, in one transaction; the numbers of the answers."""
    async with pool.acquire() as connection, connection.transaction():
        conversation_id = await connection.fetchval(
            "UPDATE inbound SET done_at = now() WHERE id = $1 RETURNING conversation_id", inbound_id
        )
        numbers = [
            await connection.fetchval(
                "INSERT INTO outbound"
                " (conversation_id, inbound_id, part, channel, language, text, options, status)"
                " VALUES ($1, $2, $3, 'webchat', $4, $5, $6, 'sent') RETURNING id",
                conversation_id,
                inbound_id,
                part,
                each.language,
                each.text,
                [{"label": label, "value": value} for label, value in each.options],
            )
            for part, each in enumerate(answers)
        ]
        await connection.execute("SELECT pg_notify($1, $2)", NOTIFY_CHANNEL, str(conversation_id))
    return numbers


@asynccontextmanager
async def answering(pool: Pool, script: Callable[[str], Iterable[Answer]]) -> AsyncIterator[None]:
    """Answers everything that arrives by a script from what was said to what is answered."""

    async def work() -> None:
        while True:
            for row in await pool.fetch("SELECT id, text FROM inbound WHERE done_at IS NULL ORDER BY id"):
                await answer(pool, row["id"], script(row["text"]))
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
