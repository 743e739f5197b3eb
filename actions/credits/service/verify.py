"""Whether the ledger is as it was written: its chain, its rules, its balances made anew."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from actions.sdk.serving import Connection, Pool

BEGINNING: Final = bytes(32)
"""What the first row is bound to."""
AT_ONCE: Final = 5_000

# What a row's hash is of, in this order; times in microseconds since 1970.
_ROWS: Final = """
SELECT number, phase, id::text, debit::text, credit::text, amount, code, hold::text, reference, asked_by,
       reason, (extract(epoch FROM made_at) * 1000000)::bigint AS made,
       (extract(epoch FROM expires_at) * 1000000)::bigint AS expires, debit_balance, credit_balance,
       account::text, opened, hash
FROM credits.journal ORDER BY number
"""
_ACCOUNTS: Final = """
SELECT id::text, credits.opened(a) AS opened, place, closed_at IS NOT NULL AS closed, ledger,
       debits_pending, debits_posted, credits_pending, credits_posted
FROM credits.account AS a ORDER BY place
"""
_HOLDS: Final = """
SELECT id::text, number, debit::text, credit::text, amount,
       (extract(epoch FROM expires_at) * 1000000)::bigint AS expires
FROM credits.hold ORDER BY number
"""
_written: Final = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(slots=True)
class _Account:
    opened: str
    bound: str
    ledger: str
    place: int
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    closed: bool = False

    @property
    def balance(self) -> int:
        return self.credits_posted - self.debits_posted

    @property
    def within(self) -> bool:
        """Whether its limit is kept, and nothing is below zero."""
        room = {
            "none": 0,
            "debits": self.credits_posted - self.debits_posted - self.debits_pending,
            "credits": self.debits_posted - self.credits_posted - self.credits_pending,
        }
        return min(self.debits_pending, self.credits_pending, room[self.bound]) >= 0

    @property
    def stored(self) -> tuple[object, ...]:
        """As the table must have it."""
        return (
            self.opened, self.place, self.closed, self.ledger, self.debits_pending, self.debits_posted,
            self.credits_pending, self.credits_posted,
        )  # fmt: skip


@dataclass
class Books:
    """The ledger made anew, row by row; knows nothing of how the database does it."""

    accounts: dict[str, _Account] = field(default_factory=dict)
    holds: dict[str, tuple[object, ...]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    made: int = -(1 << 62)

    def add(self, row: Any) -> str | None:
        """Takes a row; what rule it breaks, or None."""
        if row["made"] < self.made:
            return "is of an earlier time than the one before"
        self.made = row["made"]
        match row["phase"]:
            case "open":
                _, _, _, bound, ledger, _ = json.loads(row["opened"])
                if row["account"] in self.accounts:
                    return "opens an account that is there"
                self.accounts[row["account"]] = _Account(row["opened"], bound, ledger, row["number"])
            case "close":
                account = self.accounts.get(row["account"])
                if account is None or account.closed:
                    return "closes an account that is not open"
                account.closed = True
            case "refuse":
                self.refused.add(row["id"])
            case _:
                return self._move(row)
        return None

    def _move(self, row: Any) -> str | None:
        debit, credit = self.accounts.get(row["debit"]), self.accounts.get(row["credit"])
        phase, amount = row["phase"], row["amount"]
        if row["id"] in self.refused:
            return "makes what was refused"
        if debit is None or credit is None or debit is credit or debit.ledger != credit.ledger:
            return "is not between two accounts of one ledger"
        if (debit.closed or credit.closed) and phase in ("posted", "pending", "post"):
            return "moves money of a closed account"
        if phase == "pending":
            self.holds[row["id"]] = (row["number"], row["debit"], row["credit"], amount, row["expires"])
            debit.debits_pending += amount
            credit.credits_pending += amount
        elif phase != "posted" and (broken := self._end(row, debit, credit)) is not None:
            return broken
        balances: tuple[int | None, int | None] = (None, None)
        if phase in ("posted", "post"):
            debit.debits_posted += amount
            credit.credits_posted += amount
            balances = (debit.balance, credit.balance)
        if balances != (row["debit_balance"], row["credit_balance"]):
            return "does not say what the accounts had afterwards"
        return None if debit.within and credit.within else "breaks an account's limit"

    def _end(self, row: Any, debit: _Account, credit: _Account) -> str | None:
        hold: Any = self.holds.pop(row["hold"], None)
        if hold is None or hold[1:3] != (row["debit"], row["credit"]):
            return "ends a hold that is not open"
        held, expires = hold[3:]
        if row["amount"] > held or (row["phase"] != "post" and row["amount"] < held):
            return "ends a hold of another amount"
        if row["phase"] == "expire" and (expires is None or expires > row["made"]):
            return "ends a hold before its time"
        debit.debits_pending -= held
        credit.credits_pending -= held
        return None


@dataclass(frozen=True)
class Verified:
    """What became of looking through the ledger.

    Args:
        rows: of the journal that are as they were written.
        accounts: of those rows.
        wrong: a sentence about the first thing that is not right; None when all is.
        head: the hash of the last good row. Kept elsewhere it shows a later loss of the newest rows, and a
            journal that was written anew from the beginning, which the chain itself can't.
    """

    rows: int
    accounts: int
    wrong: str | None
    head: bytes

    def __str__(self) -> str:
        return f"{self.rows}:{self.head.hex()}"


async def verify(pool: Pool, expected: str | None = None) -> Verified:
    """Looks through the whole ledger, as it is at one moment; others go on with their work.

    Args:
        pool: the database.
        expected: `str` of an earlier look: that row must still be there, and the same.

    Raises:
        ValueError: `expected` is nothing this gives.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        return await look_through(connection, expected)


