"""Totals: what all accounts of a code have together."""

from uuid import uuid4

import pytest

from actions.credits.tests.conftest import Bank, said
from actions.sdk import ServiceRefused
from actions.sdk.ledger import NewAccount, Total
from tests.departments import Clock


async def test_totals_are_the_sums_of_the_accounts_by_code(bank: Bank, clock: Clock) -> None:
    word = f"totals-{uuid4()}"
    ids = [uuid4() for _ in range(4)]
    codes = (f"{word}.a", f"{word}.a", f"{word}.b", f"other-{word}.a")
    await bank.ledger.open([NewAccount(each, code, "x") for each, code in zip(ids, codes, strict=True)])
    assert await bank.ledger.totals(f"{word}.") == [
        Total(f"{word}.a", "GBP", 2, 0, 0, 0, 0), Total(f"{word}.b", "GBP", 1, 0, 0, 0, 0),
    ]  # fmt: skip
    await bank.move(ids[3], ids[0], 70)
    await bank.move(ids[3], ids[1], 30)
    await bank.move(ids[0], ids[2], 20)
    await bank.hold(ids[1], ids[2], 5, seconds=60)
    a, b = await bank.ledger.totals(f"{word}.")
    assert a == Total(f"{word}.a", "GBP", 2, 5, 20, 0, 100)
    assert b == Total(f"{word}.b", "GBP", 1, 0, 0, 5, 20)
    clock.forward(minutes=2)
    assert (await bank.ledger.totals(f"{word}."))[0] == Total(f"{word}.a", "GBP", 2, 0, 20, 0, 100)


async def test_a_code_is_no_pattern(bank: Bank) -> None:
    word = f"100%-{uuid4()}"
    await bank.ledger.open([NewAccount(uuid4(), word, "x")])
    assert [each.code for each in await bank.ledger.totals(word)] == [word]
    assert await bank.ledger.totals(word.replace("%", "_")) == []
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.totals("")
    assert said(refused) == {"code": "INVALID", "field": "code"}
