"""The public pages: problems as a list, on a map, one by one, as a feed and as CSV; no script is needed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web

from actions.reports.pages import query as queries
from actions.reports.pages.feed import to_atom, to_csv
from actions.reports.pages.maps import HEIGHT, USUAL_ZOOM, WIDTH, ZOOMS, Dot, View, dots, line
from actions.reports.pages.query import PAGE, Query
from actions.reports.pages.reader import MOST, Kind, Problems, Shown
from actions.sdk.service import ServiceDown, ServiceRefused
from bot.places import Area, PlaceError, Spot
from bot.places.spot import Level
from channels.department_pages import DepartmentPages
from channels.pages import Language, page_language

HERE: Final = Path(__file__).parent
LONDON: Final = ZoneInfo("Europe/London")
LEEDS: Final = (53.80, -1.66)
"""The middle of the map when nothing else is asked for and no centre is set."""
KEPT: Final = 300.0
"""Seconds for which the categories are not asked for again."""
_IN_FEED: Final = 50
_CLOSE_ZOOM: Final = 14
_CHOICES: Final = 8
_NAMES: Final = 14
_LEVELS: Final[tuple[Level, ...]] = ("county", "district", "parish")
_FURTHEST: Final = 20_000  # metres that a call for what is near may reach


class Finder(Protocol):
    """What of `bot.places.Places` the pages use."""

    async def find(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> list[Spot]:
        """The spots of some words."""

    async def settlements(self, box: tuple[float, float, float, float], limit: int) -> list[Spot]:
        """The names of a map."""

    async def outlines(
        self, box: tuple[float, float, float, float], levels: Sequence[Level]
    ) -> list[tuple[Area, list[list[tuple[float, float]]]]]:
        """The lines of a map."""

    def check(self, lat: float, long: float) -> tuple[float, float]:
        """Coordinates in the country, or a `PlaceError`."""


SHARED: Final = DepartmentPages(HERE)


@dataclass
class Pages:
    """Answers what is asked of the public pages.

    Args:
        reports: opens the client of the Open311 service; called for each page.
        places: finds what citizens type into “Near”, and draws the map's background.
        base: the path these are mounted at, without a slash at the end.
        public_url: the address citizens reach us at, for the feed; the request's own when None.
        tiles: template of map tiles with {z}, {x} and {y}; None for none.
        credit: who made the tiles, shown with the map.
        centre: latitude and longitude of the map's middle.
    """

    reports: Callable[[], Problems]
    places: Finder
    base: str = "/problems"
    public_url: str | None = None
    tiles: str | None = None
    credit: str = ""
    centre: tuple[float, float] = LEEDS
    demo: bool = False
    _kinds: dict[str, tuple[float, list[Kind]]] = field(default_factory=dict)

    async def show_list(self, request: web.Request) -> web.Response:
        """`GET /problems`."""
        language = page_language(request)
        query = queries.read(request.query)
        query, spots = await self._near(query, language)
        ask = self._ask(query) and not spots
        found, kinds = await asyncio.gather(
            self._problems(language, query, PAGE) if ask else _nothing(), self._categories(language)
        )
        return self._render(
            "problems.html", language, query=query, problems=found, kinds=kinds, spots=spots,
            more=len(found) == PAGE, states=queries.STATES, radii=queries.RADII,
        )  # fmt: skip

    async def show_map(self, request: web.Request) -> web.Response:
        """`GET /problems/map`."""
        language = page_language(request)
        query = queries.read(request.query)
        query, spots = await self._near(query, language)
        view = self._view(request, query)
        seen = replace(query, lat=view.lat, long=view.long, radius=min(_FURTHEST, view.metres), page=1)
        found, names, outlines, kinds = await asyncio.gather(
            self._problems(language, seen, MOST) if self._ask(query) else _nothing(),
            self.places.settlements(view.box, _NAMES), self.places.outlines(view.box, _LEVELS),
            self._categories(language),
        )  # fmt: skip
        lines = [
            (area.level, line(view, ring)) for area, rings in outlines for ring in rings if len(ring) > 2
        ]
        response = self._render(
            "map.html", language, query=query, view=view, width=WIDTH, height=HEIGHT, spots=spots,
            kinds=kinds, dots=dots(view, found), lines=lines, labels=_labels(view, names, language),
            most=MOST, many=len(found) == MOST, credit=self.credit,
            tiles=list(view.tiles(self.tiles)) if self.tiles else [],
            moves=self._moves(view, query, language), states=queries.STATES, radii=queries.RADII,
            dot_address=lambda dot: self._dot(dot, view, query, language), zooms=ZOOMS,
        )  # fmt: skip
        if self.tiles:
            parts = urlsplit(self.tiles)
            allowed = f"img-src 'self' {parts.scheme}://{parts.netloc}"
            response.headers["Content-Security-Policy"] = _policy().replace("img-src 'self'", allowed)
        return response

    async def show_one(self, request: web.Request) -> web.Response:
        """`GET /problems/{id}`."""
        language, number = page_language(request), request.match_info["number"]
        client = self.reports()
        try:
            found, steps = await asyncio.gather(
                client.problem(language, number), client.steps(language, number)
            )
        except ServiceRefused as refused:
            if refused.status not in {400, 404}:
                raise
            found, steps = None, []
        if found is None:
            return self._render("missing.html", language, status=404, query=Query())
        return self._render("problem_public.html", language, query=Query(), problem=found, steps=steps)

    async def feed(self, request: web.Request) -> web.Response:
        """`GET /problems/feed.atom`: the newest of the list."""
        language = page_language(request)
        query, spots = await self._near(replace(queries.read(request.query), page=1), language)
        found = await self._problems(language, query, _IN_FEED) if self._ask(query) and not spots else []
        home = f"{self._origin(request)}{self.base}"
        here = f"{self._origin(request)}{query.address(f'{self.base}/feed.atom', language)}"
        body = to_atom(found, home=home, here=here, language=language, t=SHARED.words(language))
        return web.Response(body=body, content_type="application/atom+xml", charset="utf-8")

    async def csv(self, request: web.Request) -> web.Response:
        """`GET /problems/problems.csv`: up to 1,000 of the list."""
        language = page_language(request)
        query, spots = await self._near(replace(queries.read(request.query), page=1), language)
        found = await self._problems(language, query, MOST) if self._ask(query) and not spots else []
        text = await asyncio.to_thread(to_csv, found)
        return web.Response(
            # With the mark by which spreadsheets know UTF-8.
            body=b"\xef\xbb\xbf" + text.encode(), content_type="text/csv", charset="utf-8",
            headers={"Content-Disposition": 'attachment; filename="problems.csv"'},
        )  # fmt: skip

    async def style(self, _request: web.Request) -> web.Response:
        """`GET /problems/problems.css`."""
        return web.Response(
            body=_css(), content_type="text/css", charset="utf-8",
            headers={"Cache-Control": "public, max-age=3600"},
        )  # fmt: skip

    async def _problems(self, language: Language, query: Query, size: int) -> list[Shown]:
        return await self.reports().problems(language, query.parameters(size))

    async def _categories(self, language: Language) -> list[Kind]:
        known = self._kinds.get(language)
        if known is None or time.monotonic() - known[0] > KEPT:
            found = await self.reports().kinds(language)
            known = time.monotonic(), sorted(found, key=lambda kind: (kind.group, kind.name))
            self._kinds[language] = known
        return known[1]

    async def _near(self, query: Query, language: Language) -> tuple[Query, list[Spot]]:
        """The query with the coordinates of the place it names, and the spots to choose from if several."""
        if query.lat is not None and query.long is not None:
            try:
                lat, long = self.places.check(query.lat, query.long)
            except PlaceError:
                return replace(query, lat=None, long=None), []
            return replace(query, lat=lat, long=long), []
        if not query.place:
            return query, []
        spots = await self.places.find(query.place, near=self.centre, limit=_CHOICES)
        if len(spots) == 1:
            known = replace(query, place=spots[0].label[language])
            return queries.at(known, spots[0].lat, spots[0].long, spots[0].metres), []
        wrong = query.wrong if spots else {**query.wrong, "place": "wrong_place"}
        return replace(query, wrong=wrong), spots

    @staticmethod
    def _ask(query: Query) -> bool:
        return not query.wrong

    def _view(self, request: web.Request, query: Query) -> View:
        usual = USUAL_ZOOM if query.lat is None else _CLOSE_ZOOM
        asked = queries.whole(request.query.get("zoom", ""))
        zoom = asked if asked in ZOOMS else usual
        lat, long = (
            (query.lat, query.long) if query.lat is not None and query.long is not None else self.centre
        )
        return View(lat, long, zoom)

    def _moves(self, view: View, query: Query, language: Language) -> list[tuple[str, str]]:
        """Where the map's links lead, by the name of the string."""
        moved = {
            "closer": view.zoomed(1), "farther": view.zoomed(-1), "north": view.moved(0, -0.4),
            "south": view.moved(0, 0.4), "west": view.moved(-0.4, 0), "east": view.moved(0.4, 0),
        }  # fmt: skip
        found = []
        for name, each in moved.items():
            try:
                self.places.check(each.lat, each.long)
            except PlaceError:
                continue
            if each != view:
                found.append((name, self._map_address(each, query, language)))
        return found

    def _map_address(self, view: View, query: Query, language: Language) -> str:
        return query.address(
            f"{self.base}/map",
            language,
            lat=f"{view.lat:.5f}",
            long=f"{view.long:.5f}",
            zoom=view.zoom,
            place="",
        )

    def _dot(self, dot: Dot, view: View, query: Query, language: Language) -> str:
        """What a dot leads to: its problem, or a closer look; at the closest, the list."""
        if len(dot.problems) == 1:
            return f"{self.base}/{dot.problems[0].id}" + ("?lang=cy" if language == "cy" else "")
        closer = view.zoomed(2)
        if closer.zoom == view.zoom:
            return query.address(
                self.base,
                language,
                lat=f"{dot.lat:.5f}",
                long=f"{dot.long:.5f}",
                radius=queries.RADII[0],
                place="",
            )
        return self._map_address(replace(closer, lat=dot.lat, long=dot.long), query, language)

    def _origin(self, request: web.Request) -> str:
        return (self.public_url or f"{request.scheme}://{request.host}").rstrip("/")

    def _render(
        self, template: str, language: Language, *, query: Query, status: int = 200, **values: object
    ) -> web.Response:
        other: Language = "en" if language == "cy" else "cy"
        html = SHARED.render(
            template, language, demo=self.demo, base=self.base, query=query, other=other, **values
        )
        return web.Response(text=html, status=status, content_type="text/html", charset="utf-8")


