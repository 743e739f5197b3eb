"""What changes a referral: its shortlist, a slot held, booked, deferred or given back.

Each is one transaction of the caller's. Locks are taken in one order everywhere (the key, the referral,
then slots by their id), so that any number of callers wait for each other and none deadlocks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from actions.health.service import resources, store
from actions.health.service.outcomes import Refusal, missing
from actions.health.service.resources import Resource
from actions.health.service.store import Connection

LONDON = ZoneInfo("Europe/London")

HOLD = timedelta(minutes=5)
LONGEST_SHORTLIST = 20  # services, as in A031

_BOOKABLE = frozenset(
    {"NOT_BOOKED", "APPT_CANCELLED_BY_PATIENT", "APPT_CANCELLED_BY_PROVIDER", "DID_NOT_ATTEND"}
)
_CANCELLABLE = frozenset({"BOOKED", "DEFERRED_TO_PROVIDER"})

# A patient's reasons to cancel, and whether e-RS asks for a comment with it
# (the code system APPOINTMENT-CANCELLATION-REASON, type PATIENT).
CANCEL_REASONS = {
    "PATIENT_ILL": False,
    "PATIENT_HOLIDAY": False,
    "PATIENT_OTHER_ENGAGEMENT": True,
    "PATIENT_APPOINTMENT_CANCELLATION_OTHER": True,
}


async def _lock(connection: Connection, ubrn: str, version: int | None) -> asyncpg.Record:
    """The referral, locked; and if a version is given, only if it is still that one."""
    row = await connection.fetchrow("SELECT * FROM ers.referral WHERE ubrn = $1 FOR NO KEY UPDATE", ubrn)
    if row is None:
        raise missing("referral")
    if version is not None and row["version"] != version:
        raise Refusal(409, "VERSION_CONFLICT", "The referral has changed since that version.")
    return row


def _in_state(referral: asyncpg.Record, states: frozenset[str]) -> None:
    if referral["state"] not in states:
        raise Refusal(422, "INVALID_REQUEST_STATE", f"The referral is {referral['state']}.")


async def _move(connection: Connection, ubrn: str, state: str, listed: int | None = None) -> int:
    """Sets a referral's state, adds a service to its shortlist if it isn't there, gives its new version."""
    version: int = await connection.fetchval(
        """UPDATE ers.referral SET state = $2, version = version + 1,
               shortlist = CASE WHEN $3::bigint IS NULL OR $3 = ANY (shortlist) THEN shortlist
                                ELSE shortlist || $3::bigint END
           WHERE ubrn = $1 RETURNING version""",
        ubrn,
        state,
        listed,
    )
    return version


async def _service_for(connection: Connection, service_id: int, referral: asyncpg.Record) -> asyncpg.Record:
    """The service, if it treats what the referral is for."""
    row = await connection.fetchrow("SELECT * FROM ers.service WHERE id = $1", service_id)
    if row is None:
        raise missing("service")
    if (row["clinic_type"], row["specialty"]) != (referral["clinic_type"], referral["specialty"]):
        raise Refusal(422, "INAPPROPRIATE_SLOT", "The service is for another kind of clinic.")
    return row


async def _take(
    connection: Connection, slot_id: int, referral: asyncpg.Record, now: datetime
) -> asyncpg.Record:
    """Locks a slot that this referral may have, beside those it holds, and gives those up."""
    ubrn = referral["ubrn"]
    rows = await connection.fetch(
        "SELECT * FROM ers.slot WHERE id = $1 OR held_by = $2 ORDER BY id FOR NO KEY UPDATE", slot_id, ubrn
    )
    slot = next((row for row in rows if row["id"] == slot_id), None)
    if slot is None:
        raise missing("slot")
    await _service_for(connection, slot["service_id"], referral)
    held = slot["held_until"] is not None and slot["held_until"] > now and slot["held_by"] != ubrn
    if slot["booked_by"] is not None or held or slot["starts_at"] <= now:
        raise Refusal(422, "SLOT_NOT_AVAILABLE", "Slot is no longer available.")
    await connection.execute(
        "UPDATE ers.slot SET held_by = NULL, held_until = NULL WHERE held_by = $1 OR id = $2", ubrn, slot_id
    )
    return slot


async def _answered(connection: Connection, appointment_id: int) -> Resource:
    return resources.appointment(await store.appointment(connection, appointment_id))


async def referral(connection: Connection, ubrn: str) -> Resource:
    """The referral as it is now.

    Raises:
        Refusal: there is none.
    """
    row = await store.referral(connection, ubrn)
    if row is None:
        raise missing("referral")
    return resources.referral(row, await store.current_appointment(connection, ubrn))


async def hold(connection: Connection, slot_id: int, ubrn: str, now: datetime) -> Resource:
    """Keeps a slot for a referral for five minutes, instead of any it kept before.

    Raises:
        Refusal: the slot is not to be had, or the referral is in no state to book.
    """
    found = await _lock(connection, ubrn, None)
    # Whoever is booked may keep another time while they decide: giving the first up comes after.
    _in_state(found, _BOOKABLE | {"BOOKED"})
    await _take(connection, slot_id, found, now)
    row = await connection.fetchrow(
        "UPDATE ers.slot SET held_by = $2, held_until = $3 WHERE id = $1 RETURNING *",
        slot_id,
        ubrn,
        now + HOLD,
    )
    return resources.held_slot(row)


async def release(connection: Connection, slot_id: int, ubrn: str) -> Resource:
    """Gives a held slot back. Does nothing when it isn't held by this referral.

    Raises:
        Refusal: there is no such slot.
    """
    await connection.execute(
        "UPDATE ers.slot SET held_by = NULL, held_until = NULL WHERE id = $1 AND held_by = $2", slot_id, ubrn
    )
    row = await connection.fetchrow("SELECT * FROM ers.slot WHERE id = $1", slot_id)
    if row is None:
        raise missing("slot")
    return resources.slot(row, "free" if row["booked_by"] is None else "busy")


async def change_shortlist(
    connection: Connection, ubrn: str, version: int, service_ids: list[int]
) -> Resource:
    """Makes these services, in this order, the referral's shortlist (A031).

    Raises:
        Refusal: one of them does not exist or is for something else; the version is not the newest.
    """
    found = await _lock(connection, ubrn, version)
    _in_state(found, _BOOKABLE)
    for service_id in service_ids:
        await _service_for(connection, service_id, found)
    await connection.execute(
        "UPDATE ers.referral SET shortlist = $2, version = version + 1 WHERE ubrn = $1", ubrn, service_ids
    )
    return await referral(connection, ubrn)


@dataclass(frozen=True)
class Wanted:
    """What an Appointment that was sent asks for: `service_id` to defer, `slot_id` alone to book.

    A deferral may name the slot that was just lost.
    """

    ubrn: str
    version: int
    service_id: int | None
    slot_id: int | None
    comment: str | None


async def book(connection: Connection, wanted: Wanted, now: datetime) -> Resource:
    """Books a slot (A016, status `booked`).

    e-RS books only into a shortlisted service; here booking puts the service on the shortlist.

    Raises:
        Refusal: the slot is gone, the version is not the newest, or the state does not allow it.
    """
    found = await _lock(connection, wanted.ubrn, wanted.version)
    _in_state(found, _BOOKABLE)
    if wanted.slot_id is None:
        raise Refusal(422, "MISSING_VALUE", "A booking needs a slot.")
    slot = await _take(connection, wanted.slot_id, found, now)
    service_id = slot["service_id"]
    if wanted.service_id not in (None, service_id):
        raise Refusal(422, "INAPPROPRIATE_SLOT", "The slot is of another service.")
    await connection.execute("UPDATE ers.slot SET booked_by = $2 WHERE id = $1", slot["id"], wanted.ubrn)
    version = await _move(connection, wanted.ubrn, "BOOKED", service_id)
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment (ubrn, service_id, slot_id, status, version, comment, created_at)
           VALUES ($1, $2, $3, 'booked', $4, $5, $6) RETURNING id""",
        wanted.ubrn,
        service_id,
        slot["id"],
        version,
        wanted.comment,
        now,
    )
    return await _answered(connection, appointment_id)


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
    held = row["held_until"] is not None and row["held_until"] > now and row["held_by"] != wanted.ubrn
    if row["booked_by"] is None and not held and row["starts_at"] > now:
        raise Refusal(422, "THIS_SLOT_IS_AVAILABLE", "Slot is currently available.")
    return "SLOT_NOT_AVAILABLE"


