"""The demo's names around Leeds and Bradford, and boundaries: docs/places.md says what is invented."""

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from bot.places.entry import read_file
from bot.places.loading import load_boundaries, load_names, read_boundaries
from bot.queue import Pool

NAMES: Final = Path(__file__).with_name("places.csv")
BOUNDARIES: Final = Path(__file__).with_name("areas.geojson")
_OURS: Final = "demo:%"


async def load(pool: Pool) -> None:
    """Loads what is not there yet in the newest version; other names and boundaries stay."""
    names, boundaries = await asyncio.to_thread(lambda: (_source(NAMES), _source(BOUNDARIES)))
    if not await pool.fetchval("SELECT EXISTS (SELECT 1 FROM place WHERE source = $1)", names):
        await load_names(pool, await asyncio.to_thread(lambda: list(read_file(NAMES))), names, replaces=_OURS)
    if not await pool.fetchval("SELECT EXISTS (SELECT 1 FROM area WHERE source = $1)", boundaries):
        found = await asyncio.to_thread(read_boundaries, BOUNDARIES)
        await load_boundaries(pool, found, boundaries, replaces=_OURS)


def _source(path: Path) -> str:
    return f"demo:{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
