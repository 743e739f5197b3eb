"""The public pages of childcare and a provider's own, as a browser without a script gets them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.childcare.pages import Reader, application
from actions.childcare.pages.session import Sessions
from actions.childcare.service.invented_providers import code_of
from actions.childcare.tests.conftest import KEY, MONDAY, Office
from bot.places import load_demo, open_places
from channels.pages import add_pages
from tests.departments import much_tried, tries

ACORNS = "XC1001"


@dataclass
class Browser:
    """A browser: follows redirects, keeps cookies."""

    url: str
    session: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(f"{self.url}{path}", headers={"Accept": "text/html"}) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, origin: str | None = None, **form: str) -> tuple[int, str]:
        headers = {"Accept": "text/html", **({"Origin": origin} if origin else {})}
        async with self.session.post(f"{self.url}{path}", data=form, headers=headers) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, number: str = ACORNS, code: str | None = None) -> tuple[int, str]:
        return await self.post("/provider/sign-in", number=number, code=code or code_of(number))


def hidden(page: str) -> dict[str, str]:
    """The first mark and key of a page's forms."""
    return {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("mark", "key")}  # type: ignore[index]


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[Browser]:
    await load_demo(office.pool)
    root = web.Application()
    add_pages(root, https=False)
    service = office.url
    async with aiohttp.ClientSession() as theirs:
        pages = application(
            lambda: Reader(service, theirs, settings={"key": KEY}),
            open_places(office.pool),
            tries=tries(office.pool),
            demo=True,
        )
        root.add_subapp("/childcare", pages)
        async with TestServer(root) as server:
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as session:
                yield Browser(f"{str(server.make_url('')).rstrip('/')}/childcare", session)


async def test_providers_near_a_place_in_both_languages(browser: Browser) -> None:
    status, page = await browser.get("?place=Headingley&kind=nursery")
    assert status == 200
    assert "Near Headingley" in page
    assert "Little Acorns" in page
    assert "£" in page
    assert "Outstanding" in page
    _, welsh = await browser.get("?place=Headingley&kind=nursery&lang=cy")
    assert "Y Fesen Fach" in welsh
    assert "Rhagorol" in welsh


@pytest.mark.parametrize(
    "query",
    [
        "", "?place=", "?place=%00%00", "?place=" + "x" * 500, "?place=Zzyzxville",
        "?place=<script>alert(1)</script>&kind=palace&order=owner",
    ],
)  # fmt: skip
async def test_whatever_is_asked_gets_a_page(browser: Browser, query: str) -> None:
    status, page = await browser.get(query)
    assert status == 200
    assert "<script>alert" not in page


async def test_one_provider(browser: Browser) -> None:
    status, page = await browser.get("/providers/XC1001")
    assert status == 200
    assert "A charity or its parents" in page
    _, gone = await browser.get("/providers/XC1016")
    assert "Struck off the register" in gone
    assert (await browser.get("/providers/XC9999"))[0] == 404


async def test_a_provider_confirms_on_its_page(browser: Browser, office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000), since=MONDAY)
    assert "Sign in" in (await browser.get("/provider"))[1]
    status, page = await browser.sign_in()
    assert status == 200
    assert f"booking-{booking}" in page
    assert "Asha" in page
    assert "2000000001" not in page  # nothing of the family but the child's name
    status, page = await browser.post(f"/provider/bookings/{booking}", button="all", **hidden(page))
    assert status == 200
    assert "Done." in page
    assert await office.state(booking) == "posted"
    _, page = await browser.get("/provider?which=all")
    assert "Paid £40.00" in page


async def test_many_children_are_confirmed_together(browser: Browser, office: Office) -> None:
    began = [(await office.booked((ACORNS, 1000 + at), since=MONDAY))[0] for at in range(3)]
    [later] = await office.booked((ACORNS, 2000))
    _, page = await browser.sign_in()
    assert page.count('name="came-') == 3  # of the week that has not begun nothing can be confirmed
    form = hidden(page)
    assert "Mark the children" in (await browser.post("/provider/came", **form))[1]
    marked = {f"came-{began[0]}": "1", f"came-{began[1]}": "1"}
    for _ in range(2):  # sent twice it is done once
        status, page = await browser.post("/provider/came", **form, **marked)
        assert (status, "Done." in page) == (200, True)
    assert [await office.state(each) for each in (*began, later)] == ["posted", "posted", "held", "held"]
    assert await office.paid() == 2001
    status, page = await browser.post(
        "/provider/came", **hidden(page), **{f"came-{began[2]}": "1", f"came-{later}": "1"}
    )
    assert (status, "Asha: The week has not begun" in page) == (409, True)
    assert await office.state(began[2]) == "posted"
    forged = {**form, "mark": "0" * 64}
    assert (await browser.post("/provider/came", **forged))[0] == 403


async def test_what_can_be_done_now_comes_first_and_none_is_left_out(
    browser: Browser, office: Office
) -> None:
    later = [(await office.booked((ACORNS, 100), since=MONDAY + timedelta(days=14)))[0] for _ in range(2)]
    [now] = await office.booked((ACORNS, 100), since=MONDAY)
    await office.pool.execute(
        """INSERT INTO childcare.booking (spend, split, family, child, provider, amount, since, until, state,
                                          hold_until, asked_at, changed_at)
           SELECT spend, split, family, child, provider, amount, since, until, state, hold_until, asked_at,
                  changed_at
           FROM childcare.booking, generate_series(1, 60) WHERE id = $1""",
        now,
    )
    _, page = await browser.sign_in()
    order = re.findall(r'id="booking-(\d+)"', page)
    assert len(order) == 63
    assert order[0] == str(now)
    assert [int(each) for each in order[-2:]] == later
    assert "You can confirm from 16 March 2026" in page
    _, page = await browser.get("/provider?which=all")
    assert page.count('id="booking-') == 50
    older = re.search(r'href="/childcare(/provider[^"]+before=\d+)"', page)
    assert older is not None
    assert (await browser.get(older[1].replace("&amp;", "&")))[1].count('id="booking-') == 13


