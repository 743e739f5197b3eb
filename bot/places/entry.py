"""Rows of a gazetteer file: Ordnance Survey's OS Open Names, or our own simple CSV."""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from bot.places.country import check
from bot.places.grid import to_degrees
from bot.places.spot import PlaceError
from bot.problems import Problem

type PlaceKind = Literal["street", "landmark", "settlement", "postcode"]

METRES: Final[dict[str, int]] = {"street": 200, "landmark": 60, "settlement": 1_200, "postcode": 100}
"""How far a place may reach when its file does not say."""
MOST_METRES: Final = 30_000
LONGEST: Final = 120  # characters of a name
OWN_COLUMNS: Final = ("kind", "name", "lat", "long")
"""Needed. `name_cy`, `also` (other names, parted by |), `street`, `town`, `town_cy`, `district` and `metres`
may be there."""

# The columns of OS Open Names, CSV, in their order; its data files have no header.
# Source: Ordnance Survey, OS Open Names technical specification.
OPEN_NAMES: Final = (
    "ID", "NAMES_URI", "NAME1", "NAME1_LANG", "NAME2", "NAME2_LANG", "TYPE", "LOCAL_TYPE", "GEOMETRY_X",
    "GEOMETRY_Y", "MOST_DETAIL_VIEW_RES", "LEAST_DETAIL_VIEW_RES", "MBR_XMIN", "MBR_YMIN", "MBR_XMAX",
    "MBR_YMAX", "POSTCODE_DISTRICT", "POSTCODE_DISTRICT_URI", "POPULATED_PLACE", "POPULATED_PLACE_URI",
    "POPULATED_PLACE_TYPE", "DISTRICT_BOROUGH", "DISTRICT_BOROUGH_URI", "DISTRICT_BOROUGH_TYPE",
    "COUNTY_UNITARY", "COUNTY_UNITARY_URI", "COUNTY_UNITARY_TYPE", "REGION", "REGION_URI", "COUNTRY",
    "COUNTRY_URI", "RELATED_SPATIAL_OBJECT", "SAME_AS_DBPEDIA", "SAME_AS_GEONAMES",
)  # fmt: skip
_ROADS: Final = frozenset(
    {"named road", "section of named road", "numbered road", "section of numbered road"}
)
_SETTLEMENTS: Final = {
    "city": 6_000, "town": 2_500, "suburban area": 1_000, "village": 800, "hamlet": 500,
    "other settlement": 500,
}  # fmt: skip
_ENDINGS: Final = {
    "railway station": "Station",
    "bus station": "Bus Station",
    "coach station": "Coach Station",
}
"""What Ordnance Survey leaves out of a name, as the kind says it."""


@dataclass(frozen=True)
class Entry:
    """A place as a file has it: the columns of the table `place`, and its other names."""

    kind: PlaceKind
    name: str
    lat: float
    long: float
    metres: int
    name_cy: str | None = None
    also: tuple[str, ...] = ()
    street: str = ""
    town: str = ""
    town_cy: str | None = None
    district: str = ""


type _Read = Callable[[Mapping[str, str]], Entry | None]


class RowError(ValueError):
    """A row can't be used; the text says why."""


