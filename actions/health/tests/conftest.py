"""A stand-in e-Referral Service with the demonstration in it, its clock, and a client of it."""

from collections.abc import AsyncIterator, Awaitable

import aiohttp
import pytest

from actions.health.client import Ers
from actions.health.service import application, load_demo
from actions.health.staff.operator import Operator
from actions.health.tests.stu3 import CheckedErs, CheckedOperator
from actions.sdk.service import ServiceRefused
from bot.queue import Pool
from tests.departments import MORNING, Clock, copied, filled, serve


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
async def demo_template(server_url: str, template: str) -> str:
    """The name of a database with the demonstration, to copy."""
    return await filled(server_url, template, "ers", lambda pool: load_demo(pool, MORNING.date()))


@pytest.fixture
async def demo(server_url: str, demo_template: str) -> AsyncIterator[Pool]:
    """The test's own database with the demonstration."""
    async with copied(server_url, demo_template) as pool:
        yield pool


@pytest.fixture
async def url(demo: Pool, clock: Clock) -> AsyncIterator[str]:
    """Where a stand-in is that the test may change."""
    async with serve(application(demo, clock=clock)) as url:
        yield url


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session of the test's own."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def ers(url: str, session: aiohttp.ClientSession) -> Ers:
    """A client of that stand-in, each of whose calls is held to FHIR."""
    return CheckedErs(url, session)


@pytest.fixture
def operator(url: str, session: aiohttp.ClientSession) -> Operator:
    """The demonstration's operator at that stand-in."""
    return CheckedOperator(url, session)


async def refusal(call: Awaitable[object]) -> str:
    """The code a call is refused with, or that it was done."""
    try:
        await call
    except ServiceRefused as refused:
        return refused.code
    return "done"


async def copies(demo: Pool, ubrn: str, number: int, *, phone: str | None = None) -> list[str]:
    """So many copies of a referral, under other numbers, as it was when it was made."""
    rows = await demo.fetch(
        """INSERT INTO ers.referral (ubrn, priority, specialty, clinic_type, access_code_digest, birth_year,
                                     gender, given_name, postcode, phone)
           SELECT (900000000000 + n)::text, priority, specialty, clinic_type, access_code_digest, birth_year,
                  gender, given_name, postcode, $3
           FROM ers.referral, generate_series(1, $2::int) AS n WHERE ubrn = $1 RETURNING ubrn""",
        ubrn, number, phone,
    )  # fmt: skip
    return [row["ubrn"] for row in rows]


@pytest.fixture(scope="module")
async def shared_url(server_url: str, demo_template: str) -> AsyncIterator[str]:
    """Where a stand-in is that many tests share, because none of them changes anything."""
    async with (
        copied(server_url, demo_template, size=4) as pool,
        serve(application(pool, clock=Clock())) as url,
    ):
        yield url


@pytest.fixture(scope="module")
async def shared(shared_url: str) -> AsyncIterator[Ers]:
    """A client of the shared stand-in."""
    async with aiohttp.ClientSession() as session:
        yield CheckedErs(shared_url, session)
