"""Who may act for a patient: permitted and ended by the patient, recorded with the service."""

from datetime import date

from actions.health.client import Ers
from actions.health.referral import Permission
from actions.health.waiting import LONDON
from actions.sdk import Again, Call, Filled, Handler, Outcome, Values


class CheckCarer(Handler):
    """Whether the number is another's, and the day not over."""

    reads = ("carer_phone", "carer_until")

    async def handle(self, call: Call) -> Outcome:
        """Asks again for what won't do."""
        if call.slots["carer_phone"] == call.address:
            return Again("carer_phone", say="carer_is_you")
        until = _until(call)
        if until is not None and until < call.now.astimezone(LONDON).date():
            return Again("carer_until", say="carer_until_past")
        return Filled(carer_number=national(call.slots["carer_phone"]))


class Permit(Handler):
    """Records the permission; the carer hears of it from the service's feed."""

    reads = ("carer_phone", "carer_until", "referral")

    async def handle(self, call: Call) -> Outcome:
        """Once; the call carries its key."""
        ubrn, phone = call.slots["referral"]["ubrn"], call.slots["carer_phone"]
        await call.service(Ers).permit(ubrn, phone, _until(call), call.key)
        return Filled()


class FindCarers(Handler):
    """Those who may act for the patient today."""

    reads = ("referral",)
    fills = ("carers", "carer")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; the only one is taken, and read back."""
        found = await call.service(Ers).permissions(call.slots["referral"]["ubrn"])
        carers = [_option(each) for each in found]
        if len(carers) == 1:
            return Filled(carers=carers, carer=carers[0])
        return Filled(carers=carers)


class Revoke(Handler):
    """Ends a permission at once; the carer hears of it from the service's feed."""

    reads = ("carer", "referral")

    async def handle(self, call: Call) -> Outcome:
        """Once; the call carries its key."""
        await call.service(Ers).revoke(call.slots["referral"]["ubrn"], call.slots["carer"]["id"], call.key)
        return Filled()


def national(phone: str) -> str:
    """A British mobile number as it is written: 07700 900123."""
    digits = phone.replace("+44", "0", 1)
    return f"{digits[:5]} {digits[5:]}"


def _until(call: Call) -> date | None:
    value = call.slots.get("carer_until")
    return date.fromisoformat(value) if value else None


def _option(permission: Permission) -> Values:
    until = permission.until.isoformat() if permission.until else None
    return {"id": permission.phone, "number": national(permission.phone), "until": until}
