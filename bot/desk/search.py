"""Search at the desk: by number of the case, address, label, reason or words of the transcript."""

from collections.abc import Collection
from typing import Final

from bot.desk.queue import Entry, entry, list_sql
from bot.queue import Pool

LONGEST: Final = 100
"""Characters of a search."""
MOST: Final = 50

_WORDS: Final = """(
    e.id::text = $3 OR $3 = ANY(e.labels) OR e.reason ILIKE $4 OR e.subject ILIKE $4 OR e.flow ILIKE $4
    OR ($5 AND c.address = $6)
    OR EXISTS (SELECT 1 FROM escalation_note n WHERE n.escalation_id = e.id AND n.text ILIKE $4)
    OR EXISTS (SELECT 1 FROM inbound i WHERE i.conversation_id = e.conversation_id AND i.text ILIKE $4)
    OR EXISTS (SELECT 1 FROM outbound m WHERE m.escalation_id = e.id AND m.text ILIKE $4)
) AND e.created_at > now() - interval '400 days' ORDER BY e.state = 'closed', e.id DESC LIMIT $7"""


async def search(
    pool: Pool, words: str, desks: Collection[str], officer_id: int, *, contact: bool
) -> list[Entry]:
    """The cases of some desks in which words are found, the open ones first, then the newest.

    Args:
        pool: the process's connections.
        words: what is looked for.
        desks: those whose cases may be seen.
        officer_id: who looks.
        contact: whether they may look for a telephone number.
    """
    digits = "".join(c for c in words if c.isdigit())
    number = f"+44{digits[1:]}" if digits.startswith("0") else f"+{digits}"
    like = "%" + words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    rows = await pool.fetch(
        list_sql(_WORDS), list(desks), officer_id, words.lower().lstrip("#"), like,
        contact and len(digits) > 8, number, MOST,
    )  # fmt: skip
    return [entry(row) for row in rows]
