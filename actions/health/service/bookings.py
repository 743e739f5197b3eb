"""What changes a referral at its patient's wish: its shortlist, a slot held, booked, moved or given back.

Each is one transaction of the caller's. Locks are taken in one order everywhere (the key, the referral,
then slots by their id), so that any number of callers wait for each other and none deadlocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from actions.health.service import carers, changes, resources, store
from actions.health.service.holidays import day
from actions.health.service.outcomes import Refusal, missing
from actions.health.service.resources import Resource
from actions.health.service.store import Connection

HOLD = timedelta(minutes=5)
LONGEST_SHORTLIST = 20  # services, as in A031
REBOOKED = "PATIENT_REBOOKED"  # ours: why the appointment before was given up

BOOKABLE = frozenset(
    {"NOT_BOOKED", "APPT_CANCELLED_BY_PATIENT", "APPT_CANCELLED_BY_PROVIDER", "DID_NOT_ATTEND"}
)
MOVABLE = frozenset({"BOOKED", "DEFERRED_TO_PROVIDER"})

# A patient's reasons to cancel, and whether e-RS asks for a comment with it
# (the code system APPOINTMENT-CANCELLATION-REASON, type PATIENT).
CANCEL_REASONS = {
    "PATIENT_ILL": False,
    "PATIENT_HOLIDAY": False,
    "PATIENT_OTHER_ENGAGEMENT": True,
    "PATIENT_APPOINTMENT_CANCELLATION_OTHER": True,
}


async def lock(
    connection: Connection, ubrn: str, version: int | None = None, *, gone: int = 404
) -> asyncpg.Record:
    """The referral, locked; and if a version is given, only if it is still that one.

    Args:
        connection: in a transaction.
        ubrn: the referral.
        version: what it must be.
        gone: the status where there is none: 422 where it is no part of the address.

    Raises:
        Refusal: there is none, or its version is another.
    """
    row = await connection.fetchrow("SELECT * FROM ers.referral WHERE ubrn = $1 FOR NO KEY UPDATE", ubrn)
    if row is None:
        raise Refusal(gone, "REFERENCE_NOT_FOUND", "There is no such referral.")
    if version is not None and row["version"] != version:
        raise Refusal(409, "VERSION_CONFLICT", "The referral has changed since that version.")
    return row


def in_state(referral: asyncpg.Record, states: frozenset[str]) -> None:
    """Nothing, where a referral is in one of the states.

    Raises:
        Refusal: it is in another.
    """
    if referral["state"] not in states:
        raise Refusal(422, "INVALID_REQUEST_STATE", f"The referral is {referral['state']}.")


async def move(
    connection: Connection,
    ubrn: str,
    state: str,
    now: datetime,
    by: str,
    *,
    slot: asyncpg.Record | None = None,
    listed: int | None = None,
    advice: str | None = None,
    more: Mapping[str, str] | None = None,
) -> int:
    """Sets a referral's state and tells it, with what else there is to tell.

    Args:
        connection: with the referral locked.
        ubrn: the referral.
        state: the new one.
        now: the time.
        by: who does it.
        slot: what it is booked into, or offered.
        listed: a service to add to its shortlist if it isn't there.
        advice: the clinic's words, which belong to this state.
        more: what is told besides.

    Returns:
        Its new version.
    """
    version: int = await connection.fetchval(
        """UPDATE ers.referral SET state = $2, version = version + 1, advice = $4, moved_at = $5,
               shortlist = CASE WHEN $3::bigint IS NULL OR $3 = ANY (shortlist) THEN shortlist
                                ELSE shortlist || $3::bigint END
           WHERE ubrn = $1 RETURNING version""",
        ubrn, state, listed, advice, now,
    )  # fmt: skip
    told = {**(more or {}), **({} if advice is None else {"advice": advice})}
    await changes.moved(connection, ubrn, state, now, by=by, slot=slot, more=told)
    return version


async def service_for(connection: Connection, service_id: int, referral: asyncpg.Record) -> asyncpg.Record:
    """The service, if it treats what the referral is for.

    Raises:
        Refusal: it does not, or there is none.
    """
    row = await connection.fetchrow("SELECT * FROM ers.service WHERE id = $1", service_id)
    if row is None:
        raise missing("service")
    if (row["clinic_type"], row["specialty"]) != (referral["clinic_type"], referral["specialty"]):
        raise Refusal(422, "INAPPROPRIATE_SLOT", "The service is for another kind of clinic.")
    return row


async def take(
    connection: Connection,
    slot_id: int,
    referral: asyncpg.Record,
    now: datetime,
    *,
    beside: int | None = None,
    keep_offer: bool = False,
) -> asyncpg.Record:
    """Locks a slot that this referral may have, beside those it holds, and gives those up.

    Args:
        connection: with the referral locked.
        slot_id: the slot.
        referral: who wants it.
        now: the time.
        beside: another slot to lock with it, in their order.
        keep_offer: whether a slot that is offered stays held.

    Raises:
        Refusal: it can't have it.
    """
    ubrn = referral["ubrn"]
    rows = await connection.fetch(
        """SELECT * FROM ers.slot WHERE id = $1 OR held_by = $2 OR id = $3
           ORDER BY id FOR NO KEY UPDATE""",
        slot_id, ubrn, beside,
    )  # fmt: skip
    slot = next((row for row in rows if row["id"] == slot_id), None)
    if slot is None:
        raise missing("slot")
    if not store.is_free(slot, now, ubrn):
        raise Refusal(422, "SLOT_NOT_AVAILABLE", "Slot is no longer available.")
    await connection.execute(
        """UPDATE ers.slot SET held_by = NULL, held_until = NULL, offered = false
           WHERE (held_by = $1 AND NOT (offered AND $3)) OR (id = $2 AND NOT (held_by = $1 AND $3))""",
        ubrn, slot_id, keep_offer,
    )  # fmt: skip
    return slot


async def give_up_holds(connection: Connection, ubrn: str) -> None:
    """Gives every slot back that a referral holds or is offered."""
    await connection.execute(
        """UPDATE ers.slot SET held_by = NULL, held_until = NULL, offered = false WHERE id IN (
               SELECT id FROM ers.slot WHERE held_by = $1 ORDER BY id FOR NO KEY UPDATE)""",
        ubrn,
    )


async def answered(connection: Connection, appointment_id: int) -> Resource:
    """An appointment as its resource."""
    return resources.appointment(await store.appointment(connection, appointment_id))


async def referral(connection: Connection, ubrn: str, now: datetime) -> Resource:
    """The referral as it is now.

    Raises:
        Refusal: there is none.
    """
    row = await store.referral(connection, ubrn)
    if row is None:
        raise missing("referral")
    return await told(connection, row, now)


async def told(
    connection: Connection, row: asyncpg.Record, now: datetime, *, for_another: bool = False
) -> Resource:
    """A referral's row as its resource, with its appointment and what it is offered."""
    return resources.referral(
        row,
        await store.current_appointment(connection, row["ubrn"]),
        await store.offer(connection, row["ubrn"], now),
        for_another=for_another,
    )


