"""Digests: several notices to one citizen in one text, rather than five texts in an hour."""

from datetime import datetime, timedelta
from typing import Final

from bot.engine.runtime import packs
from bot.queue import Connection
from bot.urgency import PRIORITY, USEFUL_FOR, Urgency

WINDOW: Final = timedelta(hours=1)
BEFORE: Final = 2
"""Notices that go by themselves within the window; those after them wait for its end, and go together."""

LONGEST: Final = 918
"""Characters of a text; six parts, GOV.UK Notify's limit."""

_PARTS: Final = """
SELECT id, department, language, text FROM outbound WHERE conversation_id = $1
AND status IN ('created', 'handing', 'retry') AND details ? 'digest' AND due_at <= coalesce($2, now())
ORDER BY id LIMIT 9 FOR NO KEY UPDATE
"""
_WINDOW: Final = """
SELECT min(due_at) AS began, count(*) AS notices FROM (
    SELECT due_at, priority, details FROM outbound WHERE conversation_id = $1 ORDER BY id DESC LIMIT 50
) AS newest WHERE priority = $2 AND due_at > $3::timestamptz - $4::interval AND NOT details ? 'digest'
"""


async def held_until(connection: Connection, conversation_id: int, due: datetime) -> datetime | None:
    """When a further notice may go that would be one too many now; None when it may go when it is due.

    Args:
        connection: the caller's.
        conversation_id: to whom.
        due: when it would go by itself.
    """
    row = await connection.fetchrow(_WINDOW, conversation_id, PRIORITY[Urgency.NOTICE], due, WINDOW)
    assert row is not None
    return max(due, row["began"] + WINDOW) if row["notices"] >= BEFORE else None


async def merge(connection: Connection, conversation_id: int, now: datetime | None = None) -> None:
    """Puts the held notices that are due into one text, as many as fit, and marks them as said by it.

    Args:
        connection: the one that has the transaction.
        conversation_id: to whom.
        now: the time, where it is not the database's own.
    """
    rows = await connection.fetch(_PARTS, conversation_id, now)
    while len(rows) > 1 and len(_compose(rows)) > LONGEST:
        rows.pop()
    if len(rows) < 2:  # too long to share a text: it goes by itself
        await connection.execute(
            "UPDATE outbound SET details = details - 'digest', status = 'created'"
            " WHERE id = ANY($1::bigint[])",
            [row["id"] for row in rows],
        )
        return
    await connection.execute(
        "WITH digest AS (INSERT INTO outbound (conversation_id, channel, language, text, priority, due_at,"
        " expires_at) VALUES ($1, 'sms', $2, $3, $4, coalesce($5, now()), coalesce($5, now()) + $6)"
        " RETURNING id)"
        " UPDATE outbound SET status = 'merged', digest_id = (SELECT id FROM digest)"
        " WHERE id = ANY($7::bigint[])",
        conversation_id, rows[0]["language"], _compose(rows), PRIORITY[Urgency.NOTICE], now,
        USEFUL_FOR[Urgency.NOTICE], [row["id"] for row in rows],
    )  # fmt: skip


def _compose(rows: list[dict[str, str]]) -> str:
    """“3 messages for you:” and each under the name of its department, in the citizen's language or both."""
    wording, known = packs().wording, packs().packs
    languages = rows[0]["language"].split()
    first = " / ".join(
        wording.render("digest", language, "sms", {"count": len(rows)}) for language in languages
    )
    lines = [first]
    for at, row in enumerate(rows, 1):
        pack = known.get(row["department"])
        title = pack.title[row["language"].split()[0]] if pack else row["department"]
        lines.append(f"{at}. {title}: {row['text']}")
    return "\n".join(lines)
