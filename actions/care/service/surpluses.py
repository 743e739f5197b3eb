"""A surplus: told of before any of it is taken back, with time to say what it is for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
from pydantic import Field

from actions.care.service import events, money, people
from actions.care.service.holdings import HELD, way_of
from actions.care.service.plans import USED
from actions.care.service.postings import owe
from actions.sdk.ledger import Account, NewTransfer, ledger_id
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

NOTICE: Final = timedelta(days=30)
"""Between the notice and the day from which it may be taken."""
LEAST: Final = 20_000
"""Pence that nothing is planned for, from which the desk is shown a budget."""

# By our own rows, so that looking asks the ledger nothing: what is spent or held, and what is planned.
_CANDIDATES: Final = f"""
SELECT * FROM (
    SELECT citizen.reference, citizen.given_name, budget.ends_on, budget.pence
        - (SELECT coalesce(sum(pence - refunded), 0) FROM care.spend WHERE budget = budget.id
           AND way <> 'own' AND state NOT IN ('refused', 'withdrawn', 'unfunded'))
        - (SELECT coalesce(sum(taken), 0) FROM care.surplus WHERE surplus.citizen = citizen.reference)
        - (SELECT coalesce(sum(greatest(yearly - coalesce(used, 0), 0)), 0)
           FROM care.line JOIN care.version ON version.id = version
           LEFT JOIN ({USED.replace("$1", "budget.id")}) AS taken USING (line)
           WHERE version.budget = budget.id AND agreed_at IS NOT NULL AND replaced_at IS NULL) AS free
    FROM care.budget JOIN care.citizen ON reference = budget.citizen
    WHERE $1 BETWEEN starts_on AND ends_on
      AND EXISTS (SELECT FROM care.version WHERE version.budget = budget.id AND agreed_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM care.surplus WHERE surplus.citizen = reference
                      AND state IN ('noticed', 'explained', 'taking'))
) AS found WHERE free >= {LEAST} ORDER BY free DESC, reference LIMIT 100
"""  # noqa: S608


class NewSurplus(Body):
    """What an officer gives notice of."""

    pence: int = Field(gt=0, le=10**9)
    officer: str = Field(pattern=r"^officer:\d{1,18}$")


class End(Body):
    """How an officer ends it: with a reason."""

    reason: str = Field(pattern=r"\S", max_length=300)
    officer: str = Field(pattern=r"^officer:\d{1,18}$")


async def notice(connection: Connection, reference: str, new: NewSurplus, now: datetime) -> int:
    """Gives notice: nothing is taken before 30 days are over.

    Raises:
        Problem: 404; 409 `NOT_NOW`, one runs already.
    """
    await people.lock_budget(connection, reference, now)
    takes_on = people.today(now) + NOTICE
    number: int | None = await connection.fetchval(
        """INSERT INTO care.surplus (citizen, pence, noticed_at, takes_on, decided_by)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (citizen) WHERE state IN ('noticed', 'explained', 'taking') DO NOTHING RETURNING id""",
        reference, new.pence, now, takes_on, new.officer,
    )  # fmt: skip
    if number is None:
        raise Problem(409, "NOT_NOW", "A notice runs already.")
    told: dict[str, Json] = {"pence": new.pence, "takes_on": takes_on.isoformat()}
    await events.happened(connection, reference, "surplus_noticed", number, told, now)
    return number


async def explain(connection: Connection, reference: str, words: str, now: datetime) -> None:
    """The citizen says what the money is for; the desk decides before anything is taken.

    Raises:
        Problem: 409 `NOT_NOW`, no notice runs.
    """
    row = await connection.fetchrow(
        """UPDATE care.surplus SET words = $2, state = 'explained'
           WHERE citizen = $1 AND state IN ('noticed', 'explained') RETURNING *""",
        reference, words,
    )  # fmt: skip
    if row is None:
        raise Problem(409, "NOT_NOW", "There is no notice to answer.")
    told: dict[str, Json] = {"pence": row["pence"], "takes_on": row["takes_on"].isoformat()}
    await events.happened(connection, reference, "surplus_explained", None, told, now)


async def _running(connection: Connection, number: int) -> asyncpg.Record:
    row = await connection.fetchrow("SELECT * FROM care.surplus WHERE id = $1 FOR NO KEY UPDATE", number)
    if row is None:
        raise Problem(404, "NO_SUCH", "There is no such notice.")
    if row["state"] not in ("noticed", "explained"):
        raise Problem(409, "NOT_NOW", "That is over.", state=row["state"])
    return row


async def leave(connection: Connection, number: int, end: End, now: datetime) -> None:
    """The money stays with the citizen.

    Raises:
        Problem: 404; 409 `NOT_NOW`.
    """
    row = await _running(connection, number)
    await connection.execute(
        "UPDATE care.surplus SET state = 'left', reason = $2, decided_by = $3 WHERE id = $1",
        number, end.reason.strip(), end.officer,
    )  # fmt: skip
    told: dict[str, Json] = {"pence": row["pence"], "reason": end.reason.strip()}
    await events.happened(connection, row["citizen"], "surplus_left", number, told, now)


async def take(
    connection: Connection, number: int, end: End, accounts: Sequence[Account], now: datetime
) -> None:
    """Takes a surplus back after its notice: what was told, or what is left of it.

    Args:
        connection: of the caller's transaction.
        number: of the notice.
        end: the officer's reason.
        accounts: the citizen's, as they were just now.
        now: the time.

    Raises:
        Problem: 404; 409 `NOT_NOW`; 409 `NOTICE_RUNS` with the day it `takes-on`.
    """
    row = await _running(connection, number)
    if people.today(now) < row["takes_on"]:
        more: dict[str, Json] = {"takes-on": row["takes_on"].isoformat()}
        raise Problem(409, "NOTICE_RUNS", "The notice is not over.", **more)
    who = await people.citizen(connection, row["citizen"])
    tries = await connection.fetchval(
        "SELECT count(*) FROM care.posting WHERE kind = 'reclaim' AND subject = $1", number
    )
    transfers, wanted = list[NewTransfer](), row["pence"]
    for each in accounts:
        part = min(wanted, each.available)
        if way_of(each) in HELD and part > 0:
            transfers.append(
                NewTransfer(
                    ledger_id("care", "reclaim", number, tries, way_of(each)), "posted", debit=each.id,
                    credit=money.fund(who["fund"]).id, amount=part, code="care.reclaim",
                    reference=f"care:surplus:{number}", by=end.officer, reason=end.reason.strip(),
                )
            )  # fmt: skip
            wanted -= part
    await connection.execute(
        "UPDATE care.surplus SET state = 'taking', reason = $2, decided_by = $3, taken = $4 WHERE id = $1",
        number, end.reason.strip(), end.officer, row["pence"] - wanted,
    )  # fmt: skip
    await owe(connection, "reclaim", number, transfers, now, [money.fund(who["fund"])])


async def taken(connection: Connection, number: int, refused: str | None, now: datetime) -> None:
    """What follows from a reclaim: it is over; or money went meanwhile, and the officer looks again."""
    row = await connection.fetchrow(
        """UPDATE care.surplus SET state = CASE WHEN $2 THEN 'taken' WHEN words <> '' THEN 'explained'
               ELSE 'noticed' END, taken = CASE WHEN $2 THEN taken ELSE 0 END
           WHERE id = $1 AND state = 'taking' RETURNING *""",
        number, refused is None,
    )  # fmt: skip
    if row is not None and refused is None:
        told: dict[str, Json] = {"pence": row["taken"], "reason": row["reason"]}
        await events.happened(connection, row["citizen"], "surplus_taken", number, told, now)


async def running(pool: Pool, reference: str) -> dict[str, Json] | None:
    """The notice that a citizen has, if there is one."""
    row = await pool.fetchrow(
        "SELECT * FROM care.surplus WHERE citizen = $1 AND state IN ('noticed', 'explained', 'taking')",
        reference,
    )
    return None if row is None else _json(row)


def _json(row: asyncpg.Record) -> dict[str, Json]:
    return {
        "id": row["id"], "pence": row["pence"], "noticed_at": row["noticed_at"].isoformat(),
        "takes_on": row["takes_on"].isoformat(), "words": row["words"], "state": row["state"],
    }  # fmt: skip


async def for_desk(pool: Pool, now: datetime) -> dict[str, Json]:
    """The notices that run, and the budgets with money that nothing is planned for."""
    rows = await pool.fetch(
        """SELECT surplus.*, given_name FROM care.surplus JOIN care.citizen ON reference = citizen
           WHERE state IN ('noticed', 'explained', 'taking') ORDER BY takes_on, surplus.id LIMIT 100"""
    )
    day = people.today(now)
    candidates = await pool.fetch(_CANDIDATES, day)
    return {
        "running": [
            {**_json(row), "name": row["given_name"], "reference": row["citizen"],
             "may_take": day >= row["takes_on"]}
            for row in rows
        ],
        "candidates": [
            {"name": row["given_name"], "reference": row["reference"], "free": int(row["free"]),
             "ends_on": row["ends_on"].isoformat()}
            for row in candidates
        ],
    }  # fmt: skip


async def citizen_of(pool: Pool, number: int) -> str:
    """Whose a notice is.

    Raises:
        Problem: 404.
    """
    found = await pool.fetchval("SELECT citizen FROM care.surplus WHERE id = $1", number)
    if found is None:
        raise Problem(404, "NO_SUCH", "There is no such notice.")
    return str(found)
