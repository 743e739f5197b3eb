"""Reading a CSV file that an officer brings: what is wrong is told of every row, and nothing is guessed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.spreadsheet import SpreadsheetError, lines

MOST_ROWS: Final = 100_000
"""England's register has some 52,000 schools, the closed ones included."""
MOST_ERRORS: Final = 500
"""Of which the sentences are kept; the rest is counted."""

# What a spreadsheet would run as a formula when the cell is opened in one again.
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?!\s?\d)")
# UTF-8 that was read as Windows-1252 and saved so, and what stands for letters that were lost.
_GARBLED: Final = re.compile(r"Ã[\u0080-\u00bf]|Â[\u0080-\u00bf]|â€|\ufffd")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class CellError(ValueError):
    """A cell can't be used; the text is the rest of a sentence that begins with the column."""


@dataclass
class Table[R]:
    """What a file holds.

    Args:
        rows: those that can be used, by their number as a spreadsheet counts; the heading is 1.
        errors: the first sentences about those that can't.
        wrong: how many can't.
    """

    rows: dict[int, R] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)
    wrong: int = 0

    def refuse(self, number: int, sentence: str) -> None:
        """Counts a row that can't be used."""
        self.wrong += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append((number, sentence))


class Cells:
    """One row, read by the names of its columns."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, most: int = 120, *, needed: bool = False) -> str:
        """A text on one line; a column that the file lacks is empty.

        Raises:
            CellError: it is missing, too long, a formula, or garbled by a wrong encoding.
        """
        value = self._values.get(name, "")
        if _FORMULA.match(value.lstrip(" ")):
            raise CellError(f"{name} begins with a sign that a spreadsheet takes for a formula")
        if _GARBLED.search(value):
            raise CellError(f"{name} was garbled by a wrong encoding: save the file as “CSV UTF-8”")
        value = " ".join(value.split())
        if not value and needed:
            raise CellError(f"{name} is missing")
        if _CONTROLS.search(value):
            raise CellError(f"{name} holds a character that can't be shown")
        if len(value) > most:
            raise CellError(f"{name} has more than {most} characters")
        return value

    def form(self, name: str, pattern: str, said: str, *, needed: bool = False) -> str:
        """A text of a form.

        Args:
            name: of the column.
            pattern: what all of it matches.
            said: what it should be, for the sentence.
            needed: whether it may not be empty.

        Raises:
            CellError: it has another form.
        """
        value = self.text(name, needed=needed)
        if value and re.fullmatch(pattern, value) is None:
            raise CellError(f"{name} is not {said}")
        return value

    def number(self, name: str, least: int, most: int) -> int | None:
        """A whole number; None where the cell is empty.

        Raises:
            CellError: it is none, or too small or large.
        """
        value = self.form(name, r"[0-9]{1,9}", "a whole number")
        if not value:
            return None
        if not least <= int(value) <= most:
            raise CellError(f"{name} is not from {least:,} to {most:,}")
        return int(value)

    def one_of[V](self, name: str, known: Mapping[str, V]) -> V:
        """What a word of a fixed list stands for; capitals don't count.

        Raises:
            CellError: it is not on the list.
        """
        value = self.text(name).casefold()
        if value not in known:
            raise CellError(f"{name} is not one of: {', '.join(filter(None, known))}")
        return known[value]

    def day(self, name: str) -> date:
        """A date as 2026-11-02 or 02/11/2026.

        Raises:
            CellError: it is none.
        """
        value = self.text(name, needed=True)
        try:
            if match := re.fullmatch(r"([0-9]{2})[/-]([0-9]{2})[/-]([0-9]{4})", value):
                return date(int(match[3]), int(match[2]), int(match[1]))
            return date.fromisoformat(value)
        except ValueError:
            raise CellError(f"{name} is not a date such as 2026-11-02") from None


def read_table[R](
    name: str, data: bytes, needed: Sequence[str], key: str, make: Callable[[Cells], R]
) -> Table[R]:
    """Reads a file; the rows that can't be used are told, each with one sentence.

    Args:
        name: of the file.
        data: what is in it, in whatever encoding spreadsheets write.
        needed: columns that it must have.
        key: the column that no two rows may have the same of.
        make: makes something of a row; raises a CellError.

    Raises:
        SpreadsheetError: it is no CSV, lacks a column or has one twice, or has no rows or too many.
    """
    rows = lines(name, data)
    heading = [each.strip() for each in next(rows, [])]
    if absent := [each for each in needed if each not in heading]:
        raise SpreadsheetError(f"{name} lacks columns: {', '.join(absent)}.")
    if twice := sorted({each for each in heading if each and heading.count(each) > 1}):
        raise SpreadsheetError(f"{name} has columns twice: {', '.join(twice)}.")
    table, seen = Table[R](), dict[str, int]()
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(table.rows) + table.wrong >= MOST_ROWS:
            raise SpreadsheetError(f"{name} has more than {MOST_ROWS:,} rows: split it.")
        if len(cells) > len(heading):
            table.refuse(number, "The row has more cells than the heading: is a quotation mark missing?")
            continue
        values = dict(zip(heading, cells, strict=False))
        try:
            made = make(Cells(values))
        except CellError as error:
            table.refuse(number, f"{error}.")
            continue
        same = values[key].strip()
        if (first := seen.setdefault(same, number)) != number:
            table.refuse(number, f"{key} {same} is in row {first} already.")
            continue
        table.rows[number] = made
    if not table.rows and not table.wrong:
        raise SpreadsheetError(f"{name} has a heading and no rows.")
    return table
