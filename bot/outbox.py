"""What goes out: handing messages to a sender in order, and receipts that only ever move a status forward."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from bot.metrics import SENDS
from bot.queue import Connection, Kind, Pool, enqueue, insist
from bot.worker import Worker

log = structlog.get_logger()

NOTIFY_CHANNEL: Final = "onedoor_outbound"
"""PostgreSQL tells here, with a conversation's number, that it has something new to show."""

PULLED: Final = frozenset({"webchat", "terminal"})
"""Channels whose reader fetches messages from the table; they need no sender and are `sent` when stored."""

FORWARD: Final = [
    "created", "handing", "retry", "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read",
    "undelivered", "failed",
]  # fmt: skip
"""The order of states: facts/sms.md. A failed part is not hidden by a later success, so failure is last."""

OPTED_OUT: Final = "opted-out"
"""The code of a message that was not sent because its citizen wrote STOP."""

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
    """

    id: int
    conversation_id: int
    to: str
    text: str


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
    if status not in FORWARD or not await connection.fetchval(
        "SELECT 1 FROM outbound WHERE id = $1", outbound_id
    ):
        return False
    await connection.execute(
        "INSERT INTO receipt (outbound_id, status, error_code) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        outbound_id,
        status,
        error_code,
    )
    await _move(connection, outbound_id, status, error_code)
    return True


async def _move(connection: Connection, outbound_id: int, status: str, error_code: str | None = None) -> None:
    await connection.execute(
        "UPDATE outbound SET status = $2, error_code = coalesce($3, error_code) WHERE id = $1"
        " AND array_position($4::text[], status) < array_position($4::text[], $2)",
        outbound_id,
        status,
        error_code,
        FORWARD,
    )


class Delivery:
    """Hands a conversation's waiting messages to its channel's sender, one after the other."""

    def __init__(self, pool: Pool, senders: dict[str, Sender], worker: Worker) -> None:
        self._pool = pool
        self._senders = senders
        self._worker = worker

    async def deliver(self, conversation_id: int) -> None:
        """Hands over everything that waits in this conversation, unless another worker is at it.

        A message that is refused for now is tried again later, and those behind it wait: the parts
        of an answer arrive in their order.
        """
        if not await self._claim(conversation_id):
            return
        try:
            await self._deliver(conversation_id)
        except Exception:  # as when the database is away: the sweeper finds the message again
            await insist(
                self._pool, "UPDATE conversation SET sending_by = NULL WHERE id = $1 AND sending_by = $2",
                conversation_id, self._worker.number,
            )  # fmt: skip
            raise

    async def _deliver(self, conversation_id: int) -> None:
        while (waiting := await self._next(conversation_id)) is not None:
            message, channel, status = waiting
            if await self._opted_out(message):
                continue
            try:
                handed = await self._hand_over(message, self._senders[channel], status)
            except SendError as error:
                SENDS.labels(channel, "refused" if error.permanent else "retry").inc()
                log.warning("send.refused", message=message.id, code=error.code, permanent=error.permanent)
                if not await self._refused(message, error):
                    return
            else:
                SENDS.labels(channel, "handed").inc()
                log.info("send.handed", message=message.id, sender=self._senders[channel].name)
                async with self._pool.acquire() as connection, connection.transaction():
                    await connection.execute(
                        "UPDATE outbound SET sender = $2, sender_message_id = $3, handed_at = now()"
                        " WHERE id = $1",
                        message.id,
                        self._senders[channel].name,
                        handed,
                    )
                    await _move(connection, message.id, "accepted")

    async def _opted_out(self, message: Outgoing) -> bool:
        """Whether the citizen wants no more messages; the message is recorded as not sent."""
        async with self._pool.acquire() as connection, connection.transaction():
            stopped = await connection.fetchval(
                "SELECT opted_out_at IS NOT NULL FROM conversation WHERE id = $1", message.conversation_id
            )
            if stopped:
                await record_receipt(connection, message.id, "failed", OPTED_OUT)
            return bool(stopped)

    async def _claim(self, conversation_id: int) -> bool:
        claimed = await self._pool.fetchval(
            "UPDATE conversation SET sending_by = $2 WHERE id = $1"
            " AND (sending_by IS NULL OR NOT worker_alive(sending_by)) RETURNING true",
            conversation_id,
            self._worker.number,
        )
        return bool(claimed)

    async def _next(self, conversation_id: int) -> tuple[Outgoing, str, str] | None:
        """The first waiting message; or None, and then the claim was let go in the same transaction.

        The row of the conversation is locked before looking: whoever stores a message after the
        look finds the claim gone.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "WITH held AS (SELECT id, address, opted_out_at FROM conversation WHERE id = $1 FOR UPDATE)"
                " SELECT held.address FROM held",
                conversation_id,
            )
            assert row is not None
            waiting = await connection.fetchrow(
                "SELECT id, channel, text, status FROM outbound WHERE conversation_id = $1"
                " AND status IN ('created', 'handing', 'retry') ORDER BY id LIMIT 1",
                conversation_id,
            )
            if waiting is None:
                await connection.execute(
                    "UPDATE conversation SET sending_by = NULL WHERE id = $1", conversation_id
                )
                return None
            if waiting["status"] != "handing":
                await connection.execute(
                    "UPDATE outbound SET status = 'handing', attempts = attempts + 1, attempted_at = now()"
                    " WHERE id = $1",
                    waiting["id"],
                )
        message = Outgoing(waiting["id"], conversation_id, row["address"], waiting["text"])
        return message, waiting["channel"], waiting["status"]

    @staticmethod
    async def _hand_over(message: Outgoing, sender: Sender, status: str) -> str:
        """Sends; but what an earlier try may have handed over is looked for at the sender first.

        A worker that died, or a call that ended without an answer, says nothing of what arrived.
        """
        if status != "created" and (found := await sender.find(message)) is not None:
            return found
        return await sender.send(message)

    async def _refused(self, message: Outgoing, error: SendError) -> bool:
        """Records a refusal. True when the next message may go, False when all wait for another try."""
        async with self._pool.acquire() as connection, connection.transaction():
            attempts = await connection.fetchval("SELECT attempts FROM outbound WHERE id = $1", message.id)
            if error.permanent or attempts >= MOST_ATTEMPTS:
                code = error.code if error.permanent else "technical-failure"
                await record_receipt(connection, message.id, "failed", code)
                return True
            await connection.execute("UPDATE outbound SET status = 'retry' WHERE id = $1", message.id)
            await connection.execute(
                "UPDATE conversation SET sending_by = NULL WHERE id = $1", message.conversation_id
            )
            after = None if attempts == 1 else RETRY_AFTER
            await enqueue(connection, Kind.SEND, message.conversation_id, after=after)
            return False
