"""A referral between letter and visit: what is known of it, how long it has waited, giving up a time."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from actions.health.client import CancelReason, Ers
from actions.health.options import CLINICS, order
from actions.health.referral import Referral
from actions.sdk import Call, Followed, ServiceRefused, Values

LONDON: Final = ZoneInfo("Europe/London")

BOOKABLE: Final = frozenset(
    {"NOT_BOOKED", "APPT_CANCELLED_BY_PATIENT", "APPT_CANCELLED_BY_PROVIDER", "DID_NOT_ATTEND"}
)
"""States in which a citizen can choose and book."""

PROOF_LASTS: Final = timedelta(days=90)
"""For so long a referral that was proved from a telephone or browser is known there without its letter."""

LEGAL: Final = {
    "ROUTINE": timedelta(weeks=18),
    "URGENT": timedelta(weeks=18),
    "TWO_WEEK_WAIT": timedelta(weeks=2),
}
"""When a citizen may ask to be seen elsewhere: the NHS Constitution's handbook, right 3 (facts/health.md)."""

REASONS: Final[dict[str, CancelReason]] = {
    "ill": "PATIENT_ILL",
    "holiday": "PATIENT_HOLIDAY",
    "engagement": "PATIENT_OTHER_ENGAGEMENT",
    "other": "PATIENT_APPOINTMENT_CANCELLATION_OTHER",
}
"""e-RS's reasons of a patient, by the options of the flow."""
CHANGED: Final[CancelReason] = "PATIENT_APPOINTMENT_CANCELLATION_OTHER"


def known_of(referral: Referral, call: Call) -> Values:
    """What later steps need of a referral, as it is kept in the conversation."""
    # A postcode the citizen gave goes before the one of the referral: people move, and visit.
    place = {} if "postcode" in call.slots or not referral.postcode else {"postcode": referral.postcode}
    return {
        "referral": {
            "ubrn": referral.ubrn, "version": referral.version, "priority": referral.priority,
            "specialty": referral.specialty.code, "clinic_type": referral.clinic_type.code,
        },
        "state": referral.state, "bookable": referral.state in BOOKABLE, "given_name": referral.given_name,
        "clinic": clinic(referral), "appointment": appointment(referral), **place,
    }  # fmt: skip


def clinic(referral: Referral) -> dict[str, str]:
    """The clinic's name within a sentence, by language."""
    title = referral.clinic_type.title or referral.clinic_type.code
    return {"en": title.lower(), "cy": CLINICS.get(referral.clinic_type.code, title)}


def appointment(referral: Referral) -> Values | None:
    """What is booked; None for nothing, and for a deferral, which has no time."""
    booked = referral.appointment
    if booked is None or booked.start is None:
        return None
    return {
        "id": booked.id, "hospital": booked.provider_name, "service": booked.service_id,
        "start": booked.start.isoformat(),
    }  # fmt: skip


def proved(referral: Referral, call: Call) -> Values:
    """What is remembered of a referral that was proved here: no code, no year, no name."""
    return {"ubrn": referral.ubrn, "clinic": clinic(referral), "proved": call.now.isoformat()}


def still_good(followed: Followed, call: Call) -> bool:
    """Whether a referral was proved here, and not too long ago."""
    if not followed.thing.startswith("referral:") or "proved" not in followed.known:
        return False
    return call.now - datetime.fromisoformat(followed.known["proved"]) <= PROOF_LASTS


def story(referral: Referral, now: datetime) -> Values:
    """Where a referral is.

    Args:
        referral: as it is now.
        now: the time.

    Returns:
        The `state`, the `weeks` since it was made, whether it is `over` the citizen's legal time without
        a visit, what is `booked`, which hospital is to be in touch by when, whether that is `overdue`, and
        whether choosing is to be offered.
    """
    today, booked = now.astimezone(LONDON).date(), referral.appointment
    waited = today - referral.referred_on if referral.referred_on else None
    limit = LEGAL.get(referral.priority, LEGAL["ROUTINE"])
    first = booked.start.astimezone(LONDON).date() if booked and booked.start else None
    deferred = booked if booked is not None and booked.start is None else None
    contact_by = deferred.contact_by if deferred else None
    # The clock stops at the visit: what counts is how long it will have been by then.
    over = referral.referred_on is not None and (first or today) - referral.referred_on > limit
    return {
        "state": referral.state, "days": waited.days if waited is not None else None, "over": over,
        "limit": limit.days // 7, "booked": appointment(referral),
        "hospital": deferred.provider_name if deferred else None,
        "contact_by": contact_by.isoformat() if contact_by else None,
        "overdue": contact_by is not None and contact_by < today, "offer": referral.state in BOOKABLE,
    }  # fmt: skip


async def wait_of(client: Ers, referral: Referral) -> Values | None:
    """The wait at the hospital that is to be in touch, or else the shortest that can be chosen.

    Args:
        client: asks e-RS.
        referral: whose.

    Returns:
        The hospital's name `at`, the `days`, and the day `of` the figure; None when it is not known.
    """
    booked = referral.appointment
    if booked is not None and booked.start is None:
        found = [await client.service(booked.service_id)]
    elif referral.state in BOOKABLE:
        asked = await client.search(
            clinic_type=referral.clinic_type.code, specialty=referral.specialty.code,
            priority=referral.priority, postcode=referral.postcode, sort_by="IWT", ubrn=referral.ubrn,
        )  # fmt: skip
        found = order(asked, "soonest")[:1]
    else:
        found = []
    if not found or (days := found[0].appointment_wait.days) is None:
        return None
    return {"at": found[0].provider.name, "days": days, "of": found[0].figure_date.isoformat()}


async def cancel(call: Call, reason: CancelReason, comment: str | None) -> int:
    """Gives the referral's booking up, once; the version it has then.

    Args:
        call: of a handler, with the referral.
        reason: of a patient.
        comment: which two of the reasons need.
    """
    client, referral = call.service(Ers), call.slots["referral"]
    version: int = referral["version"]
    for attempt in range(2):
        try:
            done = await client.cancel(
                referral["ubrn"], version, reason, f"{call.key}-cancel", comment=comment
            )
        except ServiceRefused as refusal:
            if refusal.code not in ("VERSION_CONFLICT", "INVALID_REQUEST_STATE") or attempt:
                raise
            now = await client.referral_by_ubrn(referral["ubrn"])
            if now.state in BOOKABLE:
                return now.version  # it was given up already
            version = now.version
        else:
            return done.version
    return version
