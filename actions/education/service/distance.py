"""How far a school is: straight lines on the National Grid, and an estimate of the way on foot and by bus."""

from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from bot.places.grid import EASTINGS, NORTHINGS, to_degrees

METRES_PER_MILE: Final = 1609.344

WINDING: Final = 1.3
"""How much longer the way on foot is than the straight line, in towns."""
WALK: Final = 80.0
"""Metres a minute on foot: three miles an hour."""
BUS_WINDING: Final = 1.4
BUS: Final = 250.0
BUS_WAIT: Final = 10.0
"""By bus: metres a minute with its stops, nine miles an hour, and minutes of walking and waiting before."""
TOO_FAR_TO_WALK: Final = {False: 2.0, True: 3.0}
"""Miles beyond which the law (Education Act 1996, section 444) does not expect a child under 8, or one of 8
and older, to walk; free travel to the nearest suitable school begins there."""
_DEGREE: Final = 111_320.0
"""Metres in a degree of latitude, nearly."""


@dataclass(frozen=True)
class Spot:
    """A place on the National Grid, in metres."""

    easting: float
    northing: float

    def metres(self, other: "Spot") -> int:
        """The straight line to another, in whole metres."""
        return round(hypot(self.easting - other.easting, self.northing - other.northing))


@dataclass(frozen=True)
class Travel:
    """How long the way takes, in minutes: estimates.

    Args:
        walk: on foot.
        bus: by bus, with walking to it and waiting.
        far: whether it is further than a child of that age is expected to walk.
    """

    walk: int
    bus: int
    far: bool


def to_grid(latitude: float, longitude: float) -> Spot:
    """Where degrees are on the National Grid, to a centimetre: the way back of `to_degrees`, by trying.

    Args:
        latitude: degrees north, WGS84.
        longitude: degrees east.

    Raises:
        ValueError: it is not on the grid.
    """
    across = _DEGREE * cos(radians(latitude))
    # Where the grid would be were the earth flat around its origin: near enough to begin with.
    easting, northing = 400_000.0 + (longitude + 2) * across, (latitude - 49) * _DEGREE - 100_000.0
    for _ in range(30):
        # Off the grid no better place can be tried: what is outside never comes near enough.
        easting = min(max(easting, EASTINGS[0]), EASTINGS[1])
        northing = min(max(northing, NORTHINGS[0]), NORTHINGS[1])
        found = to_degrees(easting, northing)
        east, north = (longitude - found[1]) * across, (latitude - found[0]) * _DEGREE
        if hypot(north, east) < 0.01:
            return Spot(easting, northing)
        easting, northing = easting + east, northing + north
    raise ValueError("The place is not on the National Grid.")


def travel(metres: int, age: int) -> Travel:
    """An estimate of the way to school.

    Args:
        metres: the straight line.
        age: of the child, in years.
    """
    walk = max(1, round(metres * WINDING / WALK))
    bus = round(BUS_WAIT + metres * BUS_WINDING / BUS)
    return Travel(walk, bus, metres * WINDING / METRES_PER_MILE > TOO_FAR_TO_WALK[age >= 8])
