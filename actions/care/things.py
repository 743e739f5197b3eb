"""What somebody has of the care department: their budget, a notice about it, budgets they may pay from."""

from collections.abc import Sequence

from actions.care.client import Care
from actions.care.figures import budget_slot
from actions.care.who import people
from actions.sdk import Call, Thing, Things


class CareBudgets(Things):
    """The budgets of who writes."""

    async def look(self, call: Call) -> Sequence[Thing]:
        """A line for each; of somebody else's only that they may pay from it."""
        found: list[Thing] = []
        for each in await people(call):
            if each["helper"] is not None:
                found.append(Thing("care_thing_helping", {"name": each["name"]}))
                continue
            citizen = await call.service(Care).citizen(each["ref"])
            found.append(Thing("care_thing", budget_slot(citizen), more="care_thing_more"))
            if citizen.surplus is not None:
                found.append(
                    Thing("care_thing_surplus", citizen.surplus.slot(), more="care_thing_surplus_more")
                )
        return found
