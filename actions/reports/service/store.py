"""The SQL of what is read: problems by their ids, a list of them, those near a place, and updates."""

# ruff: noqa: S608  (only the constants of this module are put into SQL; values are parameters)

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from actions.reports.service.keys import Connection, Pool
from actions.reports.service.states import STATUS

EARTH: Final = 6_371_008.8
"""The mean radius of the earth in metres: docs/sources.md, Open311"""

MOST: Final = 1_000
"""Problems or updates in one answer: the standard's."""

_SLACK: Final = 1.01
"""The projection stretches a circle of 20 km by less than this between its middle and its edge."""

_COLUMNS: Final = """id, category, state, status, notes, notes_cy, description, lat, long, address,
    address_id, zipcode, media_url, agency, agency_cy, notice, notice_cy, private, duplicate_of, supporters,
    answers, requested_at, updated_at, expected_at"""

# $1 and $2: latitude and longitude of the place.
_DISTANCE: Final = f"""2 * {EARTH} * asin(least(1, sqrt(
    sin(radians(lat - $1::float8) / 2) ^ 2
    + cos(radians($1::float8)) * cos(radians(lat)) * sin(radians(long - $2::float8) / 2) ^ 2)))"""


@dataclass(frozen=True)
class Near:
    """A place and how far around it: degrees, degrees, metres."""

    lat: float
    long: float
    metres: int


@dataclass(frozen=True)
class Wanted:
    """Which problems are asked for; an empty tuple or None asks for all.

    Args:
        ids: by their references; everything else is then left aside.
        categories: codes.
        states: `open`, `closed` for the standard's two, or any state.
        since: reported from then on.
        until: reported before or then.
        changed_since: changed from then on.
        changed_until: changed before or then.
        near: the nearest first.
        private: whether private ones are told too.
        page: from 1.
        size: of a page.
    """

    ids: tuple[int, ...] | None = None
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    changed_since: datetime | None = None
    changed_until: datetime | None = None
    near: Near | None = None
    private: bool = False
    page: int = 1
    size: int = MOST


def point(lat: float, long: float) -> asyncpg.Point:
    """A place as the column `spot` has it: in the Mercator projection, in degrees of longitude."""
    return asyncpg.Point(long, math.degrees(math.log(math.tan(math.radians(45 + lat / 2)))))


def circle(lat: float, long: float, metres: float) -> asyncpg.Circle:
    """A circle on the ground as one of the column `spot`, a little larger."""
    radius = math.degrees(metres / EARTH) / math.cos(math.radians(lat)) * _SLACK
    return asyncpg.Circle(point(lat, long), radius)


