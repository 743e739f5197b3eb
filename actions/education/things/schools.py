"""What a parent has of another school: the right to choose, a list, an offer, a place."""

from collections.abc import Sequence
from typing import Final

from actions.education.handlers.people import known_here
from actions.education.reading import PARENTS
from actions.education.school_client import Schools
from actions.education.schools import case_of
from actions.sdk import Call, ServiceRefused, Thing, Things

SAYS: Final = {
    "open": "thing_school_open", "offered": "thing_school_offered", "accepted": "thing_school_accepted",
    "none": "thing_school_none",
}  # fmt: skip


class SchoolThings(Things):
    """For each child of the parent who writes."""

    async def look(self, call: Call) -> Sequence[Thing]:
        """A child whose roll is not known has nothing to tell of here."""
        found = list[Thing]()
        for speaker in await known_here(call):
            if speaker.party not in PARENTS:
                continue
            try:
                situation = await call.service(Schools).situation(speaker.reference)
            except ServiceRefused as refusal:
                if refusal.code != "NOT_ON_A_ROLL":
                    raise
                continue
            if (say := SAYS.get(str(situation["stage"]))) is not None:
                values = {"case": case_of(situation), "chosen": len(situation["list"])}
                found.append(Thing(say, values, "thing_school_more"))
        return found
