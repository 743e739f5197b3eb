"""Reads England's register of schools, GIAS, in the columns of its file `edubasealldata<date>.csv`.

Source of the columns and of the words in them: "Establishment fields CSV" of
https://get-information-schools.service.gov.uk/Downloads, which is written in Windows-1252.
"""

import re
from dataclasses import astuple, dataclass, fields
from datetime import date
from typing import Final

from actions.education.service.columns import CellError, Cells, Table, read_table
from bot.places.grid import EASTINGS, NORTHINGS

NEEDED: Final = (
    "URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)", "PhaseOfEducation (name)", "StatutoryLowAge", "StatutoryHighAge",
    "Gender (name)", "ReligiousCharacter (name)", "SchoolCapacity", "NumberOfPupils", "Street", "Locality",
    "Town", "Postcode", "SchoolWebsite", "TelephoneNum", "HeadFirstName", "HeadLastName", "Easting",
    "Northing",
)  # fmt: skip
"""Read too where they are there: Address3, HeadTitle (name), PercentageFSM, OfstedSpecialMeasures (name)."""

MAINSTREAM: Final = frozenset({
    "community school", "voluntary aided school", "voluntary controlled school", "foundation school",
    "city technology college", "academy converter", "academy sponsor led", "free schools", "studio schools",
    "university technical college",
})  # fmt: skip
SPECIAL: Final = frozenset({
    "community special school", "foundation special school", "academy special converter",
    "academy special sponsor led", "free schools special", "non-maintained special school",
})  # fmt: skip
"""Types that the state pays for. A special school takes pupils whose plan names it, not by a list."""
STATUSES: Final = {
    "open": True,
    "open, but proposed to close": True,
    "closed": False,
    "proposed to open": False,
}
"""Whether a school of this status has pupils."""
PHASES: Final = {
    "nursery": "nursery", "primary": "primary", "middle deemed primary": "primary", "secondary": "secondary",
    "middle deemed secondary": "secondary", "all-through": "all_through", "16 plus": "other",
    "not applicable": "other", "": "other",
}  # fmt: skip
CHOSEN_IN: Final = frozenset({"primary", "secondary", "all_through"})
ENTRIES: Final = {"mixed": "mixed", "boys": "boys", "girls": "girls", "not applicable": "mixed", "": "mixed"}
NO_FAITH: Final = frozenset({"", "none", "does not apply", "not applicable", "not recorded"})
MEASURES: Final = {
    "in special measures": "special_measures", "special measures": "special_measures",
    "has serious weaknesses": "serious_weaknesses", "serious weaknesses": "serious_weaknesses",
    "not applicable": None, "not in special measures": None, "": None,
}  # fmt: skip

_WEBSITE: Final = r"(?:[Hh][Tt][Tt][Pp][Ss]?://)?[\w-]+(?:\.[\w-]+)+(?::[0-9]{2,5})?(?:[/?][^\s<>\"']*)?"
_POSTCODE: Final = r"[A-Za-z]{1,2}[0-9][0-9A-Za-z]? ?[0-9][A-Za-z]{2}"
_PERCENT: Final = r"[0-9]{1,3}(?:\.[0-9]{1,4})?"


@dataclass(frozen=True)
class Registered:
    """A school as the register has it; the columns of `education.school` in their order."""

    urn: str
    name: str
    la_code: str
    la_name: str
    number: str
    type: str
    status: str
    phase: str
    shown: bool
    choosable: bool
    age_from: int | None
    age_to: int | None
    entry: str
    faith: str | None
    capacity: int | None
    pupils: int | None
    meals: int | None
    address: str
    town: str
    postcode: str
    website: str
    phone: str
    head: str
    easting: float | None
    northing: float | None
    measures: str | None


COLUMNS: Final = tuple(each.name for each in fields(Registered))


def record(school: Registered, of: date) -> tuple[object, ...]:
    """A row of `education.school`.

    Args:
        school: as registered.
        of: the date of the register.
    """
    return (*astuple(school), of)


def read_register(name: str, data: bytes) -> Table[Registered]:
    """The schools of a file.

    Args:
        name: of the file.
        data: what is in it.

    Raises:
        SpreadsheetError: it can't be read as a whole.
    """
    return read_table(name, data, NEEDED, "URN", _school)


def _school(cells: Cells) -> Registered:
    kind = cells.text("TypeOfEstablishment (name)", needed=True)
    phase = cells.one_of("PhaseOfEducation (name)", PHASES)
    special = kind.casefold() in SPECIAL
    low, high = cells.number("StatutoryLowAge", 0, 99), cells.number("StatutoryHighAge", 0, 99)
    if low is not None and high is not None and low > high:
        raise CellError("StatutoryLowAge is above StatutoryHighAge")
    easting, northing = _grid(cells)
    shown = cells.one_of("EstablishmentStatus (name)", STATUSES) and (
        special or kind.casefold() in MAINSTREAM
    )
    known = easting is not None and low is not None and high is not None
    faith = cells.text("ReligiousCharacter (name)")
    return Registered(
        urn=cells.form("URN", r"[1-9][0-9]{5}", "a number of six digits", needed=True),
        name=cells.text("EstablishmentName", needed=True),
        la_code=cells.form("LA (code)", r"[0-9]{3}", "a number of three digits", needed=True),
        la_name=cells.text("LA (name)", needed=True),
        number=cells.form("EstablishmentNumber", r"[0-9]{1,4}", "a number of four digits"),
        type=kind, status=cells.text("EstablishmentStatus (name)"), phase="special" if special else phase,
        shown=shown, choosable=shown and known and not special and phase in CHOSEN_IN,
        age_from=low, age_to=high, entry=cells.one_of("Gender (name)", ENTRIES),
        faith=None if faith.casefold() in NO_FAITH else faith,
        capacity=cells.number("SchoolCapacity", 0, 20_000), pupils=cells.number("NumberOfPupils", 0, 20_000),
        meals=_tenths(cells),
        address=", ".join(filter(None, (cells.text(each) for each in ("Street", "Locality", "Address3")))),
        town=cells.text("Town"),
        postcode=cells.form("Postcode", _POSTCODE, "a postcode").upper(),
        website=_website(cells), phone=cells.form("TelephoneNum", r"\+?[0-9 ()]{6,20}", "a telephone number"),
        head=" ".join(filter(None, (
            cells.text(each) for each in ("HeadTitle (name)", "HeadFirstName", "HeadLastName")
        ))),
        easting=easting, northing=northing, measures=cells.one_of("OfstedSpecialMeasures (name)", MEASURES),
    )  # fmt: skip


def _grid(cells: Cells) -> tuple[float | None, float | None]:
    """Where it is; the register writes 0 or nothing for schools abroad.

    Raises:
        CellError: one is missing, or is not on the National Grid.
    """
    found = [
        cells.number("Easting", 0, int(EASTINGS[1])) or None,
        cells.number("Northing", 0, int(NORTHINGS[1])) or None,
    ]
    if found.count(None) == 1:
        raise CellError("Easting and Northing go together")
    return (None, None) if None in found else (float(found[0] or 0), float(found[1] or 0))


def _tenths(cells: Cells) -> int | None:
    value = cells.form("PercentageFSM", _PERCENT, "a percentage such as 23.4")
    if value and float(value) > 100:
        raise CellError("PercentageFSM is above 100")
    return round(float(value) * 10) if value else None


def _website(cells: Cells) -> str:
    value = cells.form("SchoolWebsite", _WEBSITE, "a web address")
    return value if not value or re.match(r"https?://", value, re.IGNORECASE) else f"https://{value}"