def problems_query(wanted: Wanted) -> tuple[str, list[object]]:
    """The SQL of a list and its parameters."""
    values: list[object] = []

    def parameter(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    near, distance, order = wanted.near, "NULL::float8", "requested_at DESC, id DESC"
    conditions = [] if wanted.private else ["NOT private"]
    if near is not None:
        distance = _DISTANCE
        values += [near.lat, near.long]
        conditions += [
            f"spot <@ {parameter(circle(near.lat, near.long, near.metres))}::circle",
            f"{_DISTANCE} <= {parameter(float(near.metres))}",
        ]
        order = f"spot <-> {parameter(point(near.lat, near.long))}::point, id"
    elif wanted.changed_since is not None or wanted.changed_until is not None:
        # Who follows what changes reads on from where they were: oldest first.
        order = "updated_at, id"
    if wanted.ids is not None:
        conditions.append(f"id = ANY ({parameter(list(wanted.ids))}::bigint[])")
    if len(wanted.statuses) == 1:
        # Written out, for the index of open ones to be used; it is one of two words of ours.
        conditions.append(f"status = '{STATUS[wanted.statuses[0]]}'")
    for column, among in (("category", wanted.categories), ("state", wanted.states)):
        if len(among) == 1:
            conditions.append(f"{column} = {parameter(among[0])}")
        elif among:
            conditions.append(f"{column} = ANY ({parameter(list(among))}::text[])")
    for condition, when in (
        ("requested_at >=", wanted.since), ("requested_at <=", wanted.until),
        ("updated_at >=", wanted.changed_since), ("updated_at <=", wanted.changed_until),
    ):  # fmt: skip
        if when is not None:
            conditions.append(f"{condition} {parameter(when)}::timestamptz")
    limit, offset = parameter(wanted.size), parameter(wanted.size * (wanted.page - 1))
    return (
        f"SELECT {_COLUMNS}, {distance} AS distance FROM problem"
        f" WHERE {' AND '.join(conditions) or 'true'} ORDER BY {order}"
        f" LIMIT {limit}::bigint OFFSET {offset}::bigint",
        values,
    )


async def problems(pool: Pool, wanted: Wanted) -> list[asyncpg.Record]:
    """The problems that are asked for, each with its distance in metres where a place was given."""
    text, values = problems_query(wanted)
    found: list[asyncpg.Record] = await pool.fetch(text, *values)
    # The projection orders neighbours right but for a thousandth of their distance.
    return found if wanted.near is None else sorted(found, key=lambda row: (row["distance"], row["id"]))


async def place_of(pool: Pool, problem_id: int) -> tuple[float, float] | None:
    """The latitude and longitude of a problem, if there is one and it has them."""
    row = await pool.fetchrow("SELECT lat, long FROM problem WHERE id = $1 AND lat IS NOT NULL", problem_id)
    return None if row is None else (row["lat"], row["long"])


async def by_token(pool: Pool, token: str) -> int | None:
    """The reference of the problem that a token was given for."""
    found: int | None = await pool.fetchval("SELECT id FROM problem WHERE token = $1", token)
    return found


# How many problems of a category there were around a place since a moment, duplicates apart.
TIMES_QUERY: Final = """
SELECT count(*) FROM problem
WHERE spot <@ $1::circle AND category = $2 AND requested_at > $3 AND state <> 'duplicate'
"""
NAMED_TIMES_QUERY: Final = """
SELECT count(*) FROM problem
WHERE category = $2 AND requested_at > $3 AND lower(address) = lower($1) AND state <> 'duplicate'
"""


@dataclass(frozen=True)
class WantedUpdates:
    """Which updates are asked for: of a problem or of all, between two moments; pages from 1."""

    problem_id: int | None
    since: datetime | None
    until: datetime | None
    private: bool
    page: int
    size: int


def updates_query(wanted: WantedUpdates) -> tuple[str, list[object]]:
    """The SQL of a list of updates, oldest first, and its parameters."""
    values: list[object] = []
    conditions = [] if wanted.private else ["NOT problem.private"]
    for condition, value in (
        ("problem_id = {}::bigint", wanted.problem_id),
        ("problem_update.updated_at >= {}::timestamptz", wanted.since),
        ("problem_update.updated_at <= {}::timestamptz", wanted.until),
    ):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    values += [wanted.size, wanted.size * (wanted.page - 1)]
    return (
        "SELECT problem_update.id, problem_id, problem_update.state, problem_update.description,"
        " description_cy, problem_update.media_url, problem_update.updated_at, problem_update.duplicate_of"
        " FROM problem_update JOIN problem ON problem.id = problem_id"
        f" WHERE {' AND '.join(conditions) or 'true'} ORDER BY problem_update.updated_at, problem_update.id"
        f" LIMIT ${len(values) - 1}::bigint OFFSET ${len(values)}::bigint",
        values,
    )


async def updates(pool: Pool, wanted: WantedUpdates) -> list[asyncpg.Record]:
    """The updates that are asked for."""
    text, values = updates_query(wanted)
    found: list[asyncpg.Record] = await pool.fetch(text, *values)
    return found


async def lock_problem(connection: Connection, problem_id: int, *, private: bool) -> asyncpg.Record | None:
    """A problem that is about to change, locked, if there is one that the caller may know of."""
    return await connection.fetchrow(
        "SELECT * FROM problem WHERE id = $1 AND (NOT private OR $2) FOR NO KEY UPDATE", problem_id, private
    )