async def look_through(connection: Connection, expected: str | None = None) -> Verified:
    """The same for who has a transaction, from which all is one moment."""
    place, _, known = (expected or "0:").partition(":")
    kept, mark = int(place), bytes.fromhex(known)
    books, number, head = Books(), 0, BEGINNING
    async for row in connection.cursor(_ROWS, prefetch=AT_ONCE):
        worked_out = hashlib.sha256(head + _written(list(row)[:-1]).encode()).digest()
        number += 1
        if row["number"] != number or row["hash"] != worked_out or (number == kept and worked_out != mark):
            wrong = f"Row {number} of the journal is missing or is not as it was written."
            return Verified(number - 1, len(books.accounts), wrong, head)
        if (broken := books.add(row)) is not None:
            wrong = f"Row {number} of the journal {broken}."
            return Verified(number - 1, len(books.accounts), wrong, head)
        head = worked_out
    if number < kept:
        lost: str | None = f"Row {number + 1} of the journal is missing."
    else:
        stored, held = await connection.fetch(_ACCOUNTS), await connection.fetch(_HOLDS)
        lost = next(_differences(books, stored, held), None)
    return Verified(number, len(books.accounts), lost, head)


def _differences(books: Books, stored: list[Any], held: list[Any]) -> Iterator[str]:
    """Where the tables that are changed say something else than the journal."""
    accounts = {row["id"]: tuple(row)[1:] for row in stored}
    for name in {**books.accounts, **accounts}:
        found, made = accounts.get(name), books.accounts.get(name)
        if found is None or made is None:
            yield f"Account {name} is in the journal and is missing, or the other way round."
        elif found[:4] != made.stored[:4]:
            yield f"Account {name} is not what it was opened or closed as."
        elif found != made.stored:
            yield f"The balances of account {name} are not those of the journal."
    for ledger in {row["ledger"] for row in stored}:
        rows = [row for row in stored if row["ledger"] == ledger]
        for phase in ("pending", "posted"):
            out, back = (sum(row[f"{side}_{phase}"] for row in rows) for side in ("debits", "credits"))
            if out != back:
                yield f"In {ledger} {out} pence are {phase} as debits and {back} as credits."
    holds = {row["id"]: tuple(row)[1:] for row in held}
    for name in {**books.holds, **holds}:
        if holds.get(name) != books.holds.get(name):
            yield f"The hold {name} is not what the journal says of it."
