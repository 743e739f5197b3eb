"""What a citizen has of every department, and what is known of them here."""

from functools import cache
from typing import Any, Final

from actions.sdk import Call, Case, Filled, Handler, Outcome, Thing
from actions.sdk.knowledge import Told
from bot.engine.runtime import packs
from bot.settings import read_settings
from bot.wording import LANGUAGES

FEW: Final = 3
"""Things that are told at once; of more, a list is shown to ask about."""


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


class GatherKnown(Handler):
    """What is kept of who writes from here, and which departments know them by it."""

    async def handle(self, call: Call) -> Outcome:
        """A copy of everything is a person's work, and is offered."""
        theirs = [packs().packs[told.pack].title for told in await call.know.things(call) if told.things]
        return Filled(
            theirs=theirs, phone=call.channel == "sms", days=_days_kept(), leads_to="copy_my_details"
        )


class AskForCopy(Handler):
    """A copy of all that is kept: UK GDPR, article 15; within a month by article 12(3)."""

    async def handle(self, call: Call) -> Outcome:
        """Puts it to the desk."""
        return Filled(case=Case("wants_copy"))


class AskToForget(Handler):
    """Wants what is kept of them deleted: UK GDPR, article 17; within a month by article 12(3)."""

    async def handle(self, call: Call) -> Outcome:
        """Puts it to the desk."""
        return Filled(case=Case("wants_deletion"))


@cache
def _days_kept() -> int:
    """How long words are kept; read once, as settings are a file."""
    return read_settings().keep_bodies_days


def _line(told: Told, thing: Thing, call: Call) -> dict[str, Any]:
    """A thing in both languages: the list is read again after a change of language."""
    wording = packs().wording

    def said(key: str) -> dict[str, str]:
        return {each: wording.render(key, each, call.channel, thing.values) for each in LANGUAGES}

    return {"pack": told.pack, "line": said(thing.say), "more": said(thing.more or thing.say)}
