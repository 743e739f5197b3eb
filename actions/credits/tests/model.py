"""The ledger's rules once more, small and in memory: what the real one is held against."""

from copy import deepcopy
from dataclasses import dataclass, field
from uuid import UUID

from actions.sdk.ledger import Limit, NewTransfer

REMEMBERED = {"NOT_ENOUGH", "TOO_MUCH", "ACCOUNT_NOT_FOUND", "HOLD_NOT_FOUND", "ACCOUNT_CLOSED"}


@dataclass
class Purse:
    """An account: its rules, and debits and credits, held and done."""

    limit: Limit
    ledger: str
    debits: list[int] = field(default_factory=lambda: [0, 0])
    credits: list[int] = field(default_factory=lambda: [0, 0])
    closed: bool = False

    @property
    def four(self) -> tuple[int, int, int, int]:
        return self.debits[0], self.debits[1], self.credits[0], self.credits[1]

    @property
    def kept(self) -> bool:
        rules = {
            "none": True,
            "debits": sum(self.debits) <= self.credits[1],
            "credits": sum(self.credits) <= self.debits[1],
        }
        return rules[self.limit]


@dataclass
class Made:
    """A transfer that was made, as it was asked; of a hold also what became of it."""

    asked: NewTransfer
    debit: UUID
    credit: UUID
    amount: int
    until: float
    state: str = "posted"


class Refused(Exception):  # noqa: N818
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Model:
    """The ledger; seconds are its time, which never goes back."""

    accounts: dict[UUID, Purse] = field(default_factory=dict)
    made: dict[UUID, Made] = field(default_factory=dict)
    refused: dict[UUID, str] = field(default_factory=dict)
    seconds: float = 0

    def at(self, seconds: float) -> None:
        """It is so late, or later already: what is over by then goes back."""
        self.seconds = max(self.seconds, seconds)
        for each in self.made.values():
            if each.state == "pending" and each.until <= self.seconds:
                self._let_go(each, "expired")

    def apply(self, chain: list[NewTransfer]) -> tuple[str, int] | list[bool]:
        """Which are new; or why not, and which it was."""
        before = deepcopy((self.accounts, self.made))
        fresh = []
        for index, transfer in enumerate(chain):
            try:
                fresh.append(self._one(transfer))
            except Refused as refused:
                self.accounts, self.made = before
                if refused.code in REMEMBERED:
                    self.refused[transfer.id] = refused.code
                return refused.code, index
        return fresh

    def _let_go(self, hold: Made, state: str) -> None:
        hold.state = state
        self.accounts[hold.debit].debits[0] -= hold.amount
        self.accounts[hold.credit].credits[0] -= hold.amount

    def _one(self, asked: NewTransfer) -> bool:
        if (old := self.made.get(asked.id)) is not None:
            if old.asked != asked:
                raise Refused("EXISTS_DIFFERENT")
            return False
        if asked.id in self.refused:
            raise Refused("REFUSED_BEFORE")
        hold = None
        if asked.of is not None:
            hold = self.made.get(asked.of)
            if hold is None or hold.asked.phase != "pending":
                raise Refused("HOLD_NOT_FOUND")
            if (asked.amount or 0) > hold.amount:
                raise Refused("AMOUNT_OVER_HOLD")
            if asked.phase == "void" and asked.amount not in (None, hold.amount):
                raise Refused("INVALID")
            if hold.state != "pending":
                raise Refused(f"HOLD_{hold.state.upper()}")
            debit, credit, amount = hold.debit, hold.credit, asked.amount or hold.amount
        else:
            assert asked.debit is not None
            assert asked.credit is not None
            assert asked.amount is not None
            debit, credit, amount = asked.debit, asked.credit, asked.amount
        self._check(asked, debit, credit)
        if hold is not None:
            self._let_go(hold, "posted" if asked.phase == "post" else "voided")
        if asked.phase != "void":
            done = asked.phase != "pending"
            self.accounts[debit].debits[done] += amount
            self.accounts[credit].credits[done] += amount
            if not self.accounts[debit].kept:
                raise Refused("NOT_ENOUGH")
            if not self.accounts[credit].kept:
                raise Refused("TOO_MUCH")
        until = self.seconds + (asked.seconds or float("inf"))
        state = "pending" if asked.phase == "pending" else "posted"
        self.made[asked.id] = Made(asked, debit, credit, amount, until, state)
        return True

    def _check(self, asked: NewTransfer, debit: UUID, credit: UUID) -> None:
        if debit == credit:
            raise Refused("SAME_ACCOUNT")
        if not {debit, credit} <= self.accounts.keys():
            raise Refused("ACCOUNT_NOT_FOUND")
        if self.accounts[debit].ledger != self.accounts[credit].ledger:
            raise Refused("WRONG_LEDGER")
        if asked.phase != "void" and (self.accounts[debit].closed or self.accounts[credit].closed):
            raise Refused("ACCOUNT_CLOSED")
