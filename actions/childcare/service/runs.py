"""Award runs as rows: a file that was sent, how far it has come, and who works on it."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from actions.childcare.service.rule import ELEMENTS
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem

LEASE: Final = timedelta(seconds=15)
"""For so long a run is its worker's without a sign of life: then another takes over."""
LISTED: Final = 50
PAGE: Final = 1_000
"""Rows of one answer."""
LONG: Final = 300.0
"""Seconds for what is done with all rows of a run at once."""
MOST_DAYS: Final = 400
"""Days of a period."""

_ROW: Final = """
    run.id, run.state, run.file_name, run.period_from, run.period_until, run.expires_on, run.weights,
    run.problem, run.rows, run.broken, run.families, run.done, run.by, run.started_by, run.made_at,
    run.started_at, run.finished_at, run.cleared_at
"""
_SUMS: Final = ", ".join(
    f"coalesce(sum({column}[{at}]), 0)::bigint AS {column}_{element}"
    for at, element in enumerate(ELEMENTS, 1)
    for column in ("base", "for_low_income", "for_training")
)


_AWARDED_SUMS: Final = """
SELECT part.element, sum(part.base)::bigint AS base, sum(part.low_income)::bigint AS low_income,
       sum(part.training)::bigint AS training
FROM childcare.award JOIN childcare.award_element AS part ON part.award = award.id
WHERE award.run = $1 AND award.state = 'made' GROUP BY part.element
"""


