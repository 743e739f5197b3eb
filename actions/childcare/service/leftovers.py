"""What is left of awards whose last day comes near: families are warned, and afterwards it goes back."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from actions.childcare.service import awards, notices
from actions.childcare.service.awards import ChildAward
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.ledger import WORD, element_account, expired_transfers
from actions.childcare.service.recording import LOOK_BEFORE
from actions.childcare.service.rule import Element, Part, largest_remainder
from actions.sdk import Ledger, ServiceRefused
from actions.sdk.ledger import Account
from actions.sdk.serving import Connection, Pool

AT_ONCE: Final = 100
"""Children that one look is for."""
TOGETHER: Final = 8
"""Of whom so many are asked for at the same time."""
WARNED: Final = (LOOK_BEFORE.days, 7)
"""So many days before the last a family is warned."""

_DUE: Final = """
SELECT DISTINCT child FROM (
    SELECT child FROM childcare.award
    WHERE state = 'made' AND look_on <= $1 ORDER BY look_on, id LIMIT $2) AS due
"""
_PLANNED: Final = """
SELECT expiry.id, expiry.award, expiry.element, expiry.base, expiry.weighting, award.child, award.expires_on,
       child.family, child.given_name
FROM childcare.expiry JOIN childcare.award ON award.id = expiry.award
JOIN childcare.child ON child.id = award.child
WHERE expiry.state = 'planned' AND expiry.award IN (
    SELECT award FROM childcare.expiry WHERE state = 'planned' ORDER BY id LIMIT $1)
ORDER BY expiry.award, expiry.id
"""


async def look(pool: Pool, ledger: Ledger, now: datetime) -> bool:
    """Looks after the awards that are due, as many as one look is for; whether there were some.

    Args:
        pool: the database; no connection is held while the ledger is asked.
        ledger: the client.
        now: the time.

    Raises:
        ServiceDown: the ledger did not answer: what is not done yet stays due.
    """
    # First what was planned before: what is left is told by the ledger, which must know of it.
    worked = await _give_back(pool, ledger, now)
    today = now.astimezone(LONDON).date()
    children = [row["child"] for row in await pool.fetch(_DUE, today, AT_ONCE)]
    gate = asyncio.Semaphore(TOGETHER)

    async def child(number: int) -> None:
        async with gate:
            await _look_at(pool, number, await ledger.accounts(f"{WORD}:child:{number}"), now)

    # Each comes to its own end, so that none works on after this look has failed.
    for ended in await asyncio.gather(*(child(number) for number in children), return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended
    if children:
        await _give_back(pool, ledger, now)
    return worked or bool(children)


def left_of(
    made: Sequence[ChildAward], accounts: Iterable[Account], child: int
) -> Mapping[tuple[int, Element], int]:
    """Pence that are left of each element of each award, and held by nobody.

    What went from an account so far was of what expires first: what is there is of the latest awards.

    Args:
        made: all awards of the child.
        accounts: those that the ledger has of it.
        child: its number.
    """
    there = {account.id: account.available for account in accounts}
    found: dict[tuple[int, Element], int] = {}
    for award in sorted(made, key=lambda each: (each.expires_on, each.id), reverse=True):
        for part in award.award.parts:
            account = element_account(child, part.element)
            found[award.id, part.element] = taken = max(0, min(there.get(account, 0), part.total))
            there[account] = there.get(account, 0) - taken
    return found


async def lock(connection: Connection, child: int) -> asyncpg.Record:
    """Makes others who look at the same child wait, and then find nothing due; not those who tell of it.

    Args:
        connection: with a transaction.
        child: its number.
    """
    row = await connection.fetchrow(
        "SELECT family, given_name FROM childcare.child WHERE id = $1 FOR NO KEY UPDATE", child
    )
    assert row is not None
    return row


async def _look_at(pool: Pool, child: int, accounts: Sequence[Account], now: datetime) -> None:
    today = now.astimezone(LONDON).date()
    held = {account.id for account in accounts if account.held}
    async with pool.acquire() as connection, connection.transaction():
        row = await lock(connection, child)
        planned = await connection.fetchval(
            """SELECT true FROM childcare.expiry JOIN childcare.award ON award.id = expiry.award
               WHERE award.child = $1 AND expiry.state = 'planned' LIMIT 1""",
            child,
        )
        if planned:
            return
        made = await awards.of_children(connection, [child])
        left = left_of(made, accounts, child)
        for award in made:
            if award.look_on is None or award.look_on > today:
                continue
            parts = [part for part in award.award.parts if left[award.id, part.element]]
            rest = sum(left[award.id, part.element] for part in parts)
            if award.expires_on < today:
                await _plan(connection, award, parts, left, now)
                open_still = any(element_account(child, part.element) in held for part in award.award.parts)
                next_look = today + timedelta(days=1) if rest or open_still else None
            else:
                next_look = await _warn(connection, award, row, rest, now, today)
            await connection.execute(
                "UPDATE childcare.award SET look_on = $2 WHERE id = $1", award.id, next_look
            )


async def _warn(
    connection: Connection, award: ChildAward, child: asyncpg.Record, rest: int, now: datetime, today: date
) -> date:
    """Warns of what will run out; the day of the next look."""
    days = (award.expires_on - today).days
    reached = [each for each in WARNED if days <= each]
    if rest and reached:
        await notices.keep(
            connection, f"expiring:{award.id}:{min(reached)}", "expiring", child["family"], award.child,
            {"child": child["given_name"], "amount": rest, "on": award.expires_on.isoformat(), "days": days},
            now,
        )  # fmt: skip
    return award.expires_on - timedelta(days=max((each for each in WARNED if each < days), default=-1))


async def _plan(
    connection: Connection,
    award: ChildAward,
    parts: Sequence[Part],
    left: Mapping[tuple[int, Element], int],
    now: datetime,
) -> None:
    """Writes down what goes back, before the ledger is told: to each in the proportion it was paid in."""
    for part in parts:
        rest = left[award.id, part.element]
        base, weighting = largest_remainder([rest * part.base, rest * part.weighting], part.total, rest)
        await connection.execute(
            """INSERT INTO childcare.expiry (award, element, state, base, weighting, made_at)
               VALUES ($1, $2, 'planned', $3, $4, $5)""",
            award.id, part.element, base, weighting, now,
        )  # fmt: skip


async def _give_back(pool: Pool, ledger: Ledger, now: datetime) -> bool:
    rows = await pool.fetch(_PLANNED, AT_ONCE)
    if not rows:
        return False
    outcomes = await ledger.transfer_many(
        [
            list(expired_transfers(*(row[name] for name in
                                     ("id", "award", "child", "element", "base", "weighting"))))
            for row in rows
        ]
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        back: dict[int, tuple[asyncpg.Record, int]] = {}
        for row, outcome in zip(rows, outcomes, strict=True):
            # Refused: it was spent just then, or is held again. It is looked at once more tomorrow.
            state = "refused" if isinstance(outcome, ServiceRefused) else "made"
            moved = await connection.execute(
                "UPDATE childcare.expiry SET state = $2 WHERE id = $1 AND state = 'planned'", row["id"], state
            )
            if moved == "UPDATE 1" and state == "made":
                first, amount = back.get(row["award"], (row, 0))
                back[row["award"]] = first, amount + row["base"] + row["weighting"]
        for row, amount in back.values():
            await notices.keep(
                connection, f"expired:{row['id']}", "expired", row["family"], row["child"],
                {"child": row["given_name"], "amount": amount, "on": row["expires_on"].isoformat()}, now,
            )  # fmt: skip
    return True
