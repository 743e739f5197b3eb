"""What the core's own flows do: putting a case to a person."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, Reminder, Thing
from actions.sdk.knowledge import Told
from bot.engine.runtime import packs
from bot.wording import LANGUAGES, LONDON

MORNING: Final = time(9)
"""When a reminder comes that was given a day and no time."""
FEW: Final = 3
"""Things that are told at once; of more, a list is shown to ask about."""
FURTHEST: Final = timedelta(days=366)


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


class TakeComplaint(Handler):
    """A complaint, in the citizen's own words: the desk answers it.

    It is acknowledged within 3 working days: the Local Authority Social Services and National Health
    Service Complaints (England) Regulations 2009, regulation 13, which we keep for every department.
    """

    reads = ("complaint", "complaint_wish")

    async def handle(self, call: Call) -> Outcome:
        """Puts it to the desk."""
        return Filled(case=Case("complaint", known={"wish": call.slots.get("complaint_wish") or ""}))


class SetReminder(Handler):
    """A text that the citizen asks for, at a time of theirs."""

    reads = ("remind_about", "remind_at")
    fills = ("remind_moment",)

    async def handle(self, call: Call) -> Outcome:
        """Keeps it, unless its time is over or too far off."""
        moment = _moment(call.slots["remind_at"])
        if moment <= call.now:
            return Again("remind_at", say="reminder_past")
        if moment > call.now + FURTHEST:
            return Again("remind_at", say="reminder_far")
        about = {"about": call.slots["remind_about"]}
        return Filled(
            remind_moment=moment.isoformat(),
            remind={f"asked:{call.key}": [Reminder(moment, "reminder", about)]},
        )


class GatherThings(Handler):
    """All that a citizen has of every department, each a line with its source, and who could not be asked."""

    fills = ("things", "silent", "many")

    async def handle(self, call: Call) -> Outcome:
        """Asks every department at once."""
        told = await call.know.things(call)
        lines = [_line(each, thing, call) for each in told for thing in each.things or ()]
        silent = [packs().packs[each.pack].title for each in told if each.things is None]
        things = [{"id": str(number), **line} for number, line in enumerate(lines)]
        return Filled(things=things, silent=silent, many=len(things) > FEW)


def _line(told: Told, thing: Thing, call: Call) -> dict[str, Any]:
    """A thing in both languages: the list is read again after a change of language."""
    wording = packs().wording

    def said(key: str) -> dict[str, str]:
        return {each: wording.render(key, each, call.channel, thing.values) for each in LANGUAGES}

    return {"pack": told.pack, "line": said(thing.say), "more": said(thing.more or thing.say)}


def _moment(answer: Any) -> datetime:
    """A moment from an answer of the kind `date_time`: a day without a time is its morning."""
    if isinstance(answer, str):
        return datetime.fromisoformat(answer).replace(tzinfo=LONDON)
    part = time.fromisoformat(answer["from"])
    at = MORNING if part == time(0) else part
    return datetime.combine(datetime.fromisoformat(answer["date"]).date(), at, LONDON)
