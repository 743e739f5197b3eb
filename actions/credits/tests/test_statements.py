"""Statements: balances at both ends that add up with what came and went, and what is found by reference."""

from datetime import timedelta
from uuid import uuid4

import pytest

from actions.credits.tests.conftest import Bank, new, said
from actions.sdk import ServiceRefused
from tests.departments import Clock

DAY = timedelta(days=1)


async def test_a_statement_adds_up(bank: Bank, clock: Clock) -> None:
    start = clock.now
    purse, shop = await bank.open(), await bank.open(1_000)
    made = []
    for day in range(5):
        made.append(await bank.move(shop, purse, 100 + day))
        hold = await bank.hold(purse, shop, 50, reference="meal:3")
        made.append(await bank.end(hold.id, "post", 20 + day))
        await bank.end((await bank.hold(purse, shop, 5)).id, "void")
        clock.forward(days=1)
    for first, after in ((0, 5), (0, 2), (1, 4), (4, 5), (2, 2), (5, 9)):
        said_ = await bank.ledger.statement(purse, start + first * DAY, start + after * DAY)
        assert said_.opening == 80 * first
        assert said_.closing == 80 * min(after, 5)
        assert [(each.id, each.state) for each in said_.transfers] == [
            (each.id, "posted") for each in made[2 * first : 2 * after]
        ]
        moved = sum(each.amount if each.credit == purse else -each.amount for each in said_.transfers)
        assert said_.opening + moved == said_.closing
    account = await bank.ledger.account(purse)
    assert said_.closing == account.credits_posted - account.debits_posted == account.available
    assert len(await bank.ledger.referring("meal:3")) == 10


async def test_what_is_not_there(bank: Bank, clock: Clock) -> None:
    for call in (
        bank.ledger.statement(uuid4(), clock.now, clock.now), bank.ledger.account(uuid4()),
        bank.ledger.close(uuid4()),
    ):  # fmt: skip
        with pytest.raises(ServiceRefused) as refused:
            await call
        assert (refused.value.status, said(refused)) == (404, {"code": "ACCOUNT_NOT_FOUND"})
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.find(uuid4())
    assert said(refused) == {"code": "TRANSFER_NOT_FOUND"}
    wanted = new(await bank.open(), await bank.open(), 1)
    with pytest.raises(ServiceRefused):
        await bank.ledger.transfer([wanted])
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.find(wanted.id)
    assert said(refused) == {"code": "TRANSFER_NOT_FOUND"}  # what was refused is no transfer
    assert await bank.ledger.accounts("nobody") == []
    assert await bank.ledger.referring("nothing/of the kind&") == []
