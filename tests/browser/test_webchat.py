"""The web chat in Chromium: with JavaScript and without, narrow, zoomed, Welsh, cut off and back."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import axe, no_sideways_scroll
from tests.browser.conftest import Pages, Site
from tests.channels.webchat.answering import Answer

pytestmark = pytest.mark.browser


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("button", name="Send").click()


async def connected(page: Page) -> None:
    """Waits until the page has its socket: from then on nothing reloads it."""
    await expect(page.locator("html")).to_have_attribute("data-live", "yes")


async def test_a_talk_by_typing_and_by_buttons(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await connected(page)
    await expect(page.get_by_text("You are talking to a computer")).to_be_visible()
    await axe(page)

    await say(page, "I need to choose a hospital")
    option = page.get_by_role("button", name="Bradford Royal Infirmary")
    await expect(option).to_be_visible()
    await expect(page.get_by_role("textbox")).to_be_focused()
    await expect(page.get_by_role("textbox")).to_have_value("")
    await expect(page.get_by_role("status").filter(has_text="Onedoor said: I found 9")).to_have_count(1)
    await expect(page.locator("#thinking")).to_be_hidden()
    await expect(page.get_by_role("link", name="0113 496 0000")).to_have_attribute(
        "href", "tel:+441134960000"
    )
    await expect(page.locator(".chat-line__options")).to_be_hidden()
    await axe(page)

    await option.click()
    await expect(page.get_by_text("Which day suits you best?").first).to_be_visible()
    await expect(page.locator("#lines .chat-line--citizen").last).to_contain_text("Bradford Royal Infirmary")
    await expect(option).to_have_count(0)
    offered = page.locator(".chat-line__options").filter(has_text="2. Bradford Royal Infirmary, 8 miles")
    await expect(offered).to_be_visible()
    await expect(page.get_by_role("textbox")).to_be_focused()
    assert site.sent == ["I need to choose a hospital", "2"]

    await page.reload()
    await expect(page.locator("#lines > li")).to_have_count(6)
    await connected(page)
    await expect(page.locator("#lines > li")).to_have_count(6)
    await axe(page)


async def test_the_keyboard_alone(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await connected(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await page.get_by_role("textbox").focus()
    await page.keyboard.type("hospital")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("please")
    await page.keyboard.press("Enter")
    option = page.get_by_role("button", name="Airedale")
    await expect(option).to_be_visible()
    for _ in range(2):
        await page.keyboard.press("Shift+Tab")
    await expect(option).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#lines > li")).to_have_count(6)
    assert site.sent == ["hospital\nplease", "3"]


async def test_without_javascript(pages: Pages, site: Site) -> None:
    page = await pages(java_script_enabled=False)
    await page.goto(site.url)
    await say(page, "I need to choose a hospital")
    assert page.url == f"{site.url}/#latest"
    await page.get_by_role("button", name="Bradford Royal Infirmary").click()
    await expect(page.get_by_text("Which day suits you best?")).to_be_visible()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write a message, or choose an answer")
    await page.get_by_role("link", name="Write a message, or choose an answer").click()
    await say(page, "x" * 301)
    await expect(page.get_by_role("textbox")).to_have_value("x" * 301)
    await page.get_by_role("button", name="Leave no trace").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have left")
    await page.get_by_role("link", name="Start a new conversation").click()
    await expect(page.locator("#lines > li")).to_have_count(0)
    assert site.sent == ["I need to choose a hospital", "2"]


async def test_errors_are_at_the_box_and_what_was_typed_stays(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await connected(page)
    box = page.get_by_role("textbox")
    await page.get_by_role("button", name="Send").click()
    await expect(box).to_have_accessible_description(
        "Error: Write a message, or choose an answer You can write up to 300 characters"
    )
    await expect(box).to_be_focused()
    await axe(page)
    await say(page, "y" * 320)
    await expect(box).to_have_value("y" * 320)
    await expect(page.locator("#message-error")).to_contain_text("It is 20 too long")
    await axe(page)
    await say(page, "my card is 4111 1111 1111 1111")
    await expect(page.locator("#message-error")).to_contain_text("need a card number")
    await expect(box).to_have_value("my card is 4111 1111 1111 1111")
    await expect(page.locator("#lines > li")).to_have_count(0)
    await say(page, "hospital")
    await expect(page.locator("#message-error")).to_have_count(0)
    await expect(page.locator("#lines > li")).to_have_count(3)


async def test_the_error_page_without_javascript_passes_axe(pages: Pages, site: Site) -> None:
    page = await pages()
    # Sockets that never open: the page falls back to its form.
    await page.route_web_socket("**/chat/socket**", lambda socket: socket.close())
    await page.goto(site.url)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write a message")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await axe(page)
    await say(page, "hospital")
    await expect(page.get_by_role("button", name="Airedale")).to_be_visible()


async def test_welsh(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await page.get_by_role("link", name="Cymraeg").click()
    await connected(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sut gallwn ni helpu?")
    await axe(page)
    await page.get_by_role("textbox").fill("ysbyty")
    await page.get_by_role("button", name="Anfon").click()
    await expect(page.get_by_role("button", name="Ysbyty Gwynedd")).to_be_visible()
    await axe(page)
    await page.goto(site.url)
    await expect(page.locator("html")).to_have_attribute("lang", "cy")


async def test_pages_beside_the_chat(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/demo")
    await expect(page.get_by_text("0000 4950 0001")).to_be_visible()
    await axe(page)
    await page.goto(f"{site.url}/nowhere")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    await axe(page)


@pytest.mark.parametrize("width", [320, 1000])
async def test_narrow_or_zoomed_nothing_scrolls_sideways(pages: Pages, site: Site, width: int) -> None:
    # 400 % zoom of a window of 1,280 pixels leaves 320 for the page, 4 real pixels each.
    narrow = width == 320
    page = await pages(viewport={"width": width, "height": 700}, device_scale_factor=2 if narrow else 1)
    site.script = lambda said: [
        Answer(f"See https://example.org/{'a-very-long-address' * 6} " + "w" * 90),
        Answer(
            "Which?", (("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", "1"), ("York", "2"))
        ),
    ]
    await page.goto(site.url)
    await connected(page)
    await no_sideways_scroll(page)
    await say(page, "w" * 200)
    await expect(page.get_by_role("button", name="York")).to_be_visible()
    await no_sideways_scroll(page)
    await axe(page)
    await page.goto(f"{site.url}/demo")
    await no_sideways_scroll(page)


async def test_a_phone(pages: Pages, site: Site) -> None:
    page = await pages(viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True)
    await page.goto(site.url)
    await connected(page)
    await say(page, "I need to choose a hospital")
    await expect(page.get_by_role("button", name="Bradford Royal Infirmary")).to_be_visible()
    await axe(page)


async def test_cut_off_nothing_is_lost_and_nothing_comes_twice(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await connected(page)
    await say(page, "one")
    await expect(page.locator("#lines > li")).to_have_count(3)

    await page.context.set_offline(True)
    await say(page, "two")
    await expect(page.locator(".chat-line--pending")).to_contain_text("two")
    await expect(page.get_by_text("You are not connected")).to_be_visible()
    await axe(page)
    assert site.sent == ["one"]

    await page.context.set_offline(False)
    await expect(page.locator("#lines > li")).to_have_count(6)
    await expect(page.locator(".chat-line--pending")).to_have_count(0)
    await expect(page.get_by_text("You are not connected")).to_be_hidden()
    assert site.sent == ["one", "two"]


async def test_a_message_refused_for_haste_goes_back_into_the_box(page: Page, site: Site) -> None:
    site.script = lambda said: []
    await page.goto(site.url)
    await connected(page)
    for number in range(16):
        await say(page, f"message {number}")
    await expect(page.locator("#message-error")).to_contain_text("Wait a minute")
    await expect(page.get_by_role("textbox")).to_have_value("message 15")
    await expect(page.locator("#lines > li")).to_have_count(15)


async def test_what_is_seen_is_receipted_and_what_is_typed_survives_a_reload(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await connected(page)
    await say(page, "hospital")
    await expect(page.locator("#lines > li")).to_have_count(3)
    async with asyncio.timeout(30):
        while await site.pool.fetchval("SELECT count(*) FROM outbound WHERE status <> 'delivered'"):
            await page.wait_for_timeout(20)
    await page.get_by_role("textbox").fill("half a sentence")
    await page.reload()
    await expect(page.get_by_role("textbox")).to_have_value("half a sentence")


async def test_leaving_in_one_window_empties_the_other(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await connected(page)
    await say(page, "hospital")
    await expect(page.locator("#lines > li")).to_have_count(3)
    other = await page.context.new_page()
    await other.goto(site.url)
    await other.get_by_role("button", name="Leave no trace").click()
    await expect(other.get_by_role("heading", level=1)).to_have_text("You have left")
    await axe(other)
    await expect(page.locator("#lines > li")).to_have_count(0)
    await other.go_back()
    await expect(other.locator("#lines > li")).to_have_count(0)
