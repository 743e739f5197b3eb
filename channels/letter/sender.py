"""Makes letters: each becomes a PDF that waits in the table until somebody has printed it."""

import asyncio
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.engine.runtime import packs
from bot.outbox import Outgoing, SendError
from bot.queue import Pool
from channels.email.page import parts
from channels.letter.page import draw

PRINTER: Final = "printer"

_MADE: Final = """
INSERT INTO letter (outbound_id, pdf, pages) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


class LetterSender:
    """Draws the letters; `onedoor letters` hands them to whoever prints."""

    name: str = PRINTER

    def __init__(self, pool: Pool, *, zone: str) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            zone: of the date that a letter carries.
        """
        self._pool = pool
        self._zone = ZoneInfo(zone)

    async def send(self, message: Outgoing) -> str:
        """Draws the letter and keeps it.

        Raises:
            SendError: it can't be drawn.
        """
        row = await self._pool.fetchrow("SELECT department, due_at FROM outbound WHERE id = $1", message.id)
        if row is None:
            raise SendError("unknown", permanent=True)
        written: datetime = row["due_at"]
        pdf, pages = await asyncio.to_thread(
            draw, message.to.split("\n"), parts(message),
            sender=_title(row["department"]), day=written.astimezone(self._zone).date(),
            large=bool(message.details.get("large_print")),
        )  # fmt: skip
        await self._pool.execute(_MADE, message.id, pdf, pages)
        return _number(message)

    async def find(self, message: Outgoing) -> str | None:
        """The number of a letter that is drawn already."""
        made = await self._pool.fetchval("SELECT true FROM letter WHERE outbound_id = $1", message.id)
        return _number(message) if made else None


def _title(department: str | None) -> dict[str, str]:
    """The department's name as citizens know it, by language."""
    pack = packs().packs.get(department or "")
    return pack.title if pack is not None else dict.fromkeys(("en", "cy"), (department or "").title())


def _number(message: Outgoing) -> str:
    return f"letter {message.id}"
