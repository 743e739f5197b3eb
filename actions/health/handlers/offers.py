"""Times that are offered: in place of a lost one, after too long a wait, or earlier than what is booked."""

import asyncio
from datetime import datetime
from typing import Final

from actions.health.client import Ers
from actions.health.handlers.booking import TIMES, actor, not_permitted, reminders, told
from actions.health.options import option, order
from actions.health.referral import HealthcareService, Slot
from actions.health.waiting import BOOKABLE, MOVABLE
from actions.sdk import Call, Filled, Handler, Outcome, ServiceRefused, Values

HOSPITALS: Final = 6
"""Hospitals that are asked for their first free time when a wait is too long."""


class FindNewTimes(Handler):
    """The time that a hospital offers in place of the one it cancelled, and its other free ones."""

    reads = ("referral", "state")
    fills = ("offers",)

    async def handle(self, call: Call) -> Outcome:
        """Puts the offered time first, as long as it is kept."""
        client = call.service(Ers)
        offer = (await client.referral_by_ubrn(call.slots["referral"]["ubrn"])).offer
        if offer is None or offer.until <= call.now:
            return Filled(offers=[])
        service = await client.service(offer.service_id)
        kept = {"id": offer.slot_id, "hospital": _brief(service), "start": offer.start.isoformat()}
        page = await client.slots(offer.service_id, count=TIMES)
        others = [_offer(service, slot) for slot in page.slots if slot.id != offer.slot_id]
        return Filled(offers=[kept, *others])


class FindSoonerHospitals(Handler):
    """The first free time at each of the hospitals with the shortest waits."""

    reads = ("referral", "state")
    fills = ("offers",)

    async def handle(self, call: Call) -> Outcome:
        """Leaves out what is no sooner than the time that is booked."""
        if call.slots["state"] not in BOOKABLE | MOVABLE:
            return Filled(offers=[])
        client, referral = call.service(Ers), call.slots["referral"]
        found = await client.search(
            clinic_type=referral["clinic_type"], specialty=referral["specialty"],
            priority=referral["priority"], postcode=call.slots.get("postcode"), sort_by="IWT",
            ubrn=referral["ubrn"],
        )  # fmt: skip
        direct = [each for each in found if each.bookable == "DIRECTLY_BOOKABLE"]
        chosen = order(direct, "soonest")[:HOSPITALS]
        pages = await asyncio.gather(*(client.slots(each.id, count=1) for each in chosen))
        booked = _booked_at(call)
        offers = [
            _offer(service, page.slots[0])
            for service, page in zip(chosen, pages, strict=True)
            if page.slots and (booked is None or page.slots[0].start < booked)
        ]
        return Filled(offers=offers)


class FindEarlier(Handler):
    """Free times before the one that is booked, at the same hospital, and whether such are asked for."""

    reads = ("appointment",)
    fills = ("offers", "wishing")

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS for both."""
        client, booked = call.service(Ers), _booked_at(call)
        service_id = call.slots["appointment"]["service"]
        service = await client.service(service_id)
        page = await client.slots(service_id, count=TIMES)
        offers = [_offer(service, slot) for slot in page.slots if booked is None or slot.start < booked]
        wish = await client.earlier(call.slots["referral"]["ubrn"])
        return Filled(offers=offers, wishing=wish is not None)


class TakeFirst(Handler):
    """Takes the first of the times, to which the citizen agreed."""

    reads = ("agreed_first",)
    fills = ("offer_taken",)

    async def handle(self, call: Call) -> Outcome:
        """It was told in the same message as the question."""
        return Filled(offer_taken=call.slots["offers"][0])


class UseOffer(Handler):
    """Makes the time that was chosen the one to book."""

    reads = ("offer_taken",)
    fills = ("hospital", "slot")

    async def handle(self, call: Call) -> Outcome:
        """Parts it into the hospital and the time."""
        offer = call.slots["offer_taken"]
        return Filled(hospital=offer["hospital"], slot={"id": offer["id"], "start": offer["start"]})


class WantEarlier(Handler):
    """Notes that the citizen wants to hear of earlier times where they are booked."""

    reads = ("referral",)

    async def handle(self, call: Call) -> Outcome:
        """Notes it; the wish ends with the booking that it is about."""
        booked = call.slots["appointment"]
        try:
            await call.service(Ers).want_earlier(
                call.slots["referral"]["ubrn"], booked["service"], datetime.fromisoformat(booked["start"]),
                call.key, by=actor(call),
            )  # fmt: skip
        except ServiceRefused as refusal:
            return not_permitted(refusal)
        return Filled()


class StopEarlier(Handler):
    """The citizen wants to hear of earlier times no more."""

    async def handle(self, call: Call) -> Outcome:
        """Takes the wish back."""
        try:
            await call.service(Ers).stop_wanting(call.slots["referral"]["ubrn"], call.key, by=actor(call))
        except ServiceRefused as refusal:
            return not_permitted(refusal)
        return Filled()


class TakeEarlier(Handler):
    """Moves the booking to the time that came free, if nobody was quicker."""

    reads = ("offer_slot",)
    fills = ("moved",)

    async def handle(self, call: Call) -> Outcome:
        """Moves it in one step: what was booked stays where somebody was."""
        client, ubrn, slot = call.service(Ers), call.slots["ubrn"], call.slots["offer_slot"]
        over: dict[str, Values | None] = {f"offer:{slot}": None}
        for attempt in range(2):
            version = (await client.referral_by_ubrn(ubrn)).version
            try:
                made = await client.rebook(ubrn, version, slot, call.key)
            except ServiceRefused as refusal:
                if refusal.code == "VERSION_CONFLICT" and not attempt:
                    continue
                if refusal.code in {"SLOT_UNAVAILABLE", "INVALID_REQUEST_STATE"}:
                    return Filled(moved=False, follow=over)
                raise
            before = call.slots["appointment"]["id"]
            return Filled(
                moved=True, reference=made.id, follow={**over, **told(ubrn, made.version, made.id)},
                remind=reminders(
                    call.slots["hospital"], call.slots["offer_start"], made.id, by="patient", before=before
                ),
            )  # fmt: skip
        raise AssertionError("the second attempt returns or raises")


class KeepMine(Handler):
    """The citizen keeps the time they have: the offer is nothing to them any more."""

    reads = ("offer_slot",)

    async def handle(self, call: Call) -> Outcome:
        """They are not told when somebody takes it."""
        return Filled(follow={f"offer:{call.slots['offer_slot']}": None})


def _booked_at(call: Call) -> datetime | None:
    booked = call.slots.get("appointment")
    return datetime.fromisoformat(booked["start"]) if booked and call.slots["state"] == "BOOKED" else None


def _brief(service: HealthcareService) -> Values:
    """What of a hospital a list of its times needs: the list is kept in the conversation."""
    whole = option(service)
    return {name: whole[name] for name in ("id", "name", "town", "phone")}


def _offer(service: HealthcareService, slot: Slot) -> Values:
    return {"id": slot.id, "hospital": _brief(service), "start": slot.start.isoformat()}
