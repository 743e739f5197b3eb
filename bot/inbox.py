"""Accepting a message: stored once, its turn enqueued with it, before the channel is answered."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from bot.callbacks import tell_received
from bot.queue import Connection, Kind, Pool, enqueue
from bot.refusal import find_refusal, redact

MAX_TEXT = 2_000
"""Characters of a message that are kept; a text of ten parts has 1,530."""


@dataclass(frozen=True)
class Arrival:
    """A message as a channel hands it over, checked by the channel and not yet stored.

    Args:
        channel: `sms`, `webchat` or `terminal`.
        address: the citizen's on that channel: a phone number as +44…, or a browser's secret id.
        message_id: the channel's own id of the message. The same id twice is the same message.
        text: what was written; already without control characters.
        kind: `media` when there were pictures and perhaps no words.
        details: what else the channel knows, small and JSON.
        to_address: the number it was sent to, as +44…, where the channel has one.
        department: whose that number is, or the keyword it begins with; it may want to be told.
    """

    channel: str
    address: str
    message_id: str
    text: str
    kind: Literal["text", "media", "resume"] = "text"
    details: dict[str, Any] = field(default_factory=dict)
    to_address: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Accepted:
    """Where an arrival was stored; `new` is false when it had been stored before."""

    conversation_id: int
    inbound_id: int
    new: bool


async def accept(pool: Pool, arrival: Arrival) -> Accepted:
    """Stores the message and enqueues its turn; the channel may answer when this returns.

    Args:
        pool: the process's connections.
        arrival: the message.

    Returns:
        Where it is stored. A repetition changes nothing and says so.
    """
    async with pool.acquire() as connection, connection.transaction():
        conversation_id = await open_conversation(connection, arrival.channel, arrival.address)
        return await store(connection, conversation_id, arrival)


_STORE: Final = """
INSERT INTO inbound (conversation_id, channel, channel_message_id, kind, text, details, to_address,
    department, due_at, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9, CASE WHEN $10 THEN now() END)
ON CONFLICT (channel, channel_message_id) DO NOTHING RETURNING id
"""


async def store(
    connection: Connection,
    conversation_id: int,
    arrival: Arrival,
    *,
    after: timedelta = timedelta(0),
    done: bool = False,
) -> Accepted:
    """The same within a transaction of the caller's, for a conversation that is known.

    With `after` it is due only then, as what waits for a department is; what is `done` gets no turn.
    What waits says for what in its details, as `waits`, and holds back what comes behind it: see `held`.
    Card and National Insurance numbers never reach the table: the turn is told that there was one.
    """
    text, found = kept(arrival.text)
    inbound_id = await connection.fetchval(
        _STORE, conversation_id, arrival.channel, arrival.message_id, arrival.kind, text,
        {**arrival.details, **found}, arrival.to_address, arrival.department, after, done,
    )  # fmt: skip
    if inbound_id is None:
        known = await find_stored(connection, arrival)
        assert known is not None
        return known
    if arrival.department is not None:
        await tell_received(connection, inbound_id)
    if not done:
        await enqueue(connection, Kind.TURN, conversation_id, after=after)
    return Accepted(conversation_id, inbound_id, new=True)


def kept(text: str) -> tuple[str, dict[str, str]]:
    """What of a text is stored, and the details that tell of what is not."""
    if (refusal := find_refusal(text)) is None:
        return text[:MAX_TEXT], {}
    return redact(text)[:MAX_TEXT], {"refused": refusal.kind.value}


async def held(connection: Connection, conversation_id: int) -> timedelta:
    """How long a new message waits for those before it: messages are answered in the order they came."""
    waits: timedelta | None = await connection.fetchval(
        "SELECT max(due_at) - now() FROM inbound WHERE conversation_id = $1 AND done_at IS NULL"
        " AND kind <> 'resume' AND due_at > now()",
        conversation_id,
    )
    return waits or timedelta(0)


async def release(connection: Connection, conversation_id: int, inbound_id: int) -> None:
    """A message waits no longer: it is due, and so is what it held back, up to the next that waits.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        inbound_id: the message, which had `waits` in its details.
    """
    await connection.execute("UPDATE inbound SET details = details - 'waits' WHERE id = $1", inbound_id)
    await connection.execute(_RELEASE, conversation_id)
    await enqueue(connection, Kind.TURN, conversation_id)


_RELEASE: Final = """
UPDATE inbound SET due_at = now()
WHERE conversation_id = $1 AND done_at IS NULL AND kind <> 'resume' AND due_at > now() AND id < coalesce(
    (SELECT min(id) FROM inbound
     WHERE conversation_id = $1 AND done_at IS NULL AND due_at > now() AND details ? 'waits'),
    9223372036854775807)
"""


async def find_stored(connection: Connection, arrival: Arrival) -> Accepted | None:
    """Where the same message is stored, when it came before."""
    row = await connection.fetchrow(
        "SELECT id, conversation_id FROM inbound WHERE channel = $1 AND channel_message_id = $2",
        arrival.channel,
        arrival.message_id,
    )
    return None if row is None else Accepted(row["conversation_id"], row["id"], new=False)


async def open_conversation(connection: Connection, channel: str, address: str, language: str = "en") -> int:
    """The number of the contact point's conversation, made with a new citizen at the first contact."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM conversation WHERE channel = $1 AND address = $2", channel, address
    )
    if found is not None:
        return found
    # Two first messages at once: the second insert waits for the first and then changes nothing.
    made: int | None = await connection.fetchval(
        "WITH new_citizen AS (INSERT INTO citizen DEFAULT VALUES RETURNING id)"
        " INSERT INTO conversation (citizen_id, channel, address, language)"
        " SELECT id, $1, $2, $3 FROM new_citizen ON CONFLICT (channel, address) DO NOTHING RETURNING id",
        channel,
        address,
        language,
    )
    if made is not None:
        return made
    again: int = await connection.fetchval(
        "SELECT id FROM conversation WHERE channel = $1 AND address = $2", channel, address
    )
    return again
