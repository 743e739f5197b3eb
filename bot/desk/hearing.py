"""A citizen's word while the desk has their conversation: its clock starts, and open pages are told."""

from datetime import datetime
from typing import Final

from bot.desk.cases import NEWS
from bot.queue import Connection

_HEARD: Final = """
WITH clock AS (
    UPDATE escalation SET unanswered_since = coalesce(unanswered_since, $2)
    WHERE conversation_id = $1 AND state = 'taken'
    AND (SELECT speaker FROM conversation WHERE id = $1) = 'officer'
)
SELECT pg_notify($3, 'conversation ' || $1)
"""


async def heard(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Counts from now, if it does not count yet, how long the officer who speaks leaves the citizen waiting.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        now: when the message was looked at.
    """
    await connection.execute(_HEARD, conversation_id, now, NEWS)
