"""Whose referral it is: known by the number on record, by an earlier proof, or proved by its letter."""

from actions.health.client import Ers
from actions.health.options import CALLED, RELATIVES, words
from actions.health.referral import Referral
from actions.health.waiting import clinic, known_of
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values
from actions.sdk.proof import remember, remembered


class FindReferrals(Handler):
    """The referrals that are known here: by the number on record, and by letters shown before."""

    reads = ("ubrn", "by_letter")
    fills = ("my_referrals", "which_referral")

    async def handle(self, call: Call) -> Outcome:
        """Finds them; one that the message names, by number, by clinic or by whose it is, goes before all."""
        known = [] if call.slots.get("by_letter") else await known_here(call)
        if (named := call.slots.get("ubrn")) is not None:
            known = [each for each in known if each["id"] == named]
        said = [each for each in known if _names(call.text, each)] or [
            each for each in known if _is_of_another(call.text, each)
        ]
        if len(said) == 1:
            known = said
        if len(known) == 1:
            return Filled(my_referrals=known, which_referral=known[0])
        return Filled(my_referrals=known)


async def known_here(call: Call) -> list[Values]:
    """The referrals that are known at this contact point, as options, the citizen's own first.

    Args:
        call: of a handler, or of what tells of a citizen's things.
    """
    options: dict[str, Values] = {}
    if call.channel == "sms" and call.address.startswith("+"):
        of_number = await call.service(Ers).referrals_of(call.address)
        for each in sorted(of_number, key=lambda each: each.for_another):
            options[each.ubrn] = _option(each)
    for followed in await remembered(call, "referral"):
        ubrn = str(followed.known["ubrn"])
        # Whoever showed the letter acts as the patient, whatever their number may do.
        known = followed.known
        options[ubrn] = {
            "id": ubrn, "clinic": known["clinic"], "kind": known.get("kind", ""), "by": "patient",
            "name": None,
        }  # fmt: skip
    return list(options.values())


def _option(referral: Referral) -> Values:
    by = "carer" if referral.for_another else "patient"
    name = referral.given_name if referral.for_another else None
    kind = referral.clinic_type.code
    return {"id": referral.ubrn, "clinic": clinic(referral), "kind": kind, "by": by, "name": name}


def _names(text: str, known: Values) -> bool:
    """Whether a message names a referral's clinic, in full or by a word for it, in either language."""
    said = set(words(text))
    in_full = any(set(words(name)) <= said for name in known["clinic"].values())
    return in_full or not said.isdisjoint(CALLED.get(known.get("kind", ""), "").split())


def _is_of_another(text: str, known: Values) -> bool:
    """Whether a message is about whom a referral is acted for: by their name, or “my dad”."""
    said = set(words(text))
    return bool(known["name"]) and (set(words(known["name"])) <= said or not said.isdisjoint(RELATIVES))


class LookUp(Handler):
    """A referral that is known here, as it is now."""

    reads = ("which_referral",)
    fills = ("referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS."""
        chosen = call.slots["which_referral"]
        referral = await call.service(Ers).referral_by_ubrn(chosen["id"])
        return Filled(**known_of(referral, call, by=chosen["by"]))


class Prove(Handler):
    """Exchanges reference, access code and year of birth for the referral."""

    reads = ("ubrn", "access_code", "birth_year")
    fills = ("referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS; after five wrong tries the referral is locked there and the desk is told."""
        slots = call.slots
        try:
            referral = await call.service(Ers).referral(
                slots["ubrn"], slots["access_code"], slots["birth_year"]
            )
        except ServiceRefused as refusal:
            return self._refused(refusal)
        known = remember(call, ubrn=referral.ubrn, clinic=clinic(referral), kind=referral.clinic_type.code)
        return Filled(**known_of(referral, call), follow={f"referral:{referral.ubrn}": known})

    @staticmethod
    def _refused(refusal: ServiceRefused) -> Outcome:
        if refusal.code == "LOCKED":
            until = str(refusal.details.get("until", ""))
            return Stop("proof_locked", case=Case("locked_out"), until=until)
        if refusal.code in {"PROOF_FAILED", "REFERENCE_NOT_FOUND", "INVALID_VALUE"}:
            left = int(refusal.details.get("remaining-tries", 0))
            return Again("ubrn", "access_code", "birth_year", say="wrong_proof", tries_left=left)
        raise refusal
