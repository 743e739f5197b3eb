"""Call-backs: a department is told what became of its messages, and what citizens wrote to it."""

import hmac
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import aiohttp
import structlog

from bot.internet import check_url
from bot.keys import derived, open_department
from bot.metrics import CALLBACKS
from bot.problems import Problem
from bot.queue import Connection, Kind, Pool, enqueue
from bot.statuses import SETTLED, notify_status

log = structlog.get_logger()

type About = Literal["delivery", "received"]
KINDS: Final[tuple[About, ...]] = ("delivery", "received")

RETRY_AFTER: Final = timedelta(seconds=300)
MOST_ATTEMPTS: Final = 6
"""The first, and five more."""
AT_ONCE: Final = 4
"""Calls of one department that a process has open: one that is slow keeps others from nothing."""
DOWN_AFTER: Final = 5
"""Calls without an answer in a row, after which a department counts as down."""
DOWN_FOR: Final = timedelta(seconds=30)
"""For so long it is not called: what would have been is as if it had not answered."""
_OUTBOUND: Final = """
SELECT o.public_id, o.department, o.channel, o.status, o.error_code, o.reference, o.created_at,
       o.completed_at, o.handed_at, o.template_id, o.template_version, c.address
FROM outbound o JOIN conversation c ON c.id = o.conversation_id
JOIN callback_address a ON a.department = o.department AND a.kind = 'delivery' WHERE o.id = $1
"""
_INBOUND: Final = """
SELECT i.public_id, i.department, i.to_address, i.text, i.received_at, c.address
FROM inbound i JOIN conversation c ON c.id = i.conversation_id
JOIN callback_address a ON a.department = i.department AND a.kind = 'received' WHERE i.id = $1
"""
_STORE: Final = """
INSERT INTO callback (department, kind, about, state, body) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING id
"""
# Whoever moves `due_at` on has the call-back until then. What is told of a message goes in its order.
_CLAIM: Final = """
UPDATE callback c SET attempts = c.attempts + 1, due_at = coalesce($2, now()) + $3::interval
FROM callback k LEFT JOIN callback_address a ON a.department = k.department AND a.kind = k.kind
WHERE c.id = $1 AND k.id = c.id AND c.done_at IS NULL AND c.due_at <= coalesce($2, now()) AND NOT EXISTS (
    SELECT 1 FROM callback e
    WHERE e.kind = c.kind AND e.about = c.about AND e.id < c.id AND e.done_at IS NULL)
RETURNING c.department, c.kind, c.about, c.body, c.attempts, c.created_at, a.url, a.changed_at
"""
_DONE: Final = """
UPDATE callback SET done_at = coalesce($2, now()), result = $3, body = NULL WHERE id = $1 AND done_at IS NULL
"""
_LATER: Final = """
UPDATE callback SET due_at = coalesce($2, now()) + $3::interval, attempts = attempts - $4
WHERE id = $1 AND done_at IS NULL
"""
_NEXT: Final = (
    "SELECT id FROM callback WHERE kind = $1 AND about = $2 AND done_at IS NULL ORDER BY id LIMIT 1"
)
WAITING: Final = """
SELECT c.id FROM callback c WHERE c.done_at IS NULL AND c.due_at <= now() - $1::interval AND NOT EXISTS (
    SELECT 1 FROM callback e
    WHERE e.kind = c.kind AND e.about = c.about AND e.id < c.id AND e.done_at IS NULL)
ORDER BY c.due_at LIMIT 1000
"""
"""What waits although it is due, for the sweeper."""


async def set_address(
    connection: Connection, secret: bytes, department: str, kind: About, url: str, *, private: bool = False
) -> str:
    """Has a department told at an address, and gives the token our calls will show it: a new one each time.

    Args:
        connection: the caller's.
        secret: the installation's.
        department: which; made known if it is not.
        kind: what it is told of: `delivery` of its messages, or what was `received` for it.
        url: where.
        private: whether it may be http on this machine, or a private address.

    Raises:
        Problem: the address won't do.
    """
    if kind not in KINDS:
        raise Problem(f"Call-backs are of one of these kinds: {', '.join(KINDS)}.")
    check_url(url, private=private)
    await open_department(connection, department)
    changed = await connection.fetchval(
        "INSERT INTO callback_address (department, kind, url, changed_at)"
        " VALUES ($1, $2, $3, clock_timestamp())"
        " ON CONFLICT (department, kind) DO UPDATE SET url = $3, changed_at = clock_timestamp()"
        " RETURNING changed_at",
        department, kind, url,
    )  # fmt: skip
    return _token(secret, department, kind, changed)


async def remove_address(connection: Connection, department: str, kind: About) -> bool:
    """Has a department told no more; what waits for it is dropped. False when it was not told."""
    done = await connection.execute(
        "DELETE FROM callback_address WHERE department = $1 AND kind = $2", department, kind
    )
    return bool(done == "DELETE 1")


async def list_addresses(connection: Connection) -> list[tuple[str, str, str]]:
    """Departments, what they are told of, and where."""
    rows = await connection.fetch(
        "SELECT department, kind, url FROM callback_address ORDER BY department, kind"
    )
    return [(row["department"], row["kind"], row["url"]) for row in rows]


async def tell_delivery(connection: Connection, outbound_id: int) -> None:
    """Has the department of a notice told what became of it, if it wants to be and something has.

    Args:
        connection: inside the transaction that moved the message's state.
        outbound_id: our own number of the message.
    """
    row = await connection.fetchrow(_OUTBOUND, outbound_id)
    if row is None:
        return
    status = notify_status(row["channel"], row["status"], row["error_code"])
    if status in SETTLED:
        body = {
            "id": str(row["public_id"]),
            "reference": row["reference"],
            "to": row["address"],
            "status": status,
            "created_at": _time(row["created_at"]),
            "completed_at": _time(row["completed_at"]),
            "sent_at": _time(row["handed_at"]),
            "notification_type": row["channel"],
            "template_id": row["template_id"] and str(row["template_id"]),
            "template_version": row["template_version"],
        }
        await _store(connection, row["department"], "delivery", row["public_id"], status, body)


