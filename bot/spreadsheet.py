"""A department's CSV file of recipients: read in whatever encoding it has, and every row checked."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.placeholders import key
from bot.problems import Problem
from bot.templates import Template, TemplateError, fill, placeholders, with_language

MOST_ROWS: Final = 100_000
MOST_BYTES: Final = 100 * 1024 * 1024
MOST_CELL: Final = 10_000
MOST_LINE: Final = 200_000
"""Characters of a line: one of millions of cells would be read in one go, while everything else waits."""
MOST_ERRORS: Final = 1_000
"""Of which the sentences are kept; the rest is counted."""

ENCODINGS: Final = ("utf-8-sig", "utf-16", "cp1252")
"""In the order in which they are tried. Spreadsheets write the last without being asked."""
DELIMITERS: Final = ",;\t|"

RECIPIENT: Final = {
    "sms": ("phone number", "rhif ffôn"),
    "email": ("email address", "cyfeiriad e-bost"),
    "letter": tuple(f"address line {line}" for line in range(1, 8)),
}
"""The columns that say to whom, by channel; GOV.UK Notify's names, and ours in Welsh."""
LANGUAGE: Final = ("language", "iaith")
LARGE_PRINT: Final = ("large print", "print bras")
_YES_OR_NO: Final = {"": False, "no": False, "na": False, "yes": True, "ydw": True, "ie": True}
_LANGUAGES: Final = {"en": "en", "english": "en", "saesneg": "en", "cy": "cy", "welsh": "cy", "cymraeg": "cy"}


class SpreadsheetError(Problem):
    """The file as a whole can't be used; a sentence that says what to change."""


@dataclass(frozen=True)
class Row:
    """One recipient.

    Args:
        number: of the row as a spreadsheet counts it; the heading is 1.
        address: checked, in the channel's own form.
        personalisation: the row's values by its columns' names.
        language: that its column says, if there is one.
        large_print: whether a letter is to be in large print.
    """

    number: int
    address: str
    personalisation: dict[str, str]
    language: str | None
    large_print: bool = False


@dataclass
class Checked:
    """What a file holds.

    Args:
        rows: those that can be sent.
        errors: the first sentences about those that can't, with their row.
        wrong: how many rows can't.
        segments: parts of all text messages together; 0 for other channels.
    """

    rows: list[Row] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    wrong: int = 0
    segments: int = 0

    def refuse(self, number: int, sentence: str) -> None:
        """Counts a row that can't be sent."""
        self.wrong += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append((number, sentence))


def check_file(
    path: Path,
    template: Template,
    *,
    check_address: Callable[[str], str],
    segments: Callable[[str], int],
    progress: Callable[[int], None] = lambda _: None,
) -> Checked:
    """Reads a file and makes every message of it once, so that nothing is sent when a row is wrong.

    Args:
        path: the file.
        template: what is sent.
        check_address: gives an address in the channel's own form, or raises a `ValueError` or `Problem`
            with a sentence.
        segments: parts of a text message.
        progress: is told the number of each row.

    Raises:
        SpreadsheetError: it is no such file, has no rows or too many, or lacks a column.
    """
    rows = lines(path.name, _content(path))
    heading = next(rows, [])
    columns = {key(name): at for at, name in reversed(list(enumerate(heading)))}
    recipient = _recipient_columns(template, columns)
    names = placeholders(template)
    if absent := [name for name in names if key(name) not in columns]:
        raise SpreadsheetError(f"{path.name} lacks columns that the template names: {', '.join(absent)}.")
    values = {name: columns[key(name)] for name in names}
    language_at = next((columns[key(name)] for name in LANGUAGE if key(name) in columns), None)
    large_at = next((columns[key(name)] for name in LARGE_PRINT if key(name) in columns), None)
    checked, seen = Checked(), dict[tuple[str, ...], int]()
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(checked.rows) + checked.wrong >= MOST_ROWS:
            raise SpreadsheetError(
                f"{path.name} has more than {MOST_ROWS:,} recipients: split it into several files."
            )
        progress(number)
        cells.extend([""] * (len(heading) - len(cells)))
        try:
            row = _row(number, cells, recipient, values, (language_at, large_at), check_address)
            said = with_language(fill(template, row.personalisation), row.language)
        except (TemplateError, Problem, ValueError) as error:
            checked.refuse(number, str(error))
            continue
        same = (row.address, *row.personalisation.values())
        if (first := seen.setdefault(same, number)) != number:
            checked.refuse(number, f"It is the same as row {first}.")
            continue
        checked.rows.append(row)
        if template.channel == "sms":
            checked.segments += segments(said.body)
    if not checked.rows and not checked.wrong:
        raise SpreadsheetError(f"{path.name} has a heading and no rows: there is nobody to send to.")
    return checked


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SpreadsheetError(f"{path.name} is larger than {MOST_BYTES // 2**20} MB: split it.")
        return path.read_bytes()
    except OSError as error:
        raise SpreadsheetError(f"{path} can't be read: {error.strerror}.") from None


