"""When it suits a citizen, as they say it: a weekday, a month, a part of the day; and the times that fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actions.health.options import words
from actions.health.referral import Slot
from actions.health.waiting import LONDON
from bot.answers.calendar_names import DAYS, MONTHS

NOON: Final = 12
MORNING: Final = frozenset({"morning", "mornings", "bore", "boreau", "foreau", "am"})
AFTERNOON: Final = frozenset({"afternoon", "afternoons", "prynhawn", "prynhawniau", "pnawn"})
MOST: Final = 100
"""Free times that are looked through for those that fit, as many as a page of e-RS has."""


@dataclass(frozen=True)
class Wanted:
    """What a time must be; empty for what was not said.

    Args:
        days: of the week, Monday is 0.
        months: 1 to 12.
        parts: `morning` or `afternoon`.
    """

    days: frozenset[int]
    months: frozenset[int]
    parts: frozenset[str]

    def fits(self, at: datetime) -> bool:
        """Whether a time is as wanted, by the clock in London."""
        local = at.astimezone(LONDON)
        part = "morning" if local.hour < NOON else "afternoon"
        # “Mawrth” is Tuesday and March: one of the two is enough.
        named = local.weekday() in self.days or local.month in self.months
        if self.days and self.months and not self.days & {DAYS["mawrth"]}:
            named = local.weekday() in self.days and local.month in self.months
        return (named or not (self.days or self.months)) and (not self.parts or part in self.parts)


def wanted(said: str) -> Wanted:
    """What a text says of when.

    Args:
        said: a citizen's words, in either language.
    """
    spoken = words(said)
    of_day = {"morning": MORNING, "afternoon": AFTERNOON}
    return Wanted(
        frozenset(DAYS[each] for each in spoken if each in DAYS),
        frozenset(MONTHS[each] for each in spoken if each in MONTHS),
        frozenset(part for part, names in of_day.items() if not names.isdisjoint(spoken)),
    )


def that_suit(slots: Sequence[Slot], said: str, most: int) -> tuple[list[dict[str, str]], bool]:
    """The times to show, as options, and whether none was as wanted, so that they are any.

    Args:
        slots: free ones, soonest first.
        said: when it suits the citizen, in their words; empty for any time.
        most: as many as are shown.
    """
    wish = wanted(said)
    fitting = [slot for slot in slots if wish.fits(slot.start)]
    shown = [{"id": slot.id, "start": slot.start.isoformat()} for slot in (fitting or list(slots))[:most]]
    return shown, bool(slots) and not fitting
