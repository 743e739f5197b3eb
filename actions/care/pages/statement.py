"""A monthly statement in large print: a PDF of what was there, what came and went, and what is there."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final

from babel.dates import format_date
from fpdf.enums import XPos, YPos

from actions.care.budget import Entry, Statement
from bot.hours import LONDON
from bot.wording import FILTERS
from channels.letter.page import FAMILY, FONTS, LARGE, LEADING, MARGIN, MILLIMETRES, WIDTH, Page

LOCALES: Final = {"en": "en_GB", "cy": "cy"}
POUNDS: Final = 45.0
"""Millimetres for an amount, at the right."""


def month_title(month: str, language: str) -> str:
    """“November 2026”."""
    return str(format_date(datetime.fromisoformat(f"{month}-01"), "MMMM y", locale=LOCALES[language]))


def entry_title(entry: Entry, words: Mapping[str, str]) -> str:
    """What an entry is called: the payee with the line, or why the money came or went."""
    if entry.payee is None:
        return words.get(f"entry_{entry.kind}", entry.kind)
    about = f"{entry.payee}, {entry.line}" if entry.line else entry.payee
    return f"{words['entry_refund']}: {about}" if entry.kind == "refund" else about


def draw(statement: Statement, name: str, words: Mapping[str, str], language: str, now: datetime) -> bytes:
    """The statement as a PDF.

    Args:
        statement: of the month.
        name: the citizen's.
        words: of the pages, in the language.
        language: `en` or `cy`.
        now: when it is made.
    """
    pdf = Page(format="A4")
    pdf.language, pdf.points = language, LARGE
    title = f"{words['statement']}, {month_title(statement.month, language)}"
    pdf.set_title(title)
    pdf.set_author(words["department"])
    pdf.set_lang(LOCALES[language].replace("_", "-"))
    pdf.set_creation_date(datetime.combine(now.date(), time(), UTC))
    pdf.add_font(FAMILY, "", FONTS / "DejaVuSans.ttf")
    pdf.add_font(FAMILY, "B", FONTS / "DejaVuSans-Bold.ttf")
    pdf.set_auto_page_break(True, margin=MARGIN)
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.add_page()
    _words(pdf, words["department"], bold=True)
    _words(pdf, title, bold=True, points=LARGE * 1.2)
    _words(pdf, name)
    pdf.ln(4)
    _row(pdf, words["opening"], statement.opening, bold=True)
    for entry in statement.entries:
        day = format_date(entry.at.astimezone(LONDON), "d MMMM", locale=LOCALES[language])
        _row(pdf, f"{day}: {entry_title(entry, words)}", entry.pence)
    if not statement.entries:
        _words(pdf, words["no_entries"])
    _row(pdf, words["closing"], statement.closing, bold=True)
    if statement.held:
        _row(pdf, words["of_it_held"], statement.held)
    pdf.ln(4)
    for way in statement.ways:
        _words(pdf, words[f"way_{way.way}"], bold=True)
        _row(pdf, words["opening"], way.opening)
        _row(pdf, words["closing"], way.closing)
    pdf.ln(4)
    _words(pdf, words["made_on"].format(day=format_date(now, "d MMMM y", locale=LOCALES[language])))
    return bytes(pdf.output())


def _words(pdf: Page, text: str, *, bold: bool = False, points: float = LARGE) -> None:
    pdf.set_font(FAMILY, "B" if bold else "", points)
    pdf.multi_cell(
        0, points * MILLIMETRES * LEADING, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )  # fmt: skip


def _row(pdf: Page, text: str, pence: int, *, bold: bool = False) -> None:
    """Words at the left over as many lines as they need, the amount at the right of the first."""
    height = LARGE * MILLIMETRES * LEADING
    pdf.set_font(FAMILY, "B" if bold else "", LARGE)
    width = WIDTH - 2 * MARGIN - POUNDS
    tall = pdf.multi_cell(width, height, text, dry_run=True, output="HEIGHT")
    assert isinstance(tall, float)
    if pdf.will_page_break(tall):
        pdf.add_page()
    top = pdf.get_y()
    pdf.multi_cell(width, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    below = pdf.get_y()
    pdf.set_xy(WIDTH - MARGIN - POUNDS, top)
    pdf.cell(POUNDS, height, FILTERS["pence"](pence), align="R")
    pdf.set_xy(MARGIN, below)