async def test_a_part_in_pounds_and_the_same_form_twice(browser: Browser, office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000), since=MONDAY)
    _, page = await browser.sign_in()
    form = hidden(page)
    for wrong in ("", "0", "12.5", "-3", "1e3", "ten", "99999", "12,50"):
        status, page = await browser.post(
            f"/provider/bookings/{booking}", button="part", amount=wrong, **form
        )
        assert (status, "Enter the amount in pounds" in page) == (422, True)
    status, page = await browser.post(f"/provider/bookings/{booking}", button="part", amount="50", **form)
    assert (status, "more than is held" in page) == (409, True)
    form = hidden(page)
    for _ in range(2):
        status, page = await browser.post(
            f"/provider/bookings/{booking}", button="part", amount="24.50", **form
        )
        assert (status, "Done." in page) == (200, True)
    assert await office.paid() == 2450


async def test_a_form_that_is_not_ours_does_nothing(browser: Browser, office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000), since=MONDAY)
    _, page = await browser.sign_in()
    form = hidden(page)
    path = f"/provider/bookings/{booking}"
    elsewhere = await browser.post(path, origin="https://elsewhere.example", button="all", **form)
    forged = await browser.post(path, button="all", **{**form, "mark": "0" * 64})
    unkeyed = await browser.post(path, button="all", **{**form, "key": ""})
    unknown = await browser.post(path, button="rob", **form)
    assert [each[0] for each in (elsewhere, forged, unkeyed, unknown)] == [403, 403, 422, 422]
    assert await office.state(booking) == "held"
    assert (await browser.post("/provider/sign-in", origin="https://elsewhere.example"))[0] == 403


async def test_who_is_not_signed_in_or_is_another_changes_nothing(browser: Browser, office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000), since=MONDAY)
    status, page = await browser.post(f"/provider/bookings/{booking}", button="all", mark="x", key="y" * 20)
    assert "Sign in" in page
    _, page = await browser.sign_in("XC1002")
    form = {"mark": hidden(page + 'name="key" value="none"')["mark"], "key": "k" * 20}
    status, page = await browser.post(f"/provider/bookings/{booking}", button="all", **form)
    assert (status, "You have no such booking" in page) == (409, True)
    assert await office.state(booking) == "held"


async def test_wrong_codes_lock_and_signing_out_ends_it(browser: Browser) -> None:
    assert (await browser.sign_in(code="no form \x00"))[0] == 422
    statuses = [(await browser.sign_in("XC1003", "NEST 0000"))[0] for _ in range(5)]
    assert statuses == [401] * 5
    assert "30 minutes" in (await browser.sign_in("XC1003"))[1]
    _, page = await browser.sign_in()
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark is not None
    status, page = await browser.post("/provider/sign-out", mark=mark[1])
    assert (status, "Sign in" in page) == (200, True)
    assert "Sign in" in (await browser.get("/provider"))[1]


def test_on_https_the_cookie_is_taken_away_as_it_was_given() -> None:
    sessions, answer = Sessions("https://council.example", "/childcare"), web.Response()
    sessions.forget(answer)
    [gone] = answer.cookies.values()
    # Without these a browser leaves a cookie with this prefix where it is.
    assert (gone.key, gone["path"], gone["secure"]) == ("__Host-onedoor-childcare", "/", True)
    assert str(gone["max-age"]) == "0"


async def test_many_wrong_tries_lock_the_network_for_every_provider(browser: Browser, office: Office) -> None:
    assert (await browser.sign_in())[0] == 200  # who is right is not counted
    assert (await browser.sign_in("XC1003", "NEST 0000"))[0] == 401
    await much_tried(office.pool)
    for number in ("XC1003", ACORNS, "XC7777"):
        status, page = await browser.sign_in(number)
        assert (status, "from your internet connection" in page) == (429, True)
    # The service was not even asked: its own count stands where it stood.
    assert await office.pool.fetch("SELECT reference, tries FROM service_wrong_proof") == [("XC1003", 1)]


async def test_a_split_sum_is_agreed_to_on_the_page(browser: Browser, office: Office) -> None:
    first, second = await office.booked((ACORNS, 2500), ("XC1003", 1500))
    _, page = await browser.sign_in()
    assert "I agree to my part" in page
    await browser.post(f"/provider/bookings/{first}", button="agree", **hidden(page))
    rows: Any = await office.pool.fetch(
        "SELECT agreed_at IS NOT NULL AS agreed FROM childcare.booking WHERE id = ANY ($1) ORDER BY id",
        [first, second],
    )
    assert [row["agreed"] for row in rows] == [True, False]


async def test_a_service_that_is_down_is_told_on_a_page(browser: Browser, office: Office) -> None:
    async with aiohttp.ClientSession() as theirs:
        root = web.Application()
        add_pages(root, https=False)
        nowhere = application(
            lambda: Reader("http://127.0.0.1:1/nowhere", theirs), open_places(office.pool),
            tries=tries(office.pool),
        )  # fmt: skip
        root.add_subapp("/childcare", nowhere)
        async with TestServer(root) as server:
            url = f"{str(server.make_url('')).rstrip('/')}/childcare"
            there = Browser(url, browser.session)
            status, page = await there.get("?place=Headingley")
    assert (status, "does not answer just now" in page) == (503, True)
