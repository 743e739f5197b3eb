"""The way in for a text: what it means for its conversation is seen to in the transaction that stores it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.danger import find_danger
from bot.engine.runtime import packs
from bot.inbox import Accepted, Arrival, find_stored, held, open_conversation, store
from bot.loops import find_loop, hush
from bot.outbox import STOPPED
from bot.queue import Connection, Kind, Pool, enqueue
from channels.sms import joining, optout, pictures
from channels.sms.optout import Choice
from channels.sms.routes import find_department


async def receive(pool: Pool, arrival: Arrival, chosen: Choice | None) -> Accepted:
    """Stores a text message, and what it changes of its conversation, in one transaction.

    Its turn is enqueued with it, unless nothing is to be answered: an opt-out, or a machine.
    A text that tells of danger to life always has its turn, at once.

    Args:
        pool: the process's connections.
        arrival: the message, without its department.
        chosen: what it says of our texts: `optout.choice`, or what the carrier says itself.

    Returns:
        Where it is stored. A repetition changes nothing, and does not stop a number a second time.
    """
    department = find_department(packs(), arrival.to_address, arrival.text)
    arrival = replace(arrival, department=department)
    danger = find_danger(arrival.text) is not None
    async with pool.acquire() as connection, connection.transaction():
        conversation_id = await open_conversation(connection, arrival.channel, arrival.address)
        stopped = await connection.fetchval(
            "SELECT opted_out_at IS NOT NULL FROM conversation WHERE id = $1 FOR NO KEY UPDATE",
            conversation_id,
        )
        if (known := await find_stored(connection, arrival)) is not None:
            return known
        if chosen == "in" and stopped:
            await optout.start(connection, conversation_id)
            arrival = replace(arrival, details={**arrival.details, "opted": "in"})
            stopped = False
        elif chosen not in ("in", None) and (chosen == "out" or not danger):
            arrival = replace(arrival, details={**arrival.details, "opted": "out"})
            accepted = await store(connection, conversation_id, arrival, done=not danger)
            await optout.stop(connection, conversation_id, accepted.inbound_id, chosen)
            return accepted
        elif not danger and (loop := await find_loop(connection, conversation_id, arrival)) is not None:
            arrival = replace(arrival, details={**arrival.details, "hushed": loop.why})
            accepted = await store(connection, conversation_id, arrival, done=True)
            await hush(connection, conversation_id, accepted.inbound_id, loop)
            return accepted
        if stopped:
            arrival = replace(arrival, details={**arrival.details, STOPPED: True})
        return await _store(connection, conversation_id, arrival, at_once=danger)


async def _store(
    connection: Connection, conversation_id: int, arrival: Arrival, *, at_once: bool
) -> Accepted:
    """Stores what is to be answered: as a part of the text before, or by itself, perhaps after a while."""
    if (joined := await joining.join(connection, conversation_id, arrival)) is not None:
        return joined
    if at_once:
        return await store(connection, conversation_id, arrival)
    after = await held(connection, conversation_id)
    if arrival.kind == "media":
        return await _store_pictures(connection, conversation_id, arrival, after)
    if (part := joining.begin(arrival)) is not None:
        arrival, after = part[0], max(after, part[1])
    return await store(connection, conversation_id, arrival, after=after)


async def _store_pictures(
    connection: Connection, conversation_id: int, arrival: Arrival, after: timedelta
) -> Accepted:
    """Stores a text whose turn waits for its pictures, and the job that fetches them."""
    media, fetched = pictures.look_through(arrival.details["media"])
    details: dict[str, Any] = {**arrival.details, "media": media}
    if not fetched:
        return await store(connection, conversation_id, replace(arrival, details=details), after=after)
    arrival = replace(arrival, details={**details, "waits": pictures.WAITS})
    accepted = await store(connection, conversation_id, arrival, after=max(after, pictures.WAIT))
    await enqueue(connection, Kind.PICTURE, accepted.inbound_id)
    return accepted
