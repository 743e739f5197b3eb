"""What goes out: handing messages to a sender in order, and receipts that only ever move a status forward."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from bot.callbacks import tell_delivery
from bot.digests import merge
from bot.metrics import SEND_SECONDS, SENDS
from bot.queue import Connection, Kind, Pool, enqueue, insist
from bot.urgency import PRIORITY, Urgency
from bot.worker import OneAtATime, Worker

log = structlog.get_logger()

NOTIFY_CHANNEL: Final = "onedoor_outbound"
"""PostgreSQL tells here, with a conversation's number, that it has something new to show."""

PULLED: Final = frozenset({"webchat", "terminal"})
"""Channels whose reader fetches messages from the table; they need no sender and are `sent` when stored."""

FORWARD: Final = [
    "created", "handing", "retry", "merged", "accepted", "scheduled", "queued", "sending", "sent",
    "delivered", "read", "undelivered", "failed",
]  # fmt: skip
"""The order of states: docs/sources.md, texts.

A failed part is not hidden by a later success, so failure is last. `merged` is
a notice that is said by a digest, and has its receipts."""

WAITING: Final = ["created", "handing", "retry"]
"""States of what no sender has yet."""

FINAL: Final = frozenset({"delivered", "read", "undelivered", "failed"})
"""After these nothing more is expected."""

OPTED_OUT: Final = "opted-out"
"""The code of a message that was not sent because its citizen wrote STOP."""
EVEN_STOPPED: Final = "even_stopped"
"""In the details of what is tried although its citizen wrote STOP: that we heard it, and help in danger."""
STOPPED: Final = "stopped"
"""In the details of a message that came while its citizen wanted no texts, and of its answer: coming back
wakes nothing that was said before."""
EXPIRED: Final = "expired"
"""The code of a message that was too old to be useful when it could be sent."""
LOOP: Final = "loop"
"""The code of a message that was not sent because the same text went to the number so many times before."""
NO_SENDER: Final = "no-sender"
"""The code while nothing is set up that carries the channel."""
UNANSWERED: Final = frozenset({"no-answer", "nonsense"})
"""The codes of a try that ended without the sender's word: it may have the message."""

MOST_IDENTICAL: Final = 20
"""The same text to one number in five minutes: two machines talk to each other (docs/sources.md, texts)."""
MOST_IN_AN_HOUR: Final = 100
"""Texts to one number in an hour before a network may block ours; what nobody waits for is held."""
HOLD: Final = timedelta(minutes=10)

RETRY_AFTER: Final = timedelta(minutes=5)
MOST_ATTEMPTS: Final = 50
"""Once at once, then every 5 minutes for 4 hours: GOV.UK Notify's published rule."""


@dataclass(frozen=True)
class Outgoing:
    """A message for a sender.

    Args:
        id: our own number of it, to be given to the sender as a reference where it takes one.
        conversation_id: whose it is.
        to: the citizen's address on the channel.
        text: what to say.
        subject: of an e-mail or a letter.
        language: `en`, `cy`, or `en cy` when it is said in both.
        details: what the channel needs besides.
    """

    id: int
    conversation_id: int
    to: str
    text: str
    subject: str | None = None
    language: str = "en"
    details: Mapping[str, Any] = field(default_factory=dict)


class SendError(Exception):
    """A sender did not take a message.

    Args:
        code: the sender's own code, for the record; no text of the message.
        permanent: trying again can't help, as with a number that does not exist.
    """

    def __init__(self, code: str, *, permanent: bool) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent


class Sender(Protocol):
    """Carries messages of one channel to the citizen: Twilio, or the demo phone."""

    name: str

    async def send(self, message: Outgoing) -> str:
        """Hands the message over and gives the sender's own id for it.

        Raises:
            SendError: it was not taken.
        """
        ...

    async def find(self, message: Outgoing) -> str | None:
        """The sender's id of a message that was perhaps handed over before a crash, if it has it.

        One that can't be asked gives None. What is handed over again is marked as perhaps sent twice.

        Raises:
            SendError: the sender can't be asked now.
        """
        ...


