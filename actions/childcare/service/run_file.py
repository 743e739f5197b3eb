"""The file of an award run: one row a child, read strictly, with all that is wrong in a row said at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

import phonenumbers

from actions.childcare.service.rule import ELEMENTS
from bot.placeholders import key
from bot.spreadsheet import SpreadsheetError, lines

MOST_BYTES: Final = 32 * 1024 * 1024
MOST_ROWS: Final = 250_000
MOST_LINES: Final = 2**20
"""With the empty ones; a spreadsheet has no more."""
LARGEST: Final = 10_000_000
"""Pence of an element for a period: a hundred thousand pounds is a slip."""

_MOBILE: Final = re.compile(r"(?:\+44|0044|0)?(7[0-9]{9})")
_MONEY: Final = re.compile(r"£?([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.([0-9]{1,2}))?")
_YES_NO: Final = {
    "yes": True, "y": True, "true": True, "1": True, "ydw": True, "ie": True,
    "no": False, "n": False, "false": False, "0": False, "nac ydw": False, "na": False,
}  # fmt: skip
_LANGUAGES: Final = {
    "en": "en", "english": "en", "saesneg": "en", "cy": "cy", "welsh": "cy", "cymraeg": "cy",
}  # fmt: skip

type Value = str | int | bool | date


@dataclass(frozen=True, slots=True)
class Row:
    """A child of the file.

    Args:
        number: of the row as a spreadsheet counts it; the heading is 1.
        problems: sentences; what they are about is None.
        values: by the names of `COLUMNS`, those that are there.
        base: pence, in the order of `ELEMENTS`.
    """

    number: int
    problems: tuple[str, ...]
    values: Mapping[str, Value]
    base: tuple[int, ...]

    @property
    def family(self) -> str | None:
        """The reference, where it could be read."""
        return cast("str | None", self.values.get("family"))

    @property
    def child(self) -> tuple[str, str, date] | None:
        """Who it is: the family, the name without capitals, and the birthday; None where one is missing."""
        family, name, born = (self.values.get(each) for each in ("family", "child", "born"))
        if family is None or name is None or born is None:
            return None
        return cast("tuple[str, str, date]", (family, str(name).lower(), born))


def _reference(text: str) -> str:
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("The family's reference has ten digits.")
    return digits


def _name(text: str) -> str:
    if len(text) > 100 or not text.isprintable():
        raise ValueError("A name has at most 100 characters, and no line breaks.")
    return text


def _code(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]{5,19}", text):
        raise ValueError("A code is letters and digits, 6 to 20 of them, such as ACORN 4821.")
    return text


def _year(text: str) -> int:
    if not re.fullmatch(r"(?:19|20)[0-9]{2}", text):
        raise ValueError("A year of birth has four digits, such as 1990.")
    return int(text)


def _date(text: str) -> date:
    try:
        if found := re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("A date is written 2026-03-14 or 14/03/2026.")


def _phone(text: str) -> str:
    plain = re.sub(r"[ ()-]", "", text)
    if found := _MOBILE.fullmatch(plain):
        return f"+44{found[1]}"
    try:
        number = phonenumbers.parse(plain[:40], "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("This is no telephone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _one_of[V](named: Mapping[str, V], sentence: str) -> Callable[[str], V]:
    def read(text: str) -> V:
        try:
            return named[text.casefold()]
        except KeyError:
            raise ValueError(sentence) from None

    return read


def _pence(text: str) -> int:
    found = _MONEY.fullmatch(text.replace(" ", ""))
    pence = int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
    if not 0 <= pence <= LARGEST:
        raise ValueError(f"An amount is pounds and pence, such as 320.50, at most {LARGEST // 100:,}.")
    return pence


_yes_no = _one_of(_YES_NO, "Write yes or no.")
_language = _one_of(_LANGUAGES, "The language is English or Welsh.")

COLUMNS: Final[Mapping[str, tuple[str, Callable[[str], Value]]]] = {
    "family": ("family", _reference),
    "parent": ("parent", _name),
    "birth_year": ("year of birth", _year),
    "code": ("code", _code),
    "phone": ("phone", _phone),
    "language": ("language", _language),
    "child": ("child", _name),
    "born": ("born", _date),
    "low_income": ("low income", _yes_no),
    "training": ("training", _yes_no),
    "eligible_until": ("eligible until", _date),
    "wtc": ("working tax credit", _pence),
    "neg": ("nursery education grant", _pence),
    "ssg": ("sure start grant", _pence),
}
"""Our name of each column, the file's, and what reads a cell of it."""
NEEDED: Final = ("family", "child", "born")
OF_FAMILY: Final = (
    "parent", "birth_year", "code", "phone", "language", "low_income", "training", "eligible_until",
)  # fmt: skip
"""Columns that say the same in all rows of a family."""
NEW_NEEDS: Final = ("parent", "birth_year", "code", "low_income", "training")
"""What a family that is not known yet must have."""


def title(column: str) -> str:
    """What the file calls a column."""
    return COLUMNS[column][0]


def rows(name: str, data: bytes) -> Iterator[Row]:
    """The rows of a file, one after the other; empty ones are passed over.

    Args:
        name: of the file.
        data: what is in it.

    Raises:
        SpreadsheetError: it is no such file, lacks a column, has none to pay from, or too many rows.
    """
    cells = lines(name, data)
    heading = [key(each.strip()) for each in next(cells, [])]
    there = {
        column: heading.index(key(written)) for column, (written, _) in COLUMNS.items()
        if key(written) in heading
    }  # fmt: skip
    if absent := [title(column) for column in NEEDED if column not in there]:
        raise SpreadsheetError(f"{name} lacks these columns: {', '.join(absent)}.")
    if not any(element in there for element in ELEMENTS):
        amounts = ", ".join(title(element) for element in ELEMENTS)
        raise SpreadsheetError(f"{name} has no amounts: it needs one of these columns: {amounts}.")
    seen = 0
    for number, row in enumerate(cells, 2):
        if number > MOST_LINES:
            raise SpreadsheetError(f"{name} has more than {MOST_LINES:,} lines, with the empty ones.")
        if any(cell.strip() for cell in row):
            seen += 1
            if seen > MOST_ROWS:
                raise SpreadsheetError(f"{name} has more than {MOST_ROWS:,} rows: split it.")
            yield _read(number, row, there)
    if not seen:
        raise SpreadsheetError(f"{name} has a heading and no rows.")


def _read(number: int, cells: list[str], there: Mapping[str, int]) -> Row:
    values, problems = dict[str, Value](), list[str]()
    for column, at in there.items():
        written, read = COLUMNS[column]
        text = cells[at].strip() if at < len(cells) else ""
        if text:
            try:
                values[column] = read(text)
            except ValueError as error:
                problems.append(f"{written}: {error}")
        elif column in NEEDED:
            problems.append(f"{written}: It is missing.")
    base = tuple(cast("int", values.pop(element, 0)) for element in ELEMENTS)
    if not any(base) and not problems:
        problems.append("There is nothing to award: all amounts are empty or nought.")
    return Row(number, tuple(problems), values, base)
