"""What becomes due by itself: money to be moved, reminders, silence, sessions to ask about, the end."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Final

import asyncpg

from actions.education.service import credit, proposals, rules, sessions
from actions.education.service.credit import LONDON
from actions.education.service.notices import DESK, TUTOR, notify, parents, parties
from actions.education.service.settling import lock, settle
from actions.education.service.tools import Tools
from actions.sdk import ServiceRefused
from actions.sdk.service import Json
from actions.sdk.serving import Connection

MOST: Final = 100
"""Of each kind, in one round."""

# Each finds whom something is due for, by the pupil; what it is, is looked at again under the pupil's lock.
_UNSETTLED: Final = """
SELECT DISTINCT pupil FROM education.movement WHERE done_at IS NULL AND made_at <= $1 LIMIT 100
"""
_SILENT: Final = """
SELECT p.pupil, p.id, p.version, v.lapses_at <= $1 AS lapsed FROM education.proposal p
JOIN education.version v ON v.proposal = p.id AND v.version = p.version
WHERE p.state = 'open' AND p.drafting IS NULL
AND (v.lapses_at <= $1 OR (v.remind_at <= $1 AND v.reminded_at IS NULL))
"""
_TO_ASK: Final = """
SELECT p.pupil, s.* FROM education.session s JOIN education.proposal p ON p.id = s.proposal
WHERE s.state = 'held' AND s.asked_at IS NULL AND s.day <= $1
"""
_UNCONFIRMED: Final = """
SELECT p.pupil, s.* FROM education.session s JOIN education.proposal p ON p.id = s.proposal
WHERE s.state = 'held' AND s.day <= $1
"""
_UNAPPROVED: Final = """
SELECT p.pupil, s.* FROM education.session s JOIN education.proposal p ON p.id = s.proposal
JOIN education.version v ON v.proposal = s.proposal AND v.version = s.version
JOIN education.tutor t ON t.id = v.tutor
WHERE s.state = 'held' AND s.unapproved AND t.approved_from <= $1 AND t.approved_until >= $1
"""
_OVER: Final = """
SELECT p.pupil, p.id, p.version FROM education.proposal p WHERE p.state = 'agreed' AND p.drafting IS NULL
AND p.begun_at <= $1
AND NOT EXISTS (SELECT FROM education.session s WHERE s.proposal = p.id AND s.state = 'held')
"""

type Due = tuple[
    str, Callable[[datetime], object], Callable[[Connection, asyncpg.Record, datetime], Awaitable[None]]
]


def _asked_since(now: datetime) -> object:
    """The last day whose sessions are asked about."""
    local = now.astimezone(LONDON)
    return local.date() if local.time() >= time(rules.ASKED_HOUR) else local.date() - timedelta(days=1)


async def run(given: Tools) -> None:
    """Does all that is due. Run again, or by two at once, it does nothing twice.

    Raises:
        ServiceDown: the ledger does not answer; the next round goes on.
    """
    now = given.now
    stuck = set()
    for row in await given.pool.fetch(_UNSETTLED, now):
        try:
            await settle(given, row["pupil"])
        except ServiceRefused:  # logged with its number; the others go on
            stuck.add(row["pupil"])
    for query, until, work in DUE:
        for row in await given.pool.fetch(f"{query} LIMIT {MOST}", until(now)):
            if row["pupil"] not in stuck:
                await _one(given, query, until, work, row, now)


async def _one(
    given: Tools,
    query: str,
    until: Callable[[datetime], object],
    work: Callable[[Connection, asyncpg.Record, datetime], Awaitable[None]],
    seen: asyncpg.Record,
    now: datetime,
) -> None:
    async with given.pool.acquire() as connection, connection.transaction():
        await lock(connection, seen["pupil"])
        names = [name for name in ("id", "proposal", "version", "number") if name in seen]
        for row in await connection.fetch(f"{query} AND p.pupil = $2", until(now), seen["pupil"]):
            if all(row[name] == seen[name] for name in names):
                await work(connection, row, now)
    await settle(given, seen["pupil"])


async def _silence(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """Reminds who has not answered; in the end the holds are voided, and all and the desk are told."""
    answered = {
        rules.side(each["party"])
        for each in await connection.fetch(
            "SELECT party FROM education.answer WHERE proposal = $1 AND version = $2",
            row["id"],
            row["version"],
        )
    }
    if row["lapsed"]:
        known: dict[str, Json] = {"silent": [each for each in rules.PARTIES if each not in answered]}
        await proposals.end(connection, row["pupil"], row["id"], row["version"], "lapsed", now, known)
        return
    await connection.execute(
        "UPDATE education.version SET reminded_at = $3 WHERE proposal = $1 AND version = $2",
        row["id"], row["version"], now,
    )  # fmt: skip
    silent = [each for each in await parties(connection, row["pupil"]) if rules.side(each) not in answered]
    for party in silent:
        await notify(
            connection, "agree", row["pupil"], party, row["id"], row["version"], now, about="reminder",
            details={"why": "reminder"},
        )  # fmt: skip


async def _ask(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """Asks both sides whether a session took place: the parents, and the tutor or else the school."""
    await connection.execute(
        "UPDATE education.session SET asked_at = $4 WHERE proposal = $1 AND version = $2 AND number = $3",
        row["proposal"], row["version"], row["number"], now,
    )  # fmt: skip
    tutor = await connection.fetchval(
        """SELECT t.kind = 'tutor' AND t.phone LIKE '+447%' FROM education.version v
           JOIN education.tutor t ON t.id = v.tutor WHERE proposal = $1 AND version = $2""",
        row["proposal"], row["version"],
    )  # fmt: skip
    for party in (*await parents(connection, row["pupil"]), TUTOR if tutor else "school"):
        await notify(
            connection, "session", row["pupil"], party, row["proposal"], row["version"], now,
            about=f"{row['number']}-{row['day']}", details={"session": row["number"]},
        )  # fmt: skip


async def _unconfirmed(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """Gives the money of a session back that two sides did not confirm in time; the desk is told."""
    await sessions.give_back(connection, row["pupil"], row, now)
    await notify(
        connection, "unconfirmed", row["pupil"], DESK, row["proposal"], row["version"], now,
        about=str(row["number"]), details={"session": row["number"], "day": row["day"].isoformat()},
    )  # fmt: skip


async def _approved_again(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    await sessions.pay(connection, row["pupil"], row, now)


async def _over(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """The last session is settled: how did it go?"""
    await connection.execute(
        "UPDATE education.proposal SET state = 'done', ended_at = $2 WHERE id = $1", row["id"], now
    )
    for party in await parties(connection, row["pupil"]):
        await notify(connection, "progress", row["pupil"], party, row["id"], row["version"], now)


DUE: Final[tuple[Due, ...]] = (
    (_SILENT, lambda now: now, _silence),
    (_UNAPPROVED, credit.today, _approved_again),
    (_TO_ASK, _asked_since, _ask),
    (_UNCONFIRMED, lambda now: credit.today(now - rules.CONFIRMED_WITHIN), _unconfirmed),
    (_OVER, lambda now: now, _over),
)
"""What is looked for, with which time, and what is done about it; in this order."""
