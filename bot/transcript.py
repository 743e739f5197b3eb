"""Reading a conversation back, for a page, a socket or the desk."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from bot.queue import Pool

type Speaker = Literal["citizen", "assistant", "officer"]


@dataclass(frozen=True, order=True)
class Cursor:
    """How far a reader has read: the numbers of the last message in and of the last message out."""

    inbound: int = 0
    outbound: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` of a cursor gave.

        Raises:
            ValueError: it is something else.
        """
        found = re.fullmatch("([0-9]{1,19})-([0-9]{1,19})", text)
        if found is None or max(int(number) for number in found.groups()) >= 2**63:
            raise ValueError("not a cursor")
        return cls(*(int(number) for number in found.groups()))

    def __str__(self) -> str:
        return f"{self.inbound}-{self.outbound}"

    def past(self, line: "Line") -> "Cursor":
        """The cursor of a reader who has read this line too."""
        if line.speaker == "citizen":
            return Cursor(max(self.inbound, line.id), self.outbound)
        return Cursor(self.inbound, max(self.outbound, line.id))


@dataclass(frozen=True)
class Option:
    """An answer a page offers as a button: the words on it, and what it says when pressed."""

    label: str
    value: str


@dataclass(frozen=True)
class Line:
    """One message of a conversation, either way.

    Args:
        id: its number in its table, `inbound` for the citizen's and `outbound` for ours.
        speaker: who wrote it; an officer is a person at the desk.
        text: plain text, with line breaks.
        language: `en` or `cy` for ours; None for the citizen's, which may be either.
        options: what it offers to press.
        at: when it was stored.
        status: `waiting` or `done` for the citizen's; for ours a state of `bot.outbox.FORWARD`.
        message_id: the channel's own id of a citizen's message; None for ours.
    """

    id: int
    speaker: Speaker
    text: str
    language: str | None
    options: tuple[Option, ...]
    at: datetime
    status: str
    message_id: str | None

    @property
    def key(self) -> str:
        """A name that is this line's alone and stays the same however often it is read."""
        return f"{'in' if self.speaker == 'citizen' else 'out'}-{self.id}"


# One statement, so that both tables are seen at the same moment: an answer is never there without
# its question. Each half reads `limit` entries of its index on (conversation_id, id). A notice is there
# when it was handed over; what a digest says is not said twice.
_SQL = """
SELECT * FROM (
    (SELECT id, 'citizen' AS speaker, text, NULL AS language, NULL::jsonb AS options, received_at AS at,
            CASE WHEN done_at IS NULL THEN 'waiting' ELSE 'done' END AS status,
            channel_message_id AS message_id
     FROM inbound WHERE conversation_id = $1 AND id > $2 AND kind <> 'resume' AND redacted_at IS NULL
     AND NOT details ? 'joined'
     ORDER BY id {order} LIMIT $4)
    UNION ALL
    (SELECT id, CASE WHEN officer_id IS NULL THEN 'assistant' ELSE 'officer' END, text, language, options,
            created_at, status, NULL
     FROM outbound WHERE conversation_id = $1 AND id > $3 AND digest_id IS NULL AND redacted_at IS NULL
     AND NOT (department IS NOT NULL AND status IN ('created', 'handing', 'retry'))
     ORDER BY id {order} LIMIT $4)
) AS line ORDER BY at {order}, (speaker = 'citizen') {speakers}, id {order} LIMIT $4
"""
_OLDEST_FIRST = _SQL.format(order="ASC", speakers="DESC")
_NEWEST_FIRST = _SQL.format(order="DESC", speakers="ASC")


async def read(pool: Pool, conversation_id: int, *, after: Cursor | None, limit: int) -> list[Line]:
    """Messages of a conversation, oldest first; at the same moment the citizen's comes first.

    Args:
        pool: the process's connections.
        conversation_id: which conversation.
        after: only what was stored after this point, the oldest of it; None for the newest there is.
        limit: how many lines at most.
    """
    start = after or Cursor()
    rows = await pool.fetch(
        _NEWEST_FIRST if after is None else _OLDEST_FIRST,
        conversation_id,
        start.inbound,
        start.outbound,
        limit,
    )
    lines = [
        Line(
            id=row["id"],
            speaker=row["speaker"],
            text=row["text"],
            language=row["language"],
            options=tuple(Option(option["label"], option["value"]) for option in row["options"] or ()),
            at=row["at"],
            status=row["status"],
            message_id=row["message_id"],
        )
        for row in rows
    ]
    return lines[::-1] if after is None else lines
