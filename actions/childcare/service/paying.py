"""Tells the ledger of a run's awards: once, however often it is begun again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from actions.childcare.service import notices, runs
from actions.childcare.service.ledger import award_transfers, new_element_account, new_funder_accounts
from actions.childcare.service.rule import Part
from actions.sdk import Ledger, ServiceRefused
from actions.sdk.serving import Connection, Pool

BATCH: Final = 300
"""Awards that the ledger is told of together."""

_PLANNED: Final = """
SELECT award.id, award.child, each.*
FROM (SELECT id, child FROM childcare.award
      WHERE run = $1 AND id > $2 AND state = 'planned' ORDER BY id LIMIT $3) AS award, LATERAL (
    SELECT array_agg(e.element) AS elements, array_agg(e.base) AS base,
           array_agg(e.low_income) AS low_income, array_agg(e.training) AS training
    FROM childcare.award_element AS e WHERE e.award = award.id) AS each
ORDER BY award.id
"""


@dataclass(frozen=True)
class _Planned:
    """An award that the ledger must be told of."""

    id: int
    child: int
    parts: tuple[Part, ...]


async def pay(
    pool: Pool, run: asyncpg.Record, me: UUID, lease: timedelta, now: datetime, ledger: Ledger
) -> None:
    """Tells the ledger of all awards of a run that it does not know yet, and ends the run.

    The ids of an award's accounts and transfers are made of its number. So a worker that finds an award
    `planned`, as after a crash, asks for the same again, and the ledger has it once.

    Args:
        pool: the database; no connection is held while the ledger is asked.
        run: its row, in the state `paying`.
        me: the worker that has it.
        lease: see `runs.keep`.
        now: the time.
        ledger: the client.

    Raises:
        ServiceDown: it did not answer: the run goes on from there later.
    """
    number, after = run["id"], 0
    done = await pool.fetchval(
        "SELECT count(*) FROM childcare.award WHERE run = $1 AND state <> 'planned'",
        number,
        timeout=runs.LONG,
    )
    await ledger.open(new_funder_accounts())
    while batch := await _planned(pool, number, after):
        refused = await _tell(ledger, batch, f"run:{number}")
        async with pool.acquire() as connection, connection.transaction():
            done += len(batch)
            if not await runs.keep(connection, number, me, lease, done=done, problem=None):
                return
            await _keep(connection, batch, refused, now)
        after = batch[-1].id
    await runs.keep(pool, number, me, lease, state="done", finished_at=now, problem=None, worker=None)


async def _planned(pool: Pool, number: int, after: int) -> list[_Planned]:
    found = []
    for row in await pool.fetch(_PLANNED, number, after, BATCH):
        parts = zip(row["elements"], row["base"], row["low_income"], row["training"], strict=True)
        found.append(_Planned(row["id"], row["child"], tuple(Part(*each) for each in parts)))
    return found


async def _tell(ledger: Ledger, batch: Sequence[_Planned], by: str) -> dict[int, str]:
    """Opens the accounts and makes the transfers; the code for each award that the ledger refuses."""
    await ledger.open(
        [new_element_account(award.child, part.element) for award in batch for part in award.parts]
    )
    outcomes = await ledger.transfer_many(
        [list(award_transfers(award.id, award.child, award.parts, by)) for award in batch]
    )
    return {
        award.id: str(outcome.details.get("first", outcome.code))
        for award, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, ServiceRefused)
    }


async def _keep(
    connection: Connection, batch: Sequence[_Planned], refused: dict[int, str], now: datetime
) -> None:
    made = [award.id for award in batch if award.id not in refused]
    await connection.execute("UPDATE childcare.award SET state = 'made' WHERE id = ANY ($1)", made)
    if refused:
        await connection.execute(
            "UPDATE childcare.award SET state = 'refused' WHERE id = ANY ($1)", [*refused]
        )
        await connection.executemany(
            "UPDATE childcare.award_run_row SET problem = $2 WHERE award = $1",
            [(award, f"The ledger refused it: {code}.") for award, code in refused.items()],
        )
    await notices.awarded(connection, made, now)
