"""What every department's tests stand on: a clock, copies of a filled database, a service that is served."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.queue import Pool
from bot.settings import Settings
from bot.signin.failures import MOST_OF_NETWORK
from channels.tries import Tries

MORNING: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
_numbers = itertools.count()


@dataclass
class Clock:
    """The services' time: it stands until a test moves it."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Goes on by so much, in the words of `timedelta`."""
        self.now += timedelta(**by)


async def filled(server_url: str, template: str, name: str, fill: Callable[[Pool], Awaitable[object]]) -> str:
    """Makes a database to copy, once for a run.

    Args:
        server_url: of PostgreSQL.
        template: the database it is a copy of.
        name: tells it from the others.
        fill: loads what is to be in it.

    Returns:
        Its name.
    """
    made = f"{template}_{name}"
    pool = await connect_pool(await create_database(server_url, made, template=template), size=2)
    await fill(pool)
    await close_pool(pool)
    return made


@asynccontextmanager
async def copied_url(server_url: str, template: str) -> AsyncIterator[str]:
    """The address of a copy of a database, dropped in the end."""
    name = f"{template}_{next(_numbers)}"
    yield await create_database(server_url, name, template=template)
    await drop_database(server_url, name)


@asynccontextmanager
async def copied(server_url: str, template: str, *, size: int = 8) -> AsyncIterator[Pool]:
    """So many connections to a copy of a database, which is dropped in the end."""
    async with copied_url(server_url, template) as url:
        pool = await connect_pool(url, size=size)
        yield pool
        await close_pool(pool)


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[str]:
    """Serves an application, and gives its address without a slash at the end."""
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


def tries(pool: Pool) -> Tries:
    """What counts the tries to sign in on a department's pages, with no proxy before them."""
    return Tries(pool, Settings(_env_file=None))  # type: ignore[call-arg]


async def much_tried(pool: Pool) -> None:
    """The one network that wrong tries came from has as many as it may have."""
    assert await pool.fetch("UPDATE sign_in_failure SET failed = $1 RETURNING 1", MOST_OF_NETWORK) == [(1,)]
