"""What is new of a referral: looked at when it is told, as it may be out of date or known by then."""

from actions.health.client import Ers
from actions.health.handlers.booking import reminders, told
from actions.health.options import option
from actions.health.referral import Referral
from actions.health.waiting import OVER, known_of, story
from actions.sdk import Call, Filled, Handler, Outcome, Reminders, Values


class LookAtNews(Handler):
    """Whether a change of a referral is news here: still so, and not done or told in this conversation."""

    reads = ("ubrn", "changed")
    fills = ("fresh", "referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Looks; what was told is noted, and reminders move with the booking."""
        ubrn = call.slots["ubrn"]
        referral = await call.service(Ers).referral_by_ubrn(ubrn)
        noted = await _noted(call, f"told:{ubrn}")
        if referral.state != call.slots["changed"] or referral.version <= int(noted.get("version", 0)):
            return Filled(fresh=False)
        hospital = await _hospital(call, referral)
        return Filled(
            **known_of(referral, call), fresh=True, story=story(referral, call.now),
            remind=_remind(referral, hospital, noted.get("booking")),
            follow=told(ubrn, referral.version, _booking(referral)),
        )  # fmt: skip


class LookAtWait(Handler):
    """Whether a referral still waits, for the offer to move it."""

    reads = ("ubrn",)
    fills = ("fresh", "referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Looks."""
        referral = await call.service(Ers).referral_by_ubrn(call.slots["ubrn"])
        noted = await _noted(call, f"waits:{referral.ubrn}")
        # Who was written to after 40 weeks is not told again that it is more than 18.
        again = noted.get("long_wait") == "40"
        still = referral.state not in OVER and story(referral, call.now)["over"]
        return Filled(
            **known_of(referral, call), fresh=still and not again,
            follow={f"waits:{referral.ubrn}": {"long_wait": call.slots["long_wait"]}} if still else None,
        )  # fmt: skip


class LookAtEarlier(Handler):
    """Whether a time that came free is still free and earlier than what is booked."""

    reads = ("ubrn", "offer_slot")
    fills = ("fresh", "referral", "state", "bookable", "appointment")

    async def handle(self, call: Call) -> Outcome:
        """Looks; who is offered it hears when somebody else has it."""
        client, slot = call.service(Ers), call.slots["offer_slot"]
        referral = await client.referral_by_ubrn(call.slots["ubrn"])
        meant = [each.ubrn for each in await client.wanting(slot)]
        if referral.state != "BOOKED" or referral.ubrn not in meant:
            return Filled(fresh=False)
        offered = {name: call.slots[name] for name in ("ubrn", "offer_slot", "offer_start", "offer_at")}
        return Filled(
            **known_of(referral, call), fresh=True, hospital=await _hospital(call, referral),
            follow={f"offer:{slot}": offered},
        )  # fmt: skip


class LookAtGone(Handler):
    """Whether a time that was offered went to somebody else."""

    reads = ("ubrn", "offer_slot")
    fills = ("fresh",)

    async def handle(self, call: Call) -> Outcome:
        """Looks whether it is this citizen who has it."""
        booked = (await call.service(Ers).referral_by_ubrn(call.slots["ubrn"])).appointment
        return Filled(fresh=booked is None or booked.slot_id != call.slots["offer_slot"])


async def _noted(call: Call, thing: str) -> Values:
    """What was noted in this conversation of a thing; nothing where it was not."""
    return next((dict(each.known) for each in await call.know.followed() if each.thing == thing), {})


async def _hospital(call: Call, referral: Referral) -> Values | None:
    booked = referral.appointment
    if booked is None:
        return None
    return option(await call.service(Ers).service(booked.service_id))


def _booking(referral: Referral) -> str | None:
    return referral.appointment.id if referral.state == "BOOKED" and referral.appointment else None


def _remind(referral: Referral, hospital: Values | None, before: str | None) -> Reminders:
    """The reminders of what is booked now; those of what was booked before go."""
    booked, now = referral.appointment, _booking(referral)
    if now is None or hospital is None or booked is None or booked.start is None:
        return {f"booking:{before}": []} if before else {}
    return reminders(hospital, booked.start.isoformat(), now, by="patient", before=before)
