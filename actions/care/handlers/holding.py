"""Asking for another way of holding the money: by one, or in parts."""

from actions.care.client import Care
from actions.care.parts import WHOLE, parts
from actions.care.who import reference
from actions.sdk import Again, Call, Filled, Handler, Outcome


class HearHolding(Handler):
    """Parts that were said at once: “60% direct, 40% council”."""

    reads = ("care_request", "care_holding")
    fills = ("care_mix",)

    async def handle(self, call: Call) -> Outcome:
        """By the words that began it, or those that answer how it is to be held."""
        said = next((text for text in (call.text, call.slots.get("care_request") or "") if parts(text)), None)
        if said is None or "care_mix" in call.slots:
            return Filled()
        return Filled(care_holding="mix", care_mix=said)


class ReadParts(Handler):
    """The parts that a citizen wants, in percent or pounds."""

    reads = ("care_mix",)
    fills = ("care_shares",)

    async def handle(self, call: Call) -> Outcome:
        """What does not come out is asked for again."""
        found = parts(call.slots["care_mix"])
        if found is None:
            return Again("care_mix", say="care_mix_unclear")
        named = [{"way": way, "amount": amount} for way, amount in found["parts"].items()]
        return Filled(care_shares={**found, "named": named})


class WholeHolding(Handler):
    """All of it in one way."""

    reads = ("care_holding",)
    fills = ("care_shares",)

    async def handle(self, call: Call) -> Outcome:
        """Of what is left; what is held for payments stays where it is."""
        way = call.slots["care_holding"]
        named = [{"way": way, "amount": WHOLE}]
        return Filled(care_shares={"unit": "percent", "parts": {way: WHOLE}, "rest": None, "named": named})


class AskHolding(Handler):
    """Asks the desk."""

    reads = ("care_shares",)

    async def handle(self, call: Call) -> Outcome:
        """Once."""
        shares = {name: call.slots["care_shares"][name] for name in ("unit", "parts", "rest")}
        await call.service(Care).ask_holding(reference(call), shares, call.key)
        return Filled()
