"""Bookings at the hospital, as citizens make them in a browser, with the real service behind the page."""

import re
import signal

import pytest
from playwright.async_api import Locator, Page, expect

from actions.health.service import DEMO_REFERRALS, DemoReferral
from tests.browser.axe import axe, no_sideways_scroll, picture
from tests.browser.conftest import Pages
from tests.browser.service import PATIENCE, TRAINING, Onedoor

# The first of them may have to train the model.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(TRAINING + PATIENCE)]

MAYA, GEORGE, *_ = DEMO_REFERRALS
WIDE = {"width": 1000, "height": 900}
# A window of 1280 by 1024 pixels at 400 % zoom.
ZOOMED = {"width": 320, "height": 256}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True,
         "is_mobile": True}  # fmt: skip
SENDS = {"en": "Send", "cy": "Anfon"}


def lines(page: Page) -> Locator:
    return page.locator("#lines > li")


def option(page: Page, words: str) -> Locator:
    return page.get_by_role("group").get_by_role("button", name=words)


async def said(page: Page) -> int:
    """How many messages of the citizen's have arrived."""
    return await page.locator(".chat-line--citizen:not(.chat-line--pending)").count()


async def answered(page: Page, number: int, words: str) -> None:
    """Waits until the citizen's message of this number has an answer with these words."""
    await expect(page.locator(".chat-line--citizen:not(.chat-line--pending)")).to_have_count(number)
    await expect(page.locator("#lines > li.chat-line--assistant:last-child")).to_contain_text(words)


async def say(page: Page, text: str, answer: str, language: str = "en") -> None:
    """Types and sends; the answer has these words."""
    number = await said(page) + 1
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("button", name=SENDS[language], exact=True).click()
    await answered(page, number, answer)


async def choose(page: Page, words: str, answer: str) -> None:
    """Clicks one of the buttons; the answer has these words."""
    number = await said(page) + 1
    await option(page, words).click()
    await answered(page, number, answer)


async def prove(page: Page, who: DemoReferral) -> None:
    """Asks for a hospital and shows, by three typed answers, whose the referral is."""
    await say(page, "I need to choose a hospital", "booking reference (UBRN)")
    await say(page, who.ubrn, "access code")
    await say(page, who.access_code, "What year were you born?")
    await say(page, str(who.birth_year), "What matters most to you?")


async def connected(page: Page) -> None:
    await expect(page.locator("html")).to_have_attribute("data-live", "yes")


async def fine(page: Page) -> None:
    """Fails when axe finds anything, or when something is cut off at 400 % zoom."""
    await axe(page)
    await page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    await no_sideways_scroll(page)
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]


async def is_booked(onedoor: Onedoor, who: DemoReferral, page: Page) -> None:
    """Fails unless the department has the booking that the page's last line tells."""
    found = await onedoor.booked(who.ubrn)
    assert found is not None
    hospital, holder, reference = found
    assert holder == who.ubrn
    await expect(lines(page).last).to_contain_text(hospital)
    await expect(lines(page).last).to_contain_text(str(reference))


async def test_by_clicking(page: Page, onedoor: Onedoor) -> None:
    await page.goto(onedoor.url)
    await connected(page)
    await fine(page)
    await prove(page, MAYA)
    await fine(page)
    await choose(page, "The nearest", "Which hospital would you like?")
    await fine(page)
    await picture(page, "webchat-hospitals")
    first = await option(page, "1.").inner_text()
    await choose(page, "Show more", "Which hospital would you like?")
    assert await option(page, "4.").inner_text() != first
    await choose(page, "4.", "When suits you at")
    await fine(page)
    await choose(page, "2.", "Your booking:")
    await fine(page)
    await choose(page, "Agree", "Booked:")
    await is_booked(onedoor, MAYA, page)
    await expect(page.get_by_role("group")).to_have_count(0)
    await fine(page)
    await picture(page, "webchat-booked")


