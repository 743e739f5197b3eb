"""What the hospital flows do: prove, search, describe, find times, hold, book, defer."""

from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from actions.health.client import Ers
from actions.health.options import CLINICS, option, order, trade
from actions.health.referral import Referral
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, Reminder, ServiceRefused, Stop, Values

AS_MANY: Final = 12
"""Hospitals that are shown at most, three at a time."""
TIMES: Final = 15

LONDON: Final = ZoneInfo("Europe/London")
REMIND_DAYS: Final = (7, 1)
REMIND_AT: Final = time(10)
"""Days before an appointment on which the citizen is reminded, and at what hour."""


class Prove(Handler):
    """Exchanges reference, access code and year of birth for the referral."""

    reads = ("ubrn", "access_code", "birth_year")
    fills = ("referral", "state")

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS; after five wrong tries the referral is locked there and the desk is told."""
        slots = call.slots
        try:
            referral = await call.service(Ers).referral(
                slots["ubrn"], slots["access_code"], slots["birth_year"]
            )
        except ServiceRefused as refusal:
            return self._refused(refusal)
        # A postcode the citizen gave goes before the one of the referral: people move, and visit.
        known: Values = (
            {} if "postcode" in slots or not referral.postcode else {"postcode": referral.postcode}
        )
        title = referral.clinic_type.title or referral.clinic_type.code
        welsh = CLINICS.get(referral.clinic_type.code, title)
        return Filled(
            referral=_kept(referral), state=referral.state, given_name=referral.given_name,
            clinic={"en": title.lower(), "cy": welsh}, appointment=_appointment(referral), **known,
        )  # fmt: skip

    @staticmethod
    def _refused(refusal: ServiceRefused) -> Outcome:
        if refusal.code == "LOCKED":
            until = str(refusal.details.get("until", ""))
            return Stop("proof_locked", case=Case("locked_out"), until=until)
        if refusal.code in {"PROOF_FAILED", "REFERENCE_NOT_FOUND", "INVALID_VALUE"}:
            left = int(refusal.details.get("remaining-tries", 0))
            return Again("ubrn", "access_code", "birth_year", say="wrong_proof", tries_left=left)
        raise refusal


def _kept(referral: Referral) -> Values:
    """What later steps need of a referral, as it is kept in the conversation."""
    return {
        "ubrn": referral.ubrn, "version": referral.version, "priority": referral.priority,
        "specialty": referral.specialty.code, "clinic_type": referral.clinic_type.code,
    }  # fmt: skip


def _appointment(referral: Referral) -> Values | None:
    booked = referral.appointment
    if booked is None or booked.start is None:
        return None
    return {"id": booked.id, "hospital": booked.provider_name, "start": booked.start.isoformat()}


class AskDeskAboutState(Handler):
    """The referral is in a state that this flow can't book from."""

    reads = ("state",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk which."""
        return Filled(case=Case("referral_state", known={"state": call.slots["state"]}))


class TellDeskNoHospitals(Handler):
    """No service fits: a person looks further."""

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk."""
        return Filled(case=Case("no_hospital", known={"clinic": call.slots["referral"]["clinic_type"]}))


class Search(Handler):
    """Finds the hospitals to choose from, in the order of what matters most to the citizen."""

    reads: ClassVar[tuple[str, ...]] = ("referral", "priority", "postcode")
    fills: ClassVar[tuple[str, ...]] = ("hospitals",)

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS again for each order, as the order changes which services come back."""
        referral, priority = call.slots["referral"], call.slots["priority"]
        try:
            found = await call.service(Ers).search(
                clinic_type=referral["clinic_type"], specialty=referral["specialty"],
                priority=referral["priority"],
                postcode=call.slots["postcode"], sort_by="DISTANCE" if priority == "nearest" else "IWT",
                ubrn=referral["ubrn"],
            )  # fmt: skip
        except ServiceRefused as refusal:
            if refusal.code != "POSTCODE_UNKNOWN":
                raise
            return Again("postcode", say="postcode_unknown", postcode_unknown=call.slots["postcode"])
        hospitals = [option(service) for service in order(found, priority)[:AS_MANY]]
        return Filled(
            hospitals=hospitals, trade=trade(hospitals),
            figure_date=hospitals[0]["figure_date"] if hospitals else None,
        )  # fmt: skip


class Describe(Handler):
    """Tells all that is known of one hospital on the list."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was pointed at."""
        return Filled(say="hospital_details", about=call.option)


class FindSlots(Handler):
    """Finds free times at the hospital that was chosen."""

    reads = ("hospital",)
    fills = ("slots",)

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS for the first free times."""
        referral = call.slots["referral"]
        page = await call.service(Ers).slots(
            call.slots["hospital"]["id"], priority=referral["priority"], count=TIMES
        )
        return Filled(slots=[{"id": slot.id, "start": slot.start.isoformat()} for slot in page.slots])


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
            return Again("slot", say="slot_taken")
        return Filled()


async def _appoint(call: Call, *, defer: bool) -> Any:
    """Books or defers with the referral's version; when it changed meanwhile, once more with the new one."""
    client, referral = call.service(Ers), call.slots["referral"]
    ubrn, hospital, version = referral["ubrn"], call.slots["hospital"]["id"], referral["version"]
    for attempt in range(2):
        try:
            # e-RS books only what is on the referral's shortlist (A031).
            listed = await client.shortlist(ubrn, version, [hospital], f"{call.key}-list-{version}")
            if defer:
                return await client.defer(ubrn, listed.version, hospital, call.key)
            return await client.book(ubrn, listed.version, call.slots["slot"]["id"], call.key)
        except ServiceRefused as refusal:
            if refusal.code != "VERSION_CONFLICT" or attempt:
                raise
            version = (await client.referral_by_ubrn(referral["ubrn"])).version
    return None


class Book(Handler):
    """Books the time; the call carries its key, so that a repeated turn books once."""

    reads = ("slot",)

    async def handle(self, call: Call) -> Outcome:
        """Books, or offers other times when the hold was over and the slot went."""
        try:
            appointment = await _appoint(call, defer=False)
        except ServiceRefused as refusal:
            if refusal.code == "SLOT_UNAVAILABLE":
                return Again("slot", say="slot_taken")
            if refusal.code == "INVALID_REQUEST_STATE":
                return Stop("already_booked", appointment=None)
            raise
        return Filled(
            reference=appointment.id, remind={f"booking:{appointment.id}": _reminders(call, appointment.id)}
        )


def _reminders(call: Call, reference: str) -> list[Reminder]:
    """A week and a day before the appointment, at ten in the morning."""
    start = datetime.fromisoformat(call.slots["slot"]["start"]).astimezone(LONDON)
    hospital = call.slots["hospital"]
    values = {
        "hospital": {"name": hospital["name"], "phone": hospital["phone"]},
        "start": call.slots["slot"]["start"], "reference": reference,
    }  # fmt: skip
    return [
        Reminder(
            datetime.combine(start.date() - timedelta(days=days), REMIND_AT, LONDON),
            "booking_reminder",
            values,
        )
        for days in REMIND_DAYS
    ]


class Defer(Handler):
    """Asks the hospital to find a time, as it has none free."""

    reads = ("hospital",)

    async def handle(self, call: Call) -> Outcome:
        """Defers; when a time came free meanwhile, it is offered instead."""
        try:
            appointment = await _appoint(call, defer=True)
        except ServiceRefused as refusal:
            if refusal.code in {"SLOTS_CURRENTLY_AVAILABLE", "THIS_SLOT_IS_AVAILABLE"}:
                return Again("slots", say="times_came_free")
            raise
        contact_by = appointment.contact_by.isoformat() if appointment.contact_by else None
        return Filled(reference=appointment.id, contact_by=contact_by)
