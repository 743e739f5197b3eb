"""`onedoor places`: names and boundaries loaded, tried and counted."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.commands.database import with_database
from bot.places import load_demo, open_places
from bot.places.entry import Entry, RowError, read_file
from bot.places.loading import load_boundaries, load_names, read_boundaries
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings


def places(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        match arguments.task:
            case "load":
                return await _load(pool, arguments.files, arguments.source)
            case "areas":
                found = read_boundaries(arguments.file, arguments.level)
                count = await load_boundaries(pool, found, arguments.source or arguments.file.stem)
                print(f"{count:,} areas.")
            case "demo":
                await load_demo(pool)
                await _count(pool)
            case "find":
                await _find(pool, " ".join(arguments.text))
            case _:
                await _count(pool)
        return 0

    return with_database(settings, work)


async def _load(pool: Pool, files: list[Path], source: str | None) -> int:
    def entries() -> Iterator[Entry | RowError]:
        for file in files:
            yield from read_file(file)

    if source is None:
        if len(files) > 1:
            raise Problem("Several files are one source: give it a name with --source, such as open-names.")
        source = files[0].stem

    def tell(rows: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{rows:,} names", end="", file=sys.stderr)

    loaded = await load_names(pool, entries(), source, progress=tell)
    for error in loaded.errors:
        print(error, file=sys.stderr)
    refused = f" {loaded.refused:,} rows can't be used." if loaded.refused else ""
    print(f"{loaded.rows:,} names from {source}.{refused}")
    return 0


async def _find(pool: Pool, text: str) -> None:
    finder = open_places(pool)
    spots = await finder.find(text)
    for spot in spots:
        areas = ", ".join(area.name["en"] for area in await finder.areas(spot.lat, spot.long))
        print(
            f"{spot.lat:.5f} {spot.long:.5f}  ±{spot.metres} m  {spot.kind:<10} {spot.label['en']}  [{areas}]"
        )
    if not spots:
        print("Nothing is found.")


async def _count(pool: Pool) -> None:
    for table, column in (("place", "kind"), ("area", "level")):
        for source, what, count in await pool.fetch(
            f"SELECT source, {column}, count(*) FROM {table} GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608
        ):
            print(f"{source:<24} {what:<12} {count:>9,}")
