"""The SQL of what is read: services near a place, their free slots, referrals and appointments."""

# ruff: noqa: S608  (only the constants of this module are put into SQL; values are parameters)

from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from actions.health.service.places import Place

type Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
type Pool = asyncpg.Pool[asyncpg.Record]

MOST_SERVICES = 50  # in one answer to a search
_EARTH = 3958.8  # its mean radius in miles

# $1 now. A directly bookable service's wait is told by its first free slot, so that what a citizen
# compares and what they are offered afterwards can't differ.
_SERVICE = """
SELECT service.*, provider.name AS provider_name, provider.town, provider.postcode, provider.kind,
       provider.cqc_rating, provider.recommended, provider.parking, provider.step_free,
       clinic.title, clinic.specialty_title,
       CASE WHEN bookable = 'DIRECTLY_BOOKABLE' THEN first_free.wait ELSE appointment_wait END AS wait
FROM ers.service
JOIN ers.provider USING (ods)
JOIN ers.clinic USING (clinic_type, specialty)
LEFT JOIN LATERAL (
    SELECT (starts_at AT TIME ZONE 'Europe/London')::date - ($1 AT TIME ZONE 'Europe/London')::date AS wait
    FROM ers.slot
    WHERE slot.service_id = service.id AND booked_by IS NULL AND starts_at > $1::timestamptz
      AND (held_until IS NULL OR held_until <= $1)
    ORDER BY starts_at LIMIT 1
) AS first_free ON service.bookable = 'DIRECTLY_BOOKABLE'
"""

# The distance as the crow flies (haversine). least() leaves nulls out, so without a place it has to be
# made null by hand.
_FOUND = f"""
SELECT * FROM (
    SELECT service.*, CASE WHEN $4::float8 IS NOT NULL THEN 2 * {_EARTH} * asin(least(1, sqrt(
               sin(radians(latitude - $4) / 2) ^ 2
               + cos(radians($4)) * cos(radians(latitude)) * sin(radians(longitude - $5::float8) / 2) ^ 2
           ))) END AS miles
    FROM ({_SERVICE}) AS service
    JOIN ers.provider AS place USING (ods)
    WHERE clinic_type = $2 AND ($3::text IS NULL OR specialty = $3)
      AND ($8::int IS NULL OR (age_from <= $8 AND (age_to IS NULL OR age_to >= $8)))
      AND ($9::text IS NULL OR gender IN ('MALE_AND_FEMALE', $9))
) AS found
WHERE ($6::int IS NULL OR miles <= $6) AND ($7::int IS NULL OR wait <= $7)
"""

# Who owns a provider is shown and never ranked on: it is in neither order.
_ORDERS = {
    "DISTANCE": "ORDER BY miles, wait NULLS LAST, id",
    "IWT": "ORDER BY wait NULLS LAST, miles NULLS LAST, id",
}


@dataclass(frozen=True)
class Criteria:
    """What is searched for; waits in days, distances in miles, age in years."""

    clinic_type: str
    specialty: str | None
    place: Place | None
    distance_limit: int | None
    wait_limit: int | None
    age: int | None
    gender: str | None
    sort_by: str


def search_query(sort_by: str) -> str:
    """The SQL of a search: $1 now, then clinic type, specialty, latitude, longitude, limits, age, gender."""
    return f"{_FOUND} {_ORDERS[sort_by]} LIMIT {MOST_SERVICES}"


async def search(pool: Pool, criteria: Criteria, now: datetime) -> list[asyncpg.Record]:
    """The services that match, nearest or soonest first, at most `MOST_SERVICES`."""
    place = criteria.place
    found: list[asyncpg.Record] = await pool.fetch(
        search_query(criteria.sort_by),
        now,
        criteria.clinic_type,
        criteria.specialty,
        place and place.latitude,
        place and place.longitude,
        criteria.distance_limit,
        criteria.wait_limit,
        criteria.age,
        criteria.gender,
    )
    return found


