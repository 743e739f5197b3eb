"""What the childcare department has in the ledger: its accounts, and the transfers of an award."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, get_args
from uuid import UUID

from actions.childcare.service.rule import ELEMENTS, Element, Part
from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id

type Funder = Literal["wtc", "neg", "ssg", "equity"]
"""Who pays: the funder of an element, or the equity account, which pays what is added for a reason."""

FUNDERS: Final[tuple[Funder, ...]] = get_args(Funder.__value__)
WORD: Final = "childcare"


def element_account(child: int, element: Element) -> UUID:
    """The account of what a child has of an element."""
    return ledger_id(WORD, child, element)


def funder_account(funder: Funder) -> UUID:
    """The account that a funder pays from."""
    return ledger_id(WORD, "equity") if funder == "equity" else ledger_id(WORD, "funder", funder)


def paid_in_account(funder: Funder) -> UUID:
    """Where what a funder paid in comes from."""
    return ledger_id(WORD, "paid_in", funder)


def new_element_account(child: int, element: Element) -> NewAccount:
    """The same, to be opened: nobody spends more from it than there is."""
    return NewAccount(
        element_account(child, element), f"{WORD}.{element}", f"{WORD}:child:{child}", limit="debits"
    )


def new_funder_accounts() -> list[NewAccount]:
    """The accounts of all who pay, and those that they pay in from."""
    return [
        account
        for funder in FUNDERS
        for account in (
            NewAccount(funder_account(funder), funder_code(funder), f"{WORD}:funder:{funder}"),
            NewAccount(paid_in_account(funder), f"{WORD}.paid_in.{funder}", f"{WORD}:funder:{funder}"),
        )
    ]


def funder_code(funder: Funder) -> str:
    """What the ledger calls a funder's account."""
    return f"{WORD}.equity" if funder == "equity" else f"{WORD}.funder.{funder}"


def award_transfers(award: int, child: int, parts: Iterable[Part], by: str) -> Iterator[NewTransfer]:
    """The transfers of an award, made together: the funders' parts, and what the equity account adds.

    Args:
        award: its number; the same award has the same transfers, which the ledger makes once.
        child: who is awarded.
        parts: of the award.
        by: `officer:3`, `run:12`.
    """
    for part in parts:
        paid: tuple[tuple[Funder, str, int], ...] = (
            (part.element, "base", part.base), ("equity", "weighting", part.weighting),
        )  # fmt: skip
        for funder, which, amount in paid:
            if amount:
                yield NewTransfer(
                    ledger_id(WORD, "award", award, part.element, which), "posted", funder_account(funder),
                    element_account(child, part.element), amount, f"{WORD}.award",
                    reference=f"{WORD}:award:{award}", by=by,
                )  # fmt: skip


def expired_transfers(
    expiry: int, award: int, child: int, element: Element, base: int, weighting: int
) -> Iterator[NewTransfer]:
    """The transfers of what goes back to who paid for it, made together.

    Args:
        expiry: its number.
        award: of which it is.
        child: who was awarded.
        element: of the award.
        base: pence for the element's funder.
        weighting: pence for the equity account.
    """
    back: tuple[tuple[Funder, str, int], ...] = ((element, "base", base), ("equity", "weighting", weighting))
    for funder, which, amount in back:
        if amount:
            yield NewTransfer(
                ledger_id(WORD, "expired", expiry, which), "posted", element_account(child, element),
                funder_account(funder), amount, f"{WORD}.expired", reference=f"{WORD}:award:{award}",
                by="system",
            )  # fmt: skip


def payment_in(payment: int, funder: Funder, amount: int, by: str) -> NewTransfer:
    """The transfer of what a funder paid in, in pence."""
    return NewTransfer(
        ledger_id(WORD, "payment_in", payment), "posted", paid_in_account(funder), funder_account(funder),
        amount, f"{WORD}.payment_in", reference=f"{WORD}:payment_in:{payment}", by=by,
    )  # fmt: skip


def new_element_accounts(child: int) -> list[NewAccount]:
    """Accounts of all elements of a child."""
    return [new_element_account(child, element) for element in ELEMENTS]
