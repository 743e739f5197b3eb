"""Long texts that arrive in pieces: a full part waits a little for the next, and both are one text."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.danger import find_danger
from bot.inbox import MAX_TEXT, Accepted, Arrival, kept, release, store
from bot.queue import Connection, Kind, enqueue
from channels.sms.segments import ALONE, BASIC, EXTENSION, PART, Encoding

WAIT: Final = timedelta(seconds=3)
TOLERANCE: Final = 3
"""Units by which a part may be short of full: what is not split, or a space that was lost."""
MOST_PARTS: Final = 12
WAITS: Final = "part"
"""In the details of a text, as what it waits for."""

_ENDS: Final = frozenset(".!?…")
_BEHIND: Final = " \n\t\"”’')"
"""What may stand behind the end of a sentence."""
_OPEN: Final = """
SELECT id, text, details, department FROM inbound
WHERE conversation_id = $1 AND done_at IS NULL AND attempts = 0 AND due_at > clock_timestamp()
AND details ->> 'waits' = 'part' AND to_address IS NOT DISTINCT FROM $2
ORDER BY id DESC LIMIT 1 FOR UPDATE
"""
_APPEND: Final = """
UPDATE inbound SET text = $2, details = details || $3, due_at = greatest(due_at, now() + $4) WHERE id = $1
"""


def short_by(text: str) -> int | None:
    """How many units a text is short of a full part of a long one; None when it looks like a whole text."""
    if text.rstrip(_BEHIND)[-1:] in _ENDS:
        return None
    short_alphabet = BASIC.union(EXTENSION).issuperset(text)
    encoding: Encoding = "GSM-7" if short_alphabet else "UCS-2"
    units = (
        len(text) + sum(char in EXTENSION for char in text)
        if short_alphabet
        else len(text.encode("utf-16-le")) // 2
    )
    fitting = [full - units for full in (PART[encoding], ALONE[encoding]) if 0 <= full - units <= TOLERANCE]
    return min(fitting, default=None)


def begin(arrival: Arrival) -> tuple[Arrival, timedelta] | None:
    """A text that may go on, marked so, and how long it waits for more; None for any other."""
    short = None if arrival.kind != "text" else short_by(arrival.text)
    if short is None:
        return None
    return replace(arrival, details={**arrival.details, "waits": WAITS, "parts": 1, "short": short}), WAIT


async def join(connection: Connection, conversation_id: int, arrival: Arrival) -> Accepted | None:
    """Appends a text to the one that waits for it; its own row is stored as done and points there.

    Args:
        connection: inside the caller's transaction, which has the conversation's row.
        conversation_id: whose.
        arrival: the text, not yet stored.

    Returns:
        Where its own row is; None when nothing waits for it.
    """
    row = await connection.fetchrow(_OPEN, conversation_id, arrival.to_address)
    if arrival.kind != "text" or row is None or row["text"] == arrival.text:
        return None
    whole = _glue(row["text"], row["details"]["short"], arrival.text)
    danger = find_danger(whole) is not None
    if len(whole) > MAX_TEXT or (not danger and find_danger(arrival.text) is not None):
        return None
    parts, short = row["details"]["parts"] + 1, short_by(arrival.text)
    goes_on = short is not None and parts < MOST_PARTS and not danger
    text, found = kept(whole)
    details: dict[str, Any] = {**found, "parts": parts, "short": short}
    await connection.execute(_APPEND, row["id"], text, details, WAIT if goes_on else timedelta(0))
    if goes_on:
        await enqueue(connection, Kind.TURN, conversation_id, after=WAIT)
    else:
        await release(connection, conversation_id, row["id"])
    if found and not kept(arrival.text)[1]:
        arrival = replace(arrival, text="")  # it is a piece of a number that we don't keep
    arrival = replace(
        arrival,
        details={**arrival.details, "joined": row["id"]},
        department=arrival.department or row["department"],
    )
    return await store(connection, conversation_id, arrival, done=True)


def _glue(text: str, short: int, more: str) -> str:
    """Both as one. A full part ends anywhere; one that is short has lost a space, or could not be split."""
    lost = short and not text[-1:].isspace() and more[:1].isalnum()
    return f"{text} {more}" if lost else text + more
