"""The ledger over HTTP, its clock, a client of it, and accounts to begin with."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp import web

from actions.credits.service import application, verify
from actions.sdk import ServiceRefused
from actions.sdk.ledger import Account, Ledger, Limit, NewAccount, NewTransfer, Phase, Transfer
from actions.sdk.serving import Pool
from tests.departments import Clock, copied, serve

KEY = "a key of the tests"
_numbers = itertools.count(1)


@dataclass
class Bank:
    """A caller of the ledger, in few words."""

    ledger: Ledger
    url: str
    session: aiohttp.ClientSession
    source: UUID = field(default_factory=uuid4)

    async def open(
        self, funds: int = 0, *, limit: Limit = "debits", ledger: str = "GBP", holder: str = ""
    ) -> UUID:
        """An account with so much in it."""
        made = NewAccount(uuid4(), "test", holder or f"holder:{next(_numbers)}", limit, ledger)
        await self.ledger.open([made])
        if funds:
            await self.ledger.open([NewAccount(self.source, "source", "source")])
            await self.move(self.source, made.id, funds)
        return made.id

    async def move(
        self,
        debit: UUID | None,
        credit: UUID | None,
        amount: int | None,
        phase: Phase = "posted",
        **more: Any,
    ) -> Transfer:
        """One transfer."""
        [made] = await self.ledger.transfer([new(debit, credit, amount, phase, **more)])
        return made

    async def hold(self, debit: UUID, credit: UUID, amount: int, **more: Any) -> Transfer:
        """A hold."""
        return await self.move(debit, credit, amount, "pending", **more)

    async def end(self, hold: UUID, phase: Phase, amount: int | None = None, **more: Any) -> Transfer:
        """The end of a hold."""
        return await self.move(None, None, amount, phase, of=hold, **more)

    async def balances(self, account: UUID) -> tuple[int, int, int, int]:
        """Debits pending and posted, credits pending and posted."""
        return four(await self.ledger.account(account))

    async def raw(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """A call as anybody may make it: the status and the JSON."""
        if body is not None:
            data = json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})}
        async with self.session.request(method, f"{self.url}/{path}", data=data, headers=sent) as answer:
            found = await answer.json(content_type=None)
            kind = "application/json" if answer.status < 400 else "application/problem+json"
            assert answer.content_type == kind
            return answer.status, found


def new(
    debit: UUID | None, credit: UUID | None, amount: int | None, phase: Phase = "posted", **more: Any
) -> NewTransfer:
    """A transfer to make, with an id of its own."""
    return NewTransfer(more.pop("id", None) or uuid4(), phase, debit, credit, amount, **more)


def four(account: Account) -> tuple[int, int, int, int]:
    """The balances of an account."""
    return account.debits_pending, account.debits_posted, account.credits_pending, account.credits_posted


def said(refused: pytest.ExceptionInfo[ServiceRefused]) -> dict[str, Any]:
    """The code of a refusal and what else it says."""
    return {"code": refused.value.code, **refused.value.details}


@asynccontextmanager
async def opened(pool: Pool, clock: Clock | None) -> AsyncIterator[Bank]:
    """The service, mounted as in the one application, and a caller of it; the clock is None as in earnest."""
    app, moved = web.Application(), {} if clock is None else {"clock": clock}
    app.add_subapp("/credits", application(pool, keys=frozenset({KEY}), **moved))
    async with aiohttp.ClientSession() as session, serve(app) as root:
        url = f"{root}/credits"
        yield Bank(Ledger(url, session, settings={"key": KEY}), url, session)


@asynccontextmanager
async def database(server_url: str, template: str) -> AsyncIterator[Pool]:
    """A database with nothing in it."""
    async with copied(server_url, template) as pool:
        yield pool


@pytest.fixture(scope="session")
async def shared_pool(server_url: str, template: str) -> AsyncIterator[Pool]:
    """A database that tests share: each has accounts of its own there. In the end it is all in order."""
    async with database(server_url, template) as pool:
        yield pool
        assert (await verify(pool)).wrong is None


@pytest.fixture(scope="session")
def clock() -> Clock:
    """One for all that share the database: its time goes on from test to test."""
    return Clock()


@pytest.fixture
async def bank(shared_pool: Pool, clock: Clock) -> AsyncIterator[Bank]:
    """The service on the shared database, and a caller of it."""
    async with opened(shared_pool, clock) as bank:
        yield bank
