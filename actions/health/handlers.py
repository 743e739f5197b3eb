"""What the health flows do: prove, search, describe, find times, hold, book, defer; weigh treatments."""

from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from actions.health.aids import aids, as_option, weigh
from actions.health.client import Ers
from actions.health.options import option, order, trade
from actions.health.waiting import (
    CHANGED,
    REASONS,
    cancel,
    known_of,
    proved,
    still_good,
    story,
    wait_of,
)
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, Reminder, ServiceRefused, Stop

AS_MANY: Final = 12
"""Hospitals that are shown at most, three at a time."""
TIMES: Final = 15

TALK: Final = "talk"
TALK_OVER: Final = {"en": "I'd rather talk it over", "cy": "Hoffwn siarad amdano"}
"""The choice that is no treatment."""
MATTERS_IN_ENGLISH: Final = {
    "better": "getting better", "harm": "avoiding serious problems",
    "again": "not needing more treatment later", "recovery": "being back to normal soon",
}  # fmt: skip
"""As the clinician reads them."""
LONDON: Final = ZoneInfo("Europe/London")
REMIND_DAYS: Final = (7, 1)
REMIND_AT: Final = time(10)
"""Days before an appointment on which the citizen is reminded, and at what hour."""


class FindReferrals(Handler):
    """The referrals that were proved from here before: their letter is not asked for again."""

    reads = ("ubrn",)
    fills = ("my_referrals", "which_referral")

    async def handle(self, call: Call) -> Outcome:
        """Looks at what the citizen follows; one that the message names goes before all."""
        known = [
            {"id": each.known["ubrn"], "clinic": each.known["clinic"]}
            for each in (await call.know.followed() if call.knowledge else ())
            if still_good(each, call)
        ]
        if (named := call.slots.get("ubrn")) is not None:
            known = [each for each in known if each["id"] == named]
        if len(known) == 1:
            return Filled(my_referrals=known, which_referral=known[0])
        return Filled(my_referrals=known)