async def test_by_typing_with_a_change_of_mind(pages: Pages, onedoor: Onedoor) -> None:
    page = await pages(**PHONE)
    await page.goto(onedoor.url)
    await connected(page)
    await prove(page, GEORGE)
    await say(page, "the shortest wait", "Which hospital would you like?")
    soonest = await option(page, "1.").inner_text()
    await say(page, "no, nearer", "Which hospital would you like?")
    nearest = await option(page, "1.").inner_text()
    assert nearest != soonest
    await picture(page, "webchat-phone-width")
    second = (await option(page, "2.").inner_text()).removeprefix("2. ").partition(",")[0]
    await say(page, "tell me about 2", "Which")
    await expect(lines(page).filter(has_text=f"{second}, ").last).to_contain_text("recommend it")
    await axe(page)
    await say(page, "MORE", "Which hospital would you like?")
    await no_sideways_scroll(page)
    await say(page, "the first one", "When suits you at")
    await say(page, "1", "Your booking:")
    await say(page, "AGREE", "Booked:")
    await is_booked(onedoor, GEORGE, page)
    await axe(page)


async def test_without_javascript(pages: Pages, onedoor: Onedoor) -> None:
    page = await pages(java_script_enabled=False, viewport=ZOOMED)
    await page.goto(onedoor.url)
    await prove(page, MAYA)
    await choose(page, "The shortest wait", "Which hospital would you like?")
    # A script can't look at a page that runs none: another page shows the same to axe.
    twin = await pages(storage_state=await page.context.storage_state())
    await twin.goto(onedoor.url)
    await fine(twin)
    await choose(page, "1.", "When suits you at")
    await choose(page, "Show more", "When suits you at")
    await choose(page, "4.", "Your booking:")
    await choose(page, "Agree", "Booked:")
    await is_booked(onedoor, MAYA, page)
    await twin.goto(onedoor.url)
    await fine(twin)


async def test_in_welsh(pages: Pages, onedoor: Onedoor) -> None:
    page = await pages(viewport=ZOOMED)
    await page.goto(onedoor.url)
    await page.get_by_role("link", name="Cymraeg").click()
    await expect(page.locator("html")).to_have_attribute("lang", "cy")
    await connected(page)
    for text, answer in (
        ("Dw i angen dewis ysbyty", "cyfeirnod archebu (UBRN)"),
        (MAYA.ubrn, "cod mynediad"),
        (MAYA.access_code, "flwyddyn"),
        (str(MAYA.birth_year), "Beth sydd bwysicaf i chi?"),
    ):
        await say(page, text, answer, "cy")
    await axe(page)
    await no_sideways_scroll(page)
    await choose(page, "Yr agosaf", "Pa ysbyty hoffech chi?")
    await axe(page)
    await no_sideways_scroll(page)
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    await picture(page, "webchat-welsh")
    await choose(page, "1.", "Pryd sy'n gyfleus")
    await choose(page, "2.", "Eich archeb:")
    await choose(page, "Cytuno", "Wedi'i archebu:")
    await is_booked(onedoor, MAYA, page)
    await axe(page)
    spoken = page.locator(".chat-line--assistant .chat-line__text")
    assert await spoken.evaluate_all("found => found.map(each => each.lang)") == ["cy"] * 8
    await page.goto(onedoor.url)  # no language in the address: the conversation's own is kept
    await expect(page.locator("html")).to_have_attribute("lang", "cy")
    await expect(lines(page)).to_have_count(16)


async def text(page: Page, words: str, answer: str) -> None:
    """Texts from the demo phone; the answer has these words."""
    own = await page.locator("#texts li.phone").count() + 1
    await page.get_by_role("textbox", name="Your text").fill(words)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#texts li.phone")).to_have_count(own)
    await expect(page.locator("#texts li:last-child.onedoor .words")).to_contain_text(answer)


