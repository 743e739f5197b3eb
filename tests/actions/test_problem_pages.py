"""The public pages of problems: filters, paging, feed and CSV; nothing private or hostile is in them."""

import csv
import io
from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from defusedxml.ElementTree import fromstring

from actions.reports.pages import Reader, application
from actions.reports.pages import query as queries
from actions.reports.pages.feed import COLUMNS, safe
from actions.reports.pages.maps import GROUPED, HEIGHT, WIDTH, View, dots
from actions.reports.pages.page import HERE, SHARED
from actions.reports.pages.reader import MASK, Shown
from actions.reports.pages.reader import _problem as read_problem
from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.places import load_demo, open_places
from bot.places.country import distance
from bot.queue import Pool
from channels.pages import add_pages
from tests.browser.problem_pages import KEY, problem_pages

HEADINGLEY = {"lat": "53.8195", "long": "-1.5785"}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
async def template(server_url: str, template: str) -> AsyncIterator[str]:
    """The empty database with the demo's places in it."""
    name = f"{template}_pages"
    pool = await connect_pool(await create_database(server_url, name, template=template), size=2)
    await load_demo(pool)
    await close_pool(pool)
    yield name
    await drop_database(server_url, name)


class Site:
    """The pages, and the Open311 service behind them."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url, self.session = url, session

    async def get(self, path: str, status: int = 200, /, **asked: str) -> str:
        async with self.session.get(f"{self.url}/problems{path}", params=asked) as response:
            text = await response.text()
            assert response.status == status, text
            return text

    async def report(self, **fields: str) -> str:
        form = {"api_key": KEY, "service_code": "pothole", **HEADINGLEY, **fields}
        async with self.session.post(f"{self.url}/open311/v2/requests.json", data=form) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())[0]["service_request_id"])

    async def move(self, number: str, status: str) -> None:
        form = {"api_key": KEY, "service_request_id": number, "status": status, "description": "All done."}
        async with self.session.post(
            f"{self.url}/open311/v2/servicerequestupdates.json", data=form
        ) as response:
            assert response.status == 200, await response.text()


@pytest.fixture
async def site(pool: Pool) -> AsyncIterator[Site]:
    """The pages with no problem yet."""
    async with problem_pages(pool) as url, aiohttp.ClientSession() as session:
        yield Site(url, session)


async def pothole(site: Site, **fields: str) -> str:
    """Reports a pothole, with the answer that it needs."""
    async with site.session.get(f"{site.url}/open311/v2/services/pothole.json") as response:
        definition = await response.json() if response.status == 200 else {"attributes": []}
    needed = {}
    for question in definition.get("attributes", []):
        if question["required"] in {True, "true"}:
            values = question["values"]
            many = "[]" if question["datatype"] == "multivaluelist" else ""
            needed[f"attribute[{question['code']}]{many}"] = values[0]["key"] if values else "1"
    return await site.report(**needed, **fields)


async def test_a_problem_is_listed_and_shown(site: Site) -> None:
    number = await pothole(site, description="Deep hole by the bus stop", address_string="Otley Road")
    text = await site.get("")
    assert "Deep hole by the bus stop" in text
    assert f'href="/problems/{number}"' in text
    one = await site.get(f"/{number}")
    assert "Deep hole by the bus stop" in one
    assert "Otley Road" in one
    await site.move(number, "fixed")
    assert "All done." in await site.get(f"/{number}")
    assert "Deep hole" not in await site.get("", state="open")
    assert "Deep hole" in await site.get("", state="fixed")


async def test_welsh(site: Site) -> None:
    number, words = await pothole(site, description="Twll"), SHARED.words("cy")
    for path in ("", "/map", f"/{number}"):
        text = await site.get(path, lang="cy")
        assert '<html lang="cy"' in text
        assert any(words[name] in text for name in ("title", "map_title", "back"))
    assert words["missing"].replace("'", "&#39;") in await site.get("/nothing-here", 404, lang="cy")


async def test_who_reports_is_never_shown(site: Site) -> None:
    number = await pothole(
        site, description="Ring me on 07700 900123 or ann.smith@example.org about order 12345",
        first_name="Ann", last_name="Smithson", email="ann@example.org", phone="07700900456",
        account_id="secret-account",
    )  # fmt: skip
    for path in ("", "/map", f"/{number}", "/feed.atom", "/problems.csv"):
        text = await site.get(path)
        for secret in ("Smithson", "ann@", "ann.smith", "900123", "900456", "secret-account"):
            assert secret not in text, path
    assert "order 12345" in await site.get(f"/{number}")


async def test_hostile_text_is_shown_as_text(site: Site) -> None:
    number = await pothole(
        site, description="<script>alert(1)</script> <b>&amp; bold", address_string='"><img src=x>'
    )
    for path in ("", "/map", f"/{number}"):
        text = await site.get(path)
        assert "<script>alert" not in text
        assert "<img src=x>" not in text
    fromstring(await site.get("/feed.atom"))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 3), ({"category": "pothole"}, 3), ({"category": "street_light"}, 0), ({"state": "closed"}, 1),
        ({"place": "North Lane, Headingley"}, 2), ({"place": "North Lane, Headingley", "radius": "500"}, 2),
        ({"place": "Otley Road, Headingley", "state": "open"}, 1), ({"place": "Ilkley"}, 1),
        ({"lat": "53.8195", "long": "-1.5785"}, 2), ({"from": "2001-01-01", "to": "2001-02-01"}, 0),
        ({"page": "2"}, 0), ({"category": "x" * 90}, 3), ({"state": "nonsense"}, 3), ({"page": "-1"}, 3),
        ({"page": "9" * 5_000}, 3), ({"lat": "nan", "long": "nan"}, 3), ({"lat": "48.8", "long": "2.3"}, 3),
    ],
)  # fmt: skip
async def test_filters(site: Site, asked: dict[str, str], count: int) -> None:
    await pothole(site, description="one")
    await site.move(await pothole(site, description="two"), "closed")
    await pothole(site, description="three", lat="53.9250", long="-1.8220")
    assert (await site.get("", **asked)).count('class="problems-list__item"') == count
    rows = list(csv.reader(io.StringIO((await site.get("/problems.csv", **asked)).lstrip("\ufeff"))))
    assert len(rows) - 1 == (count if asked != {"page": "2"} else 3)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"place": "xyzzy"}, "wrong_place"), ({"from": "tomorrow"}, "wrong_date"),
        ({"to": "2026-02-30"}, "wrong_date"), ({"from": "2026-03-02", "to": "2026-03-01"}, "wrong_order"),
        ({"from": "2026-01-01", "to": "2026-06-01"}, "wrong_span"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told(site: Site, asked: dict[str, str], wrong: str) -> None:
    for path in ("", "/map"):
        assert SHARED.words("en")[wrong] in await site.get(path, **asked)


async def test_several_places_are_offered(site: Site) -> None:
    text = await site.get("", place="Otley Road")
    assert SHARED.words("en")["which"] in text
    assert "Otley Road, Guiseley" in text


async def test_paging(site: Site) -> None:
    for number in range(queries.PAGE + 1):
        await pothole(site, description=f"hole {number}")
    first, second = await site.get(""), await site.get("", page="2")
    assert first.count('class="problems-list__item"') == queries.PAGE
    assert second.count('class="problems-list__item"') == 1
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert 'rel="prev"' in second


async def test_the_feed_is_atom(site: Site) -> None:
    number = await pothole(site, description="Deep \u0007 hole")
    feed: Element = fromstring(await site.get("/feed.atom", category="pothole"))
    assert feed.tag == f"{ATOM}feed"
    assert all(feed.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    [entry] = feed.findall(f"{ATOM}entry")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href", "").endswith(f"/problems/{number}")
    assert all(entry.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated", "published", "summary"))


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1", "|calc", "%0A=1"]
)
async def test_no_cell_is_a_formula(site: Site, text: str) -> None:
    assert safe(text).startswith("'")
    assert safe(f"Otley Road {text}").startswith("Otley")
    await pothole(site, description=f"{text} hole", address_string=f"{text} road")
    rows = list(csv.reader(io.StringIO((await site.get("/problems.csv")).lstrip("\ufeff"))))
    assert tuple(rows[0]) == COLUMNS
    for name, cell in zip(COLUMNS, rows[1], strict=True):
        assert name in {"latitude", "longitude"} or not cell.lstrip().startswith(
            ("=", "+", "-", "@", "＝")
        ), name


async def test_a_map_works_without_tiles_and_with_them(pool: Pool) -> None:
    async with problem_pages(pool) as url, aiohttp.ClientSession() as session:
        number = await pothole(Site(url, session), description="hole")
        async with session.get(f"{url}/problems/map", params={**HEADINGLEY, "zoom": "15"}) as response:
            text, policy = await response.text(), response.headers["Content-Security-Policy"]
        assert f'href="/problems/{number}"' in text
        assert "<image" not in text
        assert "img-src 'self';" in policy
    tiles = "https://tiles.example/{z}/{x}/{y}.png"
    async with (
        problem_pages(pool, tiles=tiles, credit="Maps by Somebody") as url,
        aiohttp.ClientSession() as session,
    ):
        async with session.get(f"{url}/problems/map", params={**HEADINGLEY, "zoom": "15"}) as response:
            text, policy = await response.text(), response.headers["Content-Security-Policy"]
        assert "https://tiles.example/15/" in text
        assert "Maps by Somebody" in text
        assert "img-src 'self' https://tiles.example;" in policy


async def test_a_service_that_is_down(pool: Pool) -> None:
    root = web.Application()
    add_pages(root, https=False)
    async with aiohttp.ClientSession() as session:
        client = Reader("http://127.0.0.1:9", session)
        root.add_subapp("/problems", application(lambda: client, open_places(pool)))
        async with TestServer(root) as server, session.get(server.make_url("/problems")) as response:
            assert response.status == 503
            assert SHARED.words("en")["down"].replace("'", "&#39;") in await response.text()


def test_both_languages_have_the_same_words() -> None:
    import yaml

    english, welsh = (
        yaml.safe_load((HERE / f"strings.{each}.yml").read_text("utf-8")) for each in ("en", "cy")
    )
    assert english.keys() == welsh.keys()
    assert not {name for name in english if english[name].count("{") != welsh[name].count("{")}
    assert not set(english) & set(dir(dict))  # a template would get the method


def test_a_pixel_is_its_place() -> None:
    view = View(53.8, -1.6, 13)
    for x, y in ((0, 0), (WIDTH, HEIGHT), (100, 400)):
        lat, long = view.degrees(x, y)
        assert view.pixel(lat, long) == pytest.approx((x, y), abs=0.2)
    south, west, north, east = view.box
    assert distance(south, west, north, east) == pytest.approx(2 * view.metres, rel=0.01)
    assert all("{" not in address for address, _, _ in view.tiles("https://t.example/{z}/{x}/{y}.png"))


def shown(lat: float, long: float, description: str = "") -> Shown:
    """A problem as the service tells of it."""
    return read_problem({
        "service_request_id": "1", "status": "open", "service_code": "x", "lat": lat, "long": long,
        "requested_datetime": "2026-03-02T09:00:00Z", "description": description,
    })  # fmt: skip


def test_dots_never_touch() -> None:
    view = View(53.8, -1.6, 12)
    places = [(53.75 + at % 37 / 370, -1.7 + at % 53 / 265) for at in range(500)]
    seen = [view.pixel(lat, long) for lat, long in places]
    found = dots(view, [shown(lat, long) for lat, long in places])
    assert sum(len(dot.problems) for dot in found) == sum(0 <= x < WIDTH and 0 <= y < HEIGHT for x, y in seen)
    assert len(found) > 20
    for at, dot in enumerate(found):
        assert dot.radius * 2 <= GROUPED
        for other in found[at + 1 :]:
            assert (dot.x - other.x) ** 2 + (dot.y - other.y) ** 2 >= GROUPED**2


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 0113 496 0000 now", f"call {MASK} now"), ("+44 7700 900123", MASK),
        ("a.b@c.org.uk!", f"{MASK}!"),
        ("lamp 12345 since 2026-03-02", "lamp 12345 since 2026-03-02"), ("£0.50 x 3", "£0.50 x 3"),
    ],
)  # fmt: skip
def test_what_tells_who_somebody_is(text: str, masked: str) -> None:
    assert shown(53.8, -1.6, text).description == masked
