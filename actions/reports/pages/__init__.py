"""The public list and map of problems: no personal data, no script, read through Open311 only."""

from collections.abc import Callable

from aiohttp import web

from actions.reports.pages.page import LEEDS, PAGES, Finder, Pages, plainly
from actions.reports.pages.reader import Problems, Reader

__all__ = ["Problems", "Reader", "application"]


def application(
    client_factory: Callable[[], Problems],
    places: Finder,
    *,
    base: str = "/problems",
    public_url: str | None = None,
    tiles: str | None = None,
    credit: str = "",
    centre: tuple[float, float] = LEEDS,
    demo: bool = False,
    **_settings: object,
) -> web.Application:
    """The pages, to be mounted at `base` in an application that has `channels.pages.add_pages`.

    Args:
        client_factory: gives a client of the Open311 service, such as `Reader(url, session)`.
        places: finds what citizens type, and has the map's names and lines: `bot.places.Places`.
        base: the path it is mounted at.
        public_url: the address citizens reach us at; a request's own when None.
        tiles: the address of map tiles with {z}, {x} and {y}; the map is drawn from lines when None.
        credit: whom the tiles are from.
        centre: latitude and longitude of the map's middle, and where of several streets the nearest is first.
        demo: whether to say that this is the demonstration.
    """
    app = web.Application(middlewares=[plainly])
    pages = Pages(client_factory, places, base.rstrip("/"), public_url, tiles, credit, centre, demo)
    app[PAGES] = pages
    app.add_routes([
        web.get("", pages.show_list), web.get("/", pages.show_list), web.get("/map", pages.show_map),
        web.get("/feed.atom", pages.feed), web.get("/problems.csv", pages.csv),
        web.get("/problems.css", pages.style), web.get(r"/{number:[A-Za-z0-9-]{1,40}}", pages.show_one),
    ])  # fmt: skip
    return app
