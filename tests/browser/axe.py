"""Checks a page with axe-core, and takes its picture for the documents."""

import os
from io import BytesIO

from PIL import Image
from playwright.async_api import Page

from bot.settings import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "docs" / "pictures"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def axe(page: Page) -> None:
    """Fails when axe-core finds anything on the page as it is now, naming the rule and the element.

    It is run by the debugger, so the page's own policy against foreign scripts stays in force.
    """
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(({violations}) =>"
        " violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 200)).join(' | ')}`))",
        RULES,
    )
    assert not found, "\n".join(found)


async def no_sideways_scroll(page: Page) -> None:
    """Fails when the page is wider than its window, naming what sticks out."""
    wide = await page.evaluate(
        "() => [...document.querySelectorAll('body *:not(.govuk-visually-hidden, .govuk-skip-link)')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"
    )
    assert not wide, "\n".join(wide)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def picture(page: Page, name: str) -> None:
    """Keeps a picture of what the window shows for the documents, when `ONEDOOR_PICTURES=1` asks for it.

    Of 64 colours, which is a quarter of the bytes and not seen on a page of flat colours.
    """
    if os.environ.get("ONEDOOR_PICTURES") == "1":
        await page.mouse.move(0, 0)
        taken = Image.open(BytesIO(await page.screenshot(animations="disabled")))
        colours = taken.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        colours.save(PICTURES / f"{name}.png", optimize=True)
