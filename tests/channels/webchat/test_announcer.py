"""What is announced reaches those who wait for it, also after the connection was cut."""

import asyncio

import pytest

from bot.outbox import NOTIFY_CHANNEL
from bot.queue import Pool
from channels.announcer import Announcer


async def test_news_reaches_the_readers_of_that_conversation(pool: Pool, announcer: Announcer) -> None:
    with announcer.subscribe(1) as one, announcer.subscribe(1) as same, announcer.subscribe(2) as other:
        await pool.execute("SELECT pg_notify($1, '1')", NOTIFY_CHANNEL)
        async with asyncio.timeout(30):
            await one.news()
            await same.news()
        await pool.execute("SELECT pg_notify($1, '2')", NOTIFY_CHANNEL)
        async with asyncio.timeout(30):
            await other.news()
        for reader in (one, same, other):
            assert not reader._event.is_set()


@pytest.mark.parametrize("payload", ["", "x", "-1", "1; DROP", "9" * 400])
async def test_an_announcement_of_nothing_is_passed_over(
    pool: Pool, announcer: Announcer, payload: str
) -> None:
    with announcer.subscribe(1) as reader:
        await pool.execute("SELECT pg_notify($1, $2)", NOTIFY_CHANNEL, payload)
        await pool.execute("SELECT pg_notify($1, '1')", NOTIFY_CHANNEL)
        async with asyncio.timeout(30):
            await reader.news()


async def test_after_a_cut_every_reader_looks_again_and_hears_again(
    pool: Pool, announcer: Announcer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.announcer.RETRY_AFTER", 0.01)
    with announcer.subscribe(7) as reader:
        cut = await pool.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'onedoor announcer' AND datname = current_database()"
        )
        assert len(cut) == 1
        async with asyncio.timeout(30):
            await reader.news()
            await pool.execute("SELECT pg_notify($1, '7')", NOTIFY_CHANNEL)
            await reader.news()