def lines(name: str, data: bytes) -> Iterator[list[str]]:
    """The cells of each line of a CSV file, a line at a time; the heading is the first.

    Args:
        name: of the file, for the sentences.
        data: what is in it.

    Raises:
        SpreadsheetError: it can't be read as such a file.
    """
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise SpreadsheetError(f"{name} is a spreadsheet's own file: save it as CSV.")
    text = _decoded(name, data)
    if not text.strip():
        raise SpreadsheetError(f"{name} is empty.")
    heading = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=heading.count)
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(_short(name, text), delimiter=delimiter, strict=False)
    try:
        yield from reader
    except csv.Error:
        raise SpreadsheetError(
            f"{name} can't be read as CSV after line {reader.line_num}: is a quotation mark missing there?"
        ) from None


def _short(name: str, text: str) -> Iterator[str]:
    """The lines of a text, none of them endless."""
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > MOST_LINE:
            raise SpreadsheetError(f"{name} can't be read as CSV: line {number} is too long.")
        yield line


def _decoded(name: str, data: bytes) -> str:
    for encoding in ENCODINGS:
        if encoding == "utf-16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SpreadsheetError(f"{name} is in an encoding that can't be read: save it as “CSV UTF-8”.")


def _recipient_columns(template: Template, columns: dict[str, int]) -> list[int]:
    names = RECIPIENT[template.channel]
    found = [columns[key(name)] for name in names if key(name) in columns]
    if template.channel == "letter":
        if len(found) < 3:
            raise SpreadsheetError(
                "A letter needs the columns “address line 1” to “address line 7”; three at least."
            )
        return found
    if not found:
        raise SpreadsheetError(f"The file needs a column “{names[0]}”.")
    return found[:1]


def _row(
    number: int,
    cells: list[str],
    recipient: list[int],
    values: dict[str, int],
    wishes: tuple[int | None, int | None],
    check_address: Callable[[str], str],
) -> Row:
    """One line as a recipient; `wishes` are the columns of the language and of large print.

    Raises:
        ValueError: its address, language or a value won't do; Problem: the same.
    """
    address = "\n".join(cells[at].strip() for at in recipient if cells[at].strip())
    if not address:
        raise ValueError("The recipient is missing.")
    language_at, large_at = wishes
    said = cells[language_at].strip().casefold() if language_at is not None else ""
    if said and said not in _LANGUAGES:
        raise ValueError("The language must be English or Welsh.")
    empty = [name for name, at in values.items() if not cells[at].strip()]
    if empty:
        raise ValueError(f"Missing: {', '.join(empty)}.")
    personalisation = {name: cells[at].strip() for name, at in values.items()}
    large = cells[large_at].strip().casefold() if large_at is not None else ""
    if large not in _YES_OR_NO:
        raise ValueError("Large print must be yes or no.")
    return Row(number, check_address(address), personalisation, _LANGUAGES.get(said), _YES_OR_NO[large])