async def hold(connection: Connection, slot_id: int, ubrn: str, now: datetime) -> Resource:
    """Keeps a slot for a referral for five minutes, instead of any it kept before but what it is offered.

    Raises:
        Refusal: the slot is not to be had, or the referral is in no state to book.
    """
    found = await lock(connection, ubrn)
    # Whoever is booked may keep another time while they decide: giving the first up comes after.
    in_state(found, BOOKABLE | MOVABLE)
    slot = await take(connection, slot_id, found, now, keep_offer=True)
    await service_for(connection, slot["service_id"], found)
    row = await connection.fetchrow(
        """UPDATE ers.slot SET held_by = $2, held_until = greatest(held_until, $3),
               offered = offered AND held_until > $4
           WHERE id = $1 RETURNING *""",
        slot_id, ubrn, now + HOLD, now,
    )  # fmt: skip
    return resources.held_slot(row)


async def release(connection: Connection, slot_id: int, ubrn: str) -> Resource:
    """Gives a held slot back. Does nothing when it isn't held by this referral, or is offered to it.

    Raises:
        Refusal: there is no such slot.
    """
    await connection.execute(
        """UPDATE ers.slot SET held_by = NULL, held_until = NULL
           WHERE id = $1 AND held_by = $2 AND NOT offered""",
        slot_id, ubrn,
    )  # fmt: skip
    row = await connection.fetchrow("SELECT * FROM ers.slot WHERE id = $1", slot_id)
    if row is None:
        raise missing("slot")
    return resources.slot(row, "free" if row["booked_by"] is None else "busy")


