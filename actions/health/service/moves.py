"""How the demonstration's operator moves a referral on, as the clinic, the hospital or the GP would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from actions.health.service import bookings, carers, claims, offers, store
from actions.health.service.outcomes import Refusal
from actions.health.service.resources import Resource
from actions.health.service.store import Connection

ADVISED: Final = frozenset({"TRIAGE_RESPONSE", "ASSESSMENT_RESULT"})
"""States that come with the clinic's words."""

_CHOOSING: Final = ("BOOKED", "DEFERRED_TO_PROVIDER", "AWAITING_TRIAGE", "REJECTED", "CANCELLED_REFERRAL")
REACHABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "NOT_BOOKED": _CHOOSING,
    "AWAITING_TRIAGE": (
        "TRIAGE_RESPONSE", "TRIAGED_PROVIDER_TO_ACTION", "ASSESSMENT_RESULT", "REJECTED",
        "CANCELLED_REFERRAL",
    ),
    "TRIAGE_RESPONSE": ("NOT_BOOKED", "AWAITING_TRIAGE", "CANCELLED_REFERRAL"),
    "TRIAGED_PROVIDER_TO_ACTION": ("BOOKED", "DEFERRED_TO_PROVIDER", "REJECTED", "CANCELLED_REFERRAL"),
    "ASSESSMENT_RESULT": ("NOT_BOOKED", "CANCELLED_REFERRAL"),
    "BOOKED": (
        "APPT_CANCELLED_BY_PROVIDER", "APPT_CANCELLED_BY_PATIENT", "ATTENDED", "DID_NOT_ATTEND", "REJECTED",
        "CANCELLED_REFERRAL",
    ),
    "DEFERRED_TO_PROVIDER": (
        "BOOKED", "APPT_CANCELLED_BY_PROVIDER", "APPT_CANCELLED_BY_PATIENT", "REJECTED", "CANCELLED_REFERRAL",
    ),
    "APPT_CANCELLED_BY_PATIENT": _CHOOSING,
    "APPT_CANCELLED_BY_PROVIDER": _CHOOSING,
    "DID_NOT_ATTEND": _CHOOSING,
    "REJECTED": ("NOT_BOOKED", "CANCELLED_REFERRAL"),
    "CANCELLED_REFERRAL": (),
    "ATTENDED": (),
}  # fmt: skip
"""The states that a referral can come to from each: docs/sources.md, health."""


@dataclass(frozen=True)
class Move:
    """What is wanted: a referral in a state, with the clinic's words where the state has some."""

    ubrn: str
    state: str
    advice: str | None


async def move(connection: Connection, wanted: Move, now: datetime) -> Resource:
    """Moves a referral.

    Raises:
        Refusal: it can't come to that state, nothing is free to book, or words are missing.
    """
    found = await claims.lock(connection, wanted.ubrn)
    if wanted.state not in REACHABLE[found["state"]]:
        raise Refusal(422, "INVALID_REQUEST_STATE", f"{wanted.state} can't follow {found['state']}.")
    if (wanted.state in ADVISED) != (wanted.advice is not None):
        raise Refusal(422, "MISSING_VALUE", "Advice goes with a triage response and an assessment's result.")
    match wanted.state:
        case "APPT_CANCELLED_BY_PROVIDER":
            await offers.cancel(connection, found, now)
        case "ATTENDED" | "DID_NOT_ATTEND":
            await offers.end(connection, found, wanted.state, now)
        case "BOOKED" | "DEFERRED_TO_PROVIDER":
            await _appoint(connection, found, wanted.state, now)
        case _:
            by = "patient" if wanted.state == "APPT_CANCELLED_BY_PATIENT" else "provider"
            await _give_up(connection, found, now)
            await carers.acts(connection, wanted.ubrn, "move", by, now)
            await claims.move(connection, wanted.ubrn, wanted.state, now, by, advice=wanted.advice)
    return await claims.referral(connection, wanted.ubrn, now)


async def _give_up(connection: Connection, found: asyncpg.Record, now: datetime) -> asyncpg.Record | None:
    await claims.give_up_holds(connection, found["ubrn"])
    current = await store.current_appointment(connection, found["ubrn"])
    if current is not None:
        await bookings.give_up(connection, current, offers.CANCELLED, None, now)
    return current


async def _appoint(connection: Connection, found: asyncpg.Record, state: str, now: datetime) -> None:
    current = await _give_up(connection, found, now)
    first = [current["service_id"]] if current is not None else list(found["shortlist"])
    slot = await offers.next_free(connection, found, first, current and current["ods"], now)
    await carers.acts(connection, found["ubrn"], "appoint", "provider", now)
    if state == "BOOKED":
        if slot is None:
            raise Refusal(422, "SLOT_NOT_AVAILABLE", "Nothing is free to book.")
        await connection.execute(
            "UPDATE ers.slot SET held_by = NULL, held_until = NULL, offered = false WHERE id = $1", slot["id"]
        )
        await bookings.put_into(connection, found, slot, now, "provider")
        return
    service = await connection.fetchrow(
        """SELECT * FROM ers.service WHERE clinic_type = $1 AND specialty = $2
               AND bookable = 'DIRECTLY_BOOKABLE'
           ORDER BY array_position($3::bigint[], id), id = $4 DESC, id LIMIT 1""",
        found["clinic_type"], found["specialty"], first, slot and slot["service_id"],
    )  # fmt: skip
    if service is None:
        raise Refusal(422, "SLOT_NOT_AVAILABLE", "No hospital takes it.")
    await bookings.leave_to(connection, found, service, now, "provider")


async def listed(connection: Connection, after: str, ubrn: str | None, count: int) -> list[asyncpg.Record]:
    """Referrals for the operator's page, in the order of their numbers.

    Args:
        connection: to read with.
        after: the number before the first.
        ubrn: this one alone, if it is given.
        count: at most so many.
    """
    found = await connection.fetch(
        """SELECT ubrn FROM ers.referral WHERE ubrn > $1 AND ($2::text IS NULL OR ubrn = $2)
           ORDER BY ubrn LIMIT $3""",
        after, ubrn, count,
    )  # fmt: skip
    rows = [await store.referral(connection, each["ubrn"]) for each in found]
    return [row for row in rows if row is not None]
