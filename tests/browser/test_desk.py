"""The desk in a browser: two officers and a citizen at once, by keyboard, without scripts, narrow."""

import re

import pytest
from playwright.async_api import Page, expect

from channels.desk.demo import PASSWORD
from tests.browser.axe import axe, picture
from tests.browser.conftest import Pages
from tests.browser.service import Onedoor

pytestmark = pytest.mark.browser


@pytest.fixture
async def desk(onedoor: Onedoor) -> str:
    """The desk with nothing to do."""
    await onedoor.pool.execute("UPDATE conversation SET speaker = 'assistant', officer_id = NULL")
    await onedoor.pool.execute("DELETE FROM escalation")
    await onedoor.pool.execute("DELETE FROM officer_session")
    return f"{onedoor.url}/desk"


async def sign_in(page: Page, desk: str, name: str) -> None:
    await page.goto(desk)
    await page.get_by_label("E-mail address").fill(f"{name}@onedoor.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(re.compile(r"/desk/(cases|board|officers|audit)"))


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send").click()


async def hears(citizen: Page, text: str) -> None:
    """The citizen's page shows a message with these words."""
    await expect(citizen.locator(".chat-line__words", has_text=text).last).to_be_visible()


async def test_two_officers_and_a_citizen(onedoor: Onedoor, desk: str, pages: Pages) -> None:
    citizen, jo, sam = await pages(), await pages(), await pages()
    await sign_in(jo, desk, "jo")
    await sign_in(sam, desk, "sam")
    await jo.get_by_role("button", name="Go on duty").click()
    await citizen.goto(onedoor.url)
    await write(citizen, "choose a hospital")
    await hears(citizen, "What is your booking reference")
    await write(citizen, "<b>can I speak</b> to a person please")
    await hears(citizen, "I've asked a person")
    # The list fills by itself, on both screens.
    for page in (jo, sam):
        await expect(page.locator("a[data-row]")).to_have_count(1)
    await axe(jo)
    await picture(jo, "desk-cases")
    await sam.locator("a[data-row]").click()
    await jo.keyboard.press("n")
    await jo.wait_for_url(re.compile(r"/desk/cases/\d+"))
    await expect(jo.get_by_text("<b>can I speak</b> to a person please")).to_be_visible()
    await hears(citizen, "a member of staff is here now")
    await expect(sam.get_by_text("Jo Marsh speaks with the citizen.")).to_be_visible()
    await expect(sam.get_by_role("button", name="Take this case")).to_have_count(1)
    await sam.get_by_role("button", name="Take this case").click()
    await expect(sam.get_by_text("Jo Marsh has this.")).to_be_visible()

    await jo.locator("#text").fill("Hello, Jo here. Shall I ring you?")
    await expect(jo.locator("#parts")).to_contain_text("1 part")
    await jo.locator("#text").press("Control+Enter")
    await hears(citizen, "Hello, Jo here. Shall I ring you?")
    await write(citizen, "No need, I found the letter")
    await expect(jo.get_by_text("No need, I found the letter")).to_be_visible()
    await axe(jo)
    await picture(jo, "desk-case")
    await axe(citizen)
    await jo.get_by_text("Close it").click()
    await jo.get_by_label("What became of it?").select_option("explained")
    await jo.get_by_label("What kind of contact was it?").select_option("unclear_letter")
    await jo.get_by_role("button", name="Close the case").click()
    await hears(citizen, "Did we sort it out for you?")
    await write(citizen, "yes thank you")
    await hears(citizen, "I've passed that on to the team")
    rated = await onedoor.pool.fetchrow("SELECT rating, outcome, contact FROM escalation")
    assert rated is not None
    assert tuple(rated) == (3, "explained", "unclear_letter")


async def test_a_draft_is_there_when_the_page_is_opened_again(
    onedoor: Onedoor, desk: str, pages: Pages
) -> None:
    citizen, jo = await pages(), await pages()
    await sign_in(jo, desk, "jo")
    await citizen.goto(onedoor.url)
    await write(citizen, "a person please")
    await expect(jo.locator("a[data-row]")).to_have_count(1)
    await jo.get_by_role("button", name="Take the next case").click()
    await jo.locator("#text").fill("I was just saying")
    await expect(jo.locator("#parts")).to_contain_text("1 part")
    await jo.reload()
    await expect(jo.locator("#text")).to_have_value("I was just saying")
    await jo.locator("#canned").select_option(label="Looking into it")
    await expect(jo.locator("#text")).to_have_value(re.compile("just saying\n.*by \\(\\(time\\)\\)"))
    await jo.get_by_role("button", name="Send").click()
    await expect(jo.get_by_text("Fill in what stands in (( )) first.")).to_be_visible()


async def test_without_scripts(onedoor: Onedoor, desk: str, pages: Pages) -> None:
    citizen, jo = await pages(), await pages(java_script_enabled=False)
    await citizen.goto(onedoor.url)
    await write(citizen, "a person please")
    await hears(citizen, "I've asked a person")
    await sign_in(jo, desk, "jo")
    await jo.get_by_role("button", name="Take the next case").click()
    await jo.locator("#text").fill("Hello.")
    await jo.get_by_role("button", name="Send").click()
    await hears(citizen, "Hello.")
    await jo.get_by_label("A note for colleagues").fill("Rang them")
    await jo.get_by_role("button", name="Add the note").click()
    await expect(jo.get_by_text("Rang them")).to_be_visible()
    await jo.get_by_text("Pass it to another desk").click()
    await jo.get_by_label("To which desk?").select_option("health")
    await jo.get_by_label("Why?").select_option("wrong_team")
    await jo.get_by_role("button", name="Pass it on").click()
    await hears(citizen, "passed this on to Hospital referrals")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("lee", ("/cases", "/cases?view=closed", "/board", "/search?q=x", "/measures", "/replies")),
        ("ada", ("/officers",)),
        ("sys", ("/audit",)),
        ("lee", ("/care/plans", "/care/payments", "/care/holdings", "/care/surpluses")),
        ("lee", ("/childcare/award-runs", "/childcare/books", "/childcare/weights", "/childcare/what-if")),
        (
            "lee",
            ("/education/designations", "/education/schools", "/education/allocation", "/education/sessions"),
        ),
        ("lee", ("/health/referrals",)),
    ],
)
async def test_every_page_is_accessible_and_fits(
    desk: str, pages: Pages, name: str, paths: tuple[str, ...]
) -> None:
    page = await pages()
    await page.goto(desk)
    await axe(page)
    await sign_in(page, desk, name)
    for width in (1000, 320):
        await page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            await page.goto(f"{desk}{path}")
            await axe(page)
            # A wide table scrolls in its own region, the page does not.
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
