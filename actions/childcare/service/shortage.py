"""Tells families whom a booking leaves with little, once for each award."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from actions.childcare.service import awards, notices
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.ledger import WORD
from actions.childcare.service.leftovers import left_of
from actions.sdk import Ledger
from actions.sdk.ledger import Account
from actions.sdk.serving import Pool

LITTLE: Final = 10
"""What is less than a tenth of all that was awarded and has not run out is little."""
AT_ONCE: Final = 50

# A booking that the ledger is just being told of may become anything: none behind it is looked at before it.
_MADE: Final = """
SELECT id, state, child FROM childcare.booking
WHERE id > (SELECT booking FROM childcare.noticed)
  AND id < coalesce((SELECT min(id) FROM childcare.booking WHERE state = 'asked'), 9223372036854775807)
ORDER BY id LIMIT $1
"""


async def look(pool: Pool, ledger: Ledger, now: datetime) -> bool:
    """Looks at the bookings made since the last look, as many as one look is for; whether there were some.

    Args:
        pool: the database; no connection is held while the ledger is asked.
        ledger: the client.
        now: the time.

    Raises:
        ServiceDown: the ledger did not answer: they are looked at again.
    """
    rows = await pool.fetch(_MADE, AT_ONCE)
    for child in sorted({row["child"] for row in rows if row["state"] != "refused"}):
        await _look_at(pool, child, await ledger.accounts(f"{WORD}:child:{child}"), now)
    if rows:
        await pool.execute("UPDATE childcare.noticed SET booking = $1 WHERE booking < $1", rows[-1]["id"])
    return bool(rows)


async def _look_at(pool: Pool, child: int, accounts: Sequence[Account], now: datetime) -> None:
    today = now.astimezone(LONDON).date()
    made = await awards.of_children(pool, [child])
    left = left_of(made, accounts, child)
    good = [award for award in made if award.expires_on >= today]
    rest = sum(left[award.id, part.element] for award in good for part in award.award.parts)
    if not good or rest * LITTLE >= sum(award.award.amount for award in good):
        return
    async with pool.acquire() as connection, connection.transaction():
        row: asyncpg.Record | None = await connection.fetchrow(
            "SELECT family, given_name FROM childcare.child WHERE id = $1", child
        )
        assert row is not None
        newest = max(award.id for award in good)
        told = {"child": row["given_name"], "amount": rest}
        await notices.keep(connection, f"low:{newest}", "low", row["family"], child, told, now)
