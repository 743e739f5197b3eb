"""The public pages of problems on a free port, over the real Open311 service and the demo's places."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.reports import service
from actions.reports.pages import Reader, application
from bot.places import load_demo, open_places
from bot.queue import Pool
from channels.pages import add_pages

KEY = "a key of the tests"


@asynccontextmanager
async def problem_pages(
    pool: Pool, *, demo: bool = False, tiles: str | None = None, credit: str = ""
) -> AsyncIterator[str]:
    """Serves them.

    Args:
        pool: a migrated database.
        demo: whether to load the demo's problems.
        tiles: as of `actions.reports.pages.application`.
        credit: as of it.
    """
    await load_demo(pool)
    if demo:
        await service.load_demo(pool, datetime.now(UTC).date())
    root = web.Application()
    add_pages(root, https=False)
    root.add_subapp("/open311/v2", service.application(pool, keys=frozenset({KEY})))
    async with aiohttp.ClientSession() as session:
        address: list[str] = []
        pages = application(
            lambda: Reader(f"{address[0]}/open311/v2", session), open_places(pool), tiles=tiles, credit=credit
        )
        root.add_subapp("/problems", pages)
        async with TestServer(root) as server:
            address.append(str(server.make_url("")).rstrip("/"))
            yield address[0]
