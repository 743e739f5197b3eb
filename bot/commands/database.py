"""What a command does with the database: connected to, brought up to date, and left."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.commands.serve import told_plainly
from bot.database import CORE, close_pool, connect_pool, migrate, start_embedded
from bot.queue import Pool
from bot.settings import Settings


def with_database(settings: Settings, work: Callable[[Pool], Awaitable[int]]) -> int:
    """Runs a command's work.

    Args:
        settings: where the database is; the embedded one is started when they name none.
        work: what to do with connections to it; gives the command's result.

    Raises:
        Problem: the database can't be reached; or what `work` raises.
    """
    given = settings.database_url
    url = given.get_secret_value() if given else start_embedded(settings.data_dir)
    return asyncio.run(_run(url, work))


async def _run(url: str, work: Callable[[Pool], Awaitable[int]]) -> int:
    with told_plainly():
        await migrate(url, [CORE])
        pool = await connect_pool(url, size=2)
    try:
        return await work(pool)
    finally:
        await close_pool(pool)
