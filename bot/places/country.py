"""The United Kingdom on the globe: whether coordinates lie in it, and how far apart two places are."""

import math
from typing import Final

import shapely

from bot.places.spot import PlaceError

# A wide outline, drawn by hand some kilometres off the coast and close to the Irish border: it refuses what
# is plainly elsewhere (Dublin, Calais, Douglas, the sea), and is no boundary. Degrees east and north.
_GREAT_BRITAIN: Final = (
    (-6.5, 49.8), (-5.0, 49.85), (-3.5, 50.1), (-1.2, 50.48), (0.3, 50.65), (1.0, 50.83), (1.48, 51.1),
    (1.55, 51.45), (1.35, 51.75), (1.88, 52.4), (1.85, 52.8), (1.3, 53.05), (0.5, 53.1), (0.45, 53.4),
    (0.25, 53.65), (0.0, 54.15), (-0.35, 54.5), (-1.05, 54.75), (-1.35, 55.2), (-1.45, 55.75), (-1.95, 56.0),
    (-2.35, 56.2), (-2.3, 56.6), (-1.9, 57.1), (-1.65, 57.5), (-1.85, 57.8), (-3.3, 57.85), (-3.6, 58.1),
    (-2.9, 58.4), (-2.2, 58.9), (-2.1, 59.4), (-1.0, 59.75), (-0.55, 60.3), (-0.55, 60.95), (-1.2, 60.95),
    (-1.9, 60.55), (-2.25, 60.2), (-3.2, 59.5), (-3.6, 58.8), (-5.1, 58.75), (-6.3, 58.65), (-7.3, 58.3),
    (-8.75, 57.95), (-8.75, 57.7), (-7.9, 56.7), (-7.1, 56.35), (-6.7, 55.6), (-6.0, 55.2), (-5.35, 55.0),
    (-5.3, 54.75), (-4.95, 54.58), (-4.0, 54.6), (-3.75, 54.5), (-3.4, 54.0), (-3.25, 53.7), (-3.4, 53.45),
    (-3.9, 53.42), (-4.6, 53.5), (-4.8, 53.25), (-4.95, 52.75), (-4.3, 52.5), (-4.8, 52.25), (-5.45, 52.0),
    (-5.6, 51.65), (-4.9, 51.5), (-4.4, 51.48), (-4.0, 51.35), (-4.75, 51.3), (-4.8, 50.75), (-5.25, 50.45),
    (-5.9, 50.2), (-6.5, 50.05),
)  # fmt: skip
_NORTHERN_IRELAND: Final = (
    (-6.9, 55.25), (-7.3, 55.06), (-7.44, 54.98), (-7.55, 54.75), (-7.87, 54.72), (-7.75, 54.6),
    (-8.19, 54.46), (-8.05, 54.35), (-7.86, 54.2), (-7.55, 54.12), (-7.28, 54.11), (-7.15, 54.25),
    (-6.95, 54.4), (-6.8, 54.2), (-6.6, 54.04), (-6.3, 54.09), (-6.05, 54.0), (-5.4, 54.25), (-5.35, 54.6),
    (-5.6, 54.85), (-5.95, 55.2), (-6.2, 55.35), (-6.6, 55.3),
)  # fmt: skip
_OUTLINE: Final = shapely.MultiPolygon([shapely.Polygon(_GREAT_BRITAIN), shapely.Polygon(_NORTHERN_IRELAND)])
shapely.prepare(_OUTLINE)

_NULL_ISLAND: Final = 1.0  # degrees around 0, 0: what a phone without a fix says
_EARTH: Final = 6_371_008.8  # its mean radius in metres


def inside(lat: float, long: float) -> bool:
    """Whether a point is in the United Kingdom or just off its coast."""
    return bool(shapely.contains_xy(_OUTLINE, long, lat))


def check(lat: float, long: float) -> tuple[float, float]:
    """Coordinates as they can be used: in the country, and the right way round.

    Args:
        lat: degrees north, WGS84.
        long: degrees east. The two are swapped when only that puts them in the country.

    Raises:
        PlaceError: they are no numbers, are 0, 0 or near it, or lie outside the country.
    """
    try:
        lat, long = float(lat), float(long)
    except (TypeError, ValueError, OverflowError):
        raise PlaceError("number", "The coordinates are not numbers.") from None
    if not (math.isfinite(lat) and math.isfinite(long)):
        raise PlaceError("number", "The coordinates are not numbers.")
    if inside(lat, long):
        return lat, long
    if inside(long, lat):
        return long, lat
    if abs(lat) < _NULL_ISLAND and abs(long) < _NULL_ISLAND:
        raise PlaceError("nowhere", "The coordinates are 0, 0: the device did not know where it was.")
    raise PlaceError("outside", "The place is outside the United Kingdom.")


def distance(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """Metres between two places along a great circle (haversine)."""
    north, south = math.radians(lat), math.radians(other_lat)
    across = math.sin((south - north) / 2) ** 2
    along = math.sin(math.radians(other_long - long) / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(across + math.cos(north) * math.cos(south) * along)))
