"""A batch: one template to many recipients, whose rows become messages a few at a time."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

import structlog

from bot.metrics import BATCH_ROWS
from bot.notices import Notice, Notices, TooManyError
from bot.problems import Problem
from bot.queue import Connection, Pool
from bot.spreadsheet import Row
from bot.templates import Template, fill, read_template

log = structlog.get_logger()

type Status = Literal["loading", "running", "paused", "done", "cancelled"]

AT_ONCE: Final = 20
"""Rows that become messages in one transaction."""
MOST_WAITING: Final = 200
"""Messages of one batch that wait for their sender: what a pause still lets through."""
ROWS_STORED: Final = 5_000
"""Rows of one statement when a batch is stored."""
MOST_DUE: Final = 40
"""Messages of all batches together that could go now: their jobs hold places that answers need."""
LOOK_EVERY: Final = 1.0
"""Seconds between two looks when there is nothing to do."""
LOOK_SOON: Final = 0.1
"""Seconds until the next look when enough messages wait already."""

_NEXT: Final = """
SELECT id, department, template_id, template_version, total, made, key_kind FROM batch
WHERE status = 'running' ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_WAITING: Final = """
SELECT (SELECT count(*) FROM (
    SELECT 1 FROM outbound WHERE batch_id = $1 AND status IN ('created', 'handing', 'retry') LIMIT $2
) AS of_this) AS waiting,
(SELECT count(*) FROM (
    SELECT 1 FROM outbound WHERE batch_id IS NOT NULL AND status IN ('created', 'handing', 'retry')
        AND due_at <= $4 LIMIT $3
) AS of_all) AS due
"""
_ROWS: Final = """
SELECT row, address, personalisation FROM batch_row WHERE batch_id = $1 AND row > $2 ORDER BY row LIMIT $3
"""
_MOVE: Final = """
UPDATE batch SET status = $3, finished_at = CASE WHEN $3 = 'cancelled' THEN now() END
WHERE id = $1 AND status = ANY($2) RETURNING true
"""
_SHOW: Final = """
SELECT b.id, b.department, b.name, b.status, b.total, b.made, b.created_at, b.finished_at,
       (SELECT coalesce(jsonb_object_agg(s.status, s.messages), '{}')
        FROM (SELECT status, count(*) AS messages FROM outbound WHERE batch_id = b.id GROUP BY status) s
       ) AS states
FROM batch b WHERE $1::uuid IS NULL OR b.id = $1 ORDER BY b.created_at DESC LIMIT 50
"""
_LANGUAGE: Final = "(language)"
_LARGE: Final = "(large print)"
"""What a row says besides its values, kept with them: no placeholder's name has a bracket."""


@dataclass(frozen=True)
class Batch:
    """How far a batch has come.

    Args:
        made: rows that have become messages.
        states: how many of those are in which state.
    """

    id: UUID
    department: str
    name: str
    status: Status
    total: int
    made: int
    created_at: datetime
    finished_at: datetime | None
    states: dict[str, int]


async def add_batch(
    connection: Connection, template: Template, name: str, rows: Sequence[Row], *, key_kind: str = "normal"
) -> UUID:
    """Stores a batch whose rows were all checked, in the caller's transaction; it begins when that commits.

    Args:
        connection: the one that has the transaction.
        template: what is sent, in this version whatever comes after it.
        name: what the department calls it.
        rows: from `bot.spreadsheet.check_file`.
        key_kind: `test` sends nothing.
    """
    batch_id: UUID = await connection.fetchval(
        "INSERT INTO batch (department, template_id, template_version, name, total, key_kind)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        template.department, template.id, template.version, name, len(rows), key_kind,
    )  # fmt: skip
    for first in range(0, len(rows), ROWS_STORED):
        some = rows[first : first + ROWS_STORED]
        await connection.execute(
            "INSERT INTO batch_row (batch_id, row, address, personalisation)"
            " SELECT $1, row, address, personalisation::jsonb"
            " FROM unnest($2::integer[], $3::text[], $4::text[]) AS r (row, address, personalisation)",
            batch_id, list(range(first + 1, first + 1 + len(some))), [row.address for row in some],
            [json.dumps(_kept(row)) for row in some],
        )  # fmt: skip
    return batch_id


def _kept(row: Row) -> dict[str, str | bool | None]:
    return {**row.personalisation, _LANGUAGE: row.language, _LARGE: row.large_print}


async def read_batches(pool: Pool, batch_id: UUID | None = None) -> list[Batch]:
    """One batch, or the fifty newest."""
    return [Batch(**row) for row in await pool.fetch(_SHOW, batch_id)]


async def pause(pool: Pool, batch_id: UUID) -> None:
    """Makes no more messages; those that wait already (`MOST_WAITING` at most) still go.

    Raises:
        Problem: it is not running.
    """
    await _move(pool, batch_id, ["running"], "paused")


