"""Loads names into the gazetteer, and boundaries: what came from the same source before is replaced."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import shape

from bot.places.country import inside
from bot.places.entry import Entry, RowError
from bot.places.names import LONGEST_WORD, keys, slips, tokens
from bot.places.spot import LEVELS
from bot.problems import Problem
from bot.queue import Connection, Pool

TIMEOUT: Final = 3_600
"""Seconds for one statement: all of Great Britain is 2.9 million rows."""
BATCH: Final = 10_000
_COLUMNS: Final = (
    "source", "kind", "name", "name_cy", "town", "town_cy", "street", "district", "at", "metres", "keys"
)  # fmt: skip
_LARGEST: Final = 500_000_000  # bytes of a file of boundaries
_CODE: Final = re.compile(r"[A-Za-z]+\d{0,2}CD")
_NAME: Final = re.compile(r"[A-Za-z]+\d{0,2}NM")
_WELSH: Final = re.compile(r"[A-Za-z]+\d{0,2}NMW")


@dataclass
class Loaded:
    """How a load went.

    Args:
        rows: that are in the table now.
        refused: that can't be used.
        errors: why, of the first of them.
    """

    rows: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def refuse(self, error: RowError) -> None:
        """Counts a row that can't be used."""
        self.refused += 1
        if len(self.errors) < 20:
            self.errors.append(str(error))


async def load_names(
    pool: Pool, entries: Iterable[Entry | RowError], source: str,
    *, replaces: str | None = None, progress: Callable[[int], object] = lambda _: None,
) -> Loaded:  # fmt: skip
    """Puts places into the gazetteer, all of them or, when it breaks, none.

    Args:
        pool: the database.
        entries: from `bot.places.entry.read_file`.
        source: what to call them together.
        replaces: a pattern of SQL's LIKE for sources that go; this source alone when None.
        progress: told the number of rows after each batch.
    """
    told, vocabulary = Loaded(), set[str]()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('onedoor places'))")
        await connection.execute(
            "DELETE FROM place WHERE source LIKE $1", replaces or _literal(source), timeout=TIMEOUT
        )
        for batch in _batches(_records(entries, source, told, vocabulary)):
            await connection.copy_records_to_table("place", records=batch, columns=_COLUMNS, timeout=TIMEOUT)
            told.rows += len(batch)
            progress(told.rows)
        await _load_words(connection, vocabulary)
        # What was added waits in a list that every look-up would have to read.
        await connection.execute("SELECT gin_clean_pending_list('place_keys'::regclass)", timeout=TIMEOUT)
        await connection.execute(
            "SELECT gin_clean_pending_list('place_word_slips'::regclass)", timeout=TIMEOUT
        )
        await connection.execute("ANALYZE place", timeout=TIMEOUT)
        await connection.execute("ANALYZE place_word", timeout=TIMEOUT)
    return told


