"""The education service and the ledger it calls, both over HTTP, with the demonstration in them."""

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from actions.education.client import Education, People
from actions.education.school_client import SchoolOffice
from actions.education.service import demo_money, load_demo
from actions.sdk import Ledger
from bot.queue import Pool
from bot.services import stand_in_addresses
from channels.app import stand_ins
from tests.departments import Clock, copied, filled, serve


def this_morning() -> Clock:
    """The services' time: the demonstration is of the day on which it is loaded."""
    return Clock(datetime.now(UTC).replace(hour=9, minute=0))


@dataclass
class Departments:
    """What a test of the service has in hand.

    Args:
        pool: the database of both services.
        clock: their time.
        people: a client.
        education: another.
        ledger: the ledger's client, to look at the money.
        url: where the education service is.
        key: what it wants to be shown.
    """

    pool: Pool
    clock: Clock
    people: People
    education: Education
    ledger: Ledger
    url: str
    key: str
    down: set[str] = field(default_factory=set)
    """The services that do not answer."""
    refuse: list[Callable[[web.Request], bool]] = field(default_factory=list)
    """Of calls whose answers are lost on the way."""


@pytest.fixture
def clock() -> Clock:
    return this_morning()


@pytest.fixture(scope="session")
async def demo_template(server_url: str, template: str) -> str:
    """The name of a database with the demonstration, to copy."""
    today = datetime.now(UTC).date()

    async def fill(pool: Pool) -> None:
        await load_demo(pool, today)
        ledger = importlib.import_module(f"actions.{Ledger.served_by}.service")
        await ledger.load_money(pool, today, [demo_money(today)])

    return await filled(server_url, template, "education", fill)


@pytest.fixture
async def demo(server_url: str, demo_template: str) -> AsyncIterator[Pool]:
    """The test's own database with the demonstration."""
    async with copied(server_url, demo_template, size=10) as pool:
        yield pool


@pytest.fixture
async def departments(demo: Pool, clock: Clock) -> AsyncIterator[Departments]:
    """The education service beside the ledger, as the demonstration serves them."""
    async with _served(demo, clock) as made:
        yield made


@pytest.fixture(scope="module")
async def shared(server_url: str, demo_template: str) -> AsyncIterator[Departments]:
    """The same, for the many tests of a module that change nothing."""
    async with copied(server_url, demo_template, size=10) as pool, _served(pool, this_morning()) as made:
        yield made


@asynccontextmanager
async def _served(demo: Pool, clock: Clock) -> AsyncIterator[Departments]:
    held: list[Departments] = []

    @web.middleware
    async def broken(request: web.Request, handler: Callable[..., object]) -> web.StreamResponse:
        now = held[0]
        if any(request.path.startswith(path) for path in now.down):
            raise web.HTTPServiceUnavailable
        response = await handler(request)  # type: ignore[misc]
        if any(lost(request) for lost in now.refuse):
            raise web.HTTPServiceUnavailable
        return response  # type: ignore[no-any-return]

    app = web.Application(middlewares=[broken])
    addresses: dict[str, str] = {}
    for path, service in stand_ins(demo, addresses, clock=clock).items():
        app.add_subapp(path, service)
    async with aiohttp.ClientSession() as session, serve(app) as root:
        addresses |= stand_in_addresses(root)
        url, key = addresses["ONEDOOR_EDUCATION_URL"], addresses["ONEDOOR_EDUCATION_KEY"]
        settings = {"key": key}
        money = {"key": addresses["ONEDOOR_CREDITS_KEY"]}
        held.append(
            Departments(
                demo, clock, People(url, session, settings=settings),
                Education(url, session, settings=settings),
                Ledger(addresses["ONEDOOR_CREDITS_URL"], session, settings=money),
                url, key,
            )
        )  # fmt: skip
        yield held[0]


@pytest.fixture
async def office(departments: Departments) -> AsyncIterator[SchoolOffice]:
    """A client of what parents and officers do about schools."""
    async with aiohttp.ClientSession() as session:
        yield SchoolOffice(departments.url, session, settings={"key": departments.key})
