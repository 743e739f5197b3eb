"""Tutors and help in school: who teaches what, where, on which days, at what price, and is approved."""

from datetime import date
from math import asin, cos, radians, sin, sqrt
from typing import Final

import asyncpg

from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem
from bot.places.grid import to_degrees

MOST: Final = 12
FURTHEST: Final = 15.0
"""Miles that a tutor comes."""
_EARTH: Final = 3958.8

_FIND: Final = """
SELECT * FROM education.tutor
WHERE kind = $1 AND subjects ? $2 AND approved_from <= $3 AND approved_until >= $3
AND (kind = 'tutor' OR school_urn = (SELECT school_urn FROM education.pupil WHERE reference = $4))
ORDER BY id
"""


def miles(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance between two points (latitude, longitude), as the crow flies."""
    (lat, long), (to_lat, to_long) = map(_radians, (one, other))
    half = sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_long - long) / 2) ** 2
    return 2 * _EARTH * asin(sqrt(half))


def _radians(point: tuple[float, float]) -> tuple[float, float]:
    return radians(point[0]), radians(point[1])


async def find(
    pool: Pool, pupil: str, subject: str, kind: str, near: tuple[float, float] | None, on: date
) -> list[Json]:
    """Who can help a pupil, the nearest first; only who is approved.

    Args:
        pool: the database.
        pupil: the reference; help in school is that of the pupil's school.
        subject: in what.
        kind: `school` or `tutor`.
        near: latitude and longitude to be near to, for a tutor; the pupil's home by itself.
        on: the day of the approval.
    """
    if near is None and kind == "tutor":
        home = await pool.fetchrow("SELECT easting, northing FROM education.roll WHERE pupil = $1", pupil)
        near = to_degrees(home["easting"], home["northing"]) if home else None
    rows = await pool.fetch(_FIND, kind, subject, on, pupil)
    found = [(miles(near, (row["latitude"], row["longitude"])) if near else None, row) for row in rows]
    kept = [(distance, row) for distance, row in found if distance is None or distance <= FURTHEST]
    kept.sort(key=lambda each: (each[0] or 0, each[1]["id"]))
    return [as_json(row, distance) for distance, row in kept[:MOST]]


async def one(connection: Connection, tutor: str) -> asyncpg.Record:
    """A tutor, who can't lose the approval until the caller's transaction ends.

    Raises:
        Problem: 404 `TUTOR_NOT_FOUND`.
    """
    row = await connection.fetchrow("SELECT * FROM education.tutor WHERE id = $1 FOR SHARE", tutor)
    if row is None:
        raise Problem(404, "TUTOR_NOT_FOUND", "There is no such tutor.")
    return row


def approved(tutor: asyncpg.Record, on: date) -> bool:
    """Whether a tutor is approved on a day."""
    return bool(tutor["approved_from"] <= on <= tutor["approved_until"])


def as_json(row: asyncpg.Record, distance: float | None = None) -> dict[str, Json]:
    """A tutor as it is answered."""
    return {
        "id": row["id"], "name": row["name"], "kind": row["kind"], "subjects": row["subjects"],
        "days": row["days"], "places": row["places"], "price": row["price"], "rating": row["rating"],
        "rated": row["rated"], "distance": None if distance is None else round(distance, 1),
        "approved_until": row["approved_until"].isoformat(),
    }  # fmt: skip
