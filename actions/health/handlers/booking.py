"""A time at a hospital: found, kept, booked, moved, deferred, given up, and what reminds of it."""

from datetime import datetime, time, timedelta
from typing import Final

from actions.health.client import CancelReason, Ers
from actions.health.options import option
from actions.health.referral import Appointment, By
from actions.health.times import MOST, that_suit
from actions.health.waiting import BOOKABLE, LONDON, MOVABLE
from actions.sdk import (
    Again,
    Call,
    Case,
    Filled,
    Handler,
    Outcome,
    Reminder,
    Reminders,
    ServiceRefused,
    Stop,
    Values,
)

TIMES: Final = 15
"""Free times that are shown at most, three at a time."""
REMIND_DAYS: Final = (7, 1)
REMIND_AT: Final = time(10)
"""Days before an appointment on which the citizen is reminded, and at what hour."""
REASONS: Final[dict[str, CancelReason]] = {
    "ill": "PATIENT_ILL",
    "holiday": "PATIENT_HOLIDAY",
    "engagement": "PATIENT_OTHER_ENGAGEMENT",
    "other": "PATIENT_APPOINTMENT_CANCELLATION_OTHER",
}
"""e-RS's reasons of a patient, by the options of the flow."""
CHANGED: Final[CancelReason] = "PATIENT_APPOINTMENT_CANCELLATION_OTHER"


