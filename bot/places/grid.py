"""British National Grid eastings and northings as WGS84 degrees, by formula.

Source of the formulas: Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes B and C,
with its 7-parameter transformation, which is right to about 5 metres.
"""

from math import atan2, cos, degrees, radians, sin, sqrt, tan
from typing import Final

# The Airy 1830 ellipsoid and the projection of the National Grid.
_A: Final = 6_377_563.396
_B: Final = 6_356_256.909
_F0: Final = 0.9996012717
_PHI0: Final = radians(49)
_LAMBDA0: Final = radians(-2)
_E0: Final = 400_000.0
_N0: Final = -100_000.0
_E2: Final = 1 - (_B / _A) ** 2
_NN: Final = (_A - _B) / (_A + _B)

# GRS80, the ellipsoid of WGS84 to well below a millimetre, and the way from OSGB36 to it.
_WGS_A: Final = 6_378_137.0
_WGS_B: Final = 6_356_752.314140
_SHIFT: Final = (446.448, -125.157, 542.060)  # metres
_TURN: Final = tuple(radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
_SCALE: Final = 1 - 20.4894e-6

EASTINGS: Final = (0.0, 700_000.0)
NORTHINGS: Final = (0.0, 1_300_000.0)


def to_degrees(easting: float, northing: float) -> tuple[float, float]:
    """Latitude and longitude of a place on the grid.

    Args:
        easting: metres, 0 to 700,000.
        northing: metres, 0 to 1,300,000.

    Raises:
        ValueError: it is not on the grid.
    """
    if not (EASTINGS[0] <= easting <= EASTINGS[1] and NORTHINGS[0] <= northing <= NORTHINGS[1]):
        raise ValueError("The easting or northing is not on the National Grid.")
    return _to_wgs84(*_unproject(easting, northing))


def _meridian(phi: float) -> float:
    """Metres along the meridian from the true origin."""
    n, minus, plus = _NN, phi - _PHI0, phi + _PHI0
    return _B * _F0 * (
        (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * minus
        - (3 * n + 3 * n**2 + 21 / 8 * n**3) * sin(minus) * cos(plus)
        + (15 / 8 * n**2 + 15 / 8 * n**3) * sin(2 * minus) * cos(2 * plus)
        - 35 / 24 * n**3 * sin(3 * minus) * cos(3 * plus)
    )  # fmt: skip


def _unproject(easting: float, northing: float) -> tuple[float, float]:
    """Radians on the Airy ellipsoid."""
    phi = _PHI0
    while abs(left := northing - _N0 - _meridian(phi)) >= 0.00001:
        phi += left / (_A * _F0)
    curve = 1 - _E2 * sin(phi) ** 2
    nu = _A * _F0 / sqrt(curve)
    rho = _A * _F0 * (1 - _E2) / curve**1.5
    eta2, t, sec, d = nu / rho - 1, tan(phi), 1 / cos(phi), easting - _E0
    lat = (
        phi
        - d**2 * t / (2 * rho * nu)
        + d**4 * t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2)
        - d**6 * t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4)
    )
    long = (
        _LAMBDA0
        + d * sec / nu
        - d**3 * sec / (6 * nu**3) * (nu / rho + 2 * t**2)
        + d**5 * sec / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4)
        - d**7 * sec / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    )
    return lat, long


def _to_wgs84(phi: float, lam: float) -> tuple[float, float]:
    """Degrees on WGS84 of radians on Airy: through Earth-centred coordinates, shifted, turned and scaled."""
    nu = _A / sqrt(1 - _E2 * sin(phi) ** 2)
    x, y, z = nu * cos(phi) * cos(lam), nu * cos(phi) * sin(lam), nu * (1 - _E2) * sin(phi)
    rx, ry, rz = _TURN
    east = _SHIFT[0] + _SCALE * x - rz * y + ry * z
    north = _SHIFT[1] + rz * x + _SCALE * y - rx * z
    up = _SHIFT[2] - ry * x + rx * y + _SCALE * z
    e2 = 1 - (_WGS_B / _WGS_A) ** 2
    p = sqrt(east**2 + north**2)
    lat = atan2(up, p * (1 - e2))
    for _ in range(6):
        lat = atan2(up + e2 * _WGS_A / sqrt(1 - e2 * sin(lat) ** 2) * sin(lat), p)
    return degrees(lat), degrees(atan2(north, east))
