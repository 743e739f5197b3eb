"""Words that carriers act on: a text is stored, and its number marked as stopped or started, together."""

from dataclasses import replace
from typing import Final, Literal

from bot.inbox import MAX_TEXT, Accepted, Arrival, accept, open_conversation, store
from bot.queue import Connection, Pool

type Choice = Literal["out", "in"]

OUT: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
IN: Final = frozenset({"START", "YES", "UNSTOP"})
"""https://help.twilio.com/articles/223134027: as a whole message, whatever its case. After a word of `OUT`
the carrier takes no text for the number (error 21610) until one of `IN` comes from it."""


def choice(text: str) -> Choice | None:
    """What the carrier did on this message; None for any but the bare words: not `stop 12345`."""
    word = text.strip().upper()
    return "out" if word in OUT else "in" if word in IN else None


async def receive(pool: Pool, arrival: Arrival, chosen: Choice | None) -> Accepted:
    """Stores a text message; its turn runs unless the number may no longer be written to.

    After an opt-out no answer would arrive, so the message is stored as done. When the citizen opts
    in again, the turn finds `{"opted": "in"}` in the message's details and can say where they were.
    A YES from a number that is not stopped is an answer like any other.

    Args:
        pool: the process's connections.
        arrival: the message.
        chosen: what the carrier did on it: `choice`, or what Twilio says itself.

    Returns:
        Where it is stored. A repetition changes nothing, and does not stop a number a second time.
    """
    if chosen is None:
        return await accept(pool, arrival)
    async with pool.acquire() as connection, connection.transaction():
        conversation_id = await open_conversation(connection, arrival.channel, arrival.address)
        stopped = await connection.fetchval(
            "SELECT opted_out_at IS NOT NULL FROM conversation WHERE id = $1 FOR UPDATE", conversation_id
        )
        if chosen == "out":
            return await _stop(connection, conversation_id, arrival)
        if stopped:
            arrival = replace(arrival, details={**arrival.details, "opted": "in"})
        accepted = await store(connection, conversation_id, arrival)
        if accepted.new:
            await connection.execute(
                "UPDATE conversation SET opted_out_at = NULL WHERE id = $1", conversation_id
            )
        return accepted


async def _stop(connection: Connection, conversation_id: int, arrival: Arrival) -> Accepted:
    inbound_id = await connection.fetchval(
        "INSERT INTO inbound (conversation_id, channel, channel_message_id, kind, text, details, done_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now())"
        " ON CONFLICT (channel, channel_message_id) DO NOTHING RETURNING id",
        conversation_id,
        arrival.channel,
        arrival.message_id,
        arrival.kind,
        arrival.text[:MAX_TEXT],
        {**arrival.details, "opted": "out"},
    )
    if inbound_id is None:
        known = await connection.fetchval(
            "SELECT id FROM inbound WHERE channel = $1 AND channel_message_id = $2",
            arrival.channel,
            arrival.message_id,
        )
        return Accepted(conversation_id, known, new=False)
    await connection.execute(
        "UPDATE conversation SET opted_out_at = coalesce(opted_out_at, now()) WHERE id = $1", conversation_id
    )
    return Accepted(conversation_id, inbound_id, new=True)