async def tell_received(connection: Connection, inbound_id: int) -> None:
    """Has the department that a citizen's message is for told of it, if it wants to be.

    Args:
        connection: inside the transaction that stored the message.
        inbound_id: our own number of it.
    """
    row = await connection.fetchrow(_INBOUND, inbound_id)
    if row is None:
        return
    body = {
        "id": str(row["public_id"]),
        "source_number": row["address"],
        "destination_number": row["to_address"],
        "message": row["text"],
        "date_received": _time(row["received_at"]),
    }
    await _store(connection, row["department"], "received", row["public_id"], "received", body)


async def _store(
    connection: Connection, department: str, kind: About, about: UUID, state: str, body: dict[str, Any]
) -> None:
    async with connection.transaction():
        made = await connection.fetchval(_STORE, department, kind, about, state, body)
        if made is not None:
            await enqueue(connection, Kind.CALLBACK, made)


def _time(moment: datetime | None) -> str | None:
    """As Notify writes it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _token(secret: bytes, department: str, kind: str, changed: datetime) -> str:
    return str(derived(secret, f"callback {department} {kind} {changed.astimezone(UTC).isoformat()}"))


def sign(token: str, body: bytes, now: datetime) -> str:
    """The value of `Onedoor-Signature`: when, and the HMAC-SHA256 of that time, a dot and the body."""
    moment = str(int(now.timestamp()))
    mark = hmac.new(token.encode(), moment.encode() + b"." + body, "sha256").hexdigest()
    return f"t={moment},v1={mark}"


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _Silence:
    """How a department has not answered."""

    times: int = 0
    until: datetime = _LONG_AGO


class Callbacks:
    """Posts call-backs. Those of one message go in their order; each goes until it is taken or given up."""

    def __init__(
        self,
        pool: Pool,
        secret: bytes,
        session: aiohttp.ClientSession,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            secret: the installation's.
            session: from `open_session`.
            clock: the time, where it is not the database's own.
        """
        self._pool, self._secret, self._session, self._clock = pool, secret, session, clock
        self._open: Counter[str] = Counter()
        self._silent: dict[str, _Silence] = {}

    async def deliver(self, callback_id: int) -> None:
        """Posts one call-back, unless it is done, not due, or another of the same message goes first."""
        now = self._now()
        row = await self._pool.fetchrow(_CLAIM, callback_id, self._given(), RETRY_AFTER)
        if row is None:
            return
        department = row["department"]
        if self._open[department] >= AT_ONCE:
            # The longer it has waited the longer it waits: a long line is not asked about all the time.
            wait = min(max(timedelta(seconds=5), now - row["created_at"]), RETRY_AFTER)
            await self._later(callback_id, wait, uncount=1)
            return
        silence = self._silent.setdefault(department, _Silence())
        if row["url"] is None:
            await self._done(callback_id, row, 0, "unwanted")
        elif now < silence.until:
            await self._unanswered(callback_id, row, 0, "down")
        else:
            self._open[department] += 1
            try:
                status, why = await self._post(row)
            finally:
                self._open[department] -= 1
            self._note(silence, answered=status != 0)
            if status == 0 or status >= 500 or status == 429:
                await self._unanswered(callback_id, row, status, why)
            else:
                await self._done(callback_id, row, status, "taken" if 200 <= status < 300 else "refused")

    def _given(self) -> datetime | None:
        return self._clock() if self._clock else None

    def _now(self) -> datetime:
        return self._given() or datetime.now(UTC)

    async def _post(self, row: Any) -> tuple[int, str]:
        """The HTTP status of the answer, 0 for none, and why there was none."""
        token = _token(self._secret, row["department"], row["kind"], row["changed_at"])
        body = json.dumps(row["body"], ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "Onedoor-Signature": sign(token, body, self._now()),
        }
        try:
            async with self._session.post(
                row["url"], data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, "status"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return 0, type(error).__name__

    def _note(self, silence: _Silence, *, answered: bool) -> None:
        silence.times = 0 if answered else silence.times + 1
        if silence.times >= DOWN_AFTER:
            silence.until = self._now() + DOWN_FOR

    async def _unanswered(self, callback_id: int, row: Any, status: int, why: str) -> None:
        if row["attempts"] >= MOST_ATTEMPTS:
            await self._done(callback_id, row, status, "given_up")
            return
        CALLBACKS.labels(row["kind"], "retry").inc()
        log.warning(
            "callback.unanswered", callback=callback_id, department=row["department"], status=status, why=why
        )
        await self._later(callback_id, RETRY_AFTER)

    async def _later(self, callback_id: int, after: timedelta, *, uncount: int = 0) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LATER, callback_id, self._given(), after, uncount)
            await enqueue(connection, Kind.CALLBACK, callback_id, after=after)

    async def _done(self, callback_id: int, row: Any, status: int, result: str) -> None:
        CALLBACKS.labels(row["kind"], result).inc()
        if result != "taken":
            log.warning(
                "callback.ended", callback=callback_id, department=row["department"], status=status,
                result=result,
            )  # fmt: skip
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_DONE, callback_id, self._given(), status)
            if (following := await connection.fetchval(_NEXT, row["kind"], row["about"])) is not None:
                await enqueue(connection, Kind.CALLBACK, following)
