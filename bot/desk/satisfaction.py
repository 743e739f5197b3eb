"""Satisfaction: the citizen's answer to the one question after a case was closed."""

from typing import Final

from bot.desk.cases import NEWS
from bot.queue import Connection

SCORES: Final = {"yes": 3, "partly": 2, "no": 1}
"""What the answer counts in the measures."""
MOST_THANKS: Final = 500
"""Characters of the citizen's own words that the team is shown."""
FEWEST_WORDS: Final = 3
"""Words in an answer that says more than yes or no."""

_KEEP: Final = """
WITH kept AS (
    UPDATE escalation SET rating = $3, thanks = $4 WHERE id = $2 AND conversation_id = $1 AND state = 'closed'
    RETURNING id
)
SELECT pg_notify($5, 'case ' || id) FROM kept
"""


async def rate(connection: Connection, conversation_id: int, rated: tuple[int, str], text: str) -> None:
    """Keeps an answer with its case.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        rated: the case, and the answer, one of `SCORES`.
        text: as the citizen wrote it; kept where it says more than the answer.
    """
    case_id, answer = rated
    words = text.strip()[:MOST_THANKS] if len(text.split()) >= FEWEST_WORDS else None
    await connection.execute(_KEEP, conversation_id, case_id, SCORES[answer], words, NEWS)
