"""Canned replies: sentences a desk says often, in both languages, with `((names))` to be filled in."""

import re
from dataclasses import dataclass
from typing import Final

from bot.desk.voice import LONGEST
from bot.queue import Connection, Pool

_NAME: Final = re.compile(r"\w[\w ,.?!'-]{0,59}")
MOST: Final = 200
"""Replies of one desk."""


class ReplyError(ValueError):
    """A reply can't be kept; the text is a sentence for who wrote it."""


@dataclass(frozen=True)
class Canned:
    """A reply.

    Args:
        id: its number.
        department: the desk it belongs to.
        name: what officers know it by.
        en: in English.
        cy: in Welsh.
    """

    id: int
    department: str
    name: str
    en: str
    cy: str


async def canned(pool: Pool | Connection, desk: str) -> list[Canned]:
    """The replies of a desk, by name."""
    rows = await pool.fetch(
        "SELECT id, department, name, en, cy FROM canned_reply WHERE department = $1 ORDER BY name", desk
    )
    return [Canned(**row) for row in rows]


async def keep(connection: Connection, desk: str, name: str, en: str, cy: str) -> int:
    """Keeps a reply; one of the same name is replaced.

    Args:
        connection: inside the caller's transaction.
        desk: whose.
        name: at most 60 characters.
        en: in English.
        cy: in Welsh.

    Raises:
        ReplyError: something is missing or too long, or the desk has too many.
    """
    name, en, cy = name.strip(), en.strip(), cy.strip()
    if not _NAME.fullmatch(name):
        raise ReplyError("Give it a name of letters and digits, 60 at most.")
    for language, text in (("English", en), ("Welsh", cy)):
        if not 0 < len(text) <= LONGEST:
            raise ReplyError(f"Write the {language}, {LONGEST} characters at most.")
    if set(re.findall(r"\(\(([^()]+)\)\)", en)) != set(re.findall(r"\(\(([^()]+)\)\)", cy)):
        raise ReplyError("Both languages have the same ((names)) to fill in.")
    number: int | None = await connection.fetchval(
        "INSERT INTO canned_reply (department, name, en, cy) SELECT $1, $2, $3, $4"
        " WHERE (SELECT count(*) FROM canned_reply WHERE department = $1) < $5"
        " ON CONFLICT (department, name) DO UPDATE SET en = $3, cy = $4 RETURNING id",
        desk, name, en, cy, MOST,
    )  # fmt: skip
    if number is None:
        raise ReplyError(f"A desk has {MOST} replies at most: remove one first.")
    return number


async def remove(connection: Connection, desk: str, number: int) -> bool:
    """Removes a desk's reply. False when it has none of that number."""
    done = await connection.execute(
        "DELETE FROM canned_reply WHERE department = $1 AND id = $2", desk, number
    )
    return bool(done.endswith("1"))
