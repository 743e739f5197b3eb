"""Reads the department's own file on schools: what the register lacks, and the free places of each year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from actions.education.service.columns import CellError, Cells, Table, read_table

YEARS: Final[Mapping[str, int]] = {"Places R": 0, **{f"Places {year}": year for year in range(1, 14)}}
"""The columns of free places, by year group; an empty cell is a year that the school does not have."""
NEEDED: Final = (
    "URN", "ProgressMonths", "ProgressYear", "EthosEnglish", "EthosWelsh", "BreakfastClub", "AfterSchoolClub",
    "FigureDate",
)  # fmt: skip
_YES_NO: Final = {"yes": True, "no": False, "": False}


@dataclass(frozen=True)
class Figures:
    """What is known of a school besides the register.

    Args:
        urn: whose.
        progress: months that its pupils move on in twelve; None where it is not known.
        progress_year: of the figure.
        ethos_en: in a sentence.
        ethos_cy: the same in Welsh.
        breakfast: whether there is a breakfast club.
        after_school: whether there is a club after school.
        figure_date: of the places.
        places: free ones, by year group.
    """

    urn: str
    progress: int | None
    progress_year: int | None
    ethos_en: str
    ethos_cy: str
    breakfast: bool
    after_school: bool
    figure_date: date
    places: Mapping[int, int]


def read_figures(name: str, data: bytes) -> Table[Figures]:
    """The schools of a file.

    Args:
        name: of the file.
        data: what is in it.

    Raises:
        SpreadsheetError: it can't be read as a whole.
    """
    return read_table(name, data, NEEDED, "URN", _figures)


def _figures(cells: Cells) -> Figures:
    progress, year = cells.number("ProgressMonths", 0, 36), cells.number("ProgressYear", 2000, 2200)
    if (progress is None) != (year is None):
        raise CellError("ProgressMonths and ProgressYear go together")
    places = {each: cells.number(column, 0, 999) for column, each in YEARS.items()}
    return Figures(
        cells.form("URN", r"[1-9][0-9]{5}", "a number of six digits", needed=True),
        progress, year, cells.text("EthosEnglish", 300), cells.text("EthosWelsh", 300),
        cells.one_of("BreakfastClub", _YES_NO), cells.one_of("AfterSchoolClub", _YES_NO),
        cells.day("FigureDate"), {each: free for each, free in places.items() if free is not None},
    )  # fmt: skip
