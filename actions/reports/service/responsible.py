"""Who is responsible: the lowest body that is competent for a category where the problem is, and why."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from actions.reports.service.categories import Category
from actions.reports.service.keys import Connection
from actions.reports.service.words import Language, say

type Area = tuple[str, str, str]
"""Code, name and level of an area that a place is in."""
type Areas = Callable[[float, float], Awaitable[Sequence[Area]]]
"""Gives the areas of a latitude and longitude, the lowest level first."""

_LANGUAGES: Final[tuple[Language, Language]] = ("en", "cy")

# The row that says most decides: one for the area before one for all areas, then one for the category.
_BODIES: Final = """
SELECT DISTINCT ON (level, area) level, area, agency, officer FROM problem_body
WHERE category IN ('', $1) AND level = ANY ($2) AND (area = '' OR area = ANY ($3))
ORDER BY level, area, category DESC
"""


async def no_areas(lat: float, long: float) -> Sequence[Area]:
    """Without boundaries nobody knows whose area a place is in."""
    del lat, long
    return ()


@dataclass(frozen=True)
class Responsible:
    """Who has a problem.

    Args:
        agency: its name.
        notice: who it goes to and why, by language.
        officer: who has those that come again and again; None where nobody is named.
    """

    agency: str
    notice: dict[Language, str]
    officer: str | None


async def responsible(connection: Connection, category: Category, areas: Sequence[Area]) -> Responsible:
    """Finds who is responsible.

    Args:
        connection: the caller's.
        category: of the problem.
        areas: that it is in; none when its place is not known, or nobody knows whose it is.

    Returns:
        The body of the first of the category's levels where there is one: by the table, else the area's own.
        Where the table says that an area's body does not do this, the next level has it.
    """
    rows = await connection.fetch(
        _BODIES, category.code, list(category.bodies), [code for code, _, _ in areas]
    )
    bodies = {(row["level"], row["area"]): row for row in rows}
    passed_over: str | None = None
    for level in category.bodies:
        for code, name, _ in [area for area in areas if area[2] == level] or [("", "", level)]:
            row = bodies.get((level, code)) or bodies.get((level, ""))
            if row is not None and row["agency"] is None:
                passed_over = name or None
            elif row is not None or name:
                agency = row["agency"] if row is not None else name
                officer = row["officer"] if row is not None else None
                return Responsible(agency, _notice(category, agency, name, passed_over), officer)
    fallback = category.bodies[0]
    agencies = {language: say("body", fallback, language) for language in _LANGUAGES}
    notice = {
        language: say("notice", "unsure", language, agency=agencies[language], team=category.team[language])
        for language in _LANGUAGES
    }
    return Responsible(agencies["en"][0].upper() + agencies["en"][1:], notice, None)


def _notice(category: Category, agency: str, area: str, other: str | None) -> dict[Language, str]:
    why = "kind" if not area else "area" if other is None else "passed_over"
    return {
        language: say(
            "notice", why, language, agency=agency, team=category.team[language], area=area, other=other
        )
        for language in _LANGUAGES
    }
