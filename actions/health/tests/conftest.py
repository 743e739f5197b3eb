"""A stand-in e-Referral Service with the demonstration in it, its clock, and a client of it."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from actions.health.client import Ers
from actions.health.service import application, load_demo
from bot.database import connect_pool, create_database, drop_database

type Pool = asyncpg.Pool[asyncpg.Record]


_numbers = itertools.count()


@dataclass
class Clock:
    """The stand-in's time: a Monday morning until a test moves it."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
async def demo_template(server_url: str, template: str) -> str:
    """The name of a database with the demonstration, to copy."""
    name = f"{template}_ers"
    pool = await connect_pool(await create_database(server_url, name, template=template), size=2)
    await load_demo(pool, Clock().now.date())
    await pool.close()
    return name


@pytest.fixture
async def demo(server_url: str, demo_template: str) -> AsyncIterator[Pool]:
    """The test's own database with the demonstration."""
    name = f"{demo_template}_{next(_numbers)}"
    pool = await connect_pool(await create_database(server_url, name, template=demo_template), size=8)
    yield pool
    await pool.close()
    await drop_database(server_url, name)


@pytest.fixture
async def ers(demo: Pool, clock: Clock) -> AsyncIterator[Ers]:
    """A client of a stand-in that the test may change."""
    server = TestServer(application(demo, clock=clock))
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield Ers(str(server.make_url("")), session)
    await server.close()


@pytest.fixture(scope="module")
async def shared_url(server_url: str, demo_template: str) -> AsyncIterator[str]:
    """Where a stand-in is that many tests share, because none of them changes anything."""
    name = f"{demo_template}_shared_{next(_numbers)}"
    pool = await connect_pool(await create_database(server_url, name, template=demo_template), size=4)
    server = TestServer(application(pool, clock=Clock()))
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()
    await pool.close()
    await drop_database(server_url, name)


@pytest.fixture(scope="module")
async def shared(shared_url: str) -> AsyncIterator[Ers]:
    """A client of the shared stand-in."""
    async with aiohttp.ClientSession() as session:
        yield Ers(shared_url, session)
