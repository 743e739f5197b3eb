"""Schools as parents compare them: the nearest first, with the places of a year, and one by its name."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from actions.education.service.distance import Spot, travel
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem
from bot.answers import Question
from bot.answers.naming import by_name
from bot.answers.words import fold

type Order = Literal["distance", "progress", "places"]
type Sex = Literal["F", "M"]

ORDERS: Final[tuple[Order, ...]] = ("distance", "progress", "places")
MOST: Final = 12
"""Schools of one answer to a parent: four times three."""
COMPARED: Final = 25
"""By progress or places, the best are told of so many that are nearest: the best in England helps nobody."""
IN_REACH: Final = 8_000
"""Metres within which the best come first; what is further away stands behind them."""
NAMED_AMONG: Final = 300
"""A school is known by a part of its name among so many that are nearest; any by its number."""
CANDIDATES: Final = 3
PAGE: Final = 50
RECEPTION_AGE: Final = 4
"""How old the children of Reception are when its school year begins."""

FAITHS: Final = {
    "catholic": "%catholic%", "church": "%church of england%", "methodist": "%methodist%",
    "muslim": "%(muslim|islam)%", "jewish": "%(jewish|judaism)%", "sikh": "%sikh%", "hindu": "%hindu%",
}  # fmt: skip
"""Religious characters that can be asked for, and how the register's words for them are told (SIMILAR TO)."""

_COMMON: Final = frozenset(
    (
        "school",
        "schools",
        "primary",
        "secondary",
        "academy",
        "college",
        "high",
        "infant",
        "junior",
        "special",
        "community",
        "the",
        "and",
        "ysgol",
        "gynradd",
        "uwchradd",
        "saint",
        "church",
        "england",
        "catholic",
        "cofe",
        "voluntary",
        "aided",
        "controlled",
    )
)
"""Words of so many names that none is told by them."""

_COLUMNS: Final = """
    s.urn, s.name, s.la_name, s.type, s.status, s.phase, s.choosable, s.shown, s.age_from, s.age_to, s.entry,
    s.faith, s.capacity, s.pupils, s.meals, s.address, s.town, s.postcode, s.website, s.phone, s.head,
    s.easting, s.northing, s.register_date, m.progress, m.progress_year, m.ethos_en, m.ethos_cy, m.breakfast,
    m.after_school, m.figure_date
"""
# Asked of each school on the way out from the place, nearest first: joined, all places of a year would be
# looked through for the dozen that are near.
_FREE: Final = "(SELECT p.free FROM education.place p WHERE p.urn = s.urn AND p.year_group = $3)"
# $3 is a year group or null, $4 the pupil's sex or null, $5 a pattern of faiths, '' for those with none or
# null for all, $6 whether only schools with a place, $7 the school the pupil goes to, $8 a phase or null.
_NEAR: Final = f"""
SELECT {_COLUMNS}, {_FREE} AS free
FROM education.school s LEFT JOIN education.school_more m ON m.urn = s.urn
WHERE s.shown AND s.easting IS NOT NULL AND (s.choosable OR $3::smallint IS NULL)
AND ($3::smallint IS NULL OR (s.age_from <= greatest($3 + {RECEPTION_AGE}, 5)
    AND s.age_to > $3 + {RECEPTION_AGE}))
AND ($4::text IS NULL OR s.entry = 'mixed' OR s.entry = CASE $4 WHEN 'F' THEN 'girls' ELSE 'boys' END)
AND ($5::text IS NULL OR CASE $5 WHEN '' THEN s.faith IS NULL ELSE lower(s.faith) SIMILAR TO $5 END)
AND (NOT $6 OR {_FREE} > 0)
AND s.urn IS DISTINCT FROM $7
-- From a failing school nobody is sent to another.
AND ($3::smallint IS NULL OR (s.measures IS NULL AND NOT EXISTS (
    SELECT FROM education.designation d WHERE d.school_urn = s.urn AND d.closed_at IS NULL)))
AND ($8::text IS NULL OR s.phase = $8)
ORDER BY point(s.easting, s.northing) <-> point($1, $2) LIMIT $9
"""  # noqa: S608  (our own columns and a number)
_ONE: Final = f"""
SELECT {_COLUMNS} FROM education.school s LEFT JOIN education.school_more m ON m.urn = s.urn WHERE s.urn = $1
"""  # noqa: S608
_LIST: Final = f"""
SELECT {_COLUMNS} FROM education.school s LEFT JOIN education.school_more m ON m.urn = s.urn
WHERE s.shown AND (s.name, s.urn) > ($1, $2) AND ($3::text IS NULL OR s.phase = $3)
ORDER BY s.name, s.urn LIMIT $4
"""  # noqa: S608
_PLACES: Final = """
SELECT urn, year_group, free FROM education.place WHERE urn = ANY($1) ORDER BY urn, year_group
"""


