"""Lets the departments' watches rest: what the demonstration has to tell is their own tests' to look at."""

from bot.engine.runtime import packs
from bot.queue import Pool


async def rest(pool: Pool) -> None:
    """No watch is due for a day, so that a test's turns, texts and cases are all its own.

    Args:
        pool: a migrated database, before a service is started on it.
    """
    rows = [(pack.name, watch) for pack in packs().packs.values() for watch in pack.watches]
    await pool.executemany(
        "INSERT INTO watch (department, name, looked_at) VALUES ($1, $2, now() + interval '1 day')", rows
    )
