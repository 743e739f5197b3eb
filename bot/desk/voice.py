"""What the desk says to a citizen: an officer's words, and the few sentences of the desk's own."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from bot.engine.runtime import packs
from bot.outbox import NOTIFY_CHANNEL, PULLED
from bot.queue import Connection, Kind, enqueue
from bot.urgency import PRIORITY, USEFUL_FOR, Urgency

LONGEST: Final = 1_600
"""Characters of one message: what Twilio takes."""

_SAY: Final = """
INSERT INTO outbound (conversation_id, channel, language, text, status, handed_at, priority, expires_at,
    officer_id, escalation_id, page_id)
SELECT id, channel, language, $2, CASE WHEN channel = ANY($3) THEN 'sent' ELSE 'created' END,
    CASE WHEN channel = ANY($3) THEN now() END, $4, now() + $5, $6, $7, $8
FROM conversation WHERE id = $1
ON CONFLICT (page_id) DO NOTHING RETURNING id, channel
"""


async def say(
    connection: Connection,
    conversation_id: int,
    text: str,
    *,
    officer_id: int | None = None,
    case_id: int | None = None,
    page_id: UUID | None = None,
) -> int | None:
    """Stores a message to a citizen and enqueues its sending, in the caller's transaction.

    Args:
        connection: the one that has the transaction.
        conversation_id: whose.
        text: plain text of at most `LONGEST` characters.
        officer_id: who wrote it; None for the desk itself.
        case_id: which case it belongs to.
        page_id: the page's own id of it; the same twice is one message.

    Returns:
        The message's number; None when it was there before.
    """
    row = await connection.fetchrow(
        _SAY, conversation_id, text, list(PULLED), PRIORITY[Urgency.REPLY], USEFUL_FOR[Urgency.REPLY],
        officer_id, case_id, page_id,
    )  # fmt: skip
    if row is None:
        return None
    if row["channel"] in PULLED:
        await connection.execute("SELECT pg_notify($1, $2)", NOTIFY_CHANNEL, str(conversation_id))
    else:
        await enqueue(connection, Kind.SEND, conversation_id)
    number: int = row["id"]
    return number


async def announce(connection: Connection, conversation_id: int, key: str, values: Mapping[str, Any]) -> None:
    """Says one of the desk's own sentences, in the citizen's language.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        key: a response of the core.
        values: what it names; one that is a mapping by language is put into the citizen's.
    """
    row = await connection.fetchrow(
        "SELECT language, channel FROM conversation WHERE id = $1", conversation_id
    )
    assert row is not None
    said = {
        name: value[row["language"]] if isinstance(value, Mapping) else value
        for name, value in values.items()
    }
    await say(connection, conversation_id, packs().wording.render(key, row["language"], row["channel"], said))
