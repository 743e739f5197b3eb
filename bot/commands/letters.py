"""`onedoor letters`: those that wait to be printed, as files, and the word that they are in the post."""

import argparse
import asyncio
import os
from pathlib import Path
from typing import Final

from bot.commands.database import with_database
from bot.outbox import record_receipt
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings

_WAITING: Final = """
SELECT o.id, o.department, o.subject, l.pages, l.created_at
FROM letter l JOIN outbound o ON o.id = l.outbound_id
WHERE o.status NOT IN ('delivered', 'undelivered', 'failed') ORDER BY o.id
"""
_PDF: Final = "SELECT pdf FROM letter WHERE outbound_id = $1"


def letters(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        match arguments.task:
            case "list":
                for line in await describe(pool):
                    print(line)
            case "save":
                number = await save(pool, arguments.folder)
                print(f"{number} in {arguments.folder}. When they are in the post: onedoor letters printed …")
            case _:
                await printed(pool, arguments.id)
        return 0

    return with_database(settings, work)


async def describe(pool: Pool) -> list[str]:
    """The letters that wait, a line each; never whom they go to."""
    return [
        f"{row['id']}  {row['department']}  {row['pages']} pages  {row['created_at']:%Y-%m-%d %H:%M}"
        for row in await pool.fetch(_WAITING)
    ] or ["No letter waits."]


async def save(pool: Pool, folder: Path) -> int:
    """Writes the letters that wait, `letter-<number>.pdf` each, readable by their owner only.

    A file that is there already is left as it is: a printer may be at it.

    Returns:
        How many there are.

    Raises:
        Problem: the folder can't be written.
    """
    rows = await pool.fetch(_WAITING)
    for row in rows:
        pdf = await pool.fetchval(_PDF, row["id"])
        try:
            await asyncio.to_thread(_write, folder / f"letter-{row['id']}.pdf", pdf)
        except OSError as error:
            raise Problem(f"{folder} can't be written: {error.strerror}.") from None
    return len(rows)


def _write(path: Path, pdf: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")  # a print room's watcher never sees half a letter
    with open(part, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(pdf)
    part.rename(path)


async def printed(pool: Pool, numbers: list[int]) -> None:
    """Records that letters are in the post, all or none of them.

    Raises:
        Problem: there is no such letter.
    """
    async with pool.acquire() as connection, connection.transaction():
        for number in numbers:
            if not await connection.fetchval("SELECT true FROM letter WHERE outbound_id = $1", number):
                raise Problem(f"There is no letter {number}: `onedoor letters list` names those that wait.")
            await record_receipt(connection, number, "delivered")
