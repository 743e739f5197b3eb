"""Many at the same time, through two services at one database: nothing is overdrawn, doubled or stuck."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from actions.credits.service import verify
from actions.credits.tests.conftest import Bank, new, opened
from actions.sdk import ServiceDown, ServiceRefused
from actions.sdk.ledger import NewTransfer
from actions.sdk.serving import Pool
from tests.departments import Clock


@pytest.fixture
async def banks(pool: Pool, clock: Clock) -> AsyncIterator[tuple[Bank, Bank]]:
    async with opened(pool, clock) as one, opened(pool, clock) as other:
        yield one, other
    assert (await verify(pool)).wrong is None


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def outcome(bank: Bank, chain: list[NewTransfer]) -> str:
    try:
        [first, *_] = await bank.ledger.transfer(chain)
    except ServiceRefused as refused:
        return refused.code
    return "new" if first.new else "again"


@pytest.mark.parametrize("phase", ["posted", "pending"])
async def test_a_hundred_who_spend_the_same_money(banks: tuple[Bank, Bank], phase: str) -> None:
    purse, shop = await banks[0].open(100), await banks[0].open()
    asked = [new(purse, shop, 7, "posted" if phase == "posted" else "pending") for _ in range(100)]
    got = Counter(await asyncio.gather(*(outcome(banks[at % 2], [each]) for at, each in enumerate(asked))))
    assert got == {"new": 14, "NOT_ENOUGH": 86}
    account = await banks[1].ledger.account(purse)
    assert (account.available, account.held + account.spent) == (2, 98)


async def test_one_id_asked_by_many(banks: tuple[Bank, Bank]) -> None:
    purse, shop = await banks[0].open(100), await banks[0].open()
    hold = await banks[0].hold(purse, shop, 60)
    for transfer in (new(purse, shop, 30), new(None, None, 20, "post", of=hold.id)):
        got = Counter(await asyncio.gather(*(outcome(banks[at % 2], [transfer]) for at in range(40))))
        assert got == {"new": 1, "again": 39}
    assert await banks[0].balances(purse) == (0, 50, 0, 100)


async def test_a_hold_that_many_end_is_ended_once(banks: tuple[Bank, Bank]) -> None:
    purse, shop = await banks[0].open(100), await banks[0].open()
    hold = await banks[0].hold(purse, shop, 60)
    asked = [new(None, None, None, "post" if at % 3 else "void", of=hold.id) for at in range(40)]
    got = Counter(await asyncio.gather(*(outcome(banks[at % 2], [each]) for at, each in enumerate(asked))))
    assert got["new"] == 1
    assert sum(count for code, count in got.items() if code in ("HOLD_POSTED", "HOLD_VOIDED")) == 39
    assert len(got) == 2
    assert await banks[0].balances(purse) in ((0, 60, 0, 100), (0, 0, 0, 100))


async def test_transfers_that_cross_wait_for_nobody_in_a_circle(
    banks: tuple[Bank, Bank], clock: Clock, pool: Pool
) -> None:
    accounts = [await banks[0].open(1_000) for _ in range(6)]
    rng = random.Random(7)

    async def one(at: int) -> str:
        bank = banks[at % 2]
        if at % 10 == 0:
            await bank.open()
        if at % 10 == 5:
            clock.forward(seconds=1)
            await bank.ledger.account(rng.choice(accounts))
        sides: list[UUID] = rng.sample(accounts, 4)
        return await outcome(bank, [
            new(sides[0], sides[1], 5, "pending", seconds=1), new(sides[1], sides[2], 5),
            new(sides[2], sides[3], 5), new(sides[3], sides[0], 5),
        ])  # fmt: skip

    async with asyncio.timeout(60):
        got = Counter(await asyncio.gather(*(one(at) for at in range(300))))
    assert set(got) <= {"new", "NOT_ENOUGH"}
    assert got["new"] > 200
    clock.forward(seconds=10)
    found = [await banks[0].ledger.account(each) for each in accounts]
    assert sum(each.available for each in found) == 6_000


async def test_what_one_sends_wrongly_is_no_other_ones_harm(banks: tuple[Bank, Bank]) -> None:
    """All of these are committed together, whatever becomes of each."""
    bank = banks[0]
    purse, shop = await bank.open(10), await bank.open()
    chains = [
        [new(purse, shop, 1)], [new(purse, uuid4(), 1)], [new(purse, shop, 1), new(purse, shop, 99)],
        [new(purse, purse, 1)], [new(purse, shop, 2), new(shop, purse, 1)], [new(purse, shop, 9)],
        [new(purse, shop, 8)],
    ]  # fmt: skip
    got = await asyncio.gather(*(outcome(bank, chain) for chain in chains))
    assert got == ["new", "ACCOUNT_NOT_FOUND", "NOT_ENOUGH", "SAME_ACCOUNT", "new", "NOT_ENOUGH", "new"]
    assert await bank.balances(purse) == (0, 11, 0, 11)


WAITING = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
"""


async def test_a_database_that_goes_away_is_told_as_later(
    banks: tuple[Bank, Bank], database_url: str
) -> None:
    purse, shop = await banks[0].open(100), await banks[0].open()
    asked = [new(purse, shop, 1) for _ in range(60)]

    async def spend(at: int) -> str:
        try:
            return await outcome(banks[at % 2], [asked[at]])
        except ServiceDown as down:
            return down.reason

    connection = await asyncpg.connect(database_url)
    await connection.execute("SELECT pg_advisory_lock(7018)")
    spending = [asyncio.create_task(spend(at)) for at in range(60)]
    while len(there := await connection.fetch(WAITING)) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for each in there:
        await connection.execute("SELECT pg_terminate_backend($1)", each["pid"])
    await connection.close()
    got = Counter(await asyncio.gather(*spending))
    assert got["status 503"] >= 2
    assert set(got) <= {"new", "status 503", "circuit open"}
    banks[0].ledger._circuit.reset()
    banks[1].ledger._circuit.reset()
    # Whoever was told to come later asks with the same ids, and all is spent once.
    again = Counter([await outcome(banks[0], [each]) for each in asked])
    assert again["again"] == got["new"]
    assert await banks[0].balances(purse) == (0, 60, 0, 100)
