"""Random histories of transfers of every kind, held against the small model after each step."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.credits.service import verify
from actions.credits.tests.conftest import Bank, database, four, opened
from actions.credits.tests.model import Model, Purse
from actions.sdk import ServiceRefused
from actions.sdk.ledger import Limit, NewAccount, NewTransfer, Phase
from actions.sdk.serving import Pool
from tests.departments import Clock

LIMITS: list[tuple[Limit, str]] = [
    ("none", "GBP"), ("debits", "GBP"), ("debits", "GBP"), ("credits", "GBP"), ("none", "hours"),
    ("debits", "hours"),
]  # fmt: skip
SEEN: Counter[str] = Counter()
"""What happened in all histories."""


@pytest.fixture(scope="module")
async def own_pool(server_url: str, template: str) -> AsyncIterator[Pool]:
    async with database(server_url, template) as pool:
        yield pool


@pytest.fixture(scope="module")
def own_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
async def own_bank(own_pool: Pool, own_clock: Clock) -> AsyncIterator[Bank]:
    async with opened(own_pool, own_clock) as bank:
        yield bank


class History:
    """One: the real ledger and the model, told the same."""

    def __init__(self, bank: Bank, clock: Clock, seed: int) -> None:
        self.bank, self.clock, self.rng = bank, clock, random.Random(seed)
        self.began = clock.now
        self.holder = f"history:{uuid4()}"
        self.model = Model()
        self.ids: list[UUID] = []
        self.asked: list[NewTransfer] = []

    async def begin(self) -> None:
        accounts = [NewAccount(uuid4(), "test", self.holder, limit, unit) for limit, unit in LIMITS]
        await self.bank.ledger.open(accounts)
        self.ids = [each.id for each in accounts]
        self.model.accounts = {each.id: Purse(each.limit, each.ledger) for each in accounts}
        pound, first, second, owing, hour, hours = self.ids
        await self.apply([
            NewTransfer(uuid4(), "posted", *sides, 100)
            for sides in ((pound, first), (pound, second), (owing, pound), (hour, hours))
        ])  # fmt: skip

    def transfer(self) -> NewTransfer:
        """Any: mostly sensible, often not."""
        rng = self.rng
        kind = rng.choices(["move", "hold", "end", "again", "changed", "nowhere"], [6, 4, 6, 2, 1, 1])[0]
        holds = [each.id for each in self.asked if each.phase == "pending"]
        if kind in ("again", "changed") and self.asked:
            old = rng.choice(self.asked)
            amount = (old.amount or 0) + 1 if kind == "changed" else old.amount
            return NewTransfer(**{**vars(old), "amount": amount})
        if kind == "end" and holds:
            phase: Phase = "post" if rng.random() < 0.6 else "void"
            of = rng.choice([*holds[-4:], rng.choice(self.asked).id])
            return NewTransfer(uuid4(), phase, of=of, amount=rng.choice((None, None, rng.randint(1, 40))))
        debit, credit = rng.sample(self.ids[:4], 2) if rng.random() < 0.9 else rng.choices(self.ids, k=2)
        if kind == "nowhere":
            credit = uuid4()
        amount = rng.randint(1, 40)
        if kind == "hold":
            return NewTransfer(uuid4(), "pending", debit, credit, amount, seconds=rng.choice((None, 5, 60)))
        return NewTransfer(uuid4(), "posted", debit, credit, amount)

    async def step(self) -> None:
        match self.rng.choices(["transfer", "later", "earlier", "close"], [30, 4, 2, 1])[0]:
            case "later":
                self.clock.forward(seconds=self.rng.choice((1, 5, 60)))
            case "earlier":
                self.clock.now -= timedelta(seconds=self.rng.choice((1, 30, 600)))
            case "close":
                which = self.rng.choice(self.ids[2:])
                await self.bank.ledger.close(which)
                self.tick()
                self.model.accounts[which].closed = True
            case _:
                await self.apply([self.transfer() for _ in range(self.rng.choice((1, 1, 1, 2, 3)))])

    def tick(self) -> None:
        self.model.at((self.clock.now - self.began).total_seconds())

    async def apply(self, chain: list[NewTransfer]) -> None:
        self.tick()
        self.asked += chain
        expected = self.model.apply(chain)
        got: Any
        try:
            got = [each.new for each in await self.bank.ledger.transfer(chain)]
        except ServiceRefused as refused:
            got = refused.code, refused.details["index"]
        assert got == expected
        SEEN[got[0] if isinstance(got, tuple) else f"chain of {len(got)}"] += 1

    async def compare(self) -> None:
        self.tick()
        accounts = await self.bank.ledger.accounts(self.holder)
        assert [four(each) for each in accounts] == [each.four for each in self.model.accounts.values()]
        for unit in ("GBP", "hours"):
            sums = [sum(each) for each in zip(*(four(a) for a in accounts if a.ledger == unit), strict=True)]
            assert sums[:2] == sums[2:]
        for hold in [each for each in self.model.made.values() if each.asked.phase == "pending"][-2:]:
            assert (await self.bank.ledger.find(hold.asked.id)).state == hold.state
            SEEN[hold.state] += 1


@given(seed=st.integers(0, 1 << 60), steps=st.integers(10, 40))
@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
async def test_every_history_goes_as_the_rules_say(
    own_bank: Bank, own_clock: Clock, seed: int, steps: int
) -> None:
    # Ahead of all that was before: the time of the one ledger never goes back.
    own_clock.now = max(own_clock.now, Clock().now) + timedelta(hours=6)
    history = History(own_bank, own_clock, seed)
    await history.begin()
    for _ in range(steps):
        await history.step()
        await history.compare()


async def test_all_of_it_happened_and_is_in_order(own_bank: Bank, own_pool: Pool) -> None:
    assert {
        "chain of 1", "chain of 2", "chain of 3", "NOT_ENOUGH", "TOO_MUCH", "EXISTS_DIFFERENT",
        "REFUSED_BEFORE", "HOLD_POSTED", "HOLD_VOIDED", "HOLD_EXPIRED", "HOLD_NOT_FOUND",
        "ACCOUNT_NOT_FOUND", "AMOUNT_OVER_HOLD", "ACCOUNT_CLOSED", "WRONG_LEDGER", "SAME_ACCOUNT", "INVALID",
        "pending", "posted", "voided", "expired",
    } <= SEEN.keys()  # fmt: skip
    found = await verify(own_pool)
    assert found.wrong is None
    assert found.rows > 500
