"""The care department's accounts and transfers in the ledger: their ids, codes and holders."""

from collections.abc import Mapping
from typing import Any, Final

from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id

WAYS: Final = ("council", "third_party", "direct", "fund", "own")
"""Who holds a citizen's money: the council, a third party, the citizen as a direct payment, a provider as an
individual service fund; and what the citizen pays towards it themself."""
AT_ONCE: Final = "direct"
"""The way in which the citizen pays, so that a spend is over when it is told."""
FUNDS: Final = ("old_age", "conditions", "training")

CONTRIBUTIONS: Final = NewAccount(ledger_id("care", "contributions"), "care.contributions", "care:citizens")
"""Where the citizens' own contributions come from."""


def holder(citizen: str) -> str:
    """Whose a citizen's accounts are, in the ledger's words."""
    return f"care:citizen:{citizen}"


def account(citizen: str, way: str) -> NewAccount:
    """A citizen's account of one way; what is spent from it is never more than came in."""
    return NewAccount(ledger_id("care", citizen, way), f"care.{way}", holder(citizen), limit="debits")


def fund(name: str) -> NewAccount:
    """What a kind of budget is paid from; its debits are what the council has given."""
    return NewAccount(ledger_id("care", "fund", name), f"care.fund.{name}", "care:council")


def payee(number: int) -> NewAccount:
    """Who is paid by citizens."""
    return NewAccount(ledger_id("care", "payee", number), "care.payee", f"care:payee:{number}")


def reference(spend: int) -> str:
    """What the transfers of a spend refer to."""
    return f"care:spend:{spend}"


def hold(spend: Mapping[str, Any]) -> NewTransfer:
    """Keeps the money of a spend.

    Args:
        spend: a row of the table.
    """
    return NewTransfer(
        ledger_id("care", "hold", spend["id"]), "pending",
        debit=account(spend["citizen"], spend["way"]).id, credit=payee(spend["payee"]).id,
        amount=spend["pence"], code="care.spend", reference=reference(spend["id"]),
        by=f"helper:{spend['helper']}" if spend["helper"] else "citizen",
    )  # fmt: skip


def post(spend: Mapping[str, Any], by: str) -> NewTransfer:
    """Pays what was held."""
    return NewTransfer(
        ledger_id("care", "post", spend["id"]), "post", of=ledger_id("care", "hold", spend["id"]),
        code="care.spend", reference=reference(spend["id"]), by=by,
    )  # fmt: skip


def void(spend: Mapping[str, Any], by: str, reason: str) -> NewTransfer:
    """Gives back what was held."""
    return NewTransfer(
        ledger_id("care", "void", spend["id"]), "void", of=ledger_id("care", "hold", spend["id"]),
        code="care.spend", reference=reference(spend["id"]), by=by, reason=reason,
    )  # fmt: skip


def refund(spend: Mapping[str, Any], by: str, reason: str) -> NewTransfer:
    """Puts a payment that was wrong back: a correction is a transfer of its own."""
    return NewTransfer(
        ledger_id("care", "refund", spend["id"]), "posted", debit=payee(spend["payee"]).id,
        credit=account(spend["citizen"], spend["way"]).id, amount=spend["pence"], code="care.refund",
        reference=reference(spend["id"]), by=by, reason=reason,
    )  # fmt: skip
