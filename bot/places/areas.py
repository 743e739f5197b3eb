"""Boundaries: which parish, district, county or health board a place is in."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import shapely

from bot.places.spot import LEVELS, Area
from bot.queue import Pool

TIMEOUT: Final = 30
_VERSION: Final = "SELECT count(*), max(changed_at) FROM area"
_ALL: Final = "SELECT code, name, name_cy, level, boundary FROM area"


class _Loaded:
    """All boundaries, in a tree."""

    def __init__(self, records: list[Any]) -> None:
        self.areas = [Area(r["code"], {"en": r["name"], "cy": r["name_cy"]}, r["level"]) for r in records]
        self.boundaries = shapely.from_wkb([bytes(r["boundary"]) for r in records])
        shapely.prepare(self.boundaries)
        self.tree = shapely.STRtree(self.boundaries)

    def at(self, lat: float, long: float) -> list[Area]:
        point = shapely.Point(long, lat)
        found = [
            self.areas[each]
            for each in self.tree.query(point)
            if shapely.intersects_xy(self.boundaries[each], long, lat)
        ]
        return sorted(found, key=lambda area: (LEVELS.index(area.level), area.code))


@dataclass
class Areas:
    """The boundaries of the table `area`, in memory once a process, read again when the table has changed."""

    pool: Pool
    _version: object = None
    _loaded: _Loaded | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def at(self, lat: float, long: float) -> list[Area]:
        """The areas a point is in, the lowest level first; on a boundary, those of both sides."""
        loaded = await self._newest()
        return loaded.at(lat, long)

    async def _newest(self) -> _Loaded:
        version = tuple(await self.pool.fetchrow(_VERSION, timeout=TIMEOUT))
        if self._loaded is None or version != self._version:
            async with self._reading:
                if self._loaded is None or version != self._version:
                    records = await self.pool.fetch(_ALL, timeout=TIMEOUT)
                    self._loaded = await asyncio.to_thread(_Loaded, records)
                    self._version = version
        return self._loaded
