"""Services to choose from: the SQL of a search, made of what is asked for, so that each form has its plan."""

# ruff: noqa: S608  (only the constants of this module are put into SQL; values are parameters)

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from actions.health.service.places import Place
from actions.health.service.store import Connection, Pool

MOST_SERVICES: Final = 50
"""In one answer to a search."""
_EARTH: Final = 3958.8
"""Its mean radius in miles."""
NEEDS: Final = {
    "TRANSPORT": """supports @> '["TRANSPORT"]'""",
    "INTERPRETER": """supports @> '["INTERPRETER"]'""",
    "ADVOCACY": """supports @> '["ADVOCACY"]'""",
    "STEP_FREE": "step_free",
    "PARKING": "parking <> 'none'",
}
"""What a service must offer, as its row says it."""

# $1 now. A directly bookable service's wait is told by its first free slot, so that what a citizen
# compares and what they are offered afterwards can't differ.
_WAIT = """
CASE WHEN bookable = 'DIRECTLY_BOOKABLE' THEN (
    SELECT (starts_at AT TIME ZONE 'Europe/London')::date - ($1 AT TIME ZONE 'Europe/London')::date
    FROM ers.slot
    WHERE slot.service_id = found.id AND booked_by IS NULL AND NOT withdrawn
      AND starts_at > $1::timestamptz AND (held_until IS NULL OR held_until <= $1)
    ORDER BY starts_at LIMIT 1
) ELSE appointment_wait END AS wait
"""

_SERVICE = """
SELECT service.*, provider.name AS provider_name, provider.town, provider.postcode, provider.kind,
       provider.cqc_rating, provider.recommended, provider.parking, provider.step_free,
       clinic.title, clinic.specialty_title{miles}
FROM ers.service
JOIN ers.provider USING (ods)
JOIN ers.clinic USING (clinic_type, specialty)
WHERE {conditions}
"""

# The distance as the crow flies (haversine).
_MILES = f"""
2 * {_EARTH} * asin(least(1, sqrt(
    sin(radians(latitude - {{latitude}}) / 2) ^ 2
    + cos(radians({{latitude}})) * cos(radians(latitude)) * sin(radians(longitude - {{longitude}}) / 2) ^ 2
)))
"""

# Who owns a provider is shown and never ranked on: it is in neither order.
_ORDERS: Final = {"DISTANCE": "miles, wait NULLS LAST, id", "IWT": "wait NULLS LAST, miles NULLS LAST, id"}


@dataclass(frozen=True)
class Criteria:
    """What is searched for; waits in days, distances in miles, age in years."""

    clinic_type: str
    specialty: str | None = None
    place: Place | None = None
    distance_limit: int | None = None
    wait_limit: int | None = None
    age: int | None = None
    gender: str | None = None
    sort_by: str = "DISTANCE"
    needs: tuple[str, ...] = ()
    condition: str | None = None


def query(criteria: Criteria, now: datetime) -> tuple[str, list[object]]:
    """The SQL of a search and its values."""
    values: list[object] = [now]

    def put(value: object, kind: str) -> str:
        values.append(value)
        return f"${len(values)}::{kind}"

    conditions = [f"clinic_type = {put(criteria.clinic_type, 'text')}"]
    if criteria.specialty is not None:
        conditions.append(f"specialty = {put(criteria.specialty, 'text')}")
    if criteria.age is not None:
        age = put(criteria.age, "int")
        conditions.append(f"age_from <= {age} AND (age_to IS NULL OR age_to >= {age})")
    if criteria.gender is not None:
        conditions.append(f"gender IN ('MALE_AND_FEMALE', {put(criteria.gender, 'text')})")
    if criteria.condition is not None:
        conditions.append(
            "EXISTS (SELECT FROM jsonb_array_elements_text(conditions) AS treated"
            f" WHERE lower(treated) = lower({put(criteria.condition, 'text')}))"
        )
    conditions += [NEEDS[need] for need in criteria.needs]
    miles = "NULL::float8"
    if (place := criteria.place) is not None:
        latitude, longitude = put(place.latitude, "float8"), put(place.longitude, "float8")
        miles = _MILES.format(latitude=latitude, longitude=longitude)
        if criteria.distance_limit is not None:
            # A box around the circle first: an index finds what is in it.
            high, wide = _degrees(criteria.distance_limit, place)
            for column, middle, far in (("latitude", latitude, high), ("longitude", longitude, wide)):
                by = put(far, "float8")
                conditions.append(f"{column} BETWEEN {middle} - {by} AND {middle} + {by}")
    found = _SERVICE.format(miles=f", {miles} AS miles", conditions=" AND ".join(conditions))
    if criteria.distance_limit is not None:
        found = f"SELECT * FROM ({found}) AS near WHERE miles <= {put(criteria.distance_limit, 'int')}"
    if criteria.sort_by == "DISTANCE" and criteria.wait_limit is None:
        # Only the nearest are asked for their first free slot; those that are equally near, all of them.
        found = f"SELECT * FROM ({found}) AS near ORDER BY miles FETCH FIRST {MOST_SERVICES} ROWS WITH TIES"
    found = f"SELECT found.*, {_WAIT} FROM ({found}) AS found"
    if criteria.wait_limit is not None:
        found = f"SELECT * FROM ({found}) AS soon WHERE wait <= {put(criteria.wait_limit, 'int')}"
    return f"{found} ORDER BY {_ORDERS[criteria.sort_by]} LIMIT {MOST_SERVICES}", values


def _degrees(miles: int, place: Place) -> tuple[float, float]:
    """How far a distance reaches north and east, in degrees, never too little."""
    angle = miles / _EARTH
    if angle >= 1 or abs(place.latitude) + math.degrees(angle) >= 89:
        return 180, 360
    wide = math.asin(math.sin(angle) / math.cos(math.radians(place.latitude)))
    return math.degrees(angle) + 1e-6, math.degrees(wide) + 1e-6


async def search(pool: Pool | Connection, criteria: Criteria, now: datetime) -> list[asyncpg.Record]:
    """The services that match, nearest or soonest first, at most `MOST_SERVICES`."""
    sql, values = query(criteria, now)
    rows: list[asyncpg.Record] = await pool.fetch(sql, *values)
    return rows


async def service(pool: Pool, service_id: int, now: datetime) -> asyncpg.Record | None:
    """One service, without a distance."""
    found = _SERVICE.format(miles=", NULL::float8 AS miles", conditions="service.id = $2")
    return await pool.fetchrow(f"SELECT found.*, {_WAIT} FROM ({found}) AS found", now, service_id)
