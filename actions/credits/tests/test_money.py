"""The demonstration's money: loaded once, from what each department's service has."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime

import pytest

from actions.credits import service
from actions.credits.service import load_money
from actions.credits.tests.conftest import Bank, opened
from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id
from actions.sdk.serving import Pool
from bot.commands.serve import load_demo_data
from tests.departments import Clock

TODAY = date(2026, 3, 2)
POT, CHILD = ledger_id("test", "pot"), ledger_id("test", "child", 1)


def money(amounts: Sequence[int]) -> tuple[list[NewAccount], list[NewTransfer]]:
    """A child's credit out of a pot, and a hold that is posted."""
    accounts = [NewAccount(POT, "pot", "test"), NewAccount(CHILD, "grant", "test:child:1", "debits")]
    given = [
        NewTransfer(ledger_id("test", "grant", at), "posted", POT, CHILD, amount)
        for at, amount in enumerate(amounts)
    ]
    hold = NewTransfer(ledger_id("test", "hold"), "pending", CHILD, POT, 30, seconds=600)
    return accounts, [*given, hold, NewTransfer(ledger_id("test", "post"), "post", of=hold.id, amount=20)]


@pytest.fixture
async def bank(pool: Pool, clock: Clock) -> AsyncIterator[Bank]:
    """On a database of the test's own."""
    async with opened(pool, clock) as bank:
        yield bank


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def balances(bank: Bank) -> tuple[int, int]:
    account = await bank.ledger.account(CHILD)
    return account.credits_posted, account.debits_posted


async def test_money_is_loaded_once_and_added_to(pool: Pool, bank: Bank) -> None:
    for _ in range(2):
        await load_money(pool, TODAY, [money([100] * 9), ([], [])])
        assert await balances(bank) == (900, 20)
    # Another day has one more, and says something else of what is there already: that stays.
    await load_money(pool, date(2026, 3, 3), [money([7] * 10)])
    assert await balances(bank) == (907, 20)
    assert (await bank.ledger.find(ledger_id("test", "post"))).made_at == datetime(2026, 3, 2, tzinfo=UTC)


async def test_more_than_one_request_has_is_loaded_at_once(pool: Pool, bank: Bank) -> None:
    await load_money(pool, TODAY, [money([1] * 5_000)])
    assert await balances(bank) == (5_000, 20)


async def test_money_that_can_not_be_is_told(pool: Pool, bank: Bank, clock: Clock) -> None:
    with pytest.raises(ValueError, match="NOT_ENOUGH"):
        await load_money(pool, TODAY, [money([19])])
    assert await bank.ledger.accounts("test") == []


async def test_departments_money_comes_with_the_demonstration(
    pool: Pool, bank: Bank, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "demo_money", lambda today: money([today.year]), raising=False)
    clock.now = datetime.now(UTC)
    await load_demo_data(pool)
    assert (await bank.ledger.account(CHILD)).credits_posted == clock.now.year
    await load_demo_data(pool)
    assert (await bank.ledger.account(CHILD)).debits_posted == 20