class LookUp(Handler):
    """A referral that was proved before, as it is now."""

    reads = ("which_referral",)
    fills = ("referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS."""
        ubrn = call.slots["which_referral"]["id"]
        return Filled(**known_of(await call.service(Ers).referral_by_ubrn(ubrn), call))


class Prove(Handler):
    """Exchanges reference, access code and year of birth for the referral."""

    reads = ("ubrn", "access_code", "birth_year")
    fills = ("referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS; after five wrong tries the referral is locked there and the desk is told."""
        slots = call.slots
        try:
            referral = await call.service(Ers).referral(
                slots["ubrn"], slots["access_code"], slots["birth_year"]
            )
        except ServiceRefused as refusal:
            return self._refused(refusal)
        return Filled(
            **known_of(referral, call), follow={f"referral:{referral.ubrn}": proved(referral, call)}
        )

    @staticmethod
    def _refused(refusal: ServiceRefused) -> Outcome:
        if refusal.code == "LOCKED":
            until = str(refusal.details.get("until", ""))
            return Stop("proof_locked", case=Case("locked_out"), until=until)
        if refusal.code in {"PROOF_FAILED", "REFERENCE_NOT_FOUND", "INVALID_VALUE"}:
            left = int(refusal.details.get("remaining-tries", 0))
            return Again("ubrn", "access_code", "birth_year", say="wrong_proof", tries_left=left)
        raise refusal


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


class TellStory(Handler):
    """Where the referral is, in words: how long it has been, what comes next, and what can be done."""

    reads = ("referral", "state")
    fills = ("story", "offer")

    async def handle(self, call: Call) -> Outcome:
        """Works it out; a hospital that should have been in touch is a case for the desk."""
        referral = await call.service(Ers).referral_by_ubrn(call.slots["referral"]["ubrn"])
        told = {**story(referral, call.now), "wait": await wait_of(call.service(Ers), referral)}
        case = Case("no_word_from_hospital", known={"state": referral.state}) if told["overdue"] else None
        return Filled(case=case, story=told, offer=told["offer"])


class SameHospital(Handler):
    """The hospital that the referral is booked at, as an option, for another time there or the way to it."""

    reads = ("appointment",)
    fills = ("hospital",)

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS for the service."""
        service = await call.service(Ers).service(call.slots["appointment"]["service"])
        return Filled(hospital={**option(service), "postcode": service.provider.postcode})


class GiveUp(Handler):
    """Gives the appointment up for the citizen; the referral stays, and can be booked again."""

    reads = ("give_up_why", "give_up_words")

    async def handle(self, call: Call) -> Outcome:
        """Tells e-RS with the reason, and takes the reminders back."""
        referral, words = call.slots["referral"], call.slots.get("give_up_words")
        await cancel(call, REASONS[call.slots["give_up_why"]], words)
        appointment = call.slots["appointment"]
        return Filled(
            remind={f"booking:{appointment['id']}": []}, state="APPT_CANCELLED_BY_PATIENT",
            ubrn_given_up=referral["ubrn"],
        )  # fmt: skip


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
    """Books or defers with the referral's version; when it changed meanwhile, once more with the new one.

    A booking that there was is given up first: the new time is held by then.
    """
    client, referral = call.service(Ers), call.slots["referral"]
    ubrn, hospital, version = referral["ubrn"], call.slots["hospital"]["id"], referral["version"]
    if call.slots["state"] == "BOOKED":
        version = await cancel(call, CHANGED, "Changed to another appointment by the patient.")
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
                # What was booked before is given up by now.
                return Again("slot", say="slot_taken", state="APPT_CANCELLED_BY_PATIENT")
            if refusal.code == "INVALID_REQUEST_STATE":
                return Stop("already_booked", appointment=None)
            raise
        before = call.slots.get("appointment")
        gone: dict[str, list[Reminder]] = {f"booking:{before['id']}": []} if before else {}
        return Filled(
            reference=appointment.id, state="BOOKED",
            remind={**gone, f"booking:{appointment.id}": _reminders(call, appointment.id)},
        )  # fmt: skip


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


class NoAid(Handler):
    """A condition that there is no decision aid for: a person talks it over."""

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk."""
        return Filled(case=Case("no_aid"))


class OpenAid(Handler):
    """The decision aid of a condition, with its options to choose from."""

    reads = ("condition",)
    fills = ("aid", "treatments")

    async def handle(self, call: Call) -> Outcome:
        """Reads the file; the last choice of the list is to talk it over."""
        aid = aids()[call.slots["condition"]]
        about = {
            "id": aid.id, "condition": dict(aid.condition), "people": dict(aid.people),
            "outcomes": {name: dict(said) for name, said in aid.outcomes.items()},
            "written": aid.written.isoformat(), "uncertainty": dict(aid.uncertainty),
        }  # fmt: skip
        options = [as_option(each) for each in aid.options]
        return Filled(aid=about, treatments=[*options, {"id": TALK, "title": TALK_OVER}])


class Weigh(Handler):
    """What each treatment means for the two things that matter most to the citizen; no advice."""

    reads = ("condition", "matters_most", "matters_next")
    fills = ("weighed",)

    async def handle(self, call: Call) -> Outcome:
        """Sets the figures side by side, all options in the aid's own order."""
        first, second = call.slots["matters_most"], call.slots["matters_next"]
        weighed = weigh(aids()[call.slots["condition"]], list(dict.fromkeys((first, second))))
        return Filled(say="weighed_up", weighed=weighed)


class DescribeTreatment(Handler):
    """Tells all that is known of one treatment on the list."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was pointed at."""
        assert call.option is not None  # the flow asks for it by “details” of an option only
        key = "talk_over_details" if call.option["id"] == TALK else "treatment_details"
        return Filled(say=key, about=call.option)


class TalkOver(Handler):
    """The citizen would rather talk: the desk makes the appointment, with what is known."""

    reads = ("condition",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk the condition and what matters."""
        known = {name: call.slots[name] for name in ("condition", "matters_most", "matters_next")}
        return Filled(case=Case("talk_treatment_over", known=known))


class CheckClinic(Handler):
    """Whether the referral that was proved is about the condition."""

    reads = ("referral", "condition")
    fills = ("other_clinic",)

    async def handle(self, call: Call) -> Outcome:
        """Compares the clinics."""
        clinics = aids()[call.slots["condition"]].clinics
        return Filled(other_clinic=call.slots["referral"]["clinic_type"] not in clinics)


class SendPreference(Handler):
    """Sends the citizen's preference to the clinician, as a FHIR Communication about the referral."""

    reads = ("treatment", "treatment_why", "matters_most", "matters_next", "referral")

    async def handle(self, call: Call) -> Outcome:
        """Sends it once; the call carries its key."""
        await call.service(Ers).tell_preference(call.slots["referral"]["ubrn"], statement(call), call.key)
        return Filled()


def statement(call: Call) -> str:
    """A preference as the clinician reads it, in English around the citizen's own words."""
    slots, aid = call.slots, aids()[call.slots["condition"]]
    said = [MATTERS_IN_ENGLISH[slots[each]] for each in ("matters_most", "matters_next")]
    why = f" In their words: “{slots['treatment_why']}”" if slots.get("treatment_why") else ""
    return (
        f"The patient read Onedoor's decision aid on {aid.condition['en']} of {aid.written:%d %B %Y} and"
        f" prefers: {slots['treatment']['title']['en']}. What matters most to them: {said[0]}; then"
        f" {said[1]}.{why}"
        " This is a preference to talk about, not a decision or a prescription."
    )
