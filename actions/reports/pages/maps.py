"""A map as lines, dots and words of SVG in the projection of web maps, over tiles only where some are set."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actions.reports.pages.reader import Shown

WIDTH: Final = 768
HEIGHT: Final = 512
TILE: Final = 256
ZOOMS: Final = range(8, 18)
USUAL_ZOOM: Final = 11
GROUPED: Final = 52
"""Pixels: dots closer than this are drawn as one with a number."""


@dataclass(frozen=True)
class View:
    """What of the world is shown.

    Args:
        lat: of the middle, degrees.
        long: of the middle.
        zoom: as of web maps: the world is 256 pixels times 2 to its power.
    """

    lat: float
    long: float
    zoom: int = USUAL_ZOOM

    @property
    def _size(self) -> float:
        return float(TILE * 2**self.zoom)

    def _world(self, lat: float, long: float) -> tuple[float, float]:
        lat = max(-85.0, min(85.0, lat))
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return (long + 180) / 360 * self._size, y * self._size

    def pixel(self, lat: float, long: float) -> tuple[float, float]:
        """Where a place is on the picture, from its upper left corner."""
        (x, y), (mx, my) = self._world(lat, long), self._world(self.lat, self.long)
        return round(x - mx + WIDTH / 2, 1), round(y - my + HEIGHT / 2, 1)

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """The place of a pixel."""
        mx, my = self._world(self.lat, self.long)
        wx, wy = (mx + x - WIDTH / 2) / self._size, (my + y - HEIGHT / 2) / self._size
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * wy)))), wx * 360 - 180

    @property
    def metres(self) -> int:
        """From the middle to a corner."""
        across = 40_075_017 * math.cos(math.radians(self.lat)) / self._size
        return round(across * math.hypot(WIDTH, HEIGHT) / 2)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """South, west, north and east."""
        (north, west), (south, east) = self.degrees(0, 0), self.degrees(WIDTH, HEIGHT)
        return south, west, north, east

    def moved(self, right: float, down: float) -> "View":
        """The view so many of its widths and heights away."""
        lat, long = self.degrees(WIDTH / 2 + right * WIDTH, HEIGHT / 2 + down * HEIGHT)
        return View(lat, long, self.zoom)

    def zoomed(self, by: int) -> "View":
        """The view nearer or farther."""
        return View(self.lat, self.long, max(ZOOMS[0], min(ZOOMS[-1], self.zoom + by)))

    def tiles(self, template: str) -> Iterator[tuple[str, float, float]]:
        """The tiles under the view: address, and where their upper left corner is."""
        mx, my = self._world(self.lat, self.long)
        left, top = mx - WIDTH / 2, my - HEIGHT / 2
        most = 2**self.zoom
        for x in range(int(left // TILE), int((left + WIDTH) // TILE) + 1):
            for y in range(int(top // TILE), int((top + HEIGHT) // TILE) + 1):
                if 0 <= y < most:
                    address = template.replace("{z}", str(self.zoom)).replace("{y}", str(y))
                    yield (
                        address.replace("{x}", str(x % most)),
                        round(x * TILE - left, 1),
                        round(y * TILE - top, 1),
                    )


@dataclass(frozen=True)
class Dot:
    """One problem, or some that are close together.

    Args:
        x: pixels from the left.
        y: pixels from above.
        problems: what it stands for.
        lat: of its middle.
        long: of its middle.
    """

    x: float
    y: float
    problems: tuple[Shown, ...]
    lat: float
    long: float

    @property
    def radius(self) -> int:
        """Of the circle, in pixels; from 12, so that a finger hits it."""
        return (
            12
            if len(self.problems) == 1
            else min(24, 13 + 2 * len(str(len(self.problems))) + len(self.problems) // 20)
        )


def dots(view: View, problems: Iterable[Shown]) -> list[Dot]:
    """The problems of a view that have a place, those that would touch put together."""
    cells: dict[tuple[int, int], list[tuple[float, float, Shown]]] = {}
    for problem in problems:
        if problem.lat is None or problem.long is None:
            continue
        x, y = view.pixel(problem.lat, problem.long)
        if 0 <= x < WIDTH and 0 <= y < HEIGHT:
            cells.setdefault((int(x // GROUPED), int(y // GROUPED)), []).append((x, y, problem))
    found: list[Dot] = []
    # The fullest first: what would touch it joins it.
    for inside in sorted(cells.values(), key=len, reverse=True):
        x = round(sum(each[0] for each in inside) / len(inside), 1)
        y = round(sum(each[1] for each in inside) / len(inside), 1)
        problems = tuple(each[2] for each in inside)
        for at, other in enumerate(found):
            if math.hypot(x - other.x, y - other.y) < GROUPED:
                found[at] = replace(other, problems=other.problems + problems)
                break
        else:
            found.append(Dot(x, y, problems, *view.degrees(x, y)))
    return sorted(found, key=lambda dot: (dot.y, dot.x))


def line(view: View, ring: Sequence[tuple[float, float]]) -> str:
    """A boundary as the points of a polygon, pixel by pixel and without those that would not be seen.

    Args:
        view: what is shown.
        ring: degrees east and north.
    """
    drawn: list[tuple[float, float]] = []
    for long, lat in ring:
        point = view.pixel(lat, long)
        if not drawn or abs(point[0] - drawn[-1][0]) + abs(point[1] - drawn[-1][1]) >= 2:
            drawn.append(point)
    return " ".join(f"{x:g},{y:g}" for x, y in drawn)
