"""Providers of childcare: near a place, or named by a citizen; who owns them orders nothing."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import asyncpg

from actions.childcare.service.naming import named_in, starts_of
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

type Kind = Literal["nursery", "childminder", "playgroup", "club", "holiday_club"]
type Order = Literal["near", "price", "rating"]
type Row = asyncpg.Record

MILES_OF_DEGREE: Final = 69.0
FURTHEST: Final = 30.0
"""Miles: nobody takes a child further to be minded."""
CANDIDATES: Final = 300
"""Providers that share the beginning of a word with a message and are compared with it."""

# Registered on a day: from the day of registration, and up to the day before one is struck off.
REGISTERED: Final = (
    "registered_on <= {day} AND (registered_until IS NULL OR {day} <= registered_until)"
    " AND (struck_off_on IS NULL OR {day} < struck_off_on)"
)
_MILES: Final = """
69.0 * sqrt(power(latitude - $1::float8, 2) + power((longitude - $2::float8) * cos(radians($1::float8)), 2))
"""
# Each order ends with what tells two apart for a family, and last with the number: never with who runs it.
_ORDERS: Final[dict[str, str]] = {
    "near": "miles, price_hour, number",
    "price": "price_hour, miles, number",
    "rating": "array_position(ARRAY['Outstanding', 'Good', 'Requires improvement', 'Inadequate'], rating)"
    " NULLS LAST, miles, price_hour, number",
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Args:
        lat: degrees north of the place it should be near; None with `long` for anywhere.
        long: degrees east.
        kind: of provider; None for all.
        age: of the child, in months; None for any.
        day: a weekday on which it must be open, 0 is Monday; None for any.
        speaks: a language besides English, as `ur`; None for any.
        free: only those with a free place.
        order: what comes first.
        most: how many.
    """

    lat: float | None = None
    long: float | None = None
    kind: Kind | None = None
    age: int | None = None
    day: int | None = None
    speaks: str | None = None
    free: bool = False
    order: Order = "near"
    most: int = 12


async def search(pool: Pool, wanted: Wanted, today: date) -> list[Row]:
    """Registered providers that fit, best first.

    Args:
        pool: the database.
        wanted: what is looked for.
        today: they must be registered then.
    """
    where = [REGISTERED.format(day="$3::date")]
    given: list[object] = [wanted.lat, wanted.long, today]
    if wanted.lat is not None and wanted.long is not None:
        north = FURTHEST / MILES_OF_DEGREE
        east = north / max(math.cos(math.radians(wanted.lat)), 0.01)
        where.append(f"latitude BETWEEN $1::float8 - {north} AND $1::float8 + {north}")
        where.append(f"longitude BETWEEN $2::float8 - {east} AND $2::float8 + {east}")
    for value, clause in (
        (wanted.kind, "kind = ${}"), (wanted.age, "${}::smallint BETWEEN age_from AND age_to"),
        (wanted.day, "${}::smallint = ANY(days)"), (wanted.speaks, "${}::text = ANY(languages)"),
    ):  # fmt: skip
        if value is not None:
            given.append(value)
            where.append(clause.format(len(given)))
    if wanted.free:
        where.append("places_free > 0")
    # All that is put in here is a constant of this module.
    rows: list[Row] = await pool.fetch(
        f"SELECT *, {_MILES} AS miles FROM childcare.provider WHERE {' AND '.join(where)}"  # noqa: S608
        f" ORDER BY {_ORDERS[wanted.order]} LIMIT {int(wanted.most)}",
        *given,
    )
    return rows


async def named(pool: Pool, said: str) -> list[tuple[Row, bool]]:
    """Providers whose names stand in a text, also those no longer registered; and whether all of it does.

    Args:
        pool: the database.
        said: a citizen's words.
    """
    rows = await pool.fetch(
        """SELECT *, NULL::float8 AS miles FROM childcare.provider WHERE starts && $1::text[]
           ORDER BY cardinality(ARRAY(SELECT unnest(starts) INTERSECT SELECT unnest($1::text[]))) DESC, number
           LIMIT $2""",
        starts_of(said), CANDIDATES,
    )  # fmt: skip
    by_number = {row["number"]: row for row in rows}
    candidates = [
        (row["number"], [name for name in (row["name"], row["name_cy"]) if name], row["town"]) for row in rows
    ]
    return [(by_number[one.number], one.whole) for one in named_in(said, candidates)]


async def find(db: Connection | Pool, number: str) -> Row | None:
    """One provider, registered or not."""
    return await db.fetchrow(
        "SELECT *, NULL::float8 AS miles FROM childcare.provider WHERE number = $1", number
    )


def registered(row: Row, since: date, until: date) -> bool:
    """Whether a provider is registered on all of some days, as far as is known today."""
    from_on, to, struck = row["registered_on"], row["registered_until"], row["struck_off_on"]
    return bool(from_on <= since and (to is None or until <= to) and (struck is None or until < struck))


def told(row: Row, today: date) -> dict[str, Json]:
    """A provider as the API tells it: every kind of owner with the same fields."""
    return {
        "number": row["number"], "name": row["name"], "name_cy": row["name_cy"], "kind": row["kind"],
        "run_by": row["run_by"], "town": row["town"], "postcode": row["postcode"],
        "lat": row["latitude"], "long": row["longitude"], "phone": row["phone"],
        "age_from": row["age_from"], "age_to": row["age_to"],
        "opens": f"{row['opens']:%H:%M}", "closes": f"{row['closes']:%H:%M}", "days": list(row["days"]),
        "price_hour": row["price_hour"], "price_session": row["price_session"],
        "session_minutes": row["session_minutes"], "places": row["places"],
        "places_free": row["places_free"], "places_told": row["places_told"].isoformat(),
        "rating": row["rating"],
        "inspected_on": row["inspected_on"].isoformat() if row["inspected_on"] else None,
        "languages": list(row["languages"]), "step_free": row["step_free"],
        "registered": registered(row, today, today),
        "registered_until": row["registered_until"].isoformat() if row["registered_until"] else None,
        "struck_off_on": row["struck_off_on"].isoformat() if row["struck_off_on"] else None,
        "miles": None if row["miles"] is None else round(row["miles"], 1),
    }  # fmt: skip