@dataclass(frozen=True)
class Child:
    """What of a pupil a list of schools depends on.

    Args:
        year_group: 0 for Reception.
        sex: for schools that take only girls or boys; None where it is not known.
        home: where they live.
        school: the URN of the one they go to, which is never on a list; None likewise.
    """

    year_group: int
    sex: Sex | None
    home: Spot
    school: str | None

    @property
    def age(self) -> int:
        """In years, about: as old as most of the year group."""
        return self.year_group + RECEPTION_AGE + 1


@dataclass(frozen=True)
class Wish:
    """How a list of schools is wanted.

    Args:
        near: the place that distances are from.
        order: `distance`, or the best `progress` or most `places` of those that are near.
        faith: a name of `FAITHS`, `any`, or `none`; None for all schools.
        full: whether those without a place are listed too.
        most: how many.
    """

    near: Spot
    order: Order = "distance"
    faith: str | None = None
    full: bool = False
    most: int = MOST


def faith_pattern(faith: str | None) -> str | None:
    """A wish for a faith as the query wants it.

    Raises:
        Problem: 422 `INVALID`.
    """
    if faith is None:
        return None
    known = {"none": "", "any": "%", **FAITHS}
    if faith not in known:
        raise Problem(422, "INVALID", f"faith: {', '.join(known)}.", field="faith")
    return known[faith]


def unsuitable(row: asyncpg.Record, child: Child) -> str | None:
    """Why a school is not for a child: `own`, `closed`, `age` or `entry`; None where it is."""
    if row["urn"] == child.school:
        return "own"
    if not row["choosable"]:
        return "closed"
    low = max(child.year_group + RECEPTION_AGE, 5)
    if row["age_from"] > low or row["age_to"] <= child.year_group + RECEPTION_AGE:
        return "age"
    return None if row["entry"] in ("mixed", "girls" if child.sex == "F" else "boys") else "entry"


async def for_child(pool: Pool, child: Child, wish: Wish) -> list[Json]:
    """The schools that a parent may choose from, in the order that is wanted.

    Raises:
        Problem: 422 `INVALID`, a faith that is not known.
    """
    rows = await _near(pool, child, wish, COMPARED if wish.order != "distance" else wish.most)
    found = [as_seen(row, child, wish.near) for row in rows]
    if wish.order != "distance":
        best = {"progress": "progress", "places": "free"}[wish.order]
        found.sort(key=lambda each: (each["metres"] > IN_REACH, -(each[best] or 0), each["metres"]))
    return [*found[: wish.most]]


