"""What an officer does with a case besides taking it: answers, notes, drafts, labels, looking at it."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from bot.desk.cases import event
from bot.desk.ownership import NotYoursError, require
from bot.desk.voice import LONGEST, say
from bot.inbox import kept
from bot.queue import Connection, Pool

MOST_NOTE: Final = 10_000
"""Characters of a note or a draft."""
MOST_LABELS: Final = 10
LOOKING: Final = timedelta(seconds=40)
"""Somebody who looked so long ago looks no more."""
_LABEL: Final = re.compile(r"[\w][\w -]{0,29}")
_MENTION: Final = re.compile(r"@([\w.+-]+@[\w.-]+\w|[\w.+-]+)")


class TextError(ValueError):
    """What was written can't be kept; the text is a sentence for the officer."""


async def answer(
    connection: Connection, case_id: int, officer_id: int, text: str, page_id: UUID
) -> int | None:
    """An officer's message to the citizen, over their channel.

    Args:
        connection: inside the caller's transaction.
        case_id: which case.
        officer_id: who writes; the case and the conversation must be theirs.
        text: what.
        page_id: the page's own id of it; the same twice is one message.

    Returns:
        The message's number; None when it was there before.

    Raises:
        NotYoursError: somebody else speaks there now, or the assistant.
        TextError: it is empty or too long, or holds a number that we never keep.
    """
    text = text.strip()
    if not text:
        raise TextError("Write something first.")
    if len(text) > LONGEST:
        raise TextError(f"A message has {LONGEST} characters at most; this one has {len(text)}.")
    if kept(text)[1]:
        raise TextError("This holds a bank card or National Insurance number: leave it out.")
    held = await require(connection, case_id, officer_id)
    if held.conversation_id is None or held.speaks != officer_id:
        raise NotYoursError
    number = await say(
        connection, held.conversation_id, text, officer_id=officer_id, case_id=case_id, page_id=page_id
    )
    if number is None:
        return None
    await connection.execute(
        "UPDATE escalation SET replied_at = coalesce(replied_at, now()), version = version + 1 WHERE id = $1",
        case_id,
    )
    await connection.execute(
        "UPDATE escalation SET unanswered_since = NULL WHERE conversation_id = $1 AND officer_id = $2",
        held.conversation_id, officer_id,
    )  # fmt: skip
    await connection.execute(
        "DELETE FROM escalation_draft WHERE escalation_id = $1 AND officer_id = $2", case_id, officer_id
    )
    await event(connection, case_id, "replied", officer_id, {"message": number})
    return number


async def keep_draft(connection: Connection, case_id: int, officer_id: int, text: str) -> None:
    """Keeps what an officer has typed and not sent; nothing typed keeps nothing.

    Raises:
        TextError: it is too long.
    """
    if len(text) > MOST_NOTE:
        raise TextError(f"A draft has {MOST_NOTE} characters at most.")
    if not text.strip():
        await connection.execute(
            "DELETE FROM escalation_draft WHERE escalation_id = $1 AND officer_id = $2", case_id, officer_id
        )
        return
    await connection.execute(
        "INSERT INTO escalation_draft (escalation_id, officer_id, text) VALUES ($1, $2, $3)"
        " ON CONFLICT (escalation_id, officer_id) DO UPDATE SET text = $3, at = now()",
        case_id, officer_id, text,
    )  # fmt: skip


async def add_note(connection: Connection, case_id: int, officer_id: int, text: str) -> int:
    """An internal note, which no citizen sees; `@name` or `@e-mail` mentions a colleague.

    Returns:
        The note's number.

    Raises:
        TextError: it is empty or too long.
    """
    text = text.strip()
    if not text or len(text) > MOST_NOTE:
        raise TextError(f"A note has 1 to {MOST_NOTE} characters.")
    names = [name.lower() for name in _MENTION.findall(text)]
    mentioned = await connection.fetch(
        "SELECT id FROM officer WHERE active AND (email = ANY($1) OR split_part(email, '@', 1) = ANY($1))",
        names,
    )
    number: int = await connection.fetchval(
        "INSERT INTO escalation_note (escalation_id, officer_id, text, mentions) VALUES ($1, $2, $3, $4)"
        " RETURNING id",
        case_id, officer_id, kept(text)[0] if len(text) < 2000 else text, [row["id"] for row in mentioned],
    )  # fmt: skip
    await event(connection, case_id, "noted", officer_id, {"mentions": [row["id"] for row in mentioned]})
    return number


async def label(connection: Connection, case_id: int, officer_id: int, labels: Sequence[str]) -> None:
    """Gives a case its labels, in place of those it had.

    Raises:
        TextError: one is not a word or two, or there are too many.
    """
    names = list(dict.fromkeys(name.strip().lower() for name in labels if name.strip()))
    if len(names) > MOST_LABELS or not all(_LABEL.fullmatch(name) for name in names):
        raise TextError(f"At most {MOST_LABELS} labels, each of up to 30 letters.")
    await connection.execute(
        "UPDATE escalation SET labels = $2, version = version + 1 WHERE id = $1", case_id, names
    )
    await event(connection, case_id, "labelled", officer_id, {"labels": len(names)})


async def look(pool: Pool, case_id: int, officer_id: int) -> list[str]:
    """Records that an officer looks at a case, and gives the names of the others who do."""
    rows = await pool.fetch(
        "WITH seen AS (INSERT INTO escalation_viewer (escalation_id, officer_id) VALUES ($1, $2)"
        " ON CONFLICT (escalation_id, officer_id) DO UPDATE SET seen_at = now())"
        " SELECT o.name FROM escalation_viewer v JOIN officer o ON o.id = v.officer_id"
        " WHERE v.escalation_id = $1 AND v.officer_id <> $2 AND v.seen_at > now() - $3::interval"
        " ORDER BY o.name",
        case_id, officer_id, LOOKING,
    )  # fmt: skip
    return [row["name"] for row in rows]


async def present(connection: Connection | Pool, officer_id: int, *, on_duty: bool | None = None) -> None:
    """Records that an officer's page is there; and, where it is said, whether they are on duty."""
    await connection.execute(
        "UPDATE officer SET seen_at = now(), on_duty = coalesce($2, on_duty) WHERE id = $1",
        officer_id, on_duty,
    )  # fmt: skip
