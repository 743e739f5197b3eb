"""Beginning a flow in a citizen's conversation ourselves, as for news that asks them something."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot.inbox import Arrival, store
from bot.queue import Connection

BEGIN: Final = "begin"
"""In the details of a message of ours: the flow it begins."""

# What nobody heard yet gives way to what is newer about the same thing.
_WITHDRAW: Final = """
UPDATE inbound SET done_at = now() WHERE conversation_id = $1 AND kind = 'resume' AND done_at IS NULL
AND details ? 'begin' AND details->>'thing' = $2 AND channel_message_id <> $3
"""
_STOPPED: Final = "SELECT opted_out_at IS NOT NULL FROM conversation WHERE id = $1"


async def begin(
    connection: Connection,
    conversation_id: int,
    channel: str,
    flow: str,
    values: Mapping[str, Any],
    *,
    key: str,
    thing: str,
    after: timedelta,
) -> bool:
    """Begins a flow, once for its key; it says and asks in a turn of its own.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        channel: the contact point's.
        flow: its id.
        values: slots it begins with; JSON.
        key: the same beginning has the same key.
        thing: what it is about, for `withdraw`.
        after: how long it waits.

    Returns:
        Whether it will begin; not for who wrote STOP, nor where it began before.
    """
    if await connection.fetchval(_STOPPED, conversation_id):
        return False
    arrival = Arrival(
        channel, "", _name(key, conversation_id), "", kind="resume",
        details={BEGIN: flow, "values": dict(values), "thing": thing},
    )  # fmt: skip
    return (await store(connection, conversation_id, arrival, after=after)).new


async def withdraw(connection: Connection, conversation_id: int, thing: str, *, but: str) -> None:
    """Takes back what was to begin about a thing and has not.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        thing: as it was given.
        but: the key of what stays, as it is told again.
    """
    await connection.execute(_WITHDRAW, conversation_id, thing, _name(but, conversation_id))


def _name(key: str, conversation_id: int) -> str:
    return f"{BEGIN}:{key}@{conversation_id}"