async def record_receipt(
    connection: Connection, outbound_id: int, status: str, error_code: str | None = None
) -> bool:
    """Keeps a call-back and moves the message's state forward, never back.

    Args:
        connection: inside the caller's transaction, or not.
        outbound_id: our own number of the message.
        status: one of `FORWARD`.
        error_code: the sender's.

    Returns:
        False when there is no such message or state.
    """
    if status not in FORWARD:
        return False
    row = await connection.fetchrow(
        _RECEIPT, outbound_id, status, error_code, FORWARD, status in FINAL
    )  # fmt: skip
    assert row is not None
    if row["moved"] and row["department"] is not None:
        await tell_delivery(connection, outbound_id)
    for part in row["parts"]:
        await record_receipt(connection, part, status, error_code)
    return bool(row["known"])


_RECEIPT: Final = """
WITH known AS (SELECT id FROM outbound WHERE id = $1),
kept AS (
    INSERT INTO receipt (outbound_id, status, error_code) SELECT id, $2, $3 FROM known ON CONFLICT DO NOTHING
), moved AS (
    UPDATE outbound SET status = $2, error_code = coalesce($3, error_code),
        completed_at = CASE WHEN $5 THEN coalesce(completed_at, now()) ELSE completed_at END
    WHERE id = $1 AND array_position($4::text[], status) < array_position($4::text[], $2)
    RETURNING department
)
SELECT EXISTS (SELECT 1 FROM known) AS known, EXISTS (SELECT 1 FROM moved) AS moved,
       (SELECT department FROM moved) AS department,
       ARRAY(SELECT id FROM outbound WHERE digest_id = $1) AS parts
"""
_TAKE: Final = "SELECT * FROM take_outbound($1, $2, $3)"
_HANDED: Final = """
UPDATE outbound SET sender = coalesce(sender, $2), sender_message_id = $3, handed_at = coalesce($6, now()),
    perhaps_twice = perhaps_twice OR $4,
    error_code = CASE WHEN status = ANY($5) THEN NULL ELSE error_code END,
    status = CASE WHEN status = ANY($5) THEN 'accepted' ELSE status END
WHERE id = $1 RETURNING extract(epoch FROM now() - greatest(due_at, created_at))::float
"""
# A reader has read up to some number: what was stored long before it is shown is a new line of its own.
_SHOW: Final = """
WITH shown AS (
    INSERT INTO outbound (conversation_id, channel, language, text, options, priority, status, handed_at)
    SELECT conversation_id, channel, language, text, options, priority, 'sent', now()
    FROM outbound WHERE id = $1 RETURNING id
), told AS (
    UPDATE outbound SET status = 'sent', handed_at = now(), digest_id = (SELECT id FROM shown) WHERE id = $1
)
SELECT pg_notify($2, $3)
"""
_LET_GO: Final = "UPDATE conversation SET sending_by = NULL WHERE id = $1 AND sending_by = $2"


