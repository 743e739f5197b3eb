"""Holds whose time is over, whoever looks first; and a clock that goes back, which nothing follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from actions.credits.service import store, verify
from actions.credits.tests.conftest import Bank, new, opened
from actions.sdk import ServiceRefused
from actions.sdk.ledger import Transfer
from actions.sdk.serving import Pool
from tests.departments import Clock

type Look = Callable[[Bank, Transfer], Awaitable[Any]]


async def by_account(bank: Bank, hold: Transfer) -> bool:
    return (await bank.ledger.account(hold.debit)).held == 0


async def by_the_other(bank: Bank, hold: Transfer) -> bool:
    return (await bank.ledger.account(hold.credit)).credits_pending == 0


async def by_holder(bank: Bank, hold: Transfer) -> bool:
    holder = (await bank.ledger.account(hold.debit)).holder
    return [each.held for each in await bank.ledger.accounts(holder)] == [0]


async def by_id(bank: Bank, hold: Transfer) -> bool:
    return (await bank.ledger.find(hold.id)).state == "expired"


async def by_reference(bank: Bank, hold: Transfer) -> bool:
    return [each.state for each in await bank.ledger.referring(hold.reference)] == ["expired"]


async def by_spending(bank: Bank, hold: Transfer) -> bool:
    return (await bank.move(hold.debit, hold.credit, 100)).new


async def by_posting(bank: Bank, hold: Transfer) -> bool:
    with pytest.raises(ServiceRefused) as refused:
        await bank.end(hold.id, "post")
    return refused.value.code == "HOLD_EXPIRED"


async def by_asking_again(bank: Bank, hold: Transfer) -> bool:
    [again] = await bank.ledger.transfer(
        [new(hold.debit, hold.credit, 100, "pending", id=hold.id, seconds=60, reference=hold.reference)]
    )
    return (again.state, again.new) == ("expired", False)


LOOKS: list[Look] = [
    by_account, by_the_other, by_holder, by_id, by_reference, by_spending, by_posting, by_asking_again
]  # fmt: skip


@pytest.fixture
async def still(pool: Pool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bank]:
    """The service on a database of the test's own, where nobody sweeps."""
    monkeypatch.setattr("actions.credits.service.routes.SWEEP_EVERY", 3600.0)
    async with opened(pool, clock) as bank:
        yield bank


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def lapsed(bank: Bank, seconds: int = 60) -> Transfer:
    purse, shop = await bank.open(100), await bank.open()
    return await bank.hold(purse, shop, 100, seconds=seconds, reference=f"meal:{purse}")


@pytest.mark.parametrize("look", LOOKS)
async def test_what_is_over_is_over_for_whoever_looks(
    still: Bank, clock: Clock, pool: Pool, look: Look
) -> None:
    holds = [await lapsed(still), await lapsed(still)]
    clock.forward(seconds=59)
    assert (await still.ledger.account(holds[0].debit)).held == 100
    clock.forward(seconds=1)
    assert await look(still, holds[0])
    # Only what somebody looked at was ended; the other is for whoever comes.
    ended = await pool.fetch("SELECT hold FROM credits.journal WHERE phase = 'expire'")
    assert [each["hold"] for each in ended] == [holds[0].id]
    assert await store.sweep(pool, clock()) == 1
    assert await store.sweep(pool, clock()) == 0
    assert (await verify(pool)).wrong is None


@pytest.mark.parametrize("look", LOOKS)
async def test_what_was_seen_to_be_over_stays_so(still: Bank, clock: Clock, pool: Pool, look: Look) -> None:
    hold = await lapsed(still)
    clock.forward(seconds=60)
    assert await look(still, hold)
    clock.forward(hours=-5)
    assert (await still.ledger.find(hold.id)).state == "expired"
    assert await by_posting(still, hold)
    assert (await verify(pool)).wrong is None


async def test_a_clock_that_goes_back_orders_nothing_anew(still: Bank, clock: Clock, pool: Pool) -> None:
    purse, shop = await still.open(100), await still.open()
    made = []
    for hours in (0, 2, -4, 1, -1, 8):
        clock.forward(hours=hours)
        made.append(await still.move(purse, shop, 1))
        made.append(await still.hold(purse, shop, 1, seconds=3600))
    assert made == sorted(made, key=lambda each: each.number)
    times = [each.made_at for each in made]
    assert times == sorted(times)
    assert times[-1] == clock.now
    for each in made[1::2]:
        assert each.expires_at == each.made_at + timedelta(hours=1)
    statement = await still.ledger.statement(shop, times[0], times[-1])
    assert [each.id for each in statement.transfers] == [each.id for each in made[:-2:2]]
    assert (statement.opening, statement.closing) == (0, 5)
    assert (await verify(pool)).wrong is None


async def test_a_process_that_is_ahead_moves_no_time(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Ahead":
            return cls(2126, 3, 2, tzinfo=tz)

    monkeypatch.setattr("actions.credits.service.routes.datetime", Ahead)
    async with opened(pool, None) as bank:
        hold = await lapsed(bank)
        now = await pool.fetchval("SELECT now()")
        assert abs(now - hold.made_at) < timedelta(minutes=1)
        assert not await by_account(bank, hold)


async def test_many_that_are_over_go_some_at_a_time(still: Bank, clock: Clock, pool: Pool) -> None:
    purse, shop = await still.open(100), await still.open()
    await still.ledger.transfer([new(purse, shop, 1, "pending", seconds=9 - at) for at in range(9)])
    clock.forward(seconds=6)
    assert [await store.sweep(pool, clock(), 4) for _ in range(3)] == [4, 2, 0]
    held = await pool.fetch("SELECT hold FROM credits.journal WHERE phase = 'expire' ORDER BY number")
    first: list[UUID] = [each["hold"] for each in held]
    expired = [(await still.ledger.find(each)).expires_at for each in first]
    assert expired == sorted(expired, key=str)  # those that were over first went first
    assert await still.balances(purse) == (3, 0, 0, 100)


async def test_the_service_sweeps_while_it_runs(
    pool: Pool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.credits.service.routes.SWEEP_EVERY", 0.02)
    async with opened(pool, clock) as bank, asyncio.timeout(10):
        await lapsed(bank)
        clock.forward(seconds=60)
        while not await pool.fetchval(  # noqa: ASYNC110
            "SELECT count(*) FROM credits.journal WHERE phase = 'expire'"
        ):
            await asyncio.sleep(0.02)
