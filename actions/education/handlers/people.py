"""Who writes, and about which pupil: from the number on record, or proved by a letter."""

import re
from collections.abc import Sequence

from actions.education.client import People
from actions.education.reading import Speaker
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values
from actions.sdk.proof import remember, remembered

KIND = "party"
"""What a citizen follows once they proved to be one of the three: `party:<pupil's reference>:<party>`."""


def thing(reference: str, party: str) -> str:
    """The name under which one of the three is followed."""
    return f"{KIND}:{reference}:{party}"


async def known_here(call: Call) -> list[Speaker]:
    """All that the contact point in hand may speak for: its number is on record, or it proved it before."""
    found = []
    if call.channel == "sms":
        found += await call.service(People).with_phone(call.address)
    for each in await remembered(call, KIND):
        reference, party = str(each.known["reference"]), str(each.known["party"])
        if not any((one.reference, one.party) == (reference, party) for one in found):
            found.append(Speaker(reference, await call.service(People).given_name(reference), party))
    return found


def as_option(speaker: Speaker) -> Values:
    """As an entry of the list that `which_pupil` is asked from, and as the slot itself."""
    return {
        "id": f"{speaker.reference}-{speaker.party}", "reference": speaker.reference,
        "name": speaker.given_name, "party": speaker.party, "tutor": speaker.tutor,
    }  # fmt: skip


def _named(text: str, found: Sequence[Values]) -> list[Values]:
    """Those whose names stand in a message."""
    return [
        each for each in found
        if re.search(rf"(?<!\w){re.escape(str(each['name']).casefold())}(?!\w)", text.casefold())
    ]  # fmt: skip


class FindPupils(Handler):
    """The pupils that this contact point may speak for, without a letter."""

    reads = ("pupil_reference",)
    fills = ("my_pupils", "which_pupil")

    async def handle(self, call: Call) -> Outcome:
        """One is taken as meant, or the one that the message names; of several it is asked which."""
        found = [as_option(each) for each in await known_here(call)]
        if (named := call.slots.get("pupil_reference")) is not None:
            found = [each for each in found if each["reference"] == named]
        meant = found if len(found) == 1 else _named(call.text, found)
        only: Values = {"which_pupil": meant[0]} if len(meant) == 1 else {}
        return Filled(my_pupils=found, **only)


class ProvePupil(Handler):
    """Exchanges reference, code and the pupil's year of birth for who it is that writes."""

    reads = ("pupil_reference", "pupil_code", "pupil_birth_year")
    fills = ("which_pupil",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the department; after five wrong tries the reference is locked there, and the desk is told."""
        slots = call.slots
        try:
            speaker = await call.service(People).prove(
                slots["pupil_reference"], slots["pupil_code"], slots["pupil_birth_year"]
            )
        except ServiceRefused as refusal:
            if refusal.code == "LOCKED":
                until = str(refusal.details.get("until", ""))
                return Stop("pupil_locked", case=Case("pupil_locked_out"), until=until)
            if refusal.code in {"PROOF_FAILED", "INVALID"}:
                left = int(refusal.details.get("remaining-tries", 0))
                return Again(
                    "pupil_reference",
                    "pupil_code",
                    "pupil_birth_year",
                    say="pupil_wrong_proof",
                    tries_left=left,
                )
            raise
        known = remember(call, reference=speaker.reference, party=speaker.party)
        return Filled(which_pupil=as_option(speaker), follow={thing(speaker.reference, speaker.party): known})