def read_file(path: Path) -> Iterator[Entry | RowError]:
    """The rows of a file, each as an entry or as what is wrong with it.

    Raises:
        Problem: the file can't be read, or is of neither format.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            first = next(rows, None)
            if first is None:
                raise Problem(f"{path} is empty.")
            columns, begins = _columns(path, first)
            read: _Read = _read_open_names if "LOCAL_TYPE" in columns else _read_own
            if begins:
                yield from _rows(columns, [first], 1, read)
            yield from _rows(columns, rows, 2, read)
    except OSError as error:
        raise Problem(f"{path} can't be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise Problem(f"{path} is no CSV file in UTF-8.") from None


def _columns(path: Path, first: list[str]) -> tuple[tuple[str, ...], bool]:
    """The columns of a file, and whether its first line is one of data."""
    if first[0].strip().upper() == "ID" and "LOCAL_TYPE" in first:
        return tuple(name.strip() for name in first), False
    if len(first) == len(OPEN_NAMES) and first[0].strip().upper() != "ID":
        return OPEN_NAMES, True
    columns = tuple(name.strip().casefold() for name in first)
    missing = [name for name in OWN_COLUMNS if name not in columns]
    if missing:
        raise Problem(
            f"{path} has no column {missing[0]}: it must be OS Open Names or the CSV of docs/places.md."
        )
    return columns, False


def _rows(
    columns: tuple[str, ...], rows: Iterable[list[str]], number: int, read: _Read
) -> Iterator[Entry | RowError]:
    for at, row in enumerate(rows, number):
        if not any(row):
            continue
        try:
            data = dict(zip(columns, (value.strip()[:LONGEST] for value in row), strict=False))
            entry = read(data)
        except (KeyError, ValueError) as error:
            yield RowError(f"Row {at}: {_why(error)}")
        else:
            if entry is not None:
                yield entry


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the column {error.args[0]} is missing."
    return str(error) if isinstance(error, PlaceError | RowError) else "a number in it can't be read."


def _read_own(row: Mapping[str, str]) -> Entry:
    kind = row["kind"]
    if kind not in METRES:
        raise RowError(f"its kind must be one of {', '.join(METRES)}.")
    if not row["name"]:
        raise RowError("it has no name.")
    lat, long = check(float(row["lat"]), float(row["long"]))
    return Entry(
        kind=cast("PlaceKind", kind), name=row["name"], lat=lat, long=long,
        metres=_metres(row.get("metres") or METRES[kind]),
        name_cy=row.get("name_cy") or None,
        also=tuple(each.strip() for each in row.get("also", "").split("|") if each.strip()),
        street=row.get("street", ""), town=row.get("town", ""), town_cy=row.get("town_cy") or None,
        district=row.get("district", ""),
    )  # fmt: skip


def _metres(value: object) -> int:
    number = float(str(value))
    if not math.isfinite(number) or number <= 0:
        raise RowError("its metres must be more than 0.")
    return max(10, min(MOST_METRES, round(number)))


def _read_open_names(row: Mapping[str, str]) -> Entry | None:
    """A row of OS Open Names; None for what nobody reports a problem by, such as a hill."""
    local = row["LOCAL_TYPE"].casefold()
    kind = _kind(row["TYPE"].casefold(), local)
    if kind is None or not row["NAME1"]:
        return None
    lat, long = check(*to_degrees(float(row["GEOMETRY_X"]), float(row["GEOMETRY_Y"])))
    names = [(row["NAME1"], row["NAME1_LANG"]), (row["NAME2"], row["NAME2_LANG"])]
    name = next((name for name, language in names if name and language != "cym"), row["NAME1"])
    name_cy = next((name for name, language in names if name and language == "cym"), None)
    also = tuple(each for each, _ in names if each and each not in {name, name_cy})
    ending = _ENDINGS.get(local)
    if ending and "station" not in name.casefold():
        name = f"{name} {ending}"
    return Entry(
        kind=kind, name=name, lat=lat, long=long, metres=_reach(row, kind, local), name_cy=name_cy,
        also=also, town=row["POPULATED_PLACE"].partition("/")[0].strip(), district=row["POSTCODE_DISTRICT"],
    )  # fmt: skip


def _kind(group: str, local: str) -> PlaceKind | None:
    if local in _ROADS:
        return "street"
    if local == "postcode":
        return "postcode"
    if group == "populatedplace":
        return "settlement"
    return "landmark" if group in {"other", "transportnetwork", "landcover"} else None


def _reach(row: Mapping[str, str], kind: str, local: str) -> int:
    """Half of the diagonal of the box around it, where it has one."""
    box = [row.get(f"MBR_{side}", "") for side in ("XMIN", "YMIN", "XMAX", "YMAX")]
    if all(box):
        west, south, east, north = map(float, box)
        half = math.hypot(east - west, north - south) / 2
        if half > 0 and math.isfinite(half):
            return _metres(max(half, 30))
    return _SETTLEMENTS.get(local, METRES[kind])
