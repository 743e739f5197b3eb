"""A double of Twilio, settings that point at it, and our webhooks on a port."""

import os
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.inbox import open_conversation
from bot.queue import Pool
from bot.settings import Settings
from channels.sms.twilio import application
from tests.channels.sms.double import TwilioDouble

PUBLIC = "https://onedoor.example"
CITIZEN = "+447700900123"


@pytest.fixture(scope="session")
async def sms_database(server_url: str, template: str) -> AsyncIterator[str]:
    """One database for this folder, which has many short tests."""
    name = f"onedoor_test_sms_{os.getpid()}"
    yield await create_database(server_url, name, template=template)
    await drop_database(server_url, name)


@pytest.fixture(scope="session")
async def sms_pool(sms_database: str) -> AsyncIterator[Pool]:
    pool = await connect_pool(sms_database, size=8)
    yield pool
    await close_pool(pool)


@pytest.fixture
def database_url(sms_database: str) -> str:
    return sms_database


@pytest.fixture
async def pool(sms_pool: Pool) -> Pool:
    """The folder's database with no row in it."""
    await sms_pool.execute(
        "DELETE FROM conversation; DELETE FROM citizen; DELETE FROM pgqueuer; DELETE FROM pgqueuer_log"
    )
    return sms_pool


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


def make_settings(double: TwilioDouble, **more: str) -> Settings:
    """Settings for the double's account, whatever the environment says."""
    values = {"TWILIO_FROM": "+447700900001", **double.settings(), "public_url": PUBLIC, **more}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type, unused-ignore]


@pytest.fixture
def settings(twilio: TwilioDouble) -> Settings:
    return make_settings(twilio)


async def serve(pool: Pool, settings: Settings) -> TestServer:
    """Our webhooks where the real server mounts them."""
    app = web.Application()
    app.add_subapp("/sms", application(pool, settings))
    server = TestServer(app)
    await server.start_server()
    return server


@pytest.fixture
async def at(pool: Pool, settings: Settings) -> AsyncIterator[str]:
    """Where our webhooks really listen."""
    server = await serve(pool, settings)
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def add_outbound(pool: Pool, text: str = "Hello", *, to: str = CITIZEN, status: str = "created") -> int:
    """A message of ours that waits to be sent."""
    async with pool.acquire() as connection, connection.transaction():
        conversation_id = await open_conversation(connection, "sms", to)
        number: int = await connection.fetchval(
            "INSERT INTO outbound (conversation_id, channel, language, text, status)"
            " VALUES ($1, 'sms', 'en', $2, $3) RETURNING id",
            conversation_id,
            text,
            status,
        )
    return number
