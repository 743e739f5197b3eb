"""A letter as a print-ready A4 PDF: the address where a window envelope shows it, ordinary or large print."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

import matplotlib
from babel.dates import format_date
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.markup import Block, read_blocks

FONTS: Final = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
"""DejaVu Sans, which has every letter of Welsh; free to embed. It comes with a package Rasa needs anyway."""
FAMILY: Final = "DejaVu"

WIDTH: Final = 210.0
MARGIN: Final = 20.0
"""Millimetres, on all sides but where the address is."""
ADDRESS_LEFT: Final = 24.6
ADDRESS_TOP: Final = 39.5
ADDRESS_WIDTH: Final = 95.4
ADDRESS_LINE: Final = 3.8
ADDRESS_POINTS: Final = 9.5
"""Seven lines stay inside the window of a DL envelope, 26.8 mm high."""
BODY_TOP: Final = 80.0

ORDINARY: Final = 12.0
LARGE: Final = 18.0
"""Points. RNIB's Clear Print asks for 12 at least, and for 16 to 18 where it is large."""
LEADING: Final = 1.4
"""Height of a line, in heights of its letters: RNIB asks for 1.25 to 1.5."""
MILLIMETRES: Final = 25.4 / 72

_PAGE: Final = {"en": "Page {page} of {{nb}}", "cy": "Tudalen {page} o {{nb}}"}
_LOCALES: Final = {"en": "en_GB", "cy": "cy_GB"}


class Page(FPDF):
    """A letter's pages, with their numbers at the foot."""

    language = "en"
    points = ORDINARY

    def footer(self) -> None:
        """The page's number, in the language of the words above it."""
        self.set_y(-14)
        self.set_font(FAMILY, size=self.points * 0.8)
        told = _PAGE[self.language].format(page=self.page_no())
        self.cell(0, 6, told, align="R")


def draw(
    address: list[str],
    parts: list[tuple[str, str, str]],
    *,
    sender: dict[str, str],
    day: date,
    large: bool = False,
) -> tuple[bytes, int]:
    """Draws a letter.

    Args:
        address: its lines, 3 to 7.
        parts: language, heading and words; one, or two where the citizen's language is not known. Each
            begins on a page of its own.
        sender: the department's name by language.
        day: the date it carries.
        large: for those who need large print.

    Returns:
        The PDF and how many pages it has.
    """
    pdf = Page(format="A4")
    pdf.set_title(parts[0][1] or sender[parts[0][0]])
    pdf.set_author(sender[parts[0][0]])
    pdf.set_lang(_LOCALES[parts[0][0]].replace("_", "-"))
    pdf.set_creation_date(datetime.combine(day, time(), UTC))
    pdf.add_font(FAMILY, "", FONTS / "DejaVuSans.ttf")
    pdf.add_font(FAMILY, "B", FONTS / "DejaVuSans-Bold.ttf")
    pdf.set_auto_page_break(True, margin=MARGIN)
    points = LARGE if large else ORDINARY
    pdf.points = points
    for at, (language, heading, body) in enumerate(parts):
        pdf.add_page()  # the foot of the page before is drawn now, in its own language
        pdf.language = language
        pdf.set_margins(MARGIN, MARGIN, MARGIN)
        pdf.set_xy(MARGIN, MARGIN)
        if at == 0:
            _head(pdf, address, sender[language], points)
            pdf.set_xy(MARGIN, BODY_TOP)
        _line(pdf, format_date(day, "d MMMM yyyy", locale=_LOCALES[language]), points)
        pdf.ln(points * MILLIMETRES)
        if heading:
            _line(pdf, heading, points * 1.25, bold=True)
            pdf.ln(points * MILLIMETRES * 0.6)
        for block in read_blocks(body):
            _block(pdf, block, points)
    return bytes(pdf.output()), pdf.page_no()


def _head(pdf: Page, address: list[str], sender: str, points: float) -> None:
    _line(pdf, sender, points * 1.1, bold=True)
    pdf.set_font(FAMILY, size=ADDRESS_POINTS)
    for at, line in enumerate(address):
        pdf.set_xy(ADDRESS_LEFT, ADDRESS_TOP + at * ADDRESS_LINE)
        pdf.cell(ADDRESS_WIDTH, ADDRESS_LINE, _fitting(pdf, line))


def _fitting(pdf: Page, line: str) -> str:
    """As much of an address line as the window shows."""
    while line and pdf.get_string_width(line) > ADDRESS_WIDTH:
        line = line[:-1]
    return line


def _block(pdf: Page, block: Block, points: float) -> None:
    gap = points * MILLIMETRES * 0.7
    match block.kind:
        case "heading":
            _line(pdf, block.text, points * 1.15, bold=True)
        case "subheading":
            _line(pdf, block.text, points, bold=True)
        case "rule":
            pdf.line(MARGIN, pdf.get_y(), WIDTH - MARGIN, pdf.get_y())
        case "bullet" | "number":
            _indented(pdf, f"{block.place}." if block.place else "\u2022", block.text, points)
            gap /= 2
        case "inset":
            _indented(pdf, "", block.text, points)
        case _:
            _line(pdf, block.text, points)
    pdf.ln(gap)


def _indented(pdf: Page, mark: str, text: str, points: float) -> None:
    indent = MARGIN + 2 * points * MILLIMETRES
    pdf.set_font(FAMILY, size=points)
    if pdf.will_page_break(points * MILLIMETRES * LEADING):
        pdf.add_page()
    pdf.set_x(MARGIN + points * MILLIMETRES / 2)
    pdf.cell(indent - pdf.get_x(), points * MILLIMETRES * LEADING, mark)
    pdf.set_left_margin(indent)
    pdf.set_x(indent)
    _line(pdf, text, points)
    pdf.set_left_margin(MARGIN)
    pdf.set_x(MARGIN)


def _line(pdf: Page, text: str, points: float, *, bold: bool = False) -> None:
    """Words over the whole width, from the left, broken where they must."""
    pdf.set_font(FAMILY, "B" if bold else "", points)
    pdf.multi_cell(
        0, points * MILLIMETRES * LEADING, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )  # fmt: skip
