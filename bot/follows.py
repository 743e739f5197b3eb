"""Follows: what a citizen wants to hear of, kept with what a later text needs of it."""

from typing import Final

from actions.sdk import Followed, Values
from bot.queue import Connection, Pool

MOST: Final = 50
"""Things of a pack that one citizen is told of when they ask; the newest."""

_KEEP: Final = """
INSERT INTO follow (department, thing, conversation_id, known) VALUES ($1, $2, $3, $4)
ON CONFLICT (department, thing, conversation_id) DO UPDATE SET known = EXCLUDED.known
"""
_END: Final = "DELETE FROM follow WHERE department = $1 AND thing = $2 AND conversation_id = $3"
_OF_CITIZEN: Final = """
SELECT thing, known, since FROM follow WHERE conversation_id = $1 AND department = $2
ORDER BY since DESC, thing DESC LIMIT $3
"""


async def follow(
    connection: Connection, conversation_id: int, pack: str, thing: str, known: Values | None
) -> None:
    """Begins to follow something, or ends it; the same again changes nothing but what is known.

    Args:
        connection: with the turn's transaction.
        conversation_id: who follows.
        pack: whose thing it is.
        thing: the pack's name of it.
        known: what later texts may name; None ends it.
    """
    if known is None:
        await connection.execute(_END, pack, thing, conversation_id)
    else:
        await connection.execute(_KEEP, pack, thing, conversation_id, known)


async def followed(pool: Pool, conversation_id: int, pack: str) -> list[Followed]:
    """What a citizen follows of a pack, the newest first."""
    rows = await pool.fetch(_OF_CITIZEN, conversation_id, pack, MOST)
    return [Followed(row["thing"], row["known"], row["since"]) for row in rows]
