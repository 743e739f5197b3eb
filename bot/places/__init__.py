"""Place finding for every department: spots from words, coordinates and map links, and the areas they are in.

What it understands, its data and its limits: docs/places.md
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.places.areas import Areas, Box, Ring
from bot.places.country import check
from bot.places.finder import Finder, nearest
from bot.places.gazetteer import Gazetteer
from bot.places.spot import Area, Level, PlaceError, Spot
from bot.queue import Pool

__all__ = ["Area", "PlaceError", "Places", "Spot", "load_demo", "open_places"]

LIMIT: Final = 5


@dataclass(frozen=True)
class Places:
    """Finds places. One for a process: it holds the boundaries in memory."""

    gazetteer: Gazetteer
    boundaries: Areas

    async def find(
        self, text: str, *, near: tuple[float, float] | None = None, limit: int = LIMIT
    ) -> list[Spot]:
        """The spots that a text tells of, in English or Welsh: docs/places.md says what is understood.

        Args:
            text: a citizen's words, a postcode, coordinates or a link to a map, whatever else is around it.
            near: latitude and longitude that the nearest comes first to; it never rules a place out.
            limit: how many at most.

        Returns:
            One when it is clear; several when the text fits several, with labels that tell them apart;
            none when nothing of it is known. Never a guess.
        """
        return await Finder(self.gazetteer).find(text, near, limit)

    async def nearest(self, lat: float, long: float) -> Spot | None:
        """A label for coordinates, such as “Cardigan Road, Headingley, near the Co-op”.

        Returns:
            None when no name is known within some hundred metres.

        Raises:
            PlaceError: they can't be used.
        """
        lat, long = check(lat, long)
        return nearest(await self.gazetteer.near(lat, long), lat, long)

    async def areas(self, lat: float, long: float) -> list[Area]:
        """The areas a place is in, the lowest level first.

        Raises:
            PlaceError: the coordinates can't be used.
        """
        return await self.boundaries.at(*check(lat, long))

    async def settlements(self, box: Box, limit: int) -> list[Spot]:
        """The largest settlements in a box, for a map's names."""
        return [
            Spot({"en": row.name, "cy": row.name_cy or row.name}, row.lat, row.long, row.metres, "settlement")
            for row in await self.gazetteer.largest(box, limit)
        ]

    async def outlines(self, box: Box, levels: Sequence[Level]) -> list[tuple[Area, list[Ring]]]:
        """The boundaries in a box, for a map's lines: rings of degrees east and north, simplified."""
        return await self.boundaries.outlines(box, levels)

    @staticmethod
    def check(lat: float, long: float) -> tuple[float, float]:
        """Coordinates as they can be used; `bot.places.country.check` says more.

        Raises:
            PlaceError: they are none, null island's, or outside the country.
        """
        return check(lat, long)


def open_places(pool: Pool) -> Places:
    """Place finding on a database; nothing is read before it is asked."""
    return Places(Gazetteer(pool), Areas(pool))


async def load_demo(pool: Pool) -> None:
    """Loads the demo's names and boundaries, if they are not there as they should be."""
    from bot.places.demo import load

    await load(pool)
