"""From exec to ready, on the embedded PostgreSQL, and what the one process then holds in memory."""

from typing import Final

from tools.bench.figure import Figure, median
from tools.bench.place import Place

STARTS: Final = 3
READY: Final = 10.0
"""Seconds."""
MEMORY: Final = 450.0
"""Megabytes of the one process; PostgreSQL is not in it."""


async def measure(place: Place) -> list[Figure]:
    """Starts the demo with a fresh data folder, then again with what the first start left there."""
    folder = place.folder / "start"
    folder.mkdir()
    folder.chmod(0o755)
    environment = {"ONEDOOR_DATA_DIR": str(folder)}
    seconds: list[float] = []
    memory: list[float] = []
    for _ in range(1 + max(1, int(STARTS * place.share))):
        async with place.service(environment, "--demo") as service:
            seconds.append(service.seconds)
            memory.append(service.memory())
    first, *later = seconds
    return [
        Figure("start.first", "first start: new database, demo data, to ready", first, "s"),
        Figure("start.second", "second start, exec to ready (median)", median(later), "s", READY),
        Figure("start.memory", "memory of the one process, when ready", max(memory), "MB", MEMORY),
    ]
