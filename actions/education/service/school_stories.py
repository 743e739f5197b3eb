"""What has come to pass at the demonstration's schools by a day: one round is open, another was decided."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import asyncpg

from actions.education.service import choices, designations, outcomes, school_files
from actions.education.service.distance import to_grid
from actions.education.service.invented_schools import (
    ACCEPTED,
    FIGURES,
    GIVEN_LISTS,
    GIVEN_SCHOOL,
    OPEN_SCHOOL,
    REGISTER,
    ROLLS,
)
from actions.education.service.school_rules import LONDON, school_year
from actions.sdk.serving import Connection

OPEN_FOR: Final = timedelta(days=21)
OPENED: Final = timedelta(days=60)
CLOSED: Final = timedelta(days=9)
GIVEN: Final = timedelta(days=3)
"""Days before today on which the decided round was opened, closed, and its places were given."""


async def load_schools(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Brings in the schools, as an officer would; schools that are there stay as they are.

    Args:
        pool: the database.
        today: the day in London.
    """
    if await pool.fetchval("SELECT EXISTS (SELECT FROM education.school)"):
        return
    now = _moment(today, time(9))
    await school_files.bring(pool, "register", REGISTER.name, REGISTER.read_bytes(), now)
    await school_files.bring(pool, "more", FIGURES.name, FIGURES.read_bytes(), now)


async def load(connection: Connection, today: date) -> None:
    """Makes the rolls and the rounds; of what is there already only a deadline that is over moves on.

    Args:
        connection: in a transaction, with the pupils.
        today: the day in London.
    """
    year = school_year(today)
    for pupil, roll in ROLLS.items():
        home = to_grid(*roll.home)
        await connection.execute(
            """INSERT INTO education.roll (pupil, reception_year, sex, plan, easting, northing)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
            pupil, year - roll.year_group, roll.sex, roll.plan, home.easting, home.northing,
        )  # fmt: skip
        await connection.executemany(
            "INSERT INTO education.sibling (pupil, school_urn) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [(pupil, urn) for urn in roll.siblings],
        )
    if await connection.fetchval("SELECT EXISTS (SELECT FROM education.school_round)"):
        await connection.execute(
            "UPDATE education.school_round SET deadline = $1 WHERE allocated_at IS NULL AND deadline < $2",
            _moment(today + OPEN_FOR), _moment(today),
        )  # fmt: skip
        return
    await _decide(connection, today)
    await _designate(connection, OPEN_SCHOOL, _moment(today, time(9)), _moment(today + OPEN_FOR))


async def _decide(connection: Connection, today: date) -> None:
    """A round that is over, with lists, offers and answers, by the same steps that the service takes."""
    opened = _moment(today - OPENED, time(9))
    number = await _designate(connection, GIVEN_SCHOOL, opened, _moment(today - CLOSED))
    for pupil, schools in GIVEN_LISTS.items():
        wanted = choices.NewList(round=number, schools=list(schools), seen=[])
        await choices.keep(connection, pupil, wanted, opened + timedelta(days=7))
    # What was told of it long ago is not told again when somebody begins to look.
    await connection.execute("DELETE FROM education.school_notice WHERE round = $1", number)
    given = _moment(today - GIVEN, time(10))
    wanted_days = outcomes.Giving(
        dry_run=False, answer_by=_moment(today + timedelta(days=11)), appeal_by=today + timedelta(days=40)
    )
    await outcomes.give_out(connection, number, wanted_days, given)
    for pupil, school in ACCEPTED:
        said = outcomes.Answered(round=number, school=school, answer="accept")
        await outcomes.answer(connection, pupil, said, given + timedelta(days=1))


async def _designate(connection: Connection, urn: str, at: datetime, deadline: datetime) -> int:
    reason: designations.Reason = "special_measures" if urn == OPEN_SCHOOL else "serious_weaknesses"
    wanted = designations.NewDesignations(urns=[urn], reason=reason, deadline=deadline)
    told = await designations.designate(connection, wanted, at)
    assert isinstance(told, dict)
    number = told["round"]
    assert isinstance(number, int)
    return number


def _moment(day: date, at: time = designations.CLOSES_AT) -> datetime:
    return datetime.combine(day, at, LONDON).astimezone(UTC)
