"""What the ledger is to do: accounts, transfers with ids that stay, orders kept until carried out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id, transfer_json
from actions.sdk.service import Json
from actions.sdk.serving import Connection

type Kind = Literal["award", "hold", "release", "post"]

FUND: Final = ledger_id("education", "fund")
"""The department's money for credits; it can't be overdrawn."""


def credit_id(pupil: str) -> UUID:
    """A pupil's account."""
    return ledger_id("education", pupil, "credit")


def tutor_id(tutor: str) -> UUID:
    """A tutor's account."""
    return ledger_id("education", "tutor", tutor)


def hold_id(proposal: int, version: int, number: int) -> UUID:
    """The hold of one session."""
    return ledger_id("education", "hold", proposal, version, number)


def fund_account() -> NewAccount:
    """The department's."""
    return NewAccount(FUND, "education.fund", "education:fund", "debits")


def credit_account(pupil: str) -> NewAccount:
    """A pupil's: what is spent and held never exceeds what came in."""
    return NewAccount(credit_id(pupil), "education.credit", f"education:pupil:{pupil}", "debits")


def tutor_account(tutor: str) -> NewAccount:
    """A tutor's."""
    return NewAccount(tutor_id(tutor), "education.tutor", f"education:tutor:{tutor}")


def award(pupil: str, year: int, amount: int) -> NewTransfer:
    """The credit of a school year."""
    return NewTransfer(
        ledger_id("education", "award", pupil, year), debit=FUND, credit=credit_id(pupil), amount=amount,
        code="education.award", reference=f"education:award:{pupil}:{year}", by="education",
    )  # fmt: skip


def hold(pupil: str, tutor: str, price: int, proposal: int, version: int, number: int) -> NewTransfer:
    """Holds the price of one session."""
    return NewTransfer(
        hold_id(proposal, version, number), "pending", credit_id(pupil), tutor_id(tutor), price,
        "education.session", reference=reference(proposal), by="education",
    )  # fmt: skip


def release(proposal: int, version: int, number: int) -> NewTransfer:
    """Gives the price of a session back."""
    return _end("void", proposal, version, number)


def post(proposal: int, version: int, number: int) -> NewTransfer:
    """Pays for a session."""
    return _end("post", proposal, version, number)


def _end(phase: Literal["void", "post"], proposal: int, version: int, number: int) -> NewTransfer:
    return NewTransfer(
        ledger_id("education", phase, proposal, version, number), phase, code="education.session",
        of=hold_id(proposal, version, number), reference=reference(proposal), by="education",
    )  # fmt: skip


def reference(proposal: int) -> str:
    """What all transfers of a proposal refer to."""
    return f"education:proposal:{proposal}"


async def order(
    connection: Connection,
    kind: Kind,
    pupil: str,
    transfers: Sequence[NewTransfer],
    now: datetime,
    proposal: int | None = None,
    version: int | None = None,
) -> None:
    """Writes what the ledger is to do, all or none of it, in the caller's transaction.

    Args:
        connection: in a transaction that has the pupil's lock.
        kind: what it is, which tells what follows when it is done.
        pupil: whose money.
        transfers: linked.
        now: the time.
        proposal: which it belongs to.
        version: of it.
    """
    if transfers:
        await connection.execute(
            """INSERT INTO education.movement (pupil, kind, proposal, version, transfers, made_at)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            pupil, kind, proposal, version, [transfer_json(each) for each in transfers], now,
        )  # fmt: skip


def transfer_of(stored: Mapping[str, Json]) -> NewTransfer:
    """A transfer as it was ordered."""
    ids = {name: UUID(str(stored[name])) if stored[name] else None for name in ("debit", "credit", "of")}
    phase, amount = stored["phase"], stored["amount"]
    assert amount is None or isinstance(amount, int)
    return NewTransfer(
        UUID(str(stored["id"])), str(phase), ids["debit"], ids["credit"], amount,  # type: ignore[arg-type]
        str(stored["code"]), ids["of"],
        reference=str(stored["reference"]), by=str(stored["by"]),
    )  # fmt: skip
