"""Until when a family may have the credit: it confirms every three months, and has a grace period after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
CONFIRM_MONTHS: Final = 3
"""So often a family says that nothing changed, as for 30 hours of childcare."""
CONFIRM_FROM: Final = timedelta(days=28)
"""So long before the last day it may."""

GRACE: Final = (
    ((1, 1), (3, 31), 0),
    ((2, 11), (8, 31), 0),
    ((5, 27), (12, 31), 0),
    ((10, 22), (3, 31), 1),
)
"""From this month and day of an end on, grace lasts until that month and day, so many years later.

Early education and childcare: statutory guidance for local authorities (Department for Education), the table
of grace periods: an end in the first half of a term leaves the rest of it, one in the second the next too.
"""

type State = Literal["eligible", "grace", "ended"]


@dataclass(frozen=True)
class Standing:
    """What a family is on a day.

    Args:
        low_income: whether its income is low.
        training: whether a parent is in training.
        ends: the last day it is eligible, for all that is known; grace comes after.
        grace_until: the last day of the grace period.
        state: eligible, in the grace period, or neither any more.
        confirm_by: the last day to say that nothing changed.
    """

    low_income: bool
    training: bool
    ends: date
    grace_until: date
    state: State
    confirm_by: date

    @property
    def may_spend(self) -> bool:
        """Whether it may be awarded credit, and book childcare with it."""
        return self.state != "ended"


def grace_until(end: date) -> date:
    """The last day of the grace period of a family that is no longer eligible after a day."""
    first_day = end + timedelta(days=1)
    until, years = next(
        (until, years) for begin, until, years in reversed(GRACE) if (first_day.month, first_day.day) >= begin
    )
    return date(first_day.year + years, *until)


def standing(row: Mapping[str, Any], day: date) -> Standing:
    """What a family is on a day, from its columns: those of `families.COLUMNS`."""
    until, confirm_by = row["eligible_until"], row["confirm_by"]
    ends = confirm_by if until is None else min(until, confirm_by)
    grace = grace_until(ends)
    state: State = "eligible" if day <= ends else "grace" if day <= grace else "ended"
    return Standing(row["low_income"], row["training"], ends, grace, state, confirm_by)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), after - timedelta(days=1))