async def _near(pool: Pool, child: Child, wish: Wish, most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await pool.fetch(
        _NEAR, wish.near.easting, wish.near.northing, child.year_group, child.sex, faith_pattern(wish.faith),
        not wish.full, child.school, None, most,
    )  # fmt: skip
    return rows


async def named(pool: Pool, child: Child, text: str, near: Spot) -> list[Json]:
    """The schools that a part of a name, or a number, tells of: one when it is clear, or the likeliest.

    Args:
        pool: the database.
        child: whose parent names it.
        text: the parent's words.
        near: where to look, and what distances are from.

    Returns:
        None of them where nothing fits.
    """
    if re.fullmatch(r"[1-9][0-9]{5}", text.strip()):
        row = await pool.fetchrow(_ONE, text.strip())
        rows = [row] if row is not None and unsuitable(row, child) is None else []
        return [as_seen(row, child, near, await _free(pool, row, child)) for row in rows]
    rows = await _near(pool, child, Wish(near, full=True), NAMED_AMONG)
    said = fold(text)
    found = by_name(said, Question("school", options=tuple((row, row["name"]) for row in rows)))
    if found is not None:
        return [as_seen(found.value, child, near)]
    words = set(re.findall(r"\w{3,}", said)) - _COMMON
    scored = [(len(words & set(fold(row["name"]).split())), row) for row in rows]
    best = max((score for score, _ in scored), default=0)
    alike = [row for score, row in scored if best and score == best][:CANDIDATES]
    return [as_seen(row, child, near) for row in alike]


async def _free(pool: Pool, row: asyncpg.Record, child: Child) -> int | None:
    free: int | None = await pool.fetchval(
        "SELECT free FROM education.place WHERE urn = $1 AND year_group = $2", row["urn"], child.year_group
    )
    return free


def as_seen(row: asyncpg.Record, child: Child, near: Spot, free: int | None = None) -> dict[str, Any]:
    """A school as the parent of a child sees it: with the way there, and the places of the child's year."""
    metres = Spot(row["easting"], row["northing"]).metres(near)
    way = travel(metres, child.age)
    return {
        **as_public(row), "metres": metres, "walk": way.walk, "bus": way.bus, "far": way.far,
        "free": row.get("free", free),
    }  # fmt: skip


def as_public(row: asyncpg.Record) -> dict[str, Json]:
    """A school as everybody may see it."""
    return {
        "urn": row["urn"], "name": row["name"], "council": row["la_name"], "type": row["type"],
        "status": row["status"], "phase": row["phase"], "choosable": row["choosable"],
        "age_from": row["age_from"], "age_to": row["age_to"], "entry": row["entry"], "faith": row["faith"],
        "capacity": row["capacity"], "pupils": row["pupils"],
        "meals": None if row["meals"] is None else row["meals"] / 10,
        "address": ", ".join(filter(None, (row["address"], row["town"], row["postcode"]))),
        "town": row["town"], "website": row["website"], "phone": row["phone"], "head": row["head"],
        "progress": row["progress"], "progress_year": row["progress_year"],
        "ethos": {"en": row["ethos_en"] or "", "cy": row["ethos_cy"] or ""},
        "breakfast": row["breakfast"], "after_school": row["after_school"],
        "figure_date": row["figure_date"].isoformat() if row["figure_date"] else None,
        "register_date": row["register_date"].isoformat(),
    }  # fmt: skip


async def public_list(pool: Pool, after: tuple[str, str], phase: str | None) -> list[Json]:
    """A page of all schools by name.

    Args:
        pool: the database.
        after: the name and URN that the page before ended with; empty for the first.
        phase: only such.
    """
    return await _with_places(pool, await pool.fetch(_LIST, *after, phase, PAGE))


async def public_near(pool: Pool, near: Spot, phase: str | None) -> list[Json]:
    """The schools nearest to a place, special ones too, each with its distance in metres."""
    rows = await pool.fetch(
        _NEAR, near.easting, near.northing, None, None, None, False, None, phase, PAGE
    )  # fmt: skip
    found = await _with_places(pool, rows)
    for each, row in zip(found, rows, strict=True):
        assert isinstance(each, dict)
        each["metres"] = Spot(row["easting"], row["northing"]).metres(near)
    return found


async def public_one(pool: Pool, urn: str) -> Json:
    """One school.

    Raises:
        Problem: 404 `SCHOOL_NOT_FOUND`.
    """
    return (await _with_places(pool, [await one(pool, urn)]))[0]


async def one(connection: Pool | Connection, urn: str) -> asyncpg.Record:
    """The row of a school.

    Raises:
        Problem: 404 `SCHOOL_NOT_FOUND`.
    """
    row = await connection.fetchrow(_ONE, urn)
    if row is None:
        raise Problem(404, "SCHOOL_NOT_FOUND", "There is no school with that URN.")
    return row


async def _with_places(pool: Pool, rows: list[asyncpg.Record]) -> list[Json]:
    found: dict[str, dict[str, Json]] = {row["urn"]: {} for row in rows}
    for row in await pool.fetch(_PLACES, list(found)):
        found[row["urn"]][str(row["year_group"])] = row["free"]
    return [{**as_public(row), "places": found[row["urn"]]} for row in rows]
