"""Every reason why the ledger says no: its code, its status and its sentence."""

from collections.abc import Mapping
from typing import Final

from actions.sdk.service import Json
from actions.sdk.serving import Problem

PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "NOT_ENOUGH": (409, "The account to debit has not so much available."),
    "TOO_MUCH": (409, "The account to credit can take no more than is available."),
    "EXISTS_DIFFERENT": (409, "The id was used before, and what it was used for differs in this field."),
    "REFUSED_BEFORE": (409, "This id was refused before and stays refused: ask again with a new id."),
    "HOLD_POSTED": (409, "The hold was posted before."),
    "HOLD_VOIDED": (409, "The hold was voided before."),
    "HOLD_EXPIRED": (409, "The hold has expired."),
    "ACCOUNT_CLOSED": (409, "The account is closed: nothing moves there any more."),
    "OVERFLOW": (409, "The balance would be more than a ledger can hold."),
    "HOLD_NOT_FOUND": (404, "There is no pending transfer with this id."),
    "ACCOUNT_NOT_FOUND": (404, "There is no such account."),
    "TRANSFER_NOT_FOUND": (404, "There is no such transfer."),
    "NOT_FOUND": (404, "There is nothing at this address."),
    "METHOD_NOT_ALLOWED": (405, "This address does not take this method."),
    "AMOUNT_OVER_HOLD": (422, "More is to be posted than is held."),
    "WRONG_LEDGER": (422, "The two accounts are of different ledgers."),
    "SAME_ACCOUNT": (422, "A transfer goes from one account to another."),
    "INVALID": (422, "What was sent has not the form that the API's page describes."),
    "TOO_MANY": (422, "The answer would be too long: ask for a shorter time."),
    "UNAUTHORISED": (401, "Send a key as “Authorization: Bearer …”."),
    "BUSY": (503, "The ledger can't do it now: ask again with the same ids."),
}


def refuse(code: str, detail: str = "", /, **more: Json) -> Problem:
    """The problem of a code.

    Args:
        code: one of `PROBLEMS`.
        detail: a sentence that says more than the usual one.
        more: `index`, `field`, `available`, `first`.
    """
    status, usual = PROBLEMS[code]
    return Problem(status, code, detail or usual, **more)


def refused(told: Mapping[str, Json]) -> Problem:
    """The problem that a function of the database told."""
    more = dict(told)
    return refuse(str(more.pop("code")), "", **more)
