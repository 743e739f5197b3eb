"""Chromium for tests, and a web chat with scripted answers to drive; `page` works with any address."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.queue import Pool
from bot.settings import ROOT, Settings
from channels.announcer import Announcer
from channels.webchat import application
from tests.browser.service import onedoor, running_onedoor
from tests.channels.webchat.answering import Answer, answering

__all__ = ["onedoor", "running_onedoor"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
type Pages = Callable[..., Awaitable[Page]]


def chromium() -> str:
    """Chromium's path: the one that the set-up chose, or else the system's."""
    kept = ROOT / ".venv" / "chromium"
    found = kept.read_text().strip() if kept.is_file() else shutil.which("chromium")
    assert found, "Chromium is missing: run `make setup-dev`."
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the run."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """Opens a page in a fresh profile: `await pages(java_script_enabled=False, …)`.

    An error that a page's scripts or its security policy report fails the test.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    async def open_page(**options: Any) -> Page:
        # Without smooth scrolling, so that a picture shows where it ends.
        still = {"viewport": {"width": 1000, "height": 900}, "reduced_motion": "reduce"}
        context = await browser.new_context(**{**still, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert wrong == []


@pytest.fixture
async def page(pages: Pages) -> Page:
    """A page in a fresh profile, with JavaScript."""
    return await pages()


@dataclass
class Site:
    """A web chat that is running.

    Args:
        url: its address, without a slash at the end.
        pool: its database.
        script: what it answers; a test may put another in its place.
    """

    url: str
    pool: Pool
    script: Callable[[str], Iterable[Answer]]
    sent: list[str] = field(default_factory=list)

    def reply(self, said: str) -> list[Answer]:
        """The answers to a message, which is noted in `sent`."""
        self.sent.append(said)
        return list(self.script(said))


HOSPITALS = Answer(
    "I found 9 hospitals for a knee check. Which would you like?\n\n"
    "Questions? Ring the booking line on 0113 496 0000 or see https://www.example.org/choose.",
    (
        ("Leeds Orthopaedic Centre, 3 miles, 7 weeks", "1"),
        ("Bradford Royal Infirmary, 8 miles, 9 weeks", "2"),
        ("Airedale General Hospital, 17 miles, 11 weeks. Not for: body mass index (BMI) over 40", "3"),
        ("Show more (6 more)", "more"),
    ),
)
WELSH = Answer("Pa ysbyty hoffech chi?", (("Ysbyty Gwynedd", "1"), ("Ysbyty Glan Clwyd", "2")), "cy")


def hospital_script(said: str) -> list[Answer]:
    """A short talk about choosing a hospital."""
    if "ysbyty" in said:
        return [WELSH]
    if said == "2":
        return [Answer("You chose Bradford Royal Infirmary."), Answer("Which day suits you best?")]
    return [Answer("We can help you choose a hospital."), HOSPITALS]


REFERRALS = [
    {
        "department": "Health",
        "department_cy": "Iechyd",
        "reference": "0000 4950 0001",
        "code": "red kite sun",
        "born": "1961",
        "story": "Margaret needs a knee operation and can travel",
    },
    {
        "department": "Health",
        "department_cy": "Iechyd",
        "reference": "0000 4950 0002",
        "code": "blue lake oak",
        "born": "1984",
        "story": "Imran needs an eye test soon, near Bradford",
    },
]
ABILITIES = {
    "en": ["choose a hospital for your first appointment", "see how your referral is getting on"],
    "cy": [
        "dewis ysbyty ar gyfer eich apwyntiad cyntaf",
        "gweld sut mae eich atgyfeiriad yn dod yn ei flaen",
    ],
}


@pytest.fixture
async def site(pool: Pool, database_url: str) -> AsyncIterator[Site]:
    """The web chat on a free port, answering by `hospital_script`."""
    announcer = Announcer(database_url)
    await announcer.start()
    settings = Settings.model_validate({})
    app = application(
        pool, settings, announcer, demo_page=lambda: REFERRALS, abilities=lambda language: ABILITIES[language]
    )
    async with TestServer(app) as server:
        site = Site(str(server.make_url("")).rstrip("/"), pool, hospital_script)
        async with answering(pool, site.reply):
            yield site
    await announcer.stop()


@pytest.fixture(autouse=True)
def pictures_folder() -> None:
    """Makes the folder for pictures when they are asked for."""
    if os.environ.get("ONEDOOR_PICTURES") == "1":
        Path(ROOT / "docs" / "pictures").mkdir(parents=True, exist_ok=True)