async def test_by_text_from_the_demo_phone(page: Page, onedoor: Onedoor) -> None:
    await page.goto(f"{onedoor.url}/demo")
    await fine(page)
    await picture(page, "demo")
    await page.get_by_role("link", name="Open the demo phone").click()
    await page.get_by_role("textbox", name="This phone's number").fill("07700 900350")
    await page.get_by_role("button", name="Use this number").click()
    await expect(page.get_by_role("region", name="Phone 07700 900350")).to_be_visible()
    await fine(page)
    for words, answer in (
        ("I need to choose a hospital", "UBRN"),
        (MAYA.ubrn, "access code"),
        (MAYA.access_code, "born"),
        (str(MAYA.birth_year), "What matters most"),
        ("2", "Which hospital?"),
    ):
        await text(page, words, answer)
    await picture(page, "demo-phone")
    await text(page, "MORE", "Which hospital?")
    await text(page, "the first one", "When suits you at")
    await text(page, "2", "Your booking:")
    await fine(page)
    await text(page, "AGREE", "Booked:")
    found = await onedoor.booked(MAYA.ubrn)
    assert found is not None
    await expect(page.locator("#texts li").last).to_contain_text(f"Reference {found[2]}")
    # What each text cost, and that it came; none has more than two parts.
    for each in await page.locator("#texts li").all():
        await expect(each.locator(".length")).to_have_text(
            re.compile(r"^(1 segment|2 segments), GSM-7, \d+ of (160|306)$")
        )
        await expect(each.locator(".state")).to_have_text("Delivered")
    await page.reload()
    await expect(page.locator("#texts li")).to_have_count(18)
    await axe(page)


async def test_killed_and_started_again_in_the_middle(page: Page, onedoor: Onedoor) -> None:
    await page.goto(onedoor.url)
    await connected(page)
    await say(page, "I need to choose a hospital", "booking reference (UBRN)")
    await say(page, MAYA.ubrn, "access code")
    box, send = page.get_by_role("textbox"), page.get_by_role("button", name="Send")

    # Killed as the message goes out: whether it arrived or not, it is answered, and once.
    await box.fill(MAYA.access_code)
    await send.click()
    await onedoor.end(signal.SIGKILL)
    await expect(page.get_by_text("You are not connected")).to_be_visible()
    await fine(page)
    await box.fill(str(MAYA.birth_year))
    await send.click()
    await expect(page.locator(".chat-line--pending").last).to_contain_text(str(MAYA.birth_year))
    onedoor.start()
    await onedoor.ready()
    await expect(page.get_by_text("You are not connected")).to_be_hidden(timeout=PATIENCE * 1000)
    await answered(page, 4, "What matters most to you?")
    await expect(page.locator(".chat-line--pending")).to_have_count(0)
    await expect(lines(page)).to_have_count(8)

    await choose(page, "The nearest", "Which hospital would you like?")
    await page.reload()
    await expect(lines(page)).to_have_count(10)
    shown = await lines(page).all_inner_texts()
    # What proves who one is was shown while it was typed, and never again.
    own = await page.locator(".chat-line--citizen").all_inner_texts()
    assert not any(secret in line for line in own for secret in (MAYA.access_code, str(MAYA.birth_year)))
    await page.close()
    other = await page.context.new_page()
    await other.goto(onedoor.url)
    assert await lines(other).all_inner_texts() == shown
    await connected(other)
    await choose(other, "1.", "When suits you at")
    await choose(other, "1.", "Your booking:")
    await choose(other, "Agree", "Booked:")
    await is_booked(onedoor, MAYA, other)


async def test_danger_is_answered_first_and_the_question_stands(pages: Pages, onedoor: Onedoor) -> None:
    page = await pages(**PHONE)
    await page.goto(onedoor.url)
    await connected(page)
    await prove(page, MAYA)
    await say(page, "I have chest pain and I can't breathe", "Ring 999 now")
    await expect(lines(page).last.get_by_role("link", name="999").first).to_have_attribute("href", "tel:999")
    await axe(page)
    await no_sideways_scroll(page)
    await expect(page.get_by_role("textbox")).to_be_focused()
    await say(page, "the nearest", "Which hospital would you like?")
    await choose(page, "1.", "When suits you at")
    # No keyboard comes up over the next question's buttons.
    await expect(page.get_by_role("textbox")).not_to_be_focused()
    assert await onedoor.pool.fetchval("SELECT reason FROM escalation ORDER BY priority LIMIT 1")