def _literal(source: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", source)


def _records(
    entries: Iterable[Entry | RowError], source: str, told: Loaded, vocabulary: set[str]
) -> Iterator[tuple[Any, ...]]:
    for entry in entries:
        if isinstance(entry, RowError):
            told.refuse(entry)
            continue
        names = [entry.name, *([entry.name_cy] if entry.name_cy else []), *entry.also]
        found = keys(entry.kind, names, entry.street)
        if not found:
            told.refuse(RowError(f"“{entry.name}” has no letter or digit."))
            continue
        if entry.kind != "postcode":
            vocabulary.update(
                word
                for name in names
                for word in tokens(name)
                if word.isalpha() and len(word) <= LONGEST_WORD
            )
        yield (
            source, entry.kind, entry.name, entry.name_cy, entry.town, entry.town_cy, entry.street,
            entry.district, (entry.long, entry.lat), entry.metres, found,
        )  # fmt: skip


def _batches(records: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _load_words(connection: Connection, vocabulary: set[str]) -> None:
    """Adds words that are not there. Those of places that are gone stay: they find nothing."""
    rows = await connection.fetch("SELECT word FROM place_word", timeout=TIMEOUT)
    new = sorted(vocabulary - {row["word"] for row in rows})
    for at in range(0, len(new), BATCH):
        await connection.copy_records_to_table(
            "place_word", records=[(word, slips(word)) for word in new[at : at + BATCH]],
            columns=("word", "slips"), timeout=TIMEOUT,
        )  # fmt: skip


@dataclass(frozen=True)
class Boundary:
    """An area as a file has it."""

    code: str
    name: str
    name_cy: str
    level: str
    wkb: bytes


def read_boundaries(path: Path, level: str | None = None) -> list[Boundary]:
    """The areas of a GeoJSON file.

    Args:
        path: a FeatureCollection in WGS84. A feature's properties are `code`, `name`, `name_cy` and
            `level`, or those of the Office for National Statistics, such as `LAD24CD` and `LAD24NM`.
        level: of features that do not say theirs.

    Raises:
        Problem: the file can't be used; the sentence says which feature is wrong and why.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise Problem(f"{path} is larger than {_LARGEST // 1_000_000} MB: simplify its boundaries.")
        features = json.loads(path.read_text("utf-8"))["features"]
        return [_boundary(feature, level, at) for at, feature in enumerate(features, 1)]
    except OSError as error:
        raise Problem(f"{path} can't be read: {error.strerror}.") from None
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Problem(f"{path} is no GeoJSON FeatureCollection.") from None


def _boundary(feature: Any, level: str | None, number: int) -> Boundary:
    properties = {name: str(value) for name, value in feature["properties"].items() if value is not None}
    code = properties.get("code") or _first(properties, _CODE)
    name = properties.get("name") or _first(properties, _NAME)
    level = properties.get("level") or level
    if not code or not name:
        raise Problem(f"Feature {number} has no code or no name.")
    if level not in LEVELS:
        raise Problem(f"{name} has no level: give --level, one of {', '.join(LEVELS)}.")
    try:
        found = shapely.make_valid(shape(feature["geometry"]))
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError):
        raise Problem(f"The boundary of {name} can't be read.") from None
    polygons = [part for part in shapely.get_parts(found) if part.geom_type in {"Polygon", "MultiPolygon"}]
    if not polygons:
        raise Problem(f"The boundary of {name} is no polygon.")
    boundary = shapely.union_all(polygons)
    middle = boundary.representative_point()
    if not inside(middle.y, middle.x):
        raise Problem(f"{name} is outside the United Kingdom: the file must have degrees (WGS84).")
    name_cy = properties.get("name_cy") or _first(properties, _WELSH) or name
    return Boundary(code, name, name_cy, level, shapely.to_wkb(boundary))


def _first(properties: dict[str, str], pattern: re.Pattern[str]) -> str | None:
    return next((value for name, value in properties.items() if pattern.fullmatch(name) and value), None)


async def load_boundaries(
    pool: Pool, boundaries: Iterable[Boundary], source: str, *, replaces: str | None = None
) -> int:
    """Puts areas into the table, in the stead of those of the same source and of those with their codes.

    Args:
        pool: the database.
        boundaries: from `read_boundaries`.
        source: what to call them together.
        replaces: a pattern of SQL's LIKE for sources that go; this source alone when None.

    Returns:
        How many.
    """
    rows = [(b.code, b.name, b.name_cy, b.level, source, b.wkb) for b in boundaries]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('onedoor places'))")
        await connection.execute("DELETE FROM area WHERE source LIKE $1", replaces or _literal(source))
        await connection.execute("DELETE FROM area WHERE code = ANY($1::text[])", [row[0] for row in rows])
        await connection.executemany(
            "INSERT INTO area (code, name, name_cy, level, source, boundary) VALUES ($1, $2, $3, $4, $5, $6)",
            rows, timeout=TIMEOUT,
        )  # fmt: skip
    return len(rows)
