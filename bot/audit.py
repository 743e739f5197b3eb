"""The audit: what was seen and done at the desk, only added to, each line bound to the one before."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from bot.queue import Connection, Pool

BEGINNING: Final = b"\0" * 32
"""What the first line is bound to."""
LOCK: Final = 7007
"""The advisory lock of who adds a line; held to the end of their transaction, so that the chain is one."""
PAGE: Final = 50
AT_ONCE: Final = 2_000

_LAST: Final = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1"
_ADD: Final = """
INSERT INTO audit (id, at, officer_id, action, kind, number, details, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


@dataclass(frozen=True)
class Entry:
    """A line of the audit.

    Args:
        id: its place, from 1, without gaps.
        at: when.
        officer: who; None for Onedoor itself or somebody unknown.
        action: what, as `case.viewed`.
        kind: what it was done to.
        number: which.
        details: names and numbers of ours.
    """

    id: int
    at: datetime
    officer: str | None
    action: str
    kind: str
    number: int | None
    details: Mapping[str, Any]


def _hash(
    previous: bytes, number: int, at: datetime, officer_id: int | None, action: str, kind: str,
    about: int | None, details: Mapping[str, Any],
) -> bytes:  # fmt: skip
    written = json.dumps(
        [number, at.astimezone(UTC).isoformat(), officer_id, action, kind, about, details],
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip
    return hashlib.sha256(previous + written.encode()).digest()


async def append(
    connection: Connection,
    officer_id: int | None,
    action: str,
    kind: str,
    about: int | None,
    details: Mapping[str, Any],
) -> None:
    """Adds a line, in the caller's transaction; other writers wait until that ends, so do it last.

    Args:
        connection: the one that has the transaction.
        officer_id: who did it; None for nobody known.
        action: what was done, as `case.viewed`.
        kind: what it was done to: `escalation`, `officer` …
        about: its number.
        details: JSON, of our own names and numbers only.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    last = await connection.fetchrow(_LAST)
    number, previous = (last["id"] + 1, last["hash"]) if last else (1, BEGINNING)
    at = datetime.now(UTC)
    kept = dict(details)
    await connection.execute(
        _ADD, number, at, officer_id, action, kind, about, kept, previous,
        _hash(previous, number, at, officer_id, action, kind, about, kept),
    )  # fmt: skip


@dataclass(frozen=True)
class Verified:
    """What became of looking through the chain.

    Args:
        lines: how many are as they were written.
        wrong: the first that is not, or is missing; None when all are.
        head: the last good line's hash. Kept elsewhere it shows a later loss of the newest lines, which
            the chain itself can't.
    """

    lines: int
    wrong: int | None
    head: bytes

    def __str__(self) -> str:
        return f"{self.lines}:{self.head.hex()}"


async def verify(pool: Pool, expected: str | None = None) -> Verified:
    """Looks through the whole chain.

    Args:
        pool: the process's connections.
        expected: `str` of an earlier look: that line must still be there, and the same.

    Raises:
        ValueError: `expected` is nothing this gives.
    """
    place, _, known = (expected or "0:").partition(":")
    kept, mark = int(place), bytes.fromhex(known)
    previous, number = BEGINNING, 0
    while True:
        rows = await pool.fetch("SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT $2", number, AT_ONCE)
        for row in rows:
            number += 1
            worked_out = _hash(
                previous, row["id"], row["at"], row["officer_id"], row["action"], row["kind"], row["number"],
                row["details"],
            )  # fmt: skip
            if row["id"] != number or row["previous"] != previous or row["hash"] != worked_out:
                return Verified(number - 1, number, previous)
            if number == kept and row["hash"] != mark:
                return Verified(number - 1, number, previous)
            previous = row["hash"]
        if len(rows) < AT_ONCE:
            return Verified(number, number + 1 if number < kept else None, previous)


@dataclass(frozen=True)
class Asked:
    """Which lines are looked for; what is None does not matter.

    Args:
        officer_id: who did it.
        action: what, or how it begins, as `case.`.
        case_id: about which case.
        since: not before this day.
        until: not after this day.
        before: only lines before this one: the next page.
    """

    officer_id: int | None = None
    action: str | None = None
    case_id: int | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None


_LOOK: Final = """
SELECT a.id, a.at, o.name AS officer, a.action, a.kind, a.number, a.details
FROM audit a LEFT JOIN officer o ON o.id = a.officer_id
WHERE {where} ORDER BY a.id DESC LIMIT {most}
"""


async def look(pool: Pool, asked: Asked) -> list[Entry]:
    """The newest lines that are asked for, a page of them.

    Args:
        pool: the process's connections.
        asked: which.
    """
    conditions: list[tuple[str, Any]] = [
        ("a.officer_id = ${}", asked.officer_id),
        ("starts_with(a.action, ${})", asked.action),
        ("a.kind = 'escalation' AND a.number = ${}", asked.case_id),
        ("a.at >= ${}::date", asked.since),
        ("a.at < ${}::date", asked.until + timedelta(days=1) if asked.until else None),
        ("a.id < ${}", asked.before),
    ]
    given: Sequence[tuple[str, Any]] = [each for each in conditions if each[1] is not None]
    where = " AND ".join(text.format(place) for place, (text, _) in enumerate(given, 1)) or "true"
    rows = await pool.fetch(_LOOK.format(where=where, most=PAGE), *(value for _, value in given))
    return [Entry(**row) for row in rows]
