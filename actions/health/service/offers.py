"""What a provider does to a booking: it cancels it and offers another time, or records that it is over."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from actions.health.service import bookings, carers, changes, claims, search, store
from actions.health.service.holidays import LONDON, day
from actions.health.service.outcomes import Refusal
from actions.health.service.places import Place, locate
from actions.health.service.resources import instant
from actions.health.service.store import Connection

STANDS: Final = timedelta(hours=48)
"""For so long an offer is held."""
NOTICE: Final = timedelta(days=2)
"""Nobody is offered a time that is sooner."""
CANCELLED: Final = "PROVIDER_CANCELLED"
_OVER_AT_ONCE: Final = 200
"""Visits that are recorded as over in one go."""


async def cancel(connection: Connection, referral: asyncpg.Record, now: datetime) -> None:
    """A provider cancels a referral's appointment or deferral, and offers the next free time if there is one.

    The next of the same service; or, where it has none, of the nearest that treats the same and the patient.

    Args:
        connection: with the referral locked.
        referral: what is booked or deferred.
        now: the time.
    """
    ubrn = referral["ubrn"]
    current = await store.current_appointment(connection, ubrn)
    assert current is not None
    if current["slot_id"] is not None:
        await connection.execute("UPDATE ers.slot SET withdrawn = true WHERE id = $1", current["slot_id"])
    await bookings.give_up(connection, current, CANCELLED, None, now)
    await claims.give_up_holds(connection, ubrn)
    await carers.acts(connection, ubrn, "cancel", "provider", now)
    slot = await _next(connection, referral, current, now)
    more = {} if current["starts_at"] is None else {"was": instant(current["starts_at"])}
    if slot is not None:
        until = now + STANDS
        await connection.execute(
            "UPDATE ers.slot SET held_by = $2, held_until = $3, offered = true WHERE id = $1",
            slot["id"], ubrn, until,
        )  # fmt: skip
        more["until"] = instant(until)
    await claims.move(connection, ubrn, "APPT_CANCELLED_BY_PROVIDER", now, "provider", slot=slot, more=more)


async def _next(
    connection: Connection, referral: asyncpg.Record, current: asyncpg.Record, now: datetime
) -> asyncpg.Record | None:
    """What is offered: of the same service, or else of the nearest."""
    return await next_free(connection, referral, [current["service_id"]], current["ods"], now)


async def next_free(
    connection: Connection, referral: asyncpg.Record, first: Sequence[int], ods: str | None, now: datetime
) -> asyncpg.Record | None:
    """The next free slot for a referral, locked: one that somebody is taking at this moment is passed by.

    Args:
        connection: in a transaction.
        referral: whose.
        first: services that are asked first; then the nearest.
        ods: the provider to count distances from where it is not known where the patient lives.
        now: the time.
    """
    criteria = search.Criteria(
        clinic_type=referral["clinic_type"],
        specialty=referral["specialty"],
        place=await _near(connection, referral, ods),
        age=now.year - referral["birth_year"],
        gender=referral["gender"],
    )
    found = await search.search(connection, criteria, now)
    for service_id in [*first, *(each["id"] for each in found)]:
        slot = await connection.fetchrow(
            """SELECT * FROM ers.slot WHERE service_id = $1 AND booked_by IS NULL AND NOT withdrawn
                   AND starts_at > $2 AND (held_until IS NULL OR held_until <= $3)
               ORDER BY starts_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED""",
            service_id, now + NOTICE, now,
        )  # fmt: skip
        if slot is not None:
            return slot
    return None


async def _near(connection: Connection, referral: asyncpg.Record, ods: str | None) -> Place:
    """Where the patient lives, or else where they would have gone, or else Leeds."""
    if referral["postcode"]:
        try:
            return locate(referral["postcode"])
        except Refusal:
            pass  # it was recorded elsewhere, and is of nowhere near
    row = await connection.fetchrow("SELECT latitude, longitude FROM ers.provider WHERE ods = $1", ods)
    return locate("LS1 1AA") if row is None else Place(row["latitude"], row["longitude"])


async def cancel_clinic(connection: Connection, service_id: int, date_: date, now: datetime) -> list[str]:
    """Cancels a service's clinic of a day: its free slots are withdrawn, those who are booked get an offer.

    Args:
        connection: in a transaction.
        service_id: whose clinic.
        date_: the day in London.
        now: the time.

    Returns:
        The referrals whose appointment it was.
    """
    within: Sequence[datetime] = [
        datetime.combine(each, datetime.min.time(), LONDON) for each in (date_, date_ + timedelta(1))
    ]
    booked = await connection.fetch(
        """SELECT booked_by FROM ers.slot WHERE service_id = $1 AND starts_at >= $2 AND starts_at < $3
               AND booked_by IS NOT NULL AND starts_at > $4""",
        service_id, *within, now,
    )  # fmt: skip
    referrals = [await claims.lock(connection, ubrn) for ubrn in sorted(row["booked_by"] for row in booked)]
    await connection.execute(
        """UPDATE ers.slot SET withdrawn = true WHERE id IN (
               SELECT id FROM ers.slot WHERE service_id = $1 AND starts_at >= $2 AND starts_at < $3
                   AND (booked_by IS NULL OR booked_by = ANY ($4)) ORDER BY id FOR NO KEY UPDATE)""",
        service_id, *within, [each["ubrn"] for each in referrals],
    )  # fmt: skip
    lost = []
    for referral in referrals:
        current = await store.current_appointment(connection, referral["ubrn"])
        # It may have been moved while its lock was waited for.
        if (
            referral["state"] == "BOOKED"
            and current is not None
            and current["service_id"] == service_id
            and current["starts_at"] is not None
            and day(current["starts_at"]) == date_
        ):
            await cancel(connection, referral, now)
            lost.append(referral["ubrn"])
    return lost


async def free(connection: Connection, service_id: int, start: datetime, now: datetime) -> asyncpg.Record:
    """Adds a free time of half an hour to a service, as when somebody else gives theirs up.

    Raises:
        Refusal: the time is past, or taken.
    """
    if start <= now:
        raise Refusal(422, "INVALID_VALUE", "The time is past.")
    slot = await connection.fetchrow(
        """INSERT INTO ers.slot (service_id, starts_at, ends_at)
           VALUES ($1, $2, $2::timestamptz + interval '30 minutes')
           ON CONFLICT (service_id, starts_at) DO UPDATE SET withdrawn = false
               WHERE slot.withdrawn AND slot.booked_by IS NULL
           RETURNING *""",
        service_id, start,
    )  # fmt: skip
    if slot is None:
        raise Refusal(422, "SLOT_NOT_AVAILABLE", "There is a slot at that time.")
    await changes.freed(connection, slot, now)
    return slot


async def end(connection: Connection, referral: asyncpg.Record, state: str, now: datetime) -> None:
    """Records how a visit ended: `ATTENDED`, or `DID_NOT_ATTEND`.

    Args:
        connection: with the referral locked.
        referral: what is booked.
        state: how it ended.
        now: the time.
    """
    ubrn = referral["ubrn"]
    status = "fulfilled" if state == "ATTENDED" else "noshow"
    row = await connection.fetchrow(
        """UPDATE ers.appointment SET status = $2
           WHERE ubrn = $1 AND NOT talk AND status = 'booked' RETURNING *""",
        ubrn, status,
    )  # fmt: skip
    assert row is not None
    slot = await connection.fetchrow("SELECT * FROM ers.slot WHERE id = $1", row["slot_id"])
    await claims.move(connection, ubrn, state, now, "provider", slot=slot)


OVER_QUERY: Final = """
SELECT id, ubrn, talk FROM ers.appointment WHERE status = 'booked' AND over_at <= $1 ORDER BY over_at LIMIT $2
"""


async def record_visits(pool: store.Pool, now: datetime) -> None:
    """Records visits that are over as attended, which a clinic does when it has seen somebody.

    Each in a transaction of its own; one that somebody else changes meanwhile is passed by.
    """
    for row in await pool.fetch(OVER_QUERY, now, _OVER_AT_ONCE):
        async with pool.acquire() as connection, connection.transaction():
            if row["talk"]:
                await connection.execute(
                    "UPDATE ers.appointment SET status = 'fulfilled' WHERE id = $1 AND status = 'booked'",
                    row["id"],
                )
                continue
            referral = await claims.lock(connection, row["ubrn"])
            current = await store.current_appointment(connection, row["ubrn"])
            if current is not None and current["id"] == row["id"] and referral["state"] == "BOOKED":
                await end(connection, referral, "ATTENDED", now)
