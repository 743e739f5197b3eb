"""The demonstration's money: the accounts and transfers that the departments' stand-ins begin with."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

import asyncpg

from actions.credits.service.schemas import MOST
from actions.sdk.ledger import NewAccount, NewTransfer, account_json, transfer_json
from actions.sdk.service import Json
from actions.sdk.serving import Connection

type Money = tuple[Sequence[NewAccount], Sequence[NewTransfer]]

_MISSING: Final = """
SELECT array_agg(asked.id) FROM unnest($1::uuid[]) AS asked (id) LEFT JOIN credits.{table} AS there USING (id)
WHERE there.id IS NULL
"""


async def load_money(pool: "asyncpg.Pool[asyncpg.Record]", today: date, money: Iterable[Money]) -> None:
    """Opens the accounts and makes the transfers that are not there yet, in their order, all or none.

    Args:
        pool: the database, with the migrations of this pack.
        today: at its beginning they are made, so that no clock that goes on from now is behind them.
        money: of each department: accounts and transfers with ids that stay the same from start to start.
            What has a known id stays as it is, whatever else is said of it now.

    Raises:
        ValueError: the ledger refuses one; the text says which and why.
    """
    accounts, transfers = list[NewAccount](), list[NewTransfer]()
    for each in money:
        accounts += each[0]
        transfers += each[1]
    at = datetime.combine(today, time(), UTC)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('ledger demonstration'))")

        async def missing(table: str, ids: list[UUID]) -> set[UUID]:
            return set(await connection.fetchval(_MISSING.format(table=table), ids) or ())

        there = await missing("account", [each.id for each in accounts])
        opening = [account_json(each) for each in accounts if each.id in there]
        await _all(connection, "open($1::text::json, $2)", opening, at)
        there = await missing("journal", [each.id for each in transfers])
        making = [transfer_json(each) for each in transfers if each.id in there]
        await _all(connection, "apply(json_build_array($1::text::json), $2)", making, at)


async def _all(connection: Connection, call: str, rows: Sequence[Mapping[str, Json]], at: datetime) -> None:
    for begin in range(0, len(rows), MOST):
        found = await connection.fetchval(
            f"SELECT problem::text FROM credits.{call}",  # noqa: S608
            json.dumps(rows[begin : begin + MOST]), at,
        )  # fmt: skip
        if found is not None:
            problem = json.loads(found)
            wrong = rows[begin + problem["index"]]
            raise ValueError(f"The demonstration's money: {problem} for {wrong}")
