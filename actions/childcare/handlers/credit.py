"""What a family asks about its credit: how much there is, of what and why, what changed, what was paid in."""

from typing import Final

from actions.childcare.client import Childcare
from actions.childcare.slots import credit_slot, events_slot, family_slot, named_children
from actions.childcare.wishes import read_topic
from actions.sdk import Again, Call, Filled, Handler, Outcome, ServiceRefused, Stop

LATELY: Final = 3
"""Changes that are told at once; MORE tells the rest."""


class ReadChildcareQuestion(Handler):
    """What a question about the credit is about."""

    reads = ("childcare_question",)
    fills = ("childcare_topic",)

    async def handle(self, call: Call) -> Outcome:
        """Reads it by rules; how much there is, where nothing else is said."""
        return Filled(childcare_topic=read_topic(call.slots["childcare_question"]))


class LookAtCredit(Handler):
    """What each child of the family has, as it is now."""

    reads = ("childcare_family", "childcare_more")
    fills = ("childcare_children", "childcare_child")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; a child that is alone, or is named, is the one that is meant."""
        client, reference = call.service(Childcare), call.slots["childcare_family"]["reference"]
        family = family_slot(await client.family(reference))
        children = [credit_slot(each, family) for each in await client.credit(reference)]
        if not children:
            return Stop("childcare_no_children")
        said = ("childcare_question", "childcare_wish", "childcare_more")
        named = named_children(children, " ".join(str(call.slots.get(slot) or "") for slot in said))
        meant = named if len(named) == 1 else children
        if len(meant) == 1 and "childcare_child" not in call.slots:
            return Filled(childcare_children=children, childcare_family=family, childcare_child=meant[0])
        return Filled(childcare_children=children, childcare_family=family)


class TellChanges(Handler):
    """What happened to the credit, and when: the newest first."""

    reads = ("childcare_family",)
    fills = ("childcare_lately", "childcare_before")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service."""
        reference = call.slots["childcare_family"]["reference"]
        events = events_slot(await call.service(Childcare).events(reference))
        return Filled(childcare_lately=events[:LATELY], childcare_before=events[LATELY:])


class CheckOwnMoney(Handler):
    """Whether a family's own money can be taken, and from where."""

    reads = ("childcare_family",)
    fills = ("childcare_pays_from",)

    async def handle(self, call: Call) -> Outcome:
        """Without an account that the family agreed to, it is told how to pay in."""
        reference = call.slots["childcare_family"]["reference"]
        family = await call.service(Childcare).family(reference)
        if family.pays_from is None:
            return Stop("childcare_pay_in")
        return Filled(childcare_pays_from=family.pays_from)


class TakeOwnAmount(Handler):
    """Takes the amount of own money that the first message said."""

    reads = ("childcare_wished",)

    async def handle(self, call: Call) -> Outcome:
        """Once; what is not said is asked."""
        amounts = call.slots.get("childcare_wished", {}).get("amounts")
        topping = call.slots.get("childcare_errand") == "top_up"
        if amounts and topping and "childcare_own_amount" not in call.slots:
            return Filled(childcare_own_amount=amounts[0])
        return Filled()


class AddOwnMoney(Handler):
    """Takes a family's own money for a child, once."""

    reads = ("childcare_child", "childcare_own_amount")
    # `Again` on the amount begins anew: the same amount a second time is meant then.
    fills = ("childcare_own_amount", "childcare_added")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service."""
        amount = call.slots["childcare_own_amount"]
        reference = call.slots["childcare_family"]["reference"]
        child = int(call.slots["childcare_child"]["id"])
        try:
            await call.service(Childcare).add_own_money(reference, child, amount, call.key)
        except ServiceRefused as refusal:
            if refusal.code == "NO_BANK_ACCOUNT":
                return Stop("childcare_pay_in")
            raise
        return Filled(childcare_added=amount)


class DoneAdding(Handler):
    """Own money was added on the way to paying somebody: the amount to pay is asked again."""

    reads = ("childcare_added",)
    fills = ("childcare_children",)

    async def handle(self, call: Call) -> Outcome:
        """Goes back to how much there is now."""
        anew = ("childcare_own_amount", "childcare_amount", "childcare_children")
        return Again(*anew, childcare_adding=False)
