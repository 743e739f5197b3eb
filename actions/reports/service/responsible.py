"""Who is responsible: the lowest body that is competent for a category where the problem is, and why."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from actions.reports.service.categories import Category
from actions.reports.service.keys import Connection
from actions.reports.service.words import Language, say

type Name = Mapping[Language, str]
type Area = tuple[str, str | Mapping[str, str], str]
"""Code, the name of its body (or the names by language) and level of an area that a place is in."""
type Areas = Callable[[float, float], Awaitable[Sequence[Area]]]
"""Gives the areas of a latitude and longitude, the lowest level first."""

LANGUAGES: Final[tuple[Language, Language]] = ("en", "cy")

# Of the rows of a level and an area, the one for the category comes before the one for all.
_BODIES: Final = """
SELECT DISTINCT ON (level, area) level, area, agency, agency_cy, officer FROM problem_body
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
        agency: its name by language.
        notice: who it goes to and why, by language.
        officer: who has those that come again and again; None where nobody is named.
    """

    agency: Name
    notice: Name
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
    return decide(category, areas, bodies)


def decide(
    category: Category, areas: Sequence[Area], bodies: Mapping[tuple[str, str], asyncpg.Record]
) -> Responsible:
    """The same from the rows of the table by level and area; the area's own row comes before one for all."""
    passed_over: Name | None = None
    for level in category.bodies:
        within: list[tuple[str, Name | None]] = [
            (code, _names(name)) for code, name, of in areas if of == level
        ]
        for code, name in within or [("", None)]:
            row = bodies.get((level, code)) or bodies.get((level, ""))
            if row is None and name is None:
                continue
            if row is not None and row["agency"] is None:
                passed_over = name or passed_over
                continue
            agency = name or {}
            if row is not None:
                agency = {"en": row["agency"], "cy": row["agency_cy"]}
            why = "kind" if name is None else "area" if passed_over is None else "passed_over"
            officer = None if row is None else row["officer"]
            return Responsible(agency, _notice(why, category, agency, passed_over), officer)
    level = category.bodies[0]
    agency = {language: say("body", level, language) for language in LANGUAGES}
    notice = _notice("unsure", category, agency, None)
    return Responsible({**agency, "en": agency["en"][0].upper() + agency["en"][1:]}, notice, None)


def _names(name: str | Mapping[str, str]) -> Name:
    return {language: name if isinstance(name, str) else name[language] for language in LANGUAGES}


def _notice(why: str, category: Category, agency: Name, other: Name | None) -> Name:
    return {
        language: say(
            "notice", why, language, agency=agency[language], team=category.team[language],
            other=None if other is None else other[language],
        )
        for language in LANGUAGES
    }  # fmt: skip
