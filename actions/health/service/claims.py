"""What every change is made with: a referral locked and moved on, a slot taken, held and given back.

Locks are taken in one order everywhere (the key, the referral, then slots by their id), so that any number
of callers wait for each other and none deadlocks.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from actions.health.service import changes, resources, store
from actions.health.service.outcomes import Refusal, missing
from actions.health.service.resources import Resource
from actions.health.service.store import Connection

HOLD: Final = timedelta(minutes=5)
BOOKABLE: Final = frozenset(
    {"NOT_BOOKED", "APPT_CANCELLED_BY_PATIENT", "APPT_CANCELLED_BY_PROVIDER", "DID_NOT_ATTEND"}
)
"""States in which a patient can choose and book."""
MOVABLE: Final = frozenset({"BOOKED", "DEFERRED_TO_PROVIDER"})
"""States in which there is something to move or to give up."""


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
