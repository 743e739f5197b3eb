"""What the ledger must be asked: kept with the rows it belongs to, and sent until it has been answered."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import structlog

from actions.sdk import Ledger, ServiceDown, ServiceRefused
from actions.sdk.ledger import NewAccount, NewTransfer
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

log = structlog.get_logger()

type Kind = Literal["hold", "post", "void", "refund", "move", "reclaim"]
type Effect = Callable[[Connection, int, str | None, datetime], Awaitable[None]]
"""What becomes of a subject once the ledger has answered: done, or refused with a code."""

OVERDUE: Final = timedelta(seconds=30)
"""After which what was not answered is somebody's who died, and is sent again by whoever looks."""
MOST: Final = 100
MAY_BE_REFUSED: Final = frozenset({"hold", "move", "reclaim"})
"""Kinds that money may be missing for. Another that is refused is a mistake an operator must see."""

_KEEP: Final = """
INSERT INTO care.posting (kind, subject, accounts, transfers, made_at) VALUES ($1, $2, $3, $4, $5)
"""
_WAITING: Final = """
SELECT * FROM care.posting WHERE done_at IS NULL AND kind = ANY ($1::text[]) AND subject = $2 ORDER BY id
"""
_LEFT: Final = """
SELECT * FROM care.posting WHERE done_at IS NULL AND made_at <= $1 ORDER BY id LIMIT $2
"""
# Two may have sent the same: the ledger did it once, and so is what follows.
_DONE: Final = """
UPDATE care.posting SET done_at = $2, refused = $3 WHERE id = $1 AND done_at IS NULL RETURNING true
"""


async def owe(
    connection: Connection,
    kind: Kind,
    subject: int,
    transfers: Sequence[NewTransfer],
    now: datetime,
    accounts: Sequence[NewAccount] = (),
) -> None:
    """Keeps what the ledger must be asked, in the transaction of what it follows from.

    Args:
        connection: of the caller's transaction.
        kind: what it is for; `Postings` knows its effect.
        subject: the number of the spend, choice or surplus.
        transfers: all or none of them.
        now: the time.
        accounts: to be there before.
    """
    await connection.execute(
        _KEEP, kind, subject, [_plain(each) for each in accounts], [_plain(each) for each in transfers], now
    )


def _plain(row: NewAccount | NewTransfer) -> dict[str, Json]:
    read: dict[str, Json] = json.loads(json.dumps(asdict(row), default=str))
    return read


def _account(row: Mapping[str, Any]) -> NewAccount:
    return NewAccount(**{**row, "id": UUID(row["id"])})


def _transfer(row: Mapping[str, Any]) -> NewTransfer:
    ids = {name: UUID(row[name]) for name in ("id", "debit", "credit", "of") if row[name] is not None}
    return NewTransfer(**{**row, **ids})


class Postings:
    """Sends what waits, and does what follows from the answer.

    Args:
        pool: the database. No connection is held while the ledger is asked.
        ledger: its client.
        clock: the time.
        effects: by kind.
    """

    def __init__(
        self,
        pool: Pool,
        ledger: Callable[[], Ledger],
        clock: Callable[[], datetime],
        effects: Mapping[str, Effect],
    ) -> None:
        self._pool, self._ledger, self._clock, self._effects = pool, ledger, clock, effects

    async def send(self, subject: int, *kinds: Kind) -> None:
        """Sends what waits of one thing.

        Args:
            subject: its number.
            kinds: of postings that may wait.

        Raises:
            ServiceDown: the ledger does not answer; it is sent later.
        """
        for row in await self._pool.fetch(_WAITING, list(kinds), subject):
            await self._send(row)

    async def settle(self) -> int:
        """Sends what was left by those who died, or because the ledger was away; how many were answered."""
        rows = await self._pool.fetch(_LEFT, self._clock() - OVERDUE, MOST)
        answered = 0
        for row in rows:
            try:
                await self._send(row)
            except ServiceDown:
                break
            answered += 1
        if answered:
            log.info("care.settled", postings=answered)
        return answered

    async def _send(self, row: Mapping[str, Any]) -> None:
        ledger, refused = self._ledger(), None
        try:
            if row["accounts"]:
                await ledger.open([_account(each) for each in row["accounts"]])
            if row["transfers"]:
                await ledger.transfer([_transfer(each) for each in row["transfers"]])
        except ServiceRefused as refusal:
            refused = str(refusal.details.get("first", refusal.code))
            if row["kind"] not in MAY_BE_REFUSED:
                log.error("care.ledger_refused", posting=row["id"], kind=row["kind"], code=refused)
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(_DONE, row["id"], now, refused):
                await self._effects[row["kind"]](connection, row["subject"], refused, now)
