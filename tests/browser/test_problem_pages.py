"""The public list and map of problems in a browser: for everybody, on any screen, without a script."""

from collections.abc import AsyncIterator

import pytest

from bot.queue import Pool
from tests.browser.axe import axe, no_sideways_scroll, picture
from tests.browser.conftest import Pages
from tests.browser.problem_pages import problem_pages

pytestmark = pytest.mark.browser


@pytest.fixture
async def url(pool: Pool) -> AsyncIterator[str]:
    """The pages with the demo's problems."""
    async with problem_pages(pool, demo=True) as address:
        yield f"{address}/problems"


@pytest.mark.parametrize(("width", "language"), [(1000, "en"), (320, "cy")])
async def test_every_page_is_accessible(url: str, pages: Pages, width: int, language: str) -> None:
    page = await pages(viewport={"width": width, "height": 900})
    for path in (
        "",
        "/map",
        "?place=Otley+Road",
        "?place=xyzzy&from=never",
        "/map?lat=53.81&long=-1.57&zoom=15",
        "/none",
    ):
        await page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
        await axe(page)
        await no_sideways_scroll(page)
    if (width, language) == (1000, "en"):
        await page.goto(f"{url}/map")
        await picture(page, "problems-map")


async def test_from_the_map_to_a_problem_by_keyboard_and_without_a_script(url: str, pages: Pages) -> None:
    page = await pages(java_script_enabled=False)
    await page.goto(f"{url}/map")
    for _ in range(6):
        dot = page.locator("a.map-dot").first
        await dot.focus()
        before = page.url
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url, before=before: url != before)  # type: ignore[misc]
        if "/map" not in page.url:
            break
    assert "/map" not in page.url
    assert await page.locator("h1").count() == 1


async def test_filters_without_a_script(url: str, pages: Pages) -> None:
    page = await pages(java_script_enabled=False)
    await page.goto(url)
    await page.get_by_label("Near").fill("Headingley")
    await page.get_by_label("Progress").select_option("open")
    await page.get_by_role("button", name="Show problems").click()
    await page.wait_for_url("**place=Headingley**")
    assert await page.locator(".problems-list__item").count() > 0
    assert await page.locator(".govuk-error-summary").count() == 0
    await page.get_by_role("link", name="Cymraeg").click()
    assert await page.get_by_label("Cynnydd").input_value() == "open"
