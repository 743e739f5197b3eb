"""Looks now and then for what is left in between, or has become due: the repair after whatever crash."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog
from aiohttp import web

from actions.childcare.service import bookings, decisions, holds, top_ups
from actions.childcare.service.decisions import AGREE_WITHIN
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.tools import TOOLS, Tools
from actions.sdk import ServiceDown, ServiceRefused

log = structlog.get_logger()

EVERY: Final = 30.0
"""Seconds between two looks."""
BEGUN: Final = timedelta(seconds=10)
"""What somebody may be working on just now is left alone for so long."""
ASKED: Final = timedelta(minutes=15)
"""The same for what nobody has paid for yet: who asked tries again for that long, and is then told."""
MOST: Final = 200
"""Of each kind in one look."""

_OPEN: Final = """
SELECT id, state FROM childcare.booking
WHERE state IN ('confirmed', 'part', 'cancelled') AND changed_at < $1 OR state = 'asked' AND changed_at < $2
ORDER BY changed_at LIMIT $3
"""
_OVERDUE: Final = (
    "SELECT id FROM childcare.booking WHERE state = 'held' AND hold_until <= $1 ORDER BY hold_until LIMIT $2"
)
_STRUCK_OFF: Final = """
SELECT booking.id FROM childcare.provider JOIN childcare.booking ON provider = number
WHERE struck_off_on IS NOT NULL AND state = 'held' AND struck_off_on <= greatest(until, $1)
ORDER BY booking.id LIMIT $2
"""
_NOT_AGREED: Final = """
SELECT id FROM childcare.booking
WHERE state = 'held' AND split AND agreed_at IS NULL AND asked_at <= $1 ORDER BY id LIMIT $2
"""


async def settle(tools: Tools) -> int:
    """Looks once, at all kinds; how much was found.

    Args:
        tools: of the service.

    Raises:
        ServiceDown: the ledger does not answer: the next look goes on.
    """
    pool, now = tools.pool, tools.clock()
    found = await pool.fetch(_OPEN, now - BEGUN, now - ASKED, MOST)
    for row in found:
        await holds.finish(pool, tools.ledger, row["id"], now)
        if row["state"] == "asked":
            await _tell_late(tools, row["id"], now)
    number = len(found) + await _expire(tools, now)
    today = now.astimezone(LONDON).date()
    for query, given, reason in (
        (_STRUCK_OFF, today, "struck_off"), (_NOT_AGREED, now - AGREE_WITHIN, "not_agreed"),
    ):  # fmt: skip
        rows = await pool.fetch(query, given, MOST)
        await _cancel(tools, [row["id"] for row in rows], reason, now)
        number += len(rows)
    return number + await top_ups.settle(pool, tools.ledger, now - BEGUN)


async def _tell_late(tools: Tools, number: int, now: datetime) -> None:
    """Who agreed and heard nothing is told what became of it."""
    async with tools.pool.acquire() as connection, connection.transaction():
        row = (await bookings.locked(connection, number))[0]
        if row["state"] in ("held", "refused"):
            await bookings.tell(connection, number, f"{row['state']}_late", now)


async def _expire(tools: Tools, now: datetime) -> int:
    rows = await tools.pool.fetch(_OVERDUE, now, MOST)
    for row in rows:
        if await holds.has_expired(tools.ledger(), tools.pool, row["id"]):
            async with tools.pool.acquire() as connection, connection.transaction():
                await holds.expire(connection, row["id"], now)
    return len(rows)


async def _cancel(tools: Tools, numbers: Sequence[int], reason: str, now: datetime) -> None:
    for number in numbers:
        async with tools.pool.acquire() as connection, connection.transaction():
            ended = await decisions.cancelled_by_us(connection, number, reason, now)
        for each in ended:
            await holds.finish(tools.pool, tools.ledger, each, now)


async def settling(app: web.Application) -> AsyncIterator[None]:
    """Looks while the service runs, first when it has started: then the ledger may not listen yet."""
    tools = app[TOOLS]

    async def look() -> None:
        while True:
            try:
                await settle(tools)
            except (
                ServiceDown,
                ServiceRefused,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                OSError,
            ) as error:
                log.warning("childcare.not_settled", reason=type(error).__name__)
            await asyncio.sleep(EVERY)

    task = asyncio.create_task(look(), name="childcare settling")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
