"""The rules of the education credit: who can have it, what it is worth, and how long things wait."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

type Party = Literal["parent", "other_parent", "pupil", "school"]
type Subject = Literal["maths", "reading", "writing", "science", "english"]
type Place = Literal["school", "home", "library", "online"]
type Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

PARTIES: Final[tuple[Party, ...]] = ("parent", "pupil", "school")
"""The three who must agree. Where two parents are on record each is asked and answers for themself: one
agreement is the parents', and a refusal by either is a refusal."""
OTHER_PARENT: Final[Party] = "other_parent"
DAYS: Final[tuple[Day, ...]] = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
"""As `date.weekday` counts them."""

BEHIND: Final = 6
"""Months behind others of the same age from which a subject counts."""

MOST_HOURS: Final = 40
REMINDED_AFTER: Final = timedelta(days=3)
LAPSES_AFTER: Final = timedelta(days=7)
"""Of silence: who has not answered is reminded, and then the holds are voided (our choice)."""
NOTICE_DAYS: Final = 2
"""Days between the last agreement and the first session, at least."""
ASKED_HOUR: Final = 18
"""Of the day of a session, in London: when both sides are asked whether it took place."""
CONFIRMED_WITHIN: Final = timedelta(days=14)
"""Of a session's day: then its money goes back to the credit, and the desk is told."""


@dataclass(frozen=True)
class Award:
    """What a credit is worth.

    Args:
        since: from which day.
        behind: for who is so many months behind in one subject at least.
        amount: pence for a school year.
    """

    since: date
    behind: int
    amount: int


AWARDS: Final = (Award(date(2025, 9, 1), 6, 480_00), Award(date(2025, 9, 1), 12, 640_00))
"""Invented for the demonstration. Dated, so that what was awarded can be explained later."""


def side(party: str) -> str:
    """Which of the three somebody agrees for."""
    return "parent" if party == OTHER_PARENT else party


def award(behind: int, on: date) -> int:
    """Pence for a pupil who is so many months behind; 0 for none."""
    rules = [rule for rule in AWARDS if rule.since <= on and rule.behind <= behind]
    return max(rules, key=lambda rule: (rule.since, rule.behind)).amount if rules else 0


def school_year(on: date) -> int:
    """The year in which the school year of a day began: it begins on 1 September."""
    return on.year if on.month >= 9 else on.year - 1
