"""What changes a referral at its patient's wish: its shortlist, an appointment made, moved or given up.

Each is one transaction of the caller's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from actions.health.service import carers, changes, claims, store
from actions.health.service.holidays import day
from actions.health.service.outcomes import Refusal, missing
from actions.health.service.resources import Resource
from actions.health.service.store import Connection

LONGEST_SHORTLIST = 20  # services, as in A031
REBOOKED = "PATIENT_REBOOKED"  # ours: why the appointment before was given up

# A patient's reasons to cancel, and whether e-RS asks for a comment with it
# (the code system APPOINTMENT-CANCELLATION-REASON, type PATIENT).
CANCEL_REASONS = {
    "PATIENT_ILL": False,
    "PATIENT_HOLIDAY": False,
    "PATIENT_OTHER_ENGAGEMENT": True,
    "PATIENT_APPOINTMENT_CANCELLATION_OTHER": True,
}


async def change_shortlist(
    connection: Connection, ubrn: str, version: int, service_ids: list[int], now: datetime
) -> Resource:
    """Makes these services, in this order, the referral's shortlist (A031).

    Raises:
        Refusal: one of them does not exist or is for something else; the version is not the newest.
    """
    found = await claims.lock(connection, ubrn, version)
    claims.in_state(found, claims.BOOKABLE)
    for service_id in service_ids:
        await claims.service_for(connection, service_id, found)
    await connection.execute(
        "UPDATE ers.referral SET shortlist = $2, version = version + 1 WHERE ubrn = $1", ubrn, service_ids
    )
    return await claims.referral(connection, ubrn, now)


@dataclass(frozen=True)
class Wanted:
    """What an Appointment that was sent asks for: `service_id` to defer, `slot_id` alone to book.

    A deferral may name the slot that was just lost. `by` is who acts.
    """

    ubrn: str
    version: int
    service_id: int | None
    slot_id: int | None
    comment: str | None
    by: str = "patient"


async def book(connection: Connection, wanted: Wanted, now: datetime) -> Resource:
    """Books a slot (A016, status `booked`).

    e-RS books only into a shortlisted service; here booking puts the service on the shortlist.

    Raises:
        Refusal: the slot is gone, the version is not the newest, or the state does not allow it.
    """
    found = await claims.lock(connection, wanted.ubrn, wanted.version)
    claims.in_state(found, claims.BOOKABLE)
    await carers.acts(connection, wanted.ubrn, "book", wanted.by, now)
    if wanted.slot_id is None:
        raise Refusal(422, "MISSING_VALUE", "A booking needs a slot.")
    slot = await claims.take(connection, wanted.slot_id, found, now)
    service = await claims.service_for(connection, slot["service_id"], found)
    if wanted.service_id not in (None, service["id"]):
        raise Refusal(422, "INAPPROPRIATE_SLOT", "The slot is of another service.")
    return await put_into(connection, found, slot, now, wanted.by, wanted.comment)


async def put_into(
    connection: Connection,
    referral: asyncpg.Record,
    slot: asyncpg.Record,
    now: datetime,
    by: str,
    comment: str | None = None,
) -> Resource:
    """Books a referral into a slot that was taken for it.

    Args:
        connection: with both locked.
        referral: what has no appointment.
        slot: what is free.
        now: the time.
        by: who books.
        comment: the patient's words.
    """
    ubrn, service_id = referral["ubrn"], slot["service_id"]
    await connection.execute("UPDATE ers.slot SET booked_by = $2 WHERE id = $1", slot["id"], ubrn)
    await changes.taken(connection, slot, now)
    version = await claims.move(connection, ubrn, "BOOKED", now, by, slot=slot, listed=service_id)
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment
               (ubrn, service_id, slot_id, status, version, comment, created_at, over_at)
           VALUES ($1, $2, $3, 'booked', $4, $5, $6, $7) RETURNING id""",
        ubrn, service_id, slot["id"], version, comment, now, slot["ends_at"],
    )  # fmt: skip
    return await claims.answered(connection, appointment_id)


async def rebook(
    connection: Connection, ubrn: str, version: int, slot_id: int, by: str, now: datetime
) -> Resource:
    """Moves a booking, or a deferral, to a free slot; what was booked comes free. Ours.

    Raises:
        Refusal: the slot is gone, and the booking stays; or as for `book`.
    """
    found = await claims.lock(connection, ubrn, version)
    claims.in_state(found, claims.MOVABLE)
    await carers.acts(connection, ubrn, "rebook", by, now)
    current = await store.current_appointment(connection, ubrn)
    assert current is not None
    slot = await claims.take(connection, slot_id, found, now, beside=current["slot_id"])
    await claims.service_for(connection, slot["service_id"], found)
    await give_up(connection, current, REBOOKED, None, now)
    # Who wanted an earlier time has moved, and asks again if that is not early enough.
    await connection.execute("DELETE FROM ers.wish WHERE ubrn = $1", ubrn)
    return await put_into(connection, found, slot, now, by)


