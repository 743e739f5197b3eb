"""What goes to the desk in a citizen's own words: wanting a person, a complaint, a view."""

import re
from typing import Final

from actions.sdk import Again, Call, Case, Filled, Handler, Outcome
from bot.answers.words import plain
from bot.engine.runtime import packs

LEAST: Final = 4
"""Words, besides those of wanting to say something, from which a first message has said it."""


class AskForPerson(Handler):
    """The citizen wants a person: the desk is told."""

    async def handle(self, call: Call) -> Outcome:
        """Puts the case to the desk."""
        return Filled(case=Case("asked_for_person"))


class TellDeskOfEmergency(Handler):
    """The citizen speaks of an emergency in words the danger gate has no answer for."""

    async def handle(self, call: Call) -> Outcome:
        """Puts an urgent case to the desk."""
        return Filled(case=Case("danger_unsure", urgent=True))


class HearComplaint(Handler):
    """What went wrong may be in the message that began it; “I want to complain” says nothing yet."""

    reads = ("complaint",)

    async def handle(self, call: Call) -> Outcome:
        """Asks once for what was not said."""
        return _hear("complaint", call)


class TakeComplaint(Handler):
    """A complaint, in the citizen's own words: the desk answers it.

    It is acknowledged within 3 working days: the Local Authority Social Services and National Health
    Service Complaints (England) Regulations 2009, regulation 13, which we keep for every department.
    """

    reads = ("complaint", "complaint_wish")

    async def handle(self, call: Call) -> Outcome:
        """Puts it to the desk."""
        return Filled(case=Case("complaint", known={"wish": call.slots.get("complaint_wish") or ""}))


class HearView(Handler):
    """A view, which may be in the message that began it, goes to the desk: nobody has to answer it."""

    reads = ("view",)

    async def handle(self, call: Call) -> Outcome:
        """Asks once for what was not said."""
        heard = _hear("view", call)
        return heard if isinstance(heard, Again) else Filled(case=Case("view"))


def _hear(slot: str, call: Call) -> Outcome:
    opening = packs().wording.phrases("opening")
    said = [word for word in re.findall(r"[\w']+", plain(call.slots[slot])) if word not in opening]
    enough = len(said) >= LEAST or call.slots.get("asked_more")
    return Filled() if enough else Again(slot, asked_more=True)
