"""The childcare service beside the ledger, both over HTTP, with the demonstration in them and one clock."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from actions.childcare.award_client import Awards
from actions.childcare.service import application
from actions.childcare.service.demo import load_providers
from actions.childcare.service.invented_families import DEMO_FAMILIES, demo_money, load_families
from actions.childcare.service.invented_providers import key_of
from actions.childcare.service.tools import TOOLS, Tools
from actions.credits.service import application as ledger_application
from actions.credits.service import load_money
from actions.sdk import Ledger
from actions.sdk.serving import Pool
from bot.database import close_pool, connect_pool
from tests.departments import MORNING, Clock, copied_url, filled, serve

KEY = "a key of the tests"
BASE = "/departments/childcare"
MONDAY = MORNING.date()
_numbers = itertools.count(1)


@dataclass
class Office:
    """Who calls the service, in few words."""

    pool: Pool
    clock: Clock
    url: str
    session: aiohttp.ClientSession
    tools: Tools

    @property
    def ledger(self) -> Ledger:
        """The ledger's client."""
        return self.tools.ledger()

    async def call(
        self, method: str, path: str, body: object = None, *, key: str | None = None, who: str = KEY
    ) -> tuple[int, dict[str, Any]]:
        """A call with a bearer key: the status, and the JSON."""
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {who}"} if who else {}
        if method in ("POST", "DELETE"):
            headers["Idempotency-Key"] = key or f"test-{next(_numbers)}"
        data = None if body is None else json.dumps(body).encode()
        async with self.session.request(
            method, f"{self.url}/{path}", data=data, headers=headers
        ) as answer:  # fmt: skip
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else {}

    async def book(self, *shares: tuple[str, int], at: int = 0, **more: Any) -> tuple[int, dict[str, Any]]:
        """Books a week of care with the demonstration's first family, or another: `at` is its place."""
        key = more.pop("key", None)
        return await self.call("POST", "bookings", order(at, *shares, **more), key=key)

    async def booked(self, *shares: tuple[str, int], at: int = 0, **more: Any) -> list[int]:
        """The same, where it must be held: the numbers."""
        status, done = await self.book(*shares, at=at, **more)
        assert status == 201, done
        assert {each["state"] for each in done["bookings"]} == {"held"}
        return [each["id"] for each in done["bookings"]]

    async def decide(
        self, booking: int, what: str, provider: str = "XC1001", body: object = None, **more: Any
    ) -> tuple[int, dict[str, Any]]:
        """A provider's decision, by its own system."""
        path = f"provider/bookings/{booking}/{what}"
        return await self.call("POST", path, body, who=key_of(provider), **more)

    async def state(self, booking: int) -> str:
        """Where a booking is."""
        found: str = await self.pool.fetchval("SELECT state FROM childcare.booking WHERE id = $1", booking)
        return found

    async def money(self, at: int = 0) -> tuple[int, int, int]:
        """What a family's first child has: available, held and spent, in pence."""
        accounts = await self.ledger.accounts(f"childcare:child:{DEMO_FAMILIES[at].ids[0]}")
        return (
            sum(each.available for each in accounts), sum(each.held for each in accounts),
            sum(each.spent for each in accounts),
        )  # fmt: skip

    async def paid(self, provider: str = "XC1001") -> int:
        """What a provider was paid, in pence."""
        found = await self.ledger.accounts(f"childcare:provider:{provider}")
        return sum(each.credits_posted for each in found)

    async def notices(self) -> list[tuple[str, dict[str, Any]]]:
        """What families are to be told: the kinds, and the details."""
        _, found = await self.call("GET", "notices?after=0")
        return [(each["kind"], each["values"]) for each in found["notices"]]


def order(
    at: int, *shares: tuple[str, int], child: int | None = None, since: date | None = None, days: int = 7
) -> dict[str, object]:  # fmt: skip
    """A booking to ask for: next week's, unless another day is given."""
    family, begin = DEMO_FAMILIES[at], since or MONDAY + timedelta(days=7)
    return {
        "family": family.reference, "child": child or family.ids[0], "since": begin.isoformat(),
        "until": (begin + timedelta(days=days - 1)).isoformat(),
        "shares": [{"provider": provider, "amount": amount} for provider, amount in shares],
    }  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
async def childcare_template(server_url: str, template: str) -> str:
    """A database with the demonstration's families and providers, by name, to copy; tests book themselves."""

    async def fill(pool: Pool) -> None:
        await load_families(pool, MONDAY)
        await load_providers(pool, MONDAY)
        await load_money(pool, MONDAY, [demo_money(MONDAY)])

    return await filled(server_url, template, "childcare", fill)


@pytest.fixture
async def demo_url(server_url: str, childcare_template: str) -> AsyncIterator[str]:
    """The address of the test's own database with the demonstration."""
    async with copied_url(server_url, childcare_template) as url:
        yield url


@pytest.fixture
async def demo_pool(demo_url: str) -> AsyncIterator[Pool]:
    """Connections to it."""
    pool = await connect_pool(demo_url, size=8)
    yield pool
    await close_pool(pool)


@pytest.fixture
async def office(demo_pool: Pool, clock: Clock) -> AsyncIterator[Office]:
    """Both services, and who calls them."""
    ledgers: list[Ledger] = []
    mounted = application(demo_pool, keys=frozenset({KEY}), clock=clock, ledger=lambda: ledgers[0])
    root = web.Application()
    root.add_subapp("/credits", ledger_application(demo_pool, keys=frozenset({KEY}), clock=clock))
    root.add_subapp(BASE, mounted)
    async with aiohttp.ClientSession() as session, serve(root) as url:
        ledgers.append(Ledger(f"{url}/credits", session, settings={"key": KEY}))
        yield Office(demo_pool, clock, f"{url}{BASE}", session, mounted[TOOLS])


def element(child: int, name: str) -> UUID:
    """The account of an element of a child's."""
    from actions.sdk.ledger import ledger_id

    return ledger_id("childcare", child, name)


@pytest.fixture
async def awards(office: Office) -> Awards:
    """What the administrator's pages call."""
    return Awards(office.url, office.session, settings={"key": KEY})
