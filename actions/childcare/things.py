"""What a citizen has of the childcare department: each child's credit as a line, with where it is from."""

from collections.abc import Sequence

from actions.childcare.client import Childcare
from actions.childcare.records import Family
from actions.childcare.slots import credit_slot, family_slot
from actions.sdk import Call, Thing, Things
from actions.sdk.proof import remembered


class ChildcareThings(Things):
    """The credit of each child of the families that this phone or browser is known for."""

    async def look(self, call: Call) -> Sequence[Thing]:
        """Asks the service; nothing for who is not known."""
        client, found = call.service(Childcare), dict[str, Family]()
        if call.channel == "sms":
            found |= {each.reference: each for each in await client.known(call.address)}
        for each in await remembered(call, "family"):
            reference = str(each.known["reference"])
            if reference not in found:
                found[reference] = await client.family(reference)
        return [
            Thing("childcare_thing", credit_slot(credit, family_slot(family)), "childcare_thing_more")
            for reference, family in found.items()
            for credit in await client.credit(reference)
        ]
