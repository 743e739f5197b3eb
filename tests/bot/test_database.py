"""The migrations make every table, and running them again changes nothing."""

import asyncpg

from bot.database import migrate
from tests.fixtures import all_histories

TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


async def test_migrating_again_changes_nothing(
    database_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    before = await pool.fetchval(TABLES)
    await migrate(database_url, all_histories())
    assert await pool.fetchval(TABLES) == before
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 0