async def change_shortlist(
    connection: Connection, ubrn: str, version: int, service_ids: list[int], now: datetime
) -> Resource:
    """Makes these services, in this order, the referral's shortlist (A031).

    Raises:
        Refusal: one of them does not exist or is for something else; the version is not the newest.
    """
    found = await lock(connection, ubrn, version)
    in_state(found, BOOKABLE)
    for service_id in service_ids:
        await service_for(connection, service_id, found)
    await connection.execute(
        "UPDATE ers.referral SET shortlist = $2, version = version + 1 WHERE ubrn = $1", ubrn, service_ids
    )
    return await referral(connection, ubrn, now)


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
    found = await lock(connection, wanted.ubrn, wanted.version)
    in_state(found, BOOKABLE)
    await carers.acts(connection, wanted.ubrn, "book", wanted.by, now)
    if wanted.slot_id is None:
        raise Refusal(422, "MISSING_VALUE", "A booking needs a slot.")
    slot = await take(connection, wanted.slot_id, found, now)
    service = await service_for(connection, slot["service_id"], found)
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
    version = await move(connection, ubrn, "BOOKED", now, by, slot=slot, listed=service_id)
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment
               (ubrn, service_id, slot_id, status, version, comment, created_at, over_at)
           VALUES ($1, $2, $3, 'booked', $4, $5, $6, $7) RETURNING id""",
        ubrn, service_id, slot["id"], version, comment, now, slot["ends_at"],
    )  # fmt: skip
    return await answered(connection, appointment_id)


async def rebook(
    connection: Connection, ubrn: str, version: int, slot_id: int, by: str, now: datetime
) -> Resource:
    """Moves a booking, or a deferral, to a free slot; what was booked comes free. Ours.

    Raises:
        Refusal: the slot is gone, and the booking stays; or as for `book`.
    """
    found = await lock(connection, ubrn, version)
    in_state(found, MOVABLE)
    await carers.acts(connection, ubrn, "rebook", by, now)
    current = await store.current_appointment(connection, ubrn)
    assert current is not None
    slot = await take(connection, slot_id, found, now, beside=current["slot_id"])
    await service_for(connection, slot["service_id"], found)
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
    found = await lock(connection, wanted.ubrn, wanted.version)
    in_state(found, BOOKABLE)
    await carers.acts(connection, wanted.ubrn, "defer", wanted.by, now)
    if wanted.service_id is None:
        raise Refusal(422, "MISSING_VALUE", "A deferral needs a service.")
    service = await service_for(connection, wanted.service_id, found)
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
    await give_up_holds(connection, ubrn)
    version = await move(connection, ubrn, "DEFERRED_TO_PROVIDER", now, by, listed=service["id"])
    contact_by = day(now) + timedelta(days=service["contact_days"])
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment
               (ubrn, service_id, status, version, reason, comment, contact_by, created_at)
           VALUES ($1, $2, 'proposed', $3, $4, $5, $6, $7) RETURNING id""",
        ubrn, service["id"], version, reason, comment, contact_by, now,
    )  # fmt: skip
    return await answered(connection, appointment_id)


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
    in_state(await lock(connection, ubrn, version), MOVABLE)
    await carers.acts(connection, ubrn, "cancel", by, now)
    current = await store.current_appointment(connection, ubrn)
    assert current is not None
    await give_up(connection, current, reason, comment, now)
    await move(connection, ubrn, "APPT_CANCELLED_BY_PATIENT", now, by)
    return await referral(connection, ubrn, now)
