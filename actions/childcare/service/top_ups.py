"""A family's own money for a child's care: taken from the bank account it agreed to, or paid in by itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

import asyncpg
from pydantic import Field

from actions.childcare.service.ledger import WORD
from actions.childcare.service.rules import Amount, Id, Reference
from actions.childcare.service.slices import new_own_account, own_account
from actions.sdk import Ledger
from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id
from actions.sdk.serving import Body, Connection, Pool

BANK: Final = NewAccount(ledger_id(WORD, "bank"), f"{WORD}.bank", f"{WORD}:bank")
"""Where families' own money comes from: what the bank sent us, so it has no limit."""


class OwnMoney(Body):
    """What a family wants to add, in pence, from the bank account it agreed to."""

    family: Reference
    amount: Amount


class Payment(Body):
    """What came in at the bank with a family's reference and a child's number."""

    payment: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{4,64}$")]
    family: Reference
    child: Id
    amount: Amount


async def mandate(db: Connection | Pool, family: str) -> str | None:
    """The last digits of the bank account that a family lets us take from; None for none."""
    found: str | None = await db.fetchval("SELECT ending FROM childcare.mandate WHERE family = $1", family)
    return found


async def make(
    connection: Connection, family: str, child: int, amount: int, now: datetime, payment: str | None = None
) -> int:
    """Writes down what is to be added; the same payment is one."""
    made: int | None = await connection.fetchval(
        """INSERT INTO childcare.top_up (family, child, amount, payment, asked_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (payment) DO NOTHING RETURNING id""",
        family, child, amount, payment, now,
    )  # fmt: skip
    if made is None:
        made = await connection.fetchval("SELECT id FROM childcare.top_up WHERE payment = $1", payment)
    assert made is not None
    return made


async def find(db: Connection | Pool, number: int) -> asyncpg.Record | None:
    """One of them."""
    return await db.fetchrow("SELECT * FROM childcare.top_up WHERE id = $1", number)


async def finish(pool: Pool, ledger: Callable[[], Ledger], number: int) -> None:
    """Puts the money into the child's account, once.

    Raises:
        ServiceDown: the ledger did not answer.
    """
    row = await find(pool, number)
    if row is None or row["state"] == "posted":
        return
    client = ledger()
    await client.open([BANK, new_own_account(row["child"])])
    await client.transfer(
        [
            NewTransfer(
                ledger_id(WORD, "top_up", number), "posted", BANK.id, own_account(row["child"]),
                row["amount"], f"{WORD}.top_up", reference=f"{WORD}:top_up:{number}", by="citizen",
            )
        ]
    )  # fmt: skip
    await pool.execute("UPDATE childcare.top_up SET state = 'posted' WHERE id = $1", number)


async def settle(pool: Pool, ledger: Callable[[], Ledger], before: datetime) -> int:
    """Finishes those that were left between the row and the ledger."""
    rows = await pool.fetch(
        "SELECT id FROM childcare.top_up WHERE state = 'asked' AND asked_at < $1 ORDER BY asked_at LIMIT 200",
        before,
    )
    for row in rows:
        await finish(pool, ledger, row["id"])
    return len(rows)


async def tell(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """Keeps that a family is told what it paid in has come."""
    name = await connection.fetchval("SELECT given_name FROM childcare.child WHERE id = $1", row["child"])
    await connection.execute(
        """INSERT INTO childcare.notice (key, kind, family, child, told, made_at)
           VALUES ($1, 'top_up', $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING""",
        f"top_up:{row['id']}", row["family"], row["child"], {"child": name, "amount": row["amount"]}, now,
    )  # fmt: skip