class Delivery:
    """Hands a conversation's waiting messages to its channel's sender, one after the other."""

    def __init__(
        self,
        pool: Pool,
        senders: dict[str, Sender],
        worker: Worker,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            senders: by channel.
            worker: the process's sign of life.
            clock: the time, where it is not the database's own.
        """
        self._pool = pool
        self._senders = senders
        self._worker = worker
        self._clock = clock
        self._alone = OneAtATime()

    async def deliver(self, conversation_id: int) -> None:
        """Hands over everything that waits in this conversation, unless another worker is at it.

        A message that is refused for now is tried again later, and those behind it wait: the parts
        of an answer arrive in their order.
        """
        await self._alone.run(conversation_id, self._deliver)

    async def _deliver(self, conversation_id: int) -> None:
        try:
            while (row := await self._take(conversation_id)) is not None:
                if not await self._settle(conversation_id, row):
                    return
        except Exception:  # as when the database is away: the sweeper finds the message again
            await insist(self._pool, _LET_GO, conversation_id, self._worker.number)
            raise

    def _now(self) -> datetime | None:
        """The time, where it is not the database's own."""
        return self._clock() if self._clock else None

    async def _take(self, conversation_id: int) -> Any | None:
        """The message that is next, now `handing`; or None, and then the claim was let go with the look."""
        return await self._pool.fetchrow(_TAKE, conversation_id, self._worker.number, self._now())

    async def _settle(self, conversation_id: int, row: Any) -> bool:
        """What becomes of one message. True when the next may go, False when the claim was let go."""
        if row["channel"] in PULLED:
            await self._pool.execute(_SHOW, row["id"], NOTIFY_CHANNEL, str(conversation_id))
            return True
        if (code := self._useless(row)) is not None:
            SENDS.labels(row["channel"], code).inc()
            log.warning("send.not_sent", message=row["id"], code=code)
            async with self._pool.acquire() as connection, connection.transaction():
                await record_receipt(connection, row["id"], "failed", code)
            return True
        if row["in_an_hour"] >= MOST_IN_AN_HOUR and row["priority"] >= PRIORITY[Urgency.NOTICE]:
            return await self._later(conversation_id, row["id"], "created", HOLD)
        if "digest" in row["details"] and row["digestible"] > 1:
            async with self._pool.acquire() as connection, connection.transaction():
                await merge(connection, conversation_id, self._now())
            return True
        return await self._send(conversation_id, row)

    def _useless(self, row: Any) -> str | None:
        """Why a message should not be sent at all, as the code it fails with."""
        now = self._now() or datetime.now(UTC)
        if (row["opted_out"] or STOPPED in row["details"]) and not _even_stopped(row):
            return OPTED_OUT
        if row["expires_at"] is not None and row["expires_at"] <= now:
            return EXPIRED
        if row["identical"] >= MOST_IDENTICAL and row["priority"] > PRIORITY[Urgency.URGENT]:
            return LOOP
        return None

    async def _send(self, conversation_id: int, row: Any) -> bool:
        channel, sender = row["channel"], self._senders.get(row["channel"])
        if sender is None:
            return await self._refused(conversation_id, row["id"], SendError(NO_SENDER, permanent=False))
        message = Outgoing(
            row["id"], conversation_id, row["address"], row["text"], row["subject"], row["language"],
            {**row["details"], EVEN_STOPPED: True} if _even_stopped(row) else row["details"],
        )  # fmt: skip
        # A worker that died, or a call that ended without an answer, says nothing of what arrived.
        tried = row["status"] == "handing" or row["error_code"] in UNANSWERED
        try:
            handed = await sender.find(message) if row["status"] != "created" else None
            again = tried and handed is None
            if handed is None:
                handed = await sender.send(message)
        except SendError as error:
            SENDS.labels(channel, "refused" if error.permanent else "retry").inc()
            log.warning("send.refused", message=message.id, code=error.code, permanent=error.permanent)
            return await self._refused(conversation_id, message.id, error)
        waited = await self._handed(message.id, sender.name, handed, again)
        SENDS.labels(channel, "handed").inc()
        SEND_SECONDS.labels(channel).observe(max(waited, 0.0))
        log.info("send.handed", message=message.id, sender=sender.name)
        return True

    async def _handed(self, message_id: int, sender: str, handed: str, again: bool) -> float:
        """Records that a sender has a message, and gives the seconds since it was due."""
        waited: float = await self._pool.fetchval(
            _HANDED, message_id, sender, handed, again, WAITING, self._now()
        )
        return waited

    async def _refused(self, conversation_id: int, message_id: int, error: SendError) -> bool:
        """Records a refusal. True when the next message may go, False when all wait for another try."""
        attempts = await self._pool.fetchval(
            "UPDATE outbound SET error_code = $2 WHERE id = $1 RETURNING attempts", message_id, error.code
        )
        if error.permanent or attempts >= MOST_ATTEMPTS:
            async with self._pool.acquire() as connection, connection.transaction():
                code = error.code if error.permanent else "technical-failure"
                await record_receipt(connection, message_id, "failed", code)
            return True
        return await self._later(
            conversation_id, message_id, "retry", timedelta(0) if attempts == 1 else RETRY_AFTER
        )

    async def _later(self, conversation_id: int, message_id: int, status: str, after: timedelta) -> bool:
        """Puts a message off and lets the conversation go; a job wakes it."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE outbound SET status = $2, due_at = coalesce($4, now()) + $3 WHERE id = $1",
                message_id, status, after, self._now(),
            )  # fmt: skip
            await connection.execute(_LET_GO, conversation_id, self._worker.number)
            await enqueue(connection, Kind.SEND, conversation_id, after=after)
        return False


def _even_stopped(row: Any) -> bool:
    """Whether a message is tried although its citizen wrote STOP: an urgent reply is help in danger."""
    help_in_danger = row["department"] is None and row["priority"] == PRIORITY[Urgency.URGENT]
    return help_in_danger or EVEN_STOPPED in row["details"]