async def resume(pool: Pool, batch_id: UUID) -> None:
    """Goes on after a pause.

    Raises:
        Problem: it is not paused.
    """
    await _move(pool, batch_id, ["paused"], "running")


async def cancel(pool: Pool, batch_id: UUID) -> int:
    """Ends a batch: forgets the rows to come and takes back what no sender has yet.

    Returns:
        How many recipients get no message.

    Raises:
        Problem: it is over.
    """
    await _move(pool, batch_id, ["running", "paused"], "cancelled")
    rows = await pool.execute("DELETE FROM batch_row WHERE batch_id = $1", batch_id)
    taken = await pool.execute(
        "UPDATE outbound SET status = 'failed', error_code = 'withdrawn', completed_at = now()"
        " WHERE batch_id = $1 AND status IN ('created', 'retry')",
        batch_id,
    )
    return int(rows.split()[-1]) + int(taken.split()[-1])


async def _move(pool: Pool, batch_id: UUID, before: list[str], after: str) -> None:
    if await pool.fetchval(_MOVE, batch_id, before, after):
        return
    found = await pool.fetchval("SELECT status FROM batch WHERE id = $1", batch_id)
    if found is None:
        raise Problem("There is no such batch: `onedoor batches list` names them.")
    raise Problem(f"The batch is {found}: only one that is {' or '.join(before)} can be {after}.")


class Batches:
    """Turns rows of running batches into messages; one in each process that sends."""

    def __init__(
        self,
        pool: Pool,
        notices: Notices,
        *,
        clock: Callable[[], datetime] | None = None,
        most_due: int = MOST_DUE,
    ) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            notices: makes the messages.
            clock: the time, where it is not the wall's.
            most_due: messages of all batches together that may wait for a sender at a time.
        """
        self._pool, self._notices, self._most_due, self._full = pool, notices, most_due, False
        self._clock = clock or (lambda: datetime.now(UTC))

    async def run(self) -> None:
        """Works until it is cancelled; a database that is away is tried again."""
        while True:
            try:
                made = await self.step()
            except Exception as error:  # whatever it is with one batch, the others go on
                log.warning("batch.failed", error=type(error).__name__)
                made = 0
            if not made:
                await asyncio.sleep(LOOK_SOON if self._full else LOOK_EVERY)

    async def step(self) -> int:
        """Makes the next few messages of one batch; how many there were.

        All of them are stored together with how far the batch has come, so that a crash makes none twice.
        """
        now, self._full = self._clock(), False
        async with self._pool.acquire() as connection, connection.transaction():
            batch = await connection.fetchrow(_NEXT)
            if batch is None:
                return 0
            waiting, due = await connection.fetchrow(_WAITING, batch["id"], MOST_WAITING, self._most_due, now)
            rows = await connection.fetch(_ROWS, batch["id"], batch["made"], AT_ONCE)
            if not rows:
                if not waiting:
                    await connection.execute(
                        "UPDATE batch SET status = 'done', finished_at = now() WHERE id = $1", batch["id"]
                    )
                    log.info("batch.done", batch=str(batch["id"]), messages=batch["total"])
                return 0
            template = await read_template(
                connection, batch["department"], batch["template_id"], batch["template_version"]
            )
            assert template is not None
            self._full = waiting >= MOST_WAITING or due >= self._most_due
            if self._full or not self._notices.may_go(template.urgency, now):
                return 0
            return await self._make(connection, batch, template, rows, now)

    async def _make(
        self, connection: Connection, batch: Any, template: Template, rows: list[Any], now: datetime
    ) -> int:
        done: list[int] = []
        for row in rows:
            values = dict(row["personalisation"])
            language, large = values.pop(_LANGUAGE, None), values.pop(_LARGE, False)
            notice = Notice(
                batch["department"], template.channel, row["address"], fill(template, values),  # type: ignore[arg-type]
                urgency=template.urgency, idempotency_key=f"batch:{batch['id']}:{row['row']}",
                template=(template.id, template.version), key_kind=batch["key_kind"], language=language,
                batch_id=batch["id"], details={"large_print": True} if large else {},
            )  # fmt: skip
            try:
                async with connection.transaction():
                    await self._notices.make(connection, notice, now=now)
            except TooManyError:
                break
            done.append(row["row"])
        if done:
            await connection.execute(
                "WITH gone AS (DELETE FROM batch_row WHERE batch_id = $1 AND row = ANY($2::integer[]))"
                " UPDATE batch SET made = $3 WHERE id = $1",
                batch["id"], done, done[-1],
            )  # fmt: skip
        BATCH_ROWS.inc(len(done))
        return len(done)