async def give_up(
    connection: Connection, current: asyncpg.Record, reason: str, comment: str | None, now: datetime
) -> None:
    """Cancels an appointment and frees its slot, if it has one.

    Args:
        connection: with its referral locked.
        current: the appointment.
        reason: why.
        comment: in the patient's words.
        now: the time.
    """
    slot = await connection.fetchrow(
        "UPDATE ers.slot SET booked_by = NULL WHERE id = $1 AND booked_by = $2 RETURNING *",
        current["slot_id"], current["ubrn"],
    )  # fmt: skip
    await connection.execute(
        "UPDATE ers.appointment SET status = 'cancelled', reason = $2, comment = $3 WHERE id = $1",
        current["id"], reason, comment,
    )  # fmt: skip
    if slot is not None and not slot["withdrawn"]:
        await changes.freed(connection, slot, now)


async def _may_defer(
    connection: Connection, service: asyncpg.Record, wanted: Wanted, now: datetime
) -> str | None:
    """The reason of a deferral, if e-RS allows it: no free slot, or the one that was chosen just gone."""
    if service["bookable"] != "DIRECTLY_BOOKABLE":
        raise Refusal(422, "INAPPROPRIATE_VALUE", "An indirectly bookable service is rung, not deferred to.")
    if wanted.slot_id is None:
        if await store.has_free_slot(connection, service["id"], now):
            raise Refusal(422, "SLOTS_CURRENTLY_AVAILABLE", "There are future slots available.")
        return None
    row = await connection.fetchrow("SELECT * FROM ers.slot WHERE id = $1", wanted.slot_id)
    if row is None or row["service_id"] != service["id"]:
        raise missing("slot")
    if store.is_free(row, now, wanted.ubrn):
        raise Refusal(422, "THIS_SLOT_IS_AVAILABLE", "Slot is currently available.")
    return "SLOT_NOT_AVAILABLE"


async def defer(connection: Connection, wanted: Wanted, now: datetime) -> Resource:
    """Leaves it to the provider to find an appointment (A016, status `proposed`).

    Raises:
        Refusal: there are slots to book, the version is not the newest, or the state does not allow it.
    """
    found = await claims.lock(connection, wanted.ubrn, wanted.version)
    claims.in_state(found, claims.BOOKABLE)
    await carers.acts(connection, wanted.ubrn, "defer", wanted.by, now)
    if wanted.service_id is None:
        raise Refusal(422, "MISSING_VALUE", "A deferral needs a service.")
    service = await claims.service_for(connection, wanted.service_id, found)
    reason = await _may_defer(connection, service, wanted, now)
    return await leave_to(connection, found, service, now, wanted.by, reason, wanted.comment)


async def leave_to(
    connection: Connection,
    referral: asyncpg.Record,
    service: asyncpg.Record,
    now: datetime,
    by: str,
    reason: str | None = None,
    comment: str | None = None,
) -> Resource:
    """Leaves a referral to a service's provider, whatever is free there.

    Args:
        connection: with the referral locked.
        referral: what has no appointment.
        service: where.
        now: the time.
        by: who leaves it.
        reason: why.
        comment: the patient's words.
    """
    ubrn = referral["ubrn"]
    await claims.give_up_holds(connection, ubrn)
    version = await claims.move(connection, ubrn, "DEFERRED_TO_PROVIDER", now, by, listed=service["id"])
    contact_by = day(now) + timedelta(days=service["contact_days"])
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment
               (ubrn, service_id, status, version, reason, comment, contact_by, created_at)
           VALUES ($1, $2, 'proposed', $3, $4, $5, $6, $7) RETURNING id""",
        ubrn, service["id"], version, reason, comment, contact_by, now,
    )  # fmt: skip
    return await claims.answered(connection, appointment_id)


async def cancel(
    connection: Connection,
    ubrn: str,
    version: int,
    reason: str,
    comment: str | None,
    by: str,
    now: datetime,
) -> Resource:
    """Cancels a referral's appointment or deferral at the patient's wish; the referral itself stays.

    Raises:
        Refusal: there is none, the reason is not a patient's or lacks its comment, or the version is old.
    """
    if reason not in CANCEL_REASONS:
        raise Refusal(422, "INVALID_CODE", "The reason is not one a patient has.")
    if CANCEL_REASONS[reason] and not comment:
        raise Refusal(422, "MISSING_VALUE", "This reason needs a comment.")
    claims.in_state(await claims.lock(connection, ubrn, version), claims.MOVABLE)
    await carers.acts(connection, ubrn, "cancel", by, now)
    current = await store.current_appointment(connection, ubrn)
    assert current is not None
    await give_up(connection, current, reason, comment, now)
    await claims.move(connection, ubrn, "APPT_CANCELLED_BY_PATIENT", now, by)
    return await claims.referral(connection, ubrn, now)
