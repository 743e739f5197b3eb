"""The care service with the demonstration in it, the ledger behind it, their clock, and clients of both."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from actions.care.budget import Line, Spend
from actions.care.client import Care
from actions.care.service import application, demo_money, load_demo
from actions.care.service.tools import TOOLS, Tools
from actions.credits.service import application as ledger_application
from actions.credits.service import load_money
from actions.sdk import Ledger, ServiceRefused
from bot.queue import Pool
from tests.departments import MORNING, Clock, copied, filled, serve

KEY = "a key of the tests"
OFFICER = "officer:7"
TODAY = MORNING.date()
DORIS, IMRAN, KELLY, GWEN, LEROY = "40000001", "40000002", "40000003", "40000004", "40000005"
MAUREEN, DEV, PAT, TOM, ROSE = "40000006", "40000007", "40000008", "40000009", "40000010"


@dataclass
class Department:
    """The service as tests drive it."""

    pool: Pool
    clock: Clock
    care: Care
    ledger: Ledger
    tools: Tools
    url: str
    away: list[bool] = field(default_factory=lambda: [False])
    """Whether the ledger does not answer."""

    async def spend(
        self, who: str, payee: str, pence: int, line: int | None, *, key: str = "", **more: Any
    ) -> Spend:
        """A payment; from the council's part, if nothing else is said."""
        asked = {"payee": payee, "pence": pence, "line": line, "way": "council", **more}
        return await self.care.spend(who, asked, key or str(uuid4()))

    async def lines(self, who: str) -> dict[int, Line]:
        """The lines of the plan in force, by number."""
        plan = await self.care.plan(who)
        assert plan.in_force is not None
        return {line.line: line for line in plan.in_force.lines}

    async def decide(self, number: int, *, agreed: bool = True, reason: str = "") -> None:
        """An officer decides a payment."""
        await self.care.decide_spend(number, decision(agreed=agreed, reason=reason), str(uuid4()))

    async def events(self) -> list[str]:
        """The kinds of all that happened, in order; what waited for the ledger is settled by it."""
        return [event.kind for event in await self.care.events(0)]

    async def adds_up(self, who: str) -> None:
        """Fails unless the four figures come to what was paid in, as our rows and the ledger have it."""
        position = (await self.care.citizen(who)).position
        accounts = await self.ledger.accounts(f"care:citizen:{who}")
        rows = await self.pool.fetchrow(
            """SELECT coalesce(sum(pence) FILTER (WHERE state IN ('asked', 'held')), 0) AS held,
                      coalesce(sum(pence - refunded) FILTER (WHERE state = 'paid'), 0) AS spent
               FROM care.spend WHERE citizen = $1""",
            who,
        )
        assert rows is not None
        total = await self.pool.fetchval(
            """SELECT pence - (SELECT coalesce(sum(taken), 0) FROM care.surplus WHERE citizen = $1)
               FROM care.budget WHERE citizen = $1""",
            who,
        )
        total += 13_000 if who == LEROY else 0
        assert (position.held, position.spent) == (rows["held"], rows["spent"])
        assert position.held == sum(each.debits_pending for each in accounts)
        assert position.left + position.held + position.spent == total
        assert position.planned + position.free == position.left
        assert position.planned >= 0


async def outcome(call: Awaitable[object]) -> str:
    """`done`, or the code that a call was refused with."""
    try:
        await call
    except ServiceRefused as refusal:
        return refusal.code
    return "done"


def decision(*, agreed: bool = True, reason: str = "") -> dict[str, Any]:
    """An officer's decision on a line or a way of holding."""
    return {"agreed": agreed, "reason": reason, "officer": OFFICER}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
async def demo_template(server_url: str, template: str) -> str:
    """The name of a database with the demonstration, to copy."""

    async def fill(pool: Pool) -> None:
        await load_demo(pool, TODAY)
        await load_money(pool, TODAY, [demo_money(TODAY)])

    return await filled(server_url, template, "care", fill)


@pytest.fixture
async def demo(server_url: str, demo_template: str) -> AsyncIterator[Pool]:
    """The test's own database with the demonstration."""
    async with copied(server_url, demo_template, size=12) as pool:
        yield pool


@pytest.fixture
async def department(demo: Pool, clock: Clock) -> AsyncIterator[Department]:
    """The service and the ledger, mounted as in the one application."""
    away = [False]

    @web.middleware
    async def there(request: web.Request, handler: Any) -> web.StreamResponse:
        if away[0] and request.path.startswith("/credits"):
            raise web.HTTPServiceUnavailable
        answered: web.StreamResponse = await handler(request)
        return answered

    clients: list[Ledger] = []
    app, service = web.Application(middlewares=[there]), application(
        demo, keys=frozenset({KEY}), clock=clock, ledger=lambda: clients[0]
    )  # fmt: skip
    app.add_subapp("/departments/care", service)
    app.add_subapp("/credits", ledger_application(demo, keys=frozenset({KEY}), clock=clock))
    async with aiohttp.ClientSession() as session, serve(app) as root:
        url = f"{root}/departments/care"
        clients.append(Ledger(f"{root}/credits", session, settings={"key": KEY}))
        care = Care(url, session, settings={"key": KEY})
        yield Department(demo, clock, care, clients[0], service[TOOLS], url, away)
