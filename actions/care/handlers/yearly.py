"""What comes about once in a year: a surplus and what it is for, and the review."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from actions.care.client import Care
from actions.care.who import reference, thing
from actions.sdk import Again, Call, Filled, Handler, Outcome, Reminder, ServiceRefused, Stop, Values
from bot.answers import KINDS, Question

LONDON: Final = ZoneInfo("Europe/London")
REMIND_DAYS: Final = (7, 1)
REMIND_AT: Final = time(10)
"""Days before a review on which the citizen is reminded, and at what hour."""


class LookAtSurplus(Handler):
    """The notice that runs."""

    reads = ("care",)
    fills = ("care_surplus",)

    async def handle(self, call: Call) -> Outcome:
        """With none it says so."""
        citizen = await call.service(Care).citizen(reference(call))
        if citizen.surplus is None:
            return Stop("care_no_surplus")
        return Filled(care_surplus=citizen.surplus.slot())


class ExplainSurplus(Handler):
    """Tells the desk what the money is for."""

    reads = ("care_surplus_words",)

    async def handle(self, call: Call) -> Outcome:
        """It may have been decided meanwhile."""
        try:
            await call.service(Care).explain_surplus(
                reference(call), call.slots["care_surplus_words"], call.key
            )
        except ServiceRefused as refusal:
            if refusal.code != "NOT_NOW":
                raise
            return Stop("care_no_surplus")
        return Filled()


class LookAtReview(Handler):
    """When the review is, or the times there are for it."""

    reads = ("care", "care_review_when")
    fills = ("care_review", "care_review_slots")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; those of a day that was named, or else from it on."""
        review = await call.service(Care).review(reference(call))
        slots = [{"id": str(slot.id), "start": slot.starts_at.isoformat()} for slot in review.slots]
        booked = review.booked.isoformat() if review.booked else None
        told = {"due": review.due.isoformat(), "booked": booked}
        if not slots:
            return Stop("care_no_review_times", care_review=told)
        named = call.slots.get("care_review_when")
        if named is None:
            return Filled(care_review=told, care_review_slots=slots)
        day = KINDS["date"](named, Question("", now=call.now.astimezone(LONDON)))
        if day is None:
            return Again("care_review_when", say="help.care_review_slot")
        on = [slot for slot in slots if _day(slot) == day.value]
        after = [slot for slot in slots if _day(slot) > str(day.value)]
        return Filled(
            care_review=told, care_review_slots=on or after or slots,
            say=None if on else "care_review_not_then", care_review_day=str(day.value),
        )  # fmt: skip


def _day(slot: Values) -> str:
    return datetime.fromisoformat(slot["start"]).astimezone(LONDON).date().isoformat()


class BookReview(Handler):
    """Books a time for the review, and reminds of it."""

    reads = ("care_review_slot",)

    async def handle(self, call: Call) -> Outcome:
        """Somebody may have been quicker."""
        slot, who = call.slots["care_review_slot"], reference(call)
        try:
            await call.service(Care).book_review(who, int(slot["id"]), call.key)
        except ServiceRefused as refusal:
            if refusal.code != "SLOT_TAKEN":
                raise
            return Again("care_review_slots", "care_review_slot", say="care_review_taken")
        start = datetime.fromisoformat(slot["start"]).astimezone(LONDON)
        moments = [
            datetime.combine(start.date() - timedelta(days), REMIND_AT, LONDON) for days in REMIND_DAYS
        ]
        texts = [
            Reminder(moment, "care_review_reminder", {"start": slot["start"]})
            for moment in moments
            if moment > call.now
        ]
        return Filled(remind={f"review:{thing(who)}": texts})
