"""What a budget is worth and what it comes to; statements."""

from zoneinfo import ZoneInfo

from actions.care import hearing
from actions.care.client import Care
from actions.care.figures import budget_slot, position_slot, statement_slot
from actions.care.who import helping, payable, reference
from actions.sdk import Call, Filled, Handler, Outcome

LONDON = ZoneInfo("Europe/London")


class HearCareRequest(Handler):
    """What a citizen wants to know of their budget, by their words."""

    reads = ("care_request",)
    fills = ("care_topic",)

    async def handle(self, call: Call) -> Outcome:
        """The balance where nothing else is named."""
        return Filled(care_topic=hearing.topic(call.slots["care_request"]))


class LookAtBudget(Handler):
    """The budget as it is now."""

    reads = ("care",)
    fills = ("care_budget",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service, which asks the ledger."""
        return Filled(care_budget=budget_slot(await call.service(Care).citizen(reference(call))))


class LookForHelper(Handler):
    """What somebody who may pay for a citizen is told: their limits and their lines, no more."""

    reads = ("care",)
    fills = ("care_limits",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service for what they may do."""
        mine, allowed = await helping(call), await payable(call)
        return Filled(
            care_limits=None if mine is None else {
                "per_payment": mine.per_payment, "per_week": mine.per_week, "week_left": mine.week_left,
                "lines": [{"words": line.words, "left": line.left} for line in allowed],
            }
        )  # fmt: skip


class LookAtStatement(Handler):
    """The statement of the month that is named, or of this one."""

    reads = ("care", "care_request")
    fills = ("care_statement",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service, whose figures are the ledger's."""
        month = hearing.month(call.slots["care_request"], call.now.astimezone(LONDON).date())
        return Filled(
            care_statement=statement_slot(await call.service(Care).statement(reference(call), month))
        )


class LookAtHolding(Handler):
    """Who holds the money now."""

    reads = ("care",)
    fills = ("care_held",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service."""
        citizen = await call.service(Care).citizen(reference(call))
        held = position_slot(citizen.position)["ways"]
        return Filled(care_held=[each for each in held if each["left"] or each["held"]])
