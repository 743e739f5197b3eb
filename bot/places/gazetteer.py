"""The SQL of the gazetteer: which names a text has, their rows, slips of spelling, and what lies near."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz.distance import DamerauLevenshtein

from bot.places.names import most_slips, slips
from bot.queue import Pool

TIMEOUT: Final = 3  # seconds for any of these
MOST_ROWS: Final = 40
"""Of one name: there are thousands of High Streets, and the nearest are what is meant."""
MOST_MEANT: Final = 6
"""Words that one misspelt word may have been."""
MOST_UNKNOWN: Final = 8
"""Words of a text that are looked at for slips."""
_NEAR_DEGREES: Final = 0.006  # about 400 to 700 metres

KINDS_SQL: Final = """
SELECT wanted.key, found.kind
FROM unnest($1::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT DISTINCT kind FROM (SELECT kind FROM place WHERE keys @> ARRAY[wanted.key] LIMIT 400) AS first_ones
) AS found
"""
ROWS_SQL: Final = """
SELECT wanted.key, found.*
FROM unnest($1::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT id, kind, name, name_cy, town, town_cy, street, district, at[1] AS lat, at[0] AS long, metres
    FROM place WHERE keys @> ARRAY[wanted.key] AND kind = ANY($2::text[])
    ORDER BY (SELECT min(at <-> around) FROM unnest($3::point[]) AS around), id LIMIT $4
) AS found
"""
WORDS_SQL: Final = """
SELECT id, kind, name, name_cy, town, town_cy, street, district, at[1] AS lat, at[0] AS long, metres
FROM place WHERE keys @> $1::text[] AND kind IN ('street', 'landmark')
ORDER BY (SELECT min(at <-> around) FROM unnest($2::point[]) AS around), id LIMIT $3
"""
# One look at the index for each: for all at once the planner would rather read the table.
SLIPS_SQL: Final = """
SELECT DISTINCT found.word FROM unnest($1::text[]) AS wanted (slip)
CROSS JOIN LATERAL (SELECT word FROM place_word WHERE slips @> ARRAY[wanted.slip] LIMIT 100) AS found
"""
KNOWN_SQL: Final = "SELECT word FROM place_word WHERE word = ANY($1::text[])"
NEAREST_SQL: Final = """
SELECT id, kind, name, name_cy, town, town_cy, street, district, at[1] AS lat, at[0] AS long, metres
FROM place WHERE at <@ box(point($2 - $3::float8, $1 - $3::float8), point($2 + $3::float8, $1 + $3::float8))
    AND kind IN ('street', 'landmark')
ORDER BY at <-> point($2, $1) LIMIT $4
"""

LARGEST_SQL: Final = """
SELECT id, kind, name, name_cy, town, town_cy, street, district, at[1] AS lat, at[0] AS long, metres
FROM place WHERE at <@ box(point($2, $1), point($4, $3)) AND kind = 'settlement'
ORDER BY metres DESC, name LIMIT $5
"""


@dataclass(frozen=True)
class Row:
    """A place of the gazetteer. Its fields are the columns of the table `place`."""

    id: int
    kind: str
    name: str
    name_cy: str | None
    town: str
    town_cy: str | None
    street: str
    district: str
    lat: float
    long: float
    metres: int


_FIELDS: Final = tuple(Row.__dataclass_fields__)


def _row(record: Any) -> Row:
    return Row(**{name: record[name] for name in _FIELDS})


def _meant(unknown: Iterable[str], candidates: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each word those that few enough letters part it from, the nearest first."""
    found = {}
    for word in unknown:
        most = most_slips(word)
        scored = [
            (DamerauLevenshtein.distance(word, other, score_cutoff=most), other[:1] != word[:1], other)
            for other in candidates
            if abs(len(other) - len(word)) <= most
        ]
        meant = [other for apart, _, other in sorted(scored) if apart <= most]
        if meant:
            found[word] = tuple(meant[:MOST_MEANT])
    return found


@dataclass(frozen=True)
class Gazetteer:
    """What is in the tables `place` and `place_word`."""

    pool: Pool

    async def kinds(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """Of each key that is a name, what kinds of place have it."""
        found: dict[str, set[str]] = defaultdict(set)
        for record in await self.pool.fetch(KINDS_SQL, list(keys), timeout=TIMEOUT):
            found[record["key"]].add(record["kind"])
        return found

    async def rows(
        self, keys: Iterable[str], kinds: Iterable[str], around: Sequence[tuple[float, float]] = ()
    ) -> dict[str, list[Row]]:
        """The places of some names.

        Args:
            keys: as `names.keys` makes them.
            kinds: which kinds of place.
            around: latitudes and longitudes; the nearest to any of them come first, and are all that
                is given of a name with more than `MOST_ROWS`.
        """
        found: dict[str, list[Row]] = defaultdict(list)
        points = [(long, lat) for lat, long in around]
        for record in await self.pool.fetch(
            ROWS_SQL, list(keys), list(kinds), points, MOST_ROWS, timeout=TIMEOUT
        ):
            found[record["key"]].append(_row(record))
        return found

    async def with_words(self, words: Iterable[str], around: Sequence[tuple[float, float]]) -> list[Row]:
        """Streets and landmarks whose names have all of some words."""
        points = [(long, lat) for lat, long in around]
        wanted = [f"w:{word}" for word in words]
        records = await self.pool.fetch(WORDS_SQL, wanted, points, MOST_ROWS, timeout=TIMEOUT)
        return [_row(record) for record in records]

    async def corrections(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each word that no name has, the names' words it may be a slip of; the likeliest first."""
        asked = list(dict.fromkeys(words))
        known = {record["word"] for record in await self.pool.fetch(KNOWN_SQL, asked, timeout=TIMEOUT)}
        unknown = [word for word in asked if word not in known and most_slips(word)][:MOST_UNKNOWN]
        if not unknown:
            return {}
        wanted = list({slip for word in unknown for slip in slips(word)})
        candidates = [record["word"] for record in await self.pool.fetch(SLIPS_SQL, wanted, timeout=TIMEOUT)]
        return await asyncio.to_thread(_meant, unknown, candidates)

    async def near(self, lat: float, long: float, most: int = MOST_ROWS) -> list[Row]:
        """Streets and landmarks close to a point, roughly nearest first."""
        records = await self.pool.fetch(NEAREST_SQL, lat, long, _NEAR_DEGREES, most, timeout=TIMEOUT)
        return [_row(record) for record in records]

    async def largest(self, box: tuple[float, float, float, float], most: int) -> list[Row]:
        """The settlements in a box (south, west, north, east), the largest first."""
        records = await self.pool.fetch(LARGEST_SQL, *box, most, timeout=TIMEOUT)
        return [_row(record) for record in records]
