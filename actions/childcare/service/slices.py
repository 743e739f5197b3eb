"""What a child can spend, in the order it is spent: the earliest expiry, then the element, own money last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

from actions.childcare.service.ledger import WORD, element_account
from actions.childcare.service.rule import ELEMENTS
from actions.sdk.ledger import Account, NewAccount, ledger_id
from actions.sdk.serving import Connection, Pool

type Source = Literal["wtc", "neg", "ssg", "own"]
"""An element of the credit, or the family's own money."""

SOURCES: Final[tuple[Source, ...]] = (*ELEMENTS, "own")
_NEVER: Final = date.max


@dataclass(frozen=True)
class Slice:
    """Pence of one account that run out on one day; None for own money, which never does."""

    source: Source
    account: UUID
    amount: int
    expires_on: date | None = None


@dataclass(frozen=True)
class Given:
    """What an award gave of an element, in pence, and the last day it can be spent."""

    source: Source
    amount: int
    expires_on: date


def own_account(child: int) -> UUID:
    """The account of what a family put in for a child."""
    return ledger_id(WORD, child, "own")


def new_own_account(child: int) -> NewAccount:
    """The same, to be opened."""
    return NewAccount(own_account(child), f"{WORD}.own", f"{WORD}:child:{child}", limit="debits")


def provider_account(number: str) -> UUID:
    """The account of what a provider is paid."""
    return ledger_id(WORD, "provider", number)


def new_provider_account(number: str) -> NewAccount:
    """The same, to be opened."""
    return NewAccount(provider_account(number), f"{WORD}.provider", f"{WORD}:provider:{number}")


def account_of(child: int, source: Source) -> UUID:
    """The account of a child's that a part comes from."""
    return own_account(child) if source == "own" else element_account(child, source)


async def given(db: Connection | Pool, child: int) -> list[Given]:
    """What a child was awarded, element by element."""
    rows = await db.fetch(
        """SELECT element, total::bigint AS amount, expires_on FROM childcare.award
           JOIN childcare.award_element ON award = award.id WHERE child = $1 AND state = 'made'""",
        child,
    )
    return [Given(row["element"], row["amount"], row["expires_on"]) for row in rows]


def spendable(
    child: int, accounts: Iterable[Account], awards: Sequence[Given], today: date
) -> list[Slice]:  # fmt: skip
    """What can be spent today, in the order it is.

    What went so far was of what expired first. So what is there still is of the latest awards; what is more
    than they gave has expired, and waits to go back to who paid it.

    Args:
        child: whose.
        accounts: all that the ledger has of the child.
        awards: from `given`.
        today: the day.
    """
    there = {account.id: account.available for account in accounts}
    found: list[Slice] = []
    for source in SOURCES:
        account = account_of(child, source)
        left = there.get(account, 0)
        if source == "own":
            found += [Slice(source, account, left)] if left > 0 else []
            continue
        for award in sorted(awards, key=lambda each: each.expires_on, reverse=True):
            if award.source != source or award.expires_on < today or left <= 0:
                continue
            taken = min(left, award.amount)
            left -= taken
            found.append(Slice(source, account, taken, award.expires_on))
    return sorted(found, key=_order)


def _order(one: Slice) -> tuple[date, int]:
    return one.expires_on or _NEVER, SOURCES.index(one.source)


def take(slices: Sequence[Slice], amounts: Sequence[int]) -> list[list[Slice]] | None:
    """Parts for some amounts, one amount after the other; None when there is not so much.

    Args:
        slices: from `spendable`.
        amounts: pence each.
    """
    left = [one.amount for one in slices]
    parts: list[list[Slice]] = []
    for amount in amounts:
        mine, wanted = [], amount
        for at, one in enumerate(slices):
            taken = min(left[at], wanted)
            if taken:
                left[at] -= taken
                wanted -= taken
                mine.append(Slice(one.source, one.account, taken, one.expires_on))
        if wanted:
            return None
        parts.append(mine)
    return parts


def by_source(slices: Iterable[Slice]) -> Mapping[Source, int]:
    """Pence by where they come from, in the order of `SOURCES`."""
    found = dict.fromkeys(SOURCES, 0)
    for one in slices:
        found[one.source] += one.amount
    return {source: amount for source, amount in found.items() if amount}