class AskDeskAboutState(Handler):
    """The referral is in a state that this flow can't book from."""

    reads = ("state",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk which."""
        return Filled(case=Case("referral_state", known={"state": call.slots["state"]}))


class SameHospital(Handler):
    """The hospital that the referral is booked at, as an option, for another time there or the way to it."""

    reads = ("appointment",)
    fills = ("hospital",)

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS for the service."""
        service = await call.service(Ers).service(call.slots["appointment"]["service"])
        return Filled(hospital={**option(service), "postcode": service.provider.postcode})


class FindSlots(Handler):
    """Finds free times at the hospital that was chosen, on such days as suit the citizen."""

    reads = ("hospital", "time_words")
    fills = ("slots",)

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS for the first free times; when none is as wanted, that is said, and all are shown."""
        referral, said = call.slots["referral"], call.slots.get("time_words") or ""
        page = await call.service(Ers).slots(
            call.slots["hospital"]["id"], priority=referral["priority"], count=MOST if said else TIMES
        )
        slots, none_fits = that_suit(page.slots, said, TIMES)
        return Filled(say="no_such_time" if none_fits else None, slots=slots)


class Hold(Handler):
    """Keeps the time while the citizen reads it back."""

    reads = ("slot",)

    async def handle(self, call: Call) -> Outcome:
        """Holds the slot; when somebody was quicker, other times are offered."""
        key = f"{call.key}-{call.slots['slot']['id']}"
        try:
            await call.service(Ers).hold(call.slots["slot"]["id"], call.slots["referral"]["ubrn"], key)
        except ServiceRefused as refusal:
            if refusal.code != "SLOT_UNAVAILABLE":
                raise
            return another_time(call, "slot_taken")
        return Filled()


def another_time(call: Call, say: str) -> Again:
    """The time is gone: it is chosen anew, from the list it was chosen from; agreeing to one is no agreement
    to the next.
    """
    chosen = [each for each in ("offer_taken", "agreed_first", "slot") if each in call.slots]
    return Again(*chosen, say=say)


class Book(Handler):
    """Books the time, or moves the booking to it; the call carries its key, so a repeated turn books once."""

    reads = ("slot",)

    async def handle(self, call: Call) -> Outcome:
        """Books, or offers other times when the hold was over and the slot went."""
        try:
            appointment = await self._book(call)
        except ServiceRefused as refusal:
            if refusal.code == "SLOT_UNAVAILABLE":
                return another_time(call, "slot_taken")
            if refusal.code == "INVALID_REQUEST_STATE":
                return Stop("already_booked", appointment=None)
            return not_permitted(refusal)
        ubrn, before = call.slots["referral"]["ubrn"], call.slots.get("appointment")
        return Filled(
            reference=appointment.id, state="BOOKED", bookable=False,
            follow=told(ubrn, appointment.version, appointment.id),
            remind=reminders(
                call.slots["hospital"], call.slots["slot"]["start"], appointment.id, by=actor(call),
                before=before and before["id"],
            ),
        )  # fmt: skip

    @staticmethod
    async def _book(call: Call) -> Appointment:
        """Books with the referral's version; when it changed meanwhile, once more with the new one."""
        client, referral, slot = call.service(Ers), call.slots["referral"], call.slots["slot"]["id"]
        ubrn, version, by = referral["ubrn"], referral["version"], actor(call)
        for attempt in range(2):
            try:
                if call.slots["state"] in MOVABLE:
                    # In one step: what there is stays until the new time is had.
                    return await client.rebook(ubrn, version, slot, call.key, by=by)
                # e-RS books only what is on the referral's shortlist (A031).
                hospital = call.slots["hospital"]["id"]
                listed = await client.shortlist(ubrn, version, [hospital], f"{call.key}-list-{version}")
                return await client.book(ubrn, listed.version, slot, call.key, by=by)
            except ServiceRefused as refusal:
                if refusal.code != "VERSION_CONFLICT" or attempt:
                    raise
                version = (await client.referral_by_ubrn(ubrn)).version
        raise AssertionError("the second attempt returns or raises")


class Defer(Handler):
    """Asks the hospital to find a time, as it has none free."""

    reads = ("hospital",)

    async def handle(self, call: Call) -> Outcome:
        """Defers; when a time came free meanwhile, it is offered instead."""
        client, referral, hospital = call.service(Ers), call.slots["referral"], call.slots["hospital"]["id"]
        ubrn, version = referral["ubrn"], referral["version"]
        try:
            for attempt in range(2):
                try:
                    version = await _given_up(call, version)
                    listed = await client.shortlist(ubrn, version, [hospital], f"{call.key}-list-{version}")
                    made = await client.defer(ubrn, listed.version, hospital, call.key, by=actor(call))
                    break
                except ServiceRefused as refusal:
                    if refusal.code != "VERSION_CONFLICT" or attempt:
                        raise
                    version = (await client.referral_by_ubrn(ubrn)).version
        except ServiceRefused as refusal:
            if refusal.code in {"SLOTS_CURRENTLY_AVAILABLE", "THIS_SLOT_IS_AVAILABLE"}:
                return Again("slots", say="times_came_free")
            return not_permitted(refusal)
        contact_by = made.contact_by.isoformat() if made.contact_by else None
        return Filled(reference=made.id, contact_by=contact_by, follow=told(ubrn, made.version))


class GiveUp(Handler):
    """Gives the appointment up for the citizen; the referral stays, and can be booked again."""

    reads = ("give_up_why", "give_up_words")

    async def handle(self, call: Call) -> Outcome:
        """Tells e-RS with the reason, and takes the reminders back."""
        words = call.slots.get("give_up_words")
        try:
            version = await cancel(call, REASONS[call.slots["give_up_why"]], words)
        except ServiceRefused as refusal:
            return not_permitted(refusal)
        return Filled(
            remind={f"booking:{call.slots['appointment']['id']}": []}, state="APPT_CANCELLED_BY_PATIENT",
            bookable=True, follow=told(call.slots["referral"]["ubrn"], version),
        )  # fmt: skip


async def cancel(call: Call, reason: CancelReason, comment: str | None) -> int:
    """Gives the referral's booking or deferral up, once; the version it has then.

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
                referral["ubrn"], version, reason, f"{call.key}-cancel", comment=comment, by=actor(call)
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


async def _given_up(call: Call, version: int) -> int:
    """Gives up what there is, for who would wait for another hospital to be in touch; the version then."""
    if call.slots["state"] not in MOVABLE:
        return version
    return await cancel(call, CHANGED, "The patient asked another hospital.")


def actor(call: Call) -> By:
    """Who acts: the patient, or a carer with their permission."""
    return "carer" if call.slots["referral"]["by"] == "carer" else "patient"


def not_permitted(refusal: ServiceRefused) -> Outcome:
    """A permission that ended meanwhile ends what the carer is doing; any other refusal is raised again.

    Raises:
        ServiceRefused: it is another.
    """
    if refusal.code != "NOT_PERMITTED":
        raise refusal
    return Stop("carer_no_more")


def told(ubrn: str, version: int, booking: str | None = None) -> dict[str, Values | None]:
    """What notes that the citizen heard of a referral's newest change here, so that it is no news to them.

    Args:
        ubrn: the referral.
        version: of it after the change.
        booking: the appointment whose reminders wait here, to take them back when it goes.

    Returns:
        For an outcome's `follow`.
    """
    return {f"told:{ubrn}": {"version": version, "booking": booking}}


def reminders(
    hospital: Values, start: str, reference: str, *, by: By, before: str | None = None
) -> Reminders:
    """A week and a day before an appointment, at ten in the morning; to the patient, not to a carer.

    A carer's permission may end before that, and texts that wait for them would not.

    Args:
        hospital: with its `name` and `phone`.
        start: of the appointment, ISO 8601.
        reference: its id.
        by: who acts.
        before: the appointment that was booked before, whose reminders go.
    """
    gone: dict[str, list[Reminder]] = {f"booking:{before}": []} if before not in (None, reference) else {}
    if by == "carer":
        return gone
    values = {
        "hospital": {"name": hospital["name"], "phone": hospital["phone"]}, "start": start,
        "reference": reference,
    }  # fmt: skip
    day = datetime.fromisoformat(start).astimezone(LONDON).date()
    return {
        **gone,
        f"booking:{reference}": [
            Reminder(
                datetime.combine(day - timedelta(days=days), REMIND_AT, LONDON), "booking_reminder", values
            )
            for days in REMIND_DAYS
        ],
    }