async def defer(connection: Connection, wanted: Wanted, now: datetime) -> Resource:
    """Leaves it to the provider to find an appointment (A016, status `proposed`).

    Raises:
        Refusal: there are slots to book, the version is not the newest, or the state does not allow it.
    """
    found = await _lock(connection, wanted.ubrn, wanted.version)
    _in_state(found, _BOOKABLE)
    if wanted.service_id is None:
        raise Refusal(422, "MISSING_VALUE", "A deferral needs a service.")
    service = await _service_for(connection, wanted.service_id, found)
    reason = await _may_defer(connection, service, wanted, now)
    await connection.execute(
        "UPDATE ers.slot SET held_by = NULL, held_until = NULL WHERE held_by = $1", wanted.ubrn
    )
    version = await _move(connection, wanted.ubrn, "DEFERRED_TO_PROVIDER", service["id"])
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment
               (ubrn, service_id, status, version, reason, comment, contact_by, created_at)
           VALUES ($1, $2, 'proposed', $3, $4, $5, $6, $7) RETURNING id""",
        wanted.ubrn,
        service["id"],
        version,
        reason,
        wanted.comment,
        now.astimezone(LONDON).date() + timedelta(days=service["contact_days"]),
        now,
    )
    return await _answered(connection, appointment_id)


async def cancel(
    connection: Connection, ubrn: str, version: int, reason: str, comment: str | None
) -> Resource:
    """Cancels a referral's appointment or deferral at the patient's wish; the referral itself stays.

    Raises:
        Refusal: there is none, the reason is not a patient's or lacks its comment, or the version is old.
    """
    if reason not in CANCEL_REASONS:
        raise Refusal(422, "INVALID_CODE", "The reason is not one a patient has.")
    if CANCEL_REASONS[reason] and not comment:
        raise Refusal(422, "MISSING_VALUE", "This reason needs a comment.")
    _in_state(await _lock(connection, ubrn, version), _CANCELLABLE)
    await connection.execute("UPDATE ers.slot SET booked_by = NULL WHERE booked_by = $1", ubrn)
    await connection.execute(
        """UPDATE ers.appointment SET status = 'cancelled', reason = $2, comment = $3
           WHERE ubrn = $1 AND status <> 'cancelled'""",
        ubrn,
        reason,
        comment,
    )
    await _move(connection, ubrn, "APPT_CANCELLED_BY_PATIENT")
    return await referral(connection, ubrn)
