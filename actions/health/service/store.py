"""The SQL of what is read: free slots, referrals, appointments, who would have an earlier one."""

# ruff: noqa: S608  (only the constants of this module are put into SQL; values are parameters)

from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

type Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
type Pool = asyncpg.Pool[asyncpg.Record]

_FREE = """
FROM ers.slot
WHERE service_id = $1 AND booked_by IS NULL AND NOT withdrawn AND starts_at > $2
  AND (held_until IS NULL OR held_until <= $2)
"""


def is_free(slot: asyncpg.Record, now: datetime, ubrn: str | None = None) -> bool:
    """Whether a slot can be booked: by anybody, or by one referral, for which it may be held."""
    held = slot["held_until"] is not None and slot["held_until"] > now and slot["held_by"] != ubrn
    free: bool = slot["booked_by"] is None and not slot["withdrawn"] and not held and slot["starts_at"] > now
    return free


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

_OFFER = """
SELECT slot.id, slot.service_id, slot.starts_at, slot.held_until, provider.name AS provider_name
FROM ers.slot JOIN ers.service ON service.id = slot.service_id JOIN ers.provider USING (ods)
WHERE slot.held_by = $1 AND slot.offered AND slot.held_until > $2 AND slot.starts_at > $2
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
    """What a referral is booked or deferred to now, or the visit that it ended with."""
    return await connection.fetchrow(
        f"""{_APPOINTMENT} WHERE ubrn = $1 AND NOT talk AND (status IN ('booked', 'proposed')
                OR status = 'fulfilled' AND (SELECT state FROM ers.referral WHERE ubrn = $1) = 'ATTENDED')
            ORDER BY status = 'fulfilled', appointment.id DESC LIMIT 1""",
        ubrn,
    )


async def talk(connection: Connection | Pool, ubrn: str, now: datetime) -> asyncpg.Record | None:
    """The talk with a nurse that is booked, if it is not over."""
    return await connection.fetchrow(
        f"{_APPOINTMENT} WHERE ubrn = $1 AND talk AND status = 'booked' AND slot.ends_at > $2", ubrn, now
    )


async def offer(connection: Connection | Pool, ubrn: str, now: datetime) -> asyncpg.Record | None:
    """The slot that a referral is offered in place of a lost one, while the offer stands."""
    return await connection.fetchrow(_OFFER, ubrn, now)


async def appointment(connection: Connection | Pool, appointment_id: int) -> asyncpg.Record | None:
    """An appointment by its id."""
    return await connection.fetchrow(f"{_APPOINTMENT} WHERE appointment.id = $1", appointment_id)


async def keep_preference(connection: Connection, ubrn: str, words: str, now: datetime) -> asyncpg.Record:
    """Keeps what a patient prefers, of a referral that there is."""
    row = await connection.fetchrow(
        "INSERT INTO ers.communication (ubrn, words, sent_at) VALUES ($1, $2, $3) RETURNING *",
        ubrn, words, now,
    )  # fmt: skip
    assert row is not None
    return row


# Those who are booked later, or have no time at all yet; first come, first told.
_WANTING = """
FROM ers.wish JOIN ers.referral USING (ubrn)
LEFT JOIN ers.appointment ON appointment.ubrn = wish.ubrn AND NOT talk AND status = 'booked'
LEFT JOIN ers.slot ON slot.id = appointment.slot_id
WHERE wish.service_id = $1 AND wish.before > $2
  AND (state = 'DEFERRED_TO_PROVIDER' OR (state = 'BOOKED' AND slot.starts_at > $2))
"""
WANTING_QUERY = f"SELECT wish.ubrn, referral.phone {_WANTING} ORDER BY made_at, wish.ubrn LIMIT 100"


async def wanting_count(connection: Connection, slot: asyncpg.Record) -> int:
    """How many referrals' wishes for an earlier appointment a slot meets."""
    query = f"SELECT count(*) {_WANTING}"
    return int(await connection.fetchval(query, slot["service_id"], slot["starts_at"]))


async def wanting(pool: Pool, slot_id: int, now: datetime) -> list[asyncpg.Record]:
    """Those referrals, at most 100; none for a slot that is not to be had."""
    slot = await pool.fetchrow("SELECT * FROM ers.slot WHERE id = $1", slot_id)
    if slot is None or not is_free(slot, now):
        return []
    rows: list[asyncpg.Record] = await pool.fetch(WANTING_QUERY, slot["service_id"], slot["starts_at"])
    return rows
