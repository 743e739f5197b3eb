"""Measures place finding among a million names: `python -m tools.bench.places`."""

import argparse
import asyncio
import atexit
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from bot.database import CORE, close_pool, connect_pool, migrate, start_embedded
from bot.places import load_demo, open_places
from bot.places.entry import Entry
from bot.places.loading import load_names
from tools.bench.figure import Figure, percentile, table

NAMES: Final = 1_000_000
ROUNDS: Final = 40
SAID: Final = (
    "outside the Co-op on Cardigan Road", "14 Brudenell Grove", "LS6 1HR", "Otley Road", "High Street",
    "cardigon rd headingly", "corner of Otley Road and North Lane", "53.8203,-1.5762",
    "there's a big hole in the road outside my house", "gyferbyn â'r Co-op ar Heol Cardigan",
)  # fmt: skip
HERE: Final = (53.819, -1.579)
_FIRST: Final = (
    "ash",
    "beck",
    "brook",
    "church",
    "dale",
    "elm",
    "fern",
    "grange",
    "heath",
    "ivy",
    "king",
    "larch",
    "manor",
    "north",
    "oak",
    "park",
    "queen",
)
_MIDDLE: Final = ("a", "e", "er", "ing", "le", "o", "ra", "ton", "wel")
_LAST: Final = (
    "bourne",
    "croft",
    "den",
    "field",
    "gate",
    "holme",
    "kirk",
    "ley",
    "mead",
    "ness",
    "port",
    "royd",
    "stead",
    "thorpe",
    "wick",
    "worth",
)
_KINDS: Final = ("Road", "Street", "Lane", "Avenue", "Grove", "Close", "Drive", "Terrace", "Way", "Court")


def generated(count: int) -> Iterator[Entry]:
    """Streets, shops and postcodes all over England, with as many High Streets and Co-ops as there are."""
    chance = random.Random(11)  # noqa: S311
    for at in range(count):
        lat, long = 51.3 + chance.random() * 3.3, -2.6 + chance.random() * 2.4
        if at % 400 == 0:
            yield Entry("street", "High Street", lat, long, 300)
        elif at % 300 == 0:
            yield Entry("landmark", "Co-op", lat, long, 60, street="High Street")
        elif at % 3 == 0:
            code = f"{chance.choice('ABCDEFGH')}{chance.choice('ABCDEFGH')}{chance.randrange(1, 30)}"
            yield Entry(
                "postcode",
                f"{code} {chance.randrange(10)}{chance.choice('ABDEFGH')}{at % 90:02}"[:9],
                lat,
                long,
                100,
            )
        else:
            name = chance.choice(_FIRST) + chance.choice(_MIDDLE) + chance.choice(_LAST)
            yield Entry("street", f"{name} {chance.choice(_KINDS)}".title(), lat, long, 150)


async def measure(folder: Path, names: int) -> list[Figure]:
    """Loads the names, then asks."""
    url = start_embedded(folder)
    await migrate(url, [CORE])
    pool = await connect_pool(url, size=2)
    began = time.monotonic()
    await load_names(pool, generated(names), "generated")
    loaded = time.monotonic() - began
    await load_demo(pool)
    places = open_places(pool)
    for said in SAID:
        await places.find(said, near=HERE)
    took: dict[str, list[float]] = {said: [] for said in SAID}
    held: list[float] = []
    watching = asyncio.create_task(_watch(held))
    for _ in range(ROUNDS):
        for said in SAID:
            began = time.monotonic()
            await places.find(said, near=HERE)
            took[said].append((time.monotonic() - began) * 1000)
    watching.cancel()
    await close_pool(pool)
    figures = [Figure("places.load", f"{names:,} names loaded", loaded, "s")]
    figures += [
        Figure(f"places.find.{at}", f"find, p95: {said}", percentile(took[said], 0.95), "ms")
        for at, said in enumerate(SAID)
    ]
    every = [each for values in took.values() for each in values]
    figures.append(Figure("places.find", "find, p95 of all", percentile(every, 0.95), "ms"))
    figures.append(Figure("places.loop", "event loop held, p99", percentile(held, 0.99), "ms", 10))
    return figures


async def _watch(held: list[float]) -> None:
    """How much later than asked the event loop comes back."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.001)
        held.append((time.monotonic() - began - 0.001) * 1000)


def main() -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description="Measures place finding.")
    parser.add_argument("--names", type=int, default=NAMES)
    names = parser.parse_args().names
    folder = Path(mkdtemp(prefix="onedoor-places-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    print(table(asyncio.run(measure(folder, names))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
