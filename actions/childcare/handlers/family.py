"""Who a citizen is to the department: by their phone, by what was proved here, or by their letter."""

from actions.childcare.client import Childcare
from actions.childcare.slots import family_slot
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop
from actions.sdk.proof import remember, remembered


class FindFamily(Handler):
    """The families that this phone, or what was proved here before, shows: nothing is asked again."""

    reads = ("family_reference",)
    fills = ("my_families", "which_family", "not_this_phones")

    async def handle(self, call: Call) -> Outcome:
        """Looks; a reference in the message that is of none of them must be proved."""
        client = call.service(Childcare)
        known = await client.known(call.address) if call.channel == "sms" else ()
        found = {each.reference: family_slot(each) for each in known}
        for each in await remembered(call, "family"):
            reference = str(each.known["reference"])
            if reference not in found:
                found[reference] = family_slot(await client.family(reference))
        named = call.slots.get("family_reference")
        others = bool(found) and named is not None and named not in found
        mine = [each for each in found.values() if named is None or each["id"] == named]
        alone = mine[0] if len(mine) == 1 else None
        if alone is not None:
            return Filled(my_families=mine, which_family=alone, not_this_phones=False)
        return Filled(my_families=mine, not_this_phones=others)


class TakeFamily(Handler):
    """The family that was chosen, or shown by the phone, is the one this is about."""

    reads = ("which_family",)
    fills = ("childcare_family",)

    async def handle(self, call: Call) -> Outcome:
        """Takes it."""
        return Filled(childcare_family=call.slots["which_family"])


class ProveFamily(Handler):
    """Exchanges reference, code and year of birth for the family."""

    reads = ("family_reference", "family_code", "family_year")
    fills = ("childcare_family",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; after five wrong tries the reference is locked there and the desk is told."""
        slots = call.slots
        try:
            family = await call.service(Childcare).prove(
                slots["family_reference"], slots["family_code"], slots["family_year"]
            )
        except ServiceRefused as refusal:
            if refusal.code == "LOCKED":
                until = str(refusal.details.get("until", ""))
                return Stop("family_locked", case=Case("locked_out"), family_locked_until=until)
            if refusal.code not in {"PROOF_FAILED", "INVALID"}:
                raise
            left = int(refusal.details.get("remaining-tries", 0))
            if slots.get("not_this_phones"):
                return Stop("family_refused", family_tries=left)
            wrong = ("family_reference", "family_code", "family_year")
            return Again(*wrong, say="family_wrong_proof", family_tries=left)
        follow = {f"family:{family.reference}": remember(call, reference=family.reference)}
        return Filled(childcare_family=family_slot(family), follow=follow)


class MayConfirm(Handler):
    """Whether there is something to confirm: nobody is asked what changed to be refused afterwards."""

    reads = ("childcare_family",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service how the family stands."""
        family = await call.service(Childcare).family(call.slots["childcare_family"]["reference"])
        today, gone = call.now.date(), family.ends < family.confirm_by
        if family.standing == "ended" or (gone and family.ends < today):
            return _ended(family.ends.isoformat(), family.grace_until.isoformat())
        if today < family.confirm_from:
            return Stop("childcare_confirm_early", childcare_confirm_from=family.confirm_from.isoformat())
        return Filled(childcare_family=family_slot(family))


def _ended(ended: str, grace: str) -> Outcome:
    case = Case("confirm_refused")
    return Stop("childcare_confirm_ended", childcare_ended=ended, childcare_grace=grace, case=case)


class ConfirmFamily(Handler):
    """Says for the family that nothing has changed: three months more."""

    reads = ("childcare_family", "childcare_same")
    fills = ("childcare_next_confirm",)

    async def handle(self, call: Call) -> Outcome:
        """Confirms once; too early, or too late, is told with the reason."""
        reference = call.slots["childcare_family"]["reference"]
        try:
            later = await call.service(Childcare).confirm(reference, call.key)
        except ServiceRefused as refusal:
            details = refusal.details
            if refusal.code == "TOO_EARLY":
                return Stop("childcare_confirm_early", childcare_confirm_from=str(details.get("from", "")))
            if refusal.code in {"NOT_ELIGIBLE", "ENDED"}:
                return _ended(str(details.get("ended", "")), str(details.get("grace_until", "")))
            raise
        return Filled(childcare_next_confirm=later.isoformat())


class TellOfChange(Handler):
    """Something has changed for a family: a person works out what it means."""

    reads = ("childcare_changed",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk, with the family's reference and the citizen's words."""
        reference = call.slots["childcare_family"]["reference"]
        known = {"reference": reference, "changed": call.slots["childcare_changed"]}
        return Filled(case=Case("family_changed", known=known))