async def create(
    connection: Connection,
    name: str,
    data: bytes,
    period: tuple[date, date],
    expires_on: date,
    by: str,
    now: datetime,
) -> int:
    """Keeps a file, to be checked.

    Args:
        connection: with a transaction.
        name: of the file.
        data: what is in it.
        period: its first and last day.
        expires_on: the last day on which its credit can be spent.
        by: `officer:3`.
        now: the time.

    Raises:
        Problem: 422 `DATES`.
    """
    if not period[0] <= period[1] <= expires_on or (expires_on - period[0]).days > MOST_DAYS:
        raise Problem(
            422,
            "DATES",
            f"A period ends after it begins, its credit after that, and all in {MOST_DAYS} days.",
        )
    number: int = await connection.fetchval(
        """INSERT INTO childcare.award_run (state, file_name, file_digest, period_from, period_until,
                                            expires_on, by, made_at)
           VALUES ('checking', $1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        name, hashlib.sha256(data).digest(), *period, expires_on, by, now,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO childcare.award_run_file (run, content) VALUES ($1, $2)", number, data
    )
    return number


async def newest(db: Connection | Pool) -> Sequence[asyncpg.Record]:
    """The newest runs, the last first."""
    rows: Sequence[asyncpg.Record] = await db.fetch(
        f"SELECT {_ROW} FROM childcare.award_run AS run ORDER BY id DESC LIMIT $1",  # noqa: S608
        LISTED,
    )
    return rows


async def find(db: Connection | Pool, number: int) -> asyncpg.Record:
    """One run.

    Raises:
        Problem: 404 `RUN_NOT_FOUND`.
    """
    row = await db.fetchrow(
        f"SELECT {_ROW} FROM childcare.award_run AS run WHERE id = $1",  # noqa: S608
        number,
    )
    if row is None:
        raise Problem(404, "RUN_NOT_FOUND", "There is no such run.")
    return row


async def sums(db: Connection | Pool, number: int, *, awarded: bool) -> dict[str, Json]:
    """What a run comes to, in pence: each element's funder's, and the equity account's by reason.

    Args:
        db: the database.
        number: of the run.
        awarded: whether it is done: then its awards are asked, which stay when its rows go.
    """
    if awarded:
        found = await db.fetch(_AWARDED_SUMS, number, timeout=LONG)
        made = {each["element"]: each for each in found}
        names = ("base", "low_income", "training")
        return {
            element: {name: made[element][name] if element in made else 0 for name in names}
            for element in ELEMENTS
        }
    row = await db.fetchrow(
        f"SELECT {_SUMS} FROM childcare.award_run_row WHERE run = $1 AND problem IS NULL",  # noqa: S608
        number,
        timeout=LONG,
    )
    assert row is not None
    return {
        element: {
            "base": row[f"base_{element}"], "low_income": row[f"for_low_income_{element}"],
            "training": row[f"for_training_{element}"],
        }
        for element in ELEMENTS
    }  # fmt: skip


async def rows(
    db: Connection | Pool, number: int, after: int, *, broken: bool
) -> Sequence[asyncpg.Record]:  # fmt: skip
    """A page of a run's rows, in the order of the file.

    Args:
        db: the database.
        number: of the run.
        after: the last row's number of the page before.
        broken: only those with a problem.
    """
    found: Sequence[asyncpg.Record] = await db.fetch(
        f"""SELECT row.number, row.problem, row.family, row.child, row.base, row.for_low_income,
                   row.for_training, row.award, award.state, award.child AS child_id
            FROM childcare.award_run_row AS row LEFT JOIN childcare.award ON award.id = row.award
            WHERE row.run = $1 AND row.number > $2 {"AND problem IS NOT NULL" if broken else ""}
            ORDER BY row.number LIMIT $3""",  # noqa: S608
        number, after, PAGE,
    )  # fmt: skip
    return found


async def start(connection: Connection, number: int, by: str, now: datetime) -> None:
    """Makes a checked file into awards: from here on it is finished, whatever happens.

    Started again it stays as it is.

    Raises:
        Problem: 404 `RUN_NOT_FOUND`; 409 `NOT_READY`, `OTHER_RUN`, `STALE` or `SAME_FILE`.
    """
    row = await connection.fetchrow(
        "SELECT * FROM childcare.award_run WHERE id = $1 FOR NO KEY UPDATE", number
    )
    if row is None:
        raise Problem(404, "RUN_NOT_FOUND", "There is no such run.")
    if row["state"] in ("recording", "paying", "done"):
        return
    if row["state"] != "ready":
        raise Problem(409, "NOT_READY", "Only a file without a broken row can be made into awards.")
    try:
        # Awards come from runs only, and one run at a time is in this state: what holds now holds to its end.
        await connection.execute(
            "UPDATE childcare.award_run SET state = 'recording', started_by = $2, started_at = $3, done = 0"
            " WHERE id = $1",
            number, by, now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "award_run_once":
            raise Problem(
                409, "SAME_FILE", "This file was made into awards for this period already."
            ) from None
        raise Problem(409, "OTHER_RUN", "Another file is being made into awards: wait for it.") from None
    if await _stale(connection, row):
        raise Problem(
            409, "STALE", "Awards or weights changed since this file was checked: send it once more."
        )


async def _stale(connection: Connection, row: asyncpg.Record) -> bool:
    stale: bool = await connection.fetchval(
        """SELECT $2 <> (SELECT count(*) FROM childcare.award_run WHERE id <> $1 AND started_at IS NOT NULL)
               OR $3 IS DISTINCT FROM (SELECT version FROM childcare.weights WHERE from_date <= $4
                                       ORDER BY from_date DESC, version DESC LIMIT 1)""",
        row["id"], row["started_before"], row["weights"], row["period_from"],
    )  # fmt: skip
    return stale


async def give_up(connection: Connection, number: int, now: datetime) -> None:
    """Puts a file aside that was not made into awards.

    Raises:
        Problem: 404 `RUN_NOT_FOUND`, or 409 `STARTED`.
    """
    row = await connection.fetchrow(
        "SELECT state FROM childcare.award_run WHERE id = $1 FOR NO KEY UPDATE", number
    )
    if row is None:
        raise Problem(404, "RUN_NOT_FOUND", "There is no such run.")
    if row["state"] in ("recording", "paying", "done"):
        raise Problem(409, "STARTED", "It has been started, and is finished.")
    await connection.execute(
        "UPDATE childcare.award_run SET state = 'given_up', cleared_at = $2 WHERE id = $1", number, now
    )
    await connection.execute("DELETE FROM childcare.award_run_file WHERE run = $1", number)
    await connection.execute("DELETE FROM childcare.award_run_row WHERE run = $1", number, timeout=LONG)


# --- who works on it ------------------------------------------------------------------------------


async def claim(pool: Pool, me: UUID, lease: timedelta) -> asyncpg.Record | None:
    """The oldest run that has work and no other worker, for a while mine."""
    return await pool.fetchrow(
        """UPDATE childcare.award_run SET worker = $1, worker_until = clock_timestamp() + $2 WHERE id = (
               SELECT id FROM childcare.award_run
               WHERE state IN ('checking', 'recording', 'paying')
                 AND (worker IS NULL OR worker = $1 OR worker_until < clock_timestamp())
               ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING *""",
        me, lease,
    )  # fmt: skip


async def keep(db: Connection | Pool, number: int, me: UUID, lease: timedelta, **also: Any) -> bool:
    """Shows that the worker lives, and how far it came; whether the run is still its own, and not given up.

    Args:
        db: the database.
        number: of the run.
        me: the worker.
        lease: for how long it is its own from now.
        also: columns to set: names of this package's, never of a request.
    """
    columns = "".join(f", {name} = ${at}" for at, name in enumerate(also, 4))
    done = await db.execute(
        f"""UPDATE childcare.award_run SET worker_until = clock_timestamp() + $3{columns}
            WHERE id = $1 AND worker = $2 AND state <> 'given_up'""",  # noqa: S608
        number, me, lease, *also.values(),
    )  # fmt: skip
    return bool(done == "UPDATE 1")


async def release(pool: Pool, me: UUID) -> None:
    """Leaves all runs to other workers at once."""
    await pool.execute("UPDATE childcare.award_run SET worker = NULL WHERE worker = $1", me)


def told(row: asyncpg.Record) -> dict[str, Json]:
    """A run, as it is told."""
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in dict(row).items()
    }  # fmt: skip
