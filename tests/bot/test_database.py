"""The migrations make every table, and running them again changes nothing."""

import asyncpg
import pytest

from bot.database import close_pool, connect_pool, migrate
from tests.fixtures import all_histories

TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


async def test_migrating_again_changes_nothing(
    database_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    before = await pool.fetchval(TABLES)
    await migrate(database_url, all_histories())
    assert await pool.fetchval(TABLES) == before
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 0


async def test_a_connection_that_is_not_given_back_ends_with_its_pool(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.database.CLOSE_SECONDS", 0.1)
    pool = await connect_pool(database_url, size=2)
    kept = await pool.acquire()
    await close_pool(pool)
    with pytest.raises(asyncpg.InterfaceError):
        await kept.fetchval("SELECT 1")
