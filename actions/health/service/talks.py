"""Talks with a nurse of the clinic, by telephone: slots of the clinic type `TALK`, beside the appointment."""

from datetime import datetime
from typing import Final

import asyncpg

from actions.health.service import bookings, carers, changes, claims, store
from actions.health.service.outcomes import Refusal, missing
from actions.health.service.resources import Resource
from actions.health.service.store import Connection, Pool

CLINIC: Final = "TALK"
_OPEN: Final = frozenset(
    {"NOT_BOOKED", "BOOKED", "DEFERRED_TO_PROVIDER", "AWAITING_TRIAGE", "TRIAGE_RESPONSE"}
    | {"TRIAGED_PROVIDER_TO_ACTION", "ASSESSMENT_RESULT", "APPT_CANCELLED_BY_PATIENT"}
    | {"APPT_CANCELLED_BY_PROVIDER", "DID_NOT_ATTEND"}
)
"""States in which there is something to talk over."""


async def service_for(pool: Pool | Connection, ubrn: str) -> int:
    """The service whose nurses talk with a referral's patient.

    Raises:
        Refusal: there is no such referral, or no nurse for it.
    """
    row = await pool.fetchrow(
        """SELECT service.id FROM ers.referral LEFT JOIN ers.service
               ON service.specialty = referral.specialty AND service.clinic_type = $2
           WHERE ubrn = $1 ORDER BY service.id LIMIT 1""",
        ubrn, CLINIC,
    )  # fmt: skip
    if row is None:
        raise missing("referral")
    if row["id"] is None:
        raise Refusal(422, "REFERENCE_NOT_FOUND", "No nurse talks treatments of this kind over.")
    found: int = row["id"]
    return found


async def book(connection: Connection, ubrn: str, slot_id: int, by: str, now: datetime) -> Resource:
    """Books a talk, in place of any that is booked; the referral's version stays.

    Raises:
        Refusal: the slot is gone or of another clinic, or the referral is over.
    """
    found = await claims.lock(connection, ubrn)
    claims.in_state(found, _OPEN)
    await carers.acts(connection, ubrn, "book talk", by, now)
    current = await store.talk(connection, ubrn, now)
    slot = await claims.take(
        connection, slot_id, found, now, beside=current and current["slot_id"], keep_offer=True
    )
    if slot["service_id"] != await service_for(connection, ubrn):
        raise Refusal(422, "INAPPROPRIATE_SLOT", "The slot is no talk about this treatment.")
    if current is not None:
        await bookings.give_up(connection, current, bookings.REBOOKED, None, now)
    await connection.execute("UPDATE ers.slot SET booked_by = $2 WHERE id = $1", slot_id, ubrn)
    # One that is over and not recorded yet, so that there is one at most.
    await connection.execute(
        "UPDATE ers.appointment SET status = 'fulfilled' WHERE ubrn = $1 AND talk AND status = 'booked'", ubrn
    )
    await changes.taken(connection, slot, now)
    appointment_id = await connection.fetchval(
        """INSERT INTO ers.appointment (ubrn, service_id, slot_id, status, version, talk, created_at, over_at)
           VALUES ($1, $2, $3, 'booked', $4, true, $5, $6) RETURNING id""",
        ubrn, slot["service_id"], slot_id, found["version"], now, slot["ends_at"],
    )  # fmt: skip
    return await claims.answered(connection, appointment_id)


async def cancel(connection: Connection, ubrn: str, by: str, now: datetime) -> None:
    """Gives a talk up; does nothing when there is none.

    Raises:
        Refusal: there is no such referral.
    """
    await claims.lock(connection, ubrn)
    await carers.acts(connection, ubrn, "cancel talk", by, now)
    current: asyncpg.Record | None = await store.talk(connection, ubrn, now)
    if current is not None:
        await bookings.give_up(connection, current, "PATIENT_TALK_CANCELLED", None, now)
