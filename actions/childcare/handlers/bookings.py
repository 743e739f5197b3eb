"""Bookings that are there: giving one up, taking another in its place, asking the provider to confirm."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from actions.childcare.client import Childcare
from actions.childcare.records import Booking
from actions.childcare.slots import CONCERNED, booking_slot
from actions.sdk import Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop

PAID_LATELY: Final = timedelta(weeks=13)
"""For so long what a provider was paid can be disputed here; later at the desk."""
_OVER: Final = frozenset({"ALREADY_CONFIRMED", "ALREADY_CANCELLED", "HOLD_EXPIRED", "BOOKING_NOT_FOUND"})


class FindBookings(Handler):
    """The family's bookings that something can still be done about; also those paid, if too much was."""

    reads = ("childcare_family", "childcare_wished")
    fills = ("childcare_bookings", "childcare_booking")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; one that is alone, or whose provider is named, is the one that is meant."""
        client = call.service(Childcare)
        made = await client.bookings(call.slots["childcare_family"]["reference"])
        charged = (call.slots.get("childcare_wished") or {}).get("change") == "charged"
        since = call.now.date() - PAID_LATELY
        found = [
            booking_slot(each, _with(each, made))
            for each in made
            if each.state in CONCERNED or (charged and each.state == "posted" and each.since >= since)
        ]
        said = call.slots.get("childcare_wish") or ""
        named = {each.number for each in await client.named(said) if each.whole} if said and found else set()
        meant = [each for each in found if each["provider"] in named] or found
        week = (call.slots.get("childcare_wished") or {}).get("monday")
        meant = [each for each in meant if each["since"] == week] or meant
        if len(meant) == 1 and "childcare_booking" not in call.slots:
            return Filled(childcare_bookings=found, childcare_booking=meant[0])
        return Filled(childcare_bookings=found)


def _with(booking: Booking, made: Sequence[Booking]) -> int:
    """Pence that come back with a booking that is given up: a split sum that waits goes as a whole."""
    parts = [each for each in made if each.spend == booking.spend and each.state == "held"]
    waits = any(each.split and not each.agreed for each in parts)
    return sum(each.amount for each in parts if each.id != booking.id) if waits else 0


class TakeChange(Handler):
    """Takes what is to be done with a booking, where the message said it."""

    reads = ("childcare_wished",)

    async def handle(self, call: Call) -> Outcome:
        """Once; what is not said is asked."""
        change = call.slots["childcare_wished"]["change"]
        known = change is None or "childcare_change" in call.slots
        return Filled() if known else Filled(childcare_change=change)


class CheckBegun(Handler):
    """Once the care has begun, its provider says what is paid: that is told before anything is agreed to."""

    reads = ("childcare_booking",)

    async def handle(self, call: Call) -> Outcome:
        """Looks at the first day."""
        booking = call.slots["childcare_booking"]
        if booking["state"] != "held":
            return Stop("childcare_over")
        begun = date.fromisoformat(booking["since"]) <= call.now.date()
        return Stop("childcare_begun") if begun else Filled()


class CancelChildcare(Handler):
    """Gives a booking up: the money is the family's again."""

    reads = ("childcare_booking",)

    async def handle(self, call: Call) -> Outcome:
        """Cancels once; for another in its place, child and provider are known."""
        booking = call.slots["childcare_booking"]
        reference = call.slots["childcare_family"]["reference"]
        try:
            await call.service(Childcare).cancel(reference, int(booking["id"]), call.key)
        except ServiceRefused as refusal:
            if refusal.code == "BEGUN":
                return Stop("childcare_begun")
            if refusal.code in _OVER:
                return Stop("childcare_over")
            raise
        return Filled()


class AskToConfirm(Handler):
    """Asks a provider to confirm that the child came; the family says so, the provider decides."""

    reads = ("childcare_booking",)

    async def handle(self, call: Call) -> Outcome:
        """Asks once; before the care there is nothing to confirm."""
        booking = call.slots["childcare_booking"]
        reference = call.slots["childcare_family"]["reference"]
        try:
            await call.service(Childcare).ask(reference, int(booking["id"]), call.key)
        except ServiceRefused as refusal:
            if refusal.code == "NOT_YET":
                return Stop("childcare_not_yet")
            if refusal.code in _OVER:
                return Stop("childcare_over")
            raise
        return Filled()


class TellOfCharge(Handler):
    """A family says that a provider was paid for what was not: a person looks."""

    reads = ("childcare_booking",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk which booking."""
        return Filled(case=Case("wrong_charge", known={"booking": call.slots["childcare_booking"]["id"]}))
