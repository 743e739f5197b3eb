"""The demo phone in Chromium: live with scripts, complete without, and nothing for axe-core to find."""

import shutil
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from bot.outbox import Delivery
from bot.queue import Pool
from bot.settings import ROOT, Settings
from bot.worker import Worker
from channels.sms.demo import demo_application
from channels.sms.sender import DemoPhoneSender
from tests.channels.sms.conftest import add_outbound

pytestmark = pytest.mark.browser

NUMBER = "+447700900123"


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def context(scripts: bool) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield await browser.new_context(java_script_enabled=scripts, bypass_csp=scripts)
        await browser.close()


@pytest.fixture
async def page(context: BrowserContext, pool: Pool) -> AsyncIterator[Page]:
    app = web.Application()
    app.add_subapp("/demo", demo_application(pool, Settings(_env_file=None)))  # type: ignore[call-arg]
    server = TestServer(app)
    await server.start_server()
    page = await context.new_page()
    await page.goto(str(server.make_url("/demo/phone")))
    yield page
    await page.close()
    await server.close()


async def test_a_newcomer_texts_and_is_answered(
    page: Page, pool: Pool, database_url: str, scripts: bool
) -> None:
    await page.get_by_label("This phone's number").fill("07700 900123")
    await page.get_by_role("button", name="Use this number").click()
    await page.get_by_label("Your text").fill("I need <b>help</b> choosing")
    if scripts:
        await page.get_by_label("Your text").press("Enter")
    else:
        await page.get_by_role("button", name="Send").click()
    await expect(page.locator("li.phone .words")).to_have_text("I need <b>help</b> choosing")
    await expect(page.get_by_role("status")).to_have_text("Waiting for an answer…")
    await expect(page.get_by_label("Your text")).to_have_value("")

    await add_outbound(pool, "Tŷ <i>1</i>", to=NUMBER)
    await pool.execute("UPDATE inbound SET done_at = now()")
    worker = await Worker.start(database_url)
    await Delivery(pool, {"sms": DemoPhoneSender(pool)}, worker).deliver(
        await pool.fetchval("SELECT conversation_id FROM inbound")
    )
    await worker.stop()
    if not scripts:
        await page.get_by_role("button", name="Refresh").click()
    answer = page.locator("li.onedoor")
    await expect(answer.locator(".words")).to_have_text("Tŷ <i>1</i>")
    await expect(answer.locator(".length")).to_have_text("1 segment, UCS-2, 11 of 70")
    await expect(answer.locator(".state")).to_have_text("Delivered")
    await expect(page.get_by_role("status")).to_have_text("")
    assert await page.locator("#texts li").count() == 2


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scripts", [True])
async def test_axe_finds_nothing(page: Page, pool: Pool, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 1024 if width == 1280 else 256})
    await page.get_by_label("This phone's number").fill("0113 496 0000")
    await page.get_by_role("button", name="Use this number").click()
    await expect(page.locator("#number-error")).to_be_visible()
    await page.add_script_tag(path=ROOT / "node_modules" / "axe-core" / "axe.min.js")
    found = await page.evaluate("axe.run()")
    assert [problem["id"] for problem in found["violations"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