async def _nothing() -> list[Shown]:
    return []


@cache
def _css() -> bytes:
    return (HERE / "problems.css").read_bytes()


def _policy() -> str:
    from channels.pages import HEADERS

    return HEADERS["Content-Security-Policy"]


def _labels(view: View, names: Sequence[Spot], language: Language) -> list[tuple[float, float, str]]:
    """The names of a map, the largest settlements first, none over another."""
    kept: list[tuple[float, float, str]] = []
    for spot in names:
        x, y = view.pixel(spot.lat, spot.long)
        name = spot.label[language]
        wide = 5 * len(name)
        fits = wide < x < WIDTH - wide and 20 < y < HEIGHT - 10
        if fits and all(abs(y - b) > 20 or abs(x - a) > wide + 5 * len(other) for a, b, other in kept):
            kept.append((x, y, name))
    return kept


@web.middleware
async def plainly(request: web.Request, handler: Callable[[web.Request], object]) -> web.StreamResponse:
    """A service that does not answer is a page that says so."""
    try:
        return await handler(request)  # type: ignore[misc, no-any-return]
    except (ServiceDown, ServiceRefused):
        html = SHARED.render(
            "missing.html", page_language(request), base=request.app[PAGES].base, down=True, lang_query=""
        )
        return web.Response(
            text=html, status=503, content_type="text/html", charset="utf-8", headers={"Retry-After": "60"}
        )


PAGES: web.AppKey[Pages] = web.AppKey("pages")
