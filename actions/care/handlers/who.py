"""Finding out whose budget it is about, and proving it once."""

from actions.care.client import Care
from actions.care.paying import named_in
from actions.care.who import as_slot, people, thing
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop
from actions.sdk.proof import remember


class FindCare(Handler):
    """The budgets of who writes: then their letter is not asked for."""

    reads = ("care_reference",)
    fills = ("care_people", "care")

    async def handle(self, call: Call) -> Outcome:
        """One that the message names goes before all; one alone is meant."""
        known = await people(call)
        if (named := call.slots.get("care_reference")) is not None:
            known = [each for each in known if each["ref"] == named]
        # The message that begins it may say for whom: “pay Green Fingers £40 for Rose”.
        meant = named_in(call.text, {at: each["name"] for at, each in enumerate(known)}) or [
            *range(len(known))
        ]
        if len(meant) == 1:
            return Filled(care_people=known, care=known[meant[0]])
        return Filled(care_people=known)


class ProveCareCitizen(Handler):
    """Exchanges reference, access code and year of birth for whose budget it is."""

    reads = ("care_reference", "care_code", "care_year")
    fills = ("care",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; after five wrong tries it is locked there and the desk is told."""
        slots = call.slots
        try:
            person = await call.service(Care).prove(
                slots["care_reference"], slots["care_code"], slots["care_year"]
            )
        except ServiceRefused as refusal:
            if refusal.code == "LOCKED":
                until = str(refusal.details.get("until", ""))
                return Stop("care_locked", case=Case("care_locked_out"), until=until)
            if refusal.code in {"PROOF_FAILED", "INVALID"}:
                left = int(refusal.details.get("remaining-tries", 0))
                return Again(
                    "care_reference", "care_code", "care_year", say="care_wrong_proof", tries_left=left
                )
            raise
        follow = {thing(person.reference): remember(call, ref=person.reference, name=person.name)}
        return Filled(care=as_slot(person.reference, person.name), follow=follow)
