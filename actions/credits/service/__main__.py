"""The ledger by itself: `DATABASE_URL=… ONEDOOR_CREDITS_KEY=… PORT=… python -m actions.credits.service`."""

import asyncio
import os
import signal
from pathlib import Path

import uvloop
from aiohttp import web

from actions.credits.service import application
from bot.database import History, close_pool, connect_pool, migrate


async def serve() -> None:
    """Serves on 127.0.0.1 until it is told to stop, and ends what it has begun."""
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    url = os.environ["DATABASE_URL"]
    await migrate(url, [History("credits", Path(__file__).with_name("migrations"))])
    pool = await connect_pool(url)
    keys = frozenset({os.environ["ONEDOOR_CREDITS_KEY"]})
    runner = web.AppRunner(application(pool, keys=keys), access_log=None, shutdown_timeout=10)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
    await stopping.wait()
    await runner.cleanup()
    await close_pool(pool)


if __name__ == "__main__":
    uvloop.run(serve())
