"""What funders pay in: noted first, then told to the ledger, once for each of their own references."""

from datetime import datetime
from typing import Final

import asyncpg

from actions.childcare.service.ledger import Funder, new_funder_accounts, payment_in
from actions.sdk import Ledger
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem

MOST: Final = 100_000_000_000
"""Pence of one payment."""
_AT_ONCE: Final = 100


async def note(
    connection: Connection, funder: Funder, amount: int, reference: str, by: str, now: datetime
) -> dict[str, Json]:
    """Notes a payment; `tell` takes it to the ledger.

    Args:
        connection: with a transaction.
        funder: who paid.
        amount: pence.
        reference: the funder's own of this payment.
        by: `officer:3`.
        now: the time.

    Raises:
        Problem: 409 `NOTED`, there is one with this reference.
    """
    try:
        number = await connection.fetchval(
            """INSERT INTO childcare.payment_in (funder, state, amount, by, reference, made_at)
               VALUES ($1, 'planned', $2, $3, $4, $5) RETURNING id""",
            funder, amount, by, reference, now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise Problem(
            409, "NOTED", "A payment of this funder with this reference is noted already."
        ) from None
    return {"id": number}


async def tell(pool: Pool, ledger: Ledger) -> bool:
    """Takes noted payments to the ledger; whether there were some.

    Raises:
        ServiceDown: it did not answer.
        ServiceRefused: it refuses one, which nothing explains: a person must look.
    """
    rows = await pool.fetch(
        "SELECT * FROM childcare.payment_in WHERE state = 'planned' ORDER BY id LIMIT $1", _AT_ONCE
    )
    if rows:
        await ledger.open(new_funder_accounts())
        await ledger.transfer(
            [payment_in(row["id"], row["funder"], row["amount"], row["by"]) for row in rows]
        )
        await pool.execute(
            "UPDATE childcare.payment_in SET state = 'made' WHERE id = ANY ($1)", [row["id"] for row in rows]
        )
    return bool(rows)