async def service(pool: Pool, service_id: int, now: datetime) -> asyncpg.Record | None:
    """One service, without a distance."""
    return await pool.fetchrow(
        f"SELECT *, NULL AS miles FROM ({_SERVICE}) AS service WHERE id = $2", now, service_id
    )


_FREE = """
FROM ers.slot
WHERE service_id = $1 AND booked_by IS NULL AND starts_at > $2
  AND (held_until IS NULL OR held_until <= $2)
"""


_FREE_SINCE = f"{_FREE} AND ($3::date IS NULL OR starts_at >= $3::timestamp AT TIME ZONE 'Europe/London')"
SLOTS_COUNT_QUERY = f"SELECT count(*) {_FREE_SINCE}"
SLOTS_QUERY = f"SELECT id, service_id, starts_at, ends_at {_FREE_SINCE} ORDER BY starts_at LIMIT $4 OFFSET $5"


@dataclass(frozen=True)
class Page:
    """Which free slots are wanted: from a day on (in London), so many on a page, pages from 1."""

    service_id: int
    since: date | None
    count: int
    number: int


async def free_slots(pool: Pool, page: Page, now: datetime) -> tuple[int, list[asyncpg.Record]]:
    """How many free slots there are on all pages, and those of one page in order of time."""
    total: int = await pool.fetchval(SLOTS_COUNT_QUERY, page.service_id, now, page.since)
    rows: list[asyncpg.Record] = await pool.fetch(
        SLOTS_QUERY,
        page.service_id,
        now,
        page.since,
        page.count,
        page.count * (page.number - 1),
    )
    return total, rows


async def has_free_slot(connection: Connection, service_id: int, now: datetime) -> bool:
    """Whether anything can be booked at a service."""
    return bool(await connection.fetchval(f"SELECT EXISTS (SELECT {_FREE})", service_id, now))


async def service_exists(pool: Pool, service_id: int) -> bool:
    """Whether there is such a service."""
    return bool(await pool.fetchval("SELECT true FROM ers.service WHERE id = $1", service_id))


_REFERRAL = """
SELECT referral.*, clinic.title, clinic.specialty_title,
       ARRAY(SELECT service.name FROM unnest(shortlist) WITH ORDINALITY AS listed (id, place)
             JOIN ers.service USING (id) ORDER BY place) AS shortlist_names
FROM ers.referral JOIN ers.clinic USING (clinic_type, specialty)
WHERE ubrn = $1
"""

_APPOINTMENT = """
SELECT appointment.*, service.name AS service_name, service.ods, provider.name AS provider_name,
       slot.starts_at, slot.ends_at
FROM ers.appointment
JOIN ers.service ON service.id = service_id
JOIN ers.provider USING (ods)
LEFT JOIN ers.slot ON slot.id = slot_id
"""


async def referral(connection: Connection | Pool, ubrn: str) -> asyncpg.Record | None:
    """A referral with the words for its codes."""
    return await connection.fetchrow(_REFERRAL, ubrn)


async def current_appointment(connection: Connection | Pool, ubrn: str) -> asyncpg.Record | None:
    """What a referral is booked or deferred to now."""
    return await connection.fetchrow(f"{_APPOINTMENT} WHERE ubrn = $1 AND status <> 'cancelled'", ubrn)


async def appointment(connection: Connection | Pool, appointment_id: int) -> asyncpg.Record | None:
    """An appointment by its id."""
    return await connection.fetchrow(f"{_APPOINTMENT} WHERE appointment.id = $1", appointment_id)


async def keep_preference(
    connection: Connection, ubrn: str, words: str, now: datetime
) -> asyncpg.Record | None:
    """Keeps what a patient prefers; None when there is no such referral."""
    return await connection.fetchrow(
        """INSERT INTO ers.communication (ubrn, words, sent_at)
           SELECT ubrn, $2, $3 FROM ers.referral WHERE ubrn = $1 RETURNING *""",
        ubrn, words, now,
    )  # fmt: skip
