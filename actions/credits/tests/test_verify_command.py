"""`onedoor ledger verify`, as an operator types it."""

import asyncio
import sys
from datetime import date

import pytest

from actions.credits.service import load_money
from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id
from bot.command import main
from bot.database import close_pool, connect_pool

TODAY = date(2026, 3, 2)
PURSE, SHOP = ledger_id("test", "purse"), ledger_id("test", "shop")


@pytest.fixture
def installed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an installation's database, with a ledger of three rows."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    accounts = [NewAccount(PURSE, "purse", "test"), NewAccount(SHOP, "shop", "test")]

    async def load() -> None:
        pool = await connect_pool(database_url, size=2)
        await load_money(
            pool, TODAY, [(accounts, [NewTransfer(ledger_id("test", 1), "posted", PURSE, SHOP, 9)])]
        )
        await close_pool(pool)

    asyncio.run(load())
    return database_url


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Operator":
    return Operator(monkeypatch, capsys)


class Operator:
    """Types, and reads what is printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = monkeypatch, capsys

    def type(self, *arguments: str) -> tuple[int, str]:
        self._patch.setattr(sys, "argv", ["onedoor", "ledger", "verify", *arguments])
        self._capsys.readouterr()
        code = main()
        out, err = self._capsys.readouterr()
        return code, (err if code else out).strip()


def test_it_says_yes_and_prints_what_to_keep(installed: str, operator: Operator) -> None:
    code, said = operator.type()
    assert code == 0
    assert said.startswith("3 rows, each as it was written; 2 accounts")
    head = said.rpartition(" ")[2]
    assert operator.type("--expect", head) == (code, said)


def test_it_says_no_with_what_is_wrong(installed: str, operator: Operator) -> None:
    head = operator.type()[1].rpartition(" ")[2]

    async def change() -> None:
        pool = await connect_pool(installed, size=2)
        await pool.execute(
            "UPDATE credits.account SET debits_posted = debits_posted + 1 WHERE code = 'purse'"
        )
        await close_pool(pool)

    asyncio.run(change())
    assert operator.type() == (1, f"The balances of account {PURSE} are not those of the journal.")
    assert operator.type("--expect", f"4:{head.partition(':')[2]}") == (
        1, "Row 4 of the journal is missing.",
    )  # fmt: skip
    assert operator.type("--expect", "nonsense")[0] == 1
    assert operator.type("--expect", "nonsense")[1].startswith("--expect is what an earlier")
