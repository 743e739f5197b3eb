from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Request

from bot.queue import Pool
from bot.settings import Settings
from channels.announcer import Announcer
from channels.webchat import application

type Client = TestClient[Request, None]

REFERRALS = [
    {
        "department": "Health", "department_cy": "Iechyd", "reference": "0000 4950 0001",
        "code": "red kite sun", "born": "1961", "story": "<b>Knee</b> pain",
    }
]  # fmt: skip


@pytest.fixture
async def announcer(database_url: str) -> AsyncIterator[Announcer]:
    announcer = Announcer(database_url)
    await announcer.start()
    yield announcer
    await announcer.stop()


@pytest.fixture
async def browser(pool: Pool, announcer: Announcer) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    """Makes browsers: clients of one running web chat, each with cookies of its own."""
    app = application(
        pool,
        Settings.model_validate({"public_url": "http://onedoor.example"}),
        announcer,
        demo_page=lambda: REFERRALS,
        abilities=lambda language: ["choose a hospital"] if language == "en" else ["dewis ysbyty"],
    )
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TestServer(app))

        async def make() -> Client:
            return await stack.enter_async_context(TestClient(server))

        yield make


@pytest.fixture
async def client(browser: Callable[[], Awaitable[Client]]) -> Client:
    return await browser()
