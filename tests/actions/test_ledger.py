"""The client of the ledger, against the ledger: many chains that travel together and fall apart."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from actions.credits.service import application
from actions.sdk import Ledger, ServiceRefused
from actions.sdk import ledger as client
from actions.sdk.ledger import NewAccount, NewTransfer
from bot.queue import Pool

KEY = "a key of the tests"


@pytest.fixture
async def ledger(pool: Pool) -> AsyncIterator[Ledger]:
    server = TestServer(application(pool, keys=frozenset({KEY})))
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield Ledger(str(server.make_url("")), session, settings={"key": KEY})
    await server.close()


@pytest.mark.parametrize("together", [1_000, 4, 1])
async def test_a_refused_chain_undoes_no_other(
    ledger: Ledger, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TOGETHER", together)
    source, empty, closed, *children = (uuid4() for _ in range(8))
    await ledger.open([NewAccount(source, "source", "funder"), NewAccount(closed, "child", "closed")])
    await ledger.open([NewAccount(each, "child", "child", "debits") for each in (empty, *children)])
    await ledger.close(closed)

    def move(debit: UUID, credit: UUID, amount: int) -> NewTransfer:
        return NewTransfer(uuid4(), "posted", debit, credit, amount)

    chains = [
        [move(source, children[0], 10)],
        [move(source, children[1], 20), move(source, closed, 5)],
        [],
        [move(source, children[2], 30), move(source, children[3], 40)],
        [move(empty, children[0], 1)],
        [move(source, children[4], 50)],
    ]
    for new in (True, False):
        outcomes = await ledger.transfer_many(chains)
        codes = [
            each.code if isinstance(each, ServiceRefused) else [one.amount for one in each]
            for each in outcomes
        ]
        refused = ["ACCOUNT_CLOSED", "NOT_ENOUGH"] if new else ["REFUSED_BEFORE"] * 2
        assert codes == [[10], refused[0], [], [30, 40], refused[1], [50]]
        made = [one for each in outcomes if not isinstance(each, ServiceRefused) for one in each]
        assert {one.new for one in made} == {new}
    assert [(await ledger.account(each)).available for each in children] == [10, 0, 30, 40, 50]


async def test_a_refusal_that_names_none_is_for_all(ledger: Ledger) -> None:
    with pytest.raises(ServiceRefused):
        await Ledger(ledger._base_url, ledger._session).transfer_many(
            [[NewTransfer(uuid4(), "void", of=uuid4())]]
        )
