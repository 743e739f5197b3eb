"""A referral between letter and visit: what is known of it, how long it has waited, what comes next."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from actions.health.client import Ers
from actions.health.options import CLINICS, order
from actions.health.referral import By, Referral
from actions.sdk import Call, Values

LONDON: Final = ZoneInfo("Europe/London")

BOOKABLE: Final = frozenset(
    {"NOT_BOOKED", "APPT_CANCELLED_BY_PATIENT", "APPT_CANCELLED_BY_PROVIDER", "DID_NOT_ATTEND"}
)
"""States in which a citizen can choose and book."""
MOVABLE: Final = frozenset({"BOOKED", "DEFERRED_TO_PROVIDER"})
"""States from which a citizen moves to another time or hospital in one step."""
OVER: Final = frozenset({"REJECTED", "CANCELLED_REFERRAL", "ATTENDED"})
"""States in which nothing is waited for any more."""

LEGAL: Final = {
    "ROUTINE": timedelta(weeks=18),
    "URGENT": timedelta(weeks=18),
    "TWO_WEEK_WAIT": timedelta(weeks=2),
}
"""When a citizen may ask to be seen elsewhere: the NHS Constitution's handbook, right 3."""


def known_of(referral: Referral, call: Call, *, by: By = "patient") -> Values:
    """What later steps need of a referral, as it is kept in the conversation.

    Args:
        referral: as it is now.
        call: of the handler that looked it up.
        by: who acts here: the patient, or a carer with their permission.
    """
    # A postcode the citizen gave goes before the one of the referral: people move, and visit.
    place = {} if "postcode" in call.slots or not referral.postcode else {"postcode": referral.postcode}
    return {
        "referral": {
            "ubrn": referral.ubrn, "version": referral.version, "priority": referral.priority,
            "specialty": referral.specialty.code, "clinic_type": referral.clinic_type.code, "by": by,
        },
        "state": referral.state, "bookable": referral.state in BOOKABLE, "given_name": referral.given_name,
        "for_name": referral.given_name if by == "carer" else None,
        "clinic": clinic(referral), "appointment": appointment(referral), **place,
    }  # fmt: skip


def clinic(referral: Referral) -> dict[str, str]:
    """The clinic's name within a sentence, by language."""
    title = referral.clinic_type.title or referral.clinic_type.code
    return {"en": title.lower(), "cy": CLINICS.get(referral.clinic_type.code, title)}


def appointment(referral: Referral) -> Values | None:
    """What is booked, or was; None for nothing, and for a deferral, which has no time."""
    booked = referral.appointment
    if booked is None or booked.start is None:
        return None
    return {
        "id": booked.id, "hospital": booked.provider_name, "service": booked.service_id,
        "start": booked.start.isoformat(), "slot": booked.slot_id,
    }  # fmt: skip


def story(referral: Referral, now: datetime) -> Values:
    """Where a referral is.

    Args:
        referral: as it is now.
        now: the time.

    Returns:
        The `state`, the `days` since it was made, whether it is `over` the citizen's legal time without
        a visit, what is `booked`, which hospital is to be in touch by when, whether that is `overdue`, what
        the clinic wrote, the time it offers, and whether choosing is to be offered.
    """
    today, booked = now.astimezone(LONDON).date(), referral.appointment
    waited = today - referral.referred_on if referral.referred_on else None
    limit = LEGAL.get(referral.priority, LEGAL["ROUTINE"])
    first = booked.start.astimezone(LONDON).date() if booked and booked.start else None
    deferred = booked if booked is not None and booked.start is None else None
    contact_by = deferred.contact_by if deferred else None
    # The clock stops at the visit: what counts is how long it will have been by then.
    waits = referral.state not in OVER and referral.referred_on is not None
    over = waits and referral.referred_on is not None and (first or today) - referral.referred_on > limit
    offered = referral.offer
    return {
        "state": referral.state, "days": waited.days if waited is not None else None, "over": over,
        "limit": limit.days // 7, "booked": appointment(referral),
        "hospital": deferred.provider_name if deferred else None,
        "contact_by": contact_by.isoformat() if contact_by else None,
        "overdue": contact_by is not None and contact_by < today,
        "offer": referral.state in BOOKABLE or (over and referral.state in MOVABLE),
        "advice": referral.advice,
        "offered": {"hospital": offered.provider_name, "start": offered.start.isoformat()}
        if offered is not None and offered.until > now
        else None,
    }  # fmt: skip


async def wait_of(client: Ers, referral: Referral, *, choosing: bool) -> Values | None:
    """The wait at the hospital that is to be in touch, or the shortest that can be chosen.

    Args:
        client: asks e-RS.
        referral: whose.
        choosing: whether another can be chosen.

    Returns:
        The hospital's name `at`, the `days`, and the day `of` the figure; None when it is not known.
    """
    booked = referral.appointment
    if choosing:
        asked = await client.search(
            clinic_type=referral.clinic_type.code, specialty=referral.specialty.code,
            priority=referral.priority, postcode=referral.postcode, sort_by="IWT", ubrn=referral.ubrn,
        )  # fmt: skip
        found = order(asked, "soonest")[:1]
    elif booked is not None and booked.start is None:
        found = [await client.service(booked.service_id)]
    else:
        found = []
    if not found or (days := found[0].appointment_wait.days) is None:
        return None
    return {"at": found[0].provider.name, "days": days, "of": found[0].figure_date.isoformat()}
