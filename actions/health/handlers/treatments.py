"""Choosing a treatment: an aid is opened, options weighed, talked over, or told to the clinic."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from actions.health.aids import LANGUAGES, aids, as_option, weigh
from actions.health.client import Ers
from actions.health.handlers.booking import actor, not_permitted
from actions.health.times import MOST, that_suit
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, Reminder, ServiceRefused, Values

TALK: Final = "talk"
TALK_OVER: Final = {"en": "I'd rather talk it over", "cy": "Hoffwn siarad amdano"}
"""The choice that is no treatment."""
MATTERS_IN_ENGLISH: Final = {
    "better": "getting better", "harm": "avoiding serious problems",
    "again": "not needing more treatment later", "recovery": "being back to normal soon",
}  # fmt: skip
"""As the clinician reads them."""
TALKS: Final = 9
"""Times to talk that are shown at most, three at a time."""
REMIND_BEFORE: Final = timedelta(days=1)


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
            "funding": dict(aid.funding), "sources": [title for title, _ in aid.sources],
            "next": aid.next and dict(aid.next), "safety": aid.safety and dict(aid.safety),
        }  # fmt: skip
        options = [*map(as_option, aid.options), {"id": TALK, "title": TALK_OVER}]
        return Filled(aid=about, treatments=[{**each, "shows": None} for each in options])


class Weigh(Handler):
    """What each treatment means for the two things that matter most to the citizen; no advice."""

    reads = ("condition", "matters_most", "matters_next")
    fills = ("weighed", "treatments")

    async def handle(self, call: Call) -> Outcome:
        """Sets the figures side by side, all options in the aid's own order.

        A short list of the options shows them too, as `shows`: by text there is no room for sentences.
        """
        first, second = call.slots["matters_most"], call.slots["matters_next"]
        weighed = weigh(aids()[call.slots["condition"]], list(dict.fromkeys((first, second))))
        rows = list(zip(*(each["values"] for each in weighed), strict=True))
        *options, talk = call.slots["treatments"]
        shown = [{**each, "shows": _shows(row)} for each, row in zip(options, rows, strict=True)]
        return Filled(
            say="weighed_up", weighed=weighed, treatments=[*shown, talk],
            shown=[each["matter"] for each in weighed],
            some_unknown=any(each["value"] is None for row in rows for each in row),
        )  # fmt: skip


def _shows(row: Sequence[Values]) -> dict[str, str]:
    """What matters of one option, in the fewest signs, by language."""

    def said(value: int | dict[str, str] | None, language: str) -> str:
        return "?" if value is None else value[language] if isinstance(value, dict) else str(value)

    return {language: "; ".join(said(each["value"], language) for each in row) for language in LANGUAGES}


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


class FindTalkTimes(Handler):
    """Times at which a nurse of the clinic rings to talk the treatment over."""

    reads = ("referral", "time_words")
    fills = ("talk_times",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the clinic for the first free ones; when none is as wanted, says so and shows all."""
        said = call.slots.get("time_words") or ""
        page = await call.service(Ers).talk_slots(
            call.slots["referral"]["ubrn"], count=MOST if said else TALKS
        )
        times, none_fits = that_suit(page.slots, said, TALKS)
        return Filled(say="no_such_time" if none_fits else None, talk_times=times)


class BookTalk(Handler):
    """Books such a time; the citizen is reminded the day before."""

    reads = ("talk_time",)

    async def handle(self, call: Call) -> Outcome:
        """Books once; when somebody was quicker, other times are offered."""
        ubrn, slot = call.slots["referral"]["ubrn"], call.slots["talk_time"]
        try:
            made = await call.service(Ers).book_talk(ubrn, slot["id"], call.key, by=actor(call))
        except ServiceRefused as refusal:
            if refusal.code == "SLOT_UNAVAILABLE":
                return Again("talk_time", say="slot_taken")
            return not_permitted(refusal)
        at = datetime.fromisoformat(slot["start"]) - REMIND_BEFORE
        waits = [] if actor(call) == "carer" else [Reminder(at, "talk_reminder", {"start": slot["start"]})]
        # The clinic has one talk of a referral at a time: so have the reminders.
        return Filled(talk_reference=made.id, remind={f"talk:{ubrn}": waits})


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
        """Sends it once; the call carries its key. No carer comes here: the wish is the patient's own."""
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
