"""Term dates of the demonstration's two authorities: invented by a rule. Councils publish the real ones."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from actions.education.service.planning import Term

AUTHORITIES: Final[Mapping[str, int]] = {"383": 0, "380": 1}
"""Leeds and Bradford by their codes, and how many weeks later the half-terms are: no two councils agree."""


def _monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def terms(year: int, later: int) -> Iterator[Term]:
    """The six halves of a school year.

    Args:
        year: in which it begins.
        later: weeks by which its half-terms are later.
    """
    week, weekend, shift = timedelta(days=7), timedelta(days=3), timedelta(weeks=later)
    # The Mondays on which a holiday begins, and how many weeks it has; the last is the summer's.
    holidays = (
        (_monday(date(year, 10, 24)) + shift, 1), (_monday(date(year, 12, 22)), 2),
        (_monday(date(year + 1, 2, 13)) + shift, 1), (_monday(date(year + 1, 4, 3)), 2),
        (_monday(date(year + 1, 5, 28)), 1), (_monday(date(year + 1, 7, 24)), 6),
    )  # fmt: skip
    first = date(year, 9, 3)
    for monday, weeks in holidays:
        yield Term(first, monday - weekend)
        first = monday + weeks * week
