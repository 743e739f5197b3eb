"""The versions of the weights: each holds from a day on, is never changed, nor made for days that were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from actions.childcare.service.rule import Weights
from actions.sdk.serving import Connection, Pool, Problem


@dataclass(frozen=True)
class Version:
    """A version, and who made it when and why."""

    weights: Weights
    by: str
    why: str
    made_on: date


_COLUMNS = "version, from_date, low_income, training, by, why, made_on"


async def on(db: Connection | Pool, day: date) -> Weights | None:
    """The weights that hold on a day: of the version with the last first day up to it, the newest."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM childcare.weights WHERE from_date <= $1"  # noqa: S608
        " ORDER BY from_date DESC, version DESC LIMIT 1",
        day,
    )
    return None if row is None else read(row)


async def versions(db: Connection | Pool) -> Sequence[Version]:
    """All of them, the one that comes last first."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM childcare.weights ORDER BY from_date DESC, version DESC"  # noqa: S608
    )
    return [Version(read(row), row["by"], row["why"], row["made_on"]) for row in rows]


async def add(
    connection: Connection, day: date, low_income: int, training: int, by: str, why: str, today: date
) -> Weights:
    """Adds a version.

    Args:
        connection: with a transaction.
        day: the first it holds for, after today.
        low_income: in hundredths of a per cent.
        training: the same.
        by: `officer:3`.
        why: a sentence.
        today: the day it is made on.

    Raises:
        Problem: 422 `NOT_FOR_DAYS_THAT_WERE`.
    """
    try:
        row = await connection.fetchrow(
            f"""INSERT INTO childcare.weights (from_date, low_income, training, by, why, made_on)
                VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}""",  # noqa: S608
            day, low_income, training, by, why, today,
        )  # fmt: skip
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != "not_for_days_that_were":
            raise
        raise Problem(
            422, "NOT_FOR_DAYS_THAT_WERE", "Weights hold from tomorrow or later: what was is not changed."
        ) from None
    assert row is not None
    return read(row)


def read(row: Any) -> Weights:
    """The weights of a row."""
    return Weights(row["version"], row["from_date"], row["low_income"], row["training"])
