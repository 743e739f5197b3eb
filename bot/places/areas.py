"""Boundaries: which parish, district, county or health board a place is in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import shapely

from bot.places.spot import LEVELS, Area, Level
from bot.queue import Pool

type Box = tuple[float, float, float, float]
"""South, west, north and east, in degrees."""
type Ring = list[tuple[float, float]]
"""Degrees east and north."""

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

    def outlines(self, box: Box, levels: Sequence[Level]) -> list[tuple[Area, list[Ring]]]:
        south, west, north, east = box
        found = []
        for each in self.tree.query(shapely.box(west, south, east, north)):
            if self.areas[each].level in levels:
                # What is beyond the box is cut off, a little outside so that no cut is seen.
                wide, high = (east - west) / 100, (north - south) / 100
                cut = shapely.clip_by_rect(
                    self.boundaries[each], west - wide, south - high, east + wide, north + high
                )
                parts = shapely.get_parts(shapely.simplify(cut, wide / 5))
                rings = [list(part.exterior.coords) for part in parts if part.geom_type == "Polygon"]
                found.append((self.areas[each], [[(x, y) for x, y, *_ in ring] for ring in rings if ring]))
        return sorted(found, key=lambda pair: (-LEVELS.index(pair[0].level), pair[0].code))


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

    async def outlines(self, box: Box, levels: Sequence[Level]) -> list[tuple[Area, list[Ring]]]:
        """The boundaries in or around a box, for drawing, the highest level first."""
        loaded = await self._newest()
        return await asyncio.to_thread(loaded.outlines, box, levels)

    async def _newest(self) -> _Loaded:
        version = tuple(await self.pool.fetchrow(_VERSION, timeout=TIMEOUT))
        if self._loaded is None or version != self._version:
            async with self._reading:
                if self._loaded is None or version != self._version:
                    records = await self.pool.fetch(_ALL, timeout=TIMEOUT)
                    self._loaded = await asyncio.to_thread(_Loaded, records)
                    self._version = version
        return self._loaded
