"""The pages of childcare in a browser: for everybody and for providers, on any screen, without a script."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from actions.childcare.pages import Reader, application
from actions.childcare.service import demo_money, load_demo
from actions.childcare.service.invented_providers import code_of
from actions.credits.service import load_money
from bot.places import load_demo as load_places
from bot.places import open_places
from bot.queue import Pool
from bot.services import stand_in_addresses
from channels.app import stand_ins
from channels.pages import add_pages
from tests.browser.axe import axe, no_sideways_scroll, picture
from tests.browser.conftest import Pages
from tests.departments import tries

pytestmark = pytest.mark.browser


@pytest.fixture
async def url(pool: Pool) -> AsyncIterator[str]:
    """The pages over the demonstration's service."""
    await load_places(pool)
    today = datetime.now(UTC).date()
    await load_demo(pool, today)
    await load_money(pool, today, [demo_money(today)])
    root, port = web.Application(), unused_port()
    add_pages(root, https=False)
    base = f"http://127.0.0.1:{port}"
    addresses = stand_in_addresses(base)
    settings = {"key": addresses["ONEDOOR_CHILDCARE_KEY"]}
    for path, service in stand_ins(pool, addresses).items():
        root.add_subapp(path, service)
    async with aiohttp.ClientSession() as session:
        pages = application(
            lambda: Reader(addresses["ONEDOOR_CHILDCARE_URL"], session, settings=settings), open_places(pool),
            tries=tries(pool), demo=True,
        )  # fmt: skip
        root.add_subapp("/childcare", pages)
        async with TestServer(root, port=port):
            yield f"{base}/childcare"


@pytest.mark.parametrize(("width", "language"), [(1000, "en"), (320, "cy")])
async def test_every_page_is_accessible(url: str, pages: Pages, width: int, language: str) -> None:
    # With scripts off, as anybody may have them, axe would wait for ever for its timers.
    page = await pages(viewport={"width": width, "height": 900})
    for path in ("", "?place=Headingley", "?place=Zzyzxville", "/providers/XC1001", "/providers/XC1016",
                 "/providers/XC9999", "/provider"):  # fmt: skip
        await page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
        await axe(page)
        await no_sideways_scroll(page)
    await page.fill("#number", "XC1002")
    await page.fill("#code", "WRONG 1111")
    await page.click("main form button")
    assert await page.locator(".govuk-error-summary").count() == 1
    await axe(page)
    await page.fill("#number", "XC1002")
    await page.fill("#code", code_of("XC1002"))
    await page.click("main form button")
    assert await page.locator(".childcare-own").count() == 1
    await axe(page)
    await no_sideways_scroll(page)
    await page.click("button[value=part]")
    assert await page.locator(".govuk-error-summary").count() == 1
    await axe(page)
    if (width, language) == (1000, "en"):
        await page.goto(f"{url}?place=Headingley")
        await picture(page, "childcare-list")
