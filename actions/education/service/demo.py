"""Fills the stand-in with the demonstration, as it should be on a day."""

from datetime import date, timedelta
from typing import Final

import asyncpg

from actions.education.service import rules, school_stories, stories
from actions.education.service.invented import DEMO_PUPILS
from actions.education.service.invented_schools import SCHOOL_PUPILS
from actions.education.service.invented_terms import AUTHORITIES, terms
from actions.education.service.invented_tutors import DEMO_TUTORS
from actions.sdk.serving import Connection, digest

PUPILS: Final = (*DEMO_PUPILS, *SCHOOL_PUPILS)


async def load_demo(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the demonstration as it should be on a day; what is there of it already stays.

    Args:
        pool: the database, with the migrations of this department.
        today: the day in London.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('education demonstration'))")
        await school_stories.load_schools(pool, today)
        await _load_pupils(connection, today)
        await _load_tutors(connection, today)
        await _load_terms(connection, today)
        await stories.load(connection, today)
        await school_stories.load(connection, today)


async def _load_pupils(connection: Connection, today: date) -> None:
    await connection.executemany(
        """INSERT INTO education.pupil (reference, given_name, birth_year, school_urn, postcode, disadvantage,
                                        figure_date)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (reference) DO UPDATE SET figure_date = excluded.figure_date""",
        [
            (each.reference, each.given_name, each.birth_year, each.school, each.postcode, each.disadvantage,
             today.replace(day=1))
            for each in PUPILS
        ],
    )  # fmt: skip
    await connection.executemany(
        """INSERT INTO education.assessment (pupil, subject, behind) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING""",
        [(each.reference, subject, behind) for each in PUPILS for subject, behind in each.behind.items()],
    )
    await connection.executemany(
        """INSERT INTO education.party (pupil, party, phone, language, code_digest)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING""",
        [
            (each.reference, party, known.phone, known.language, digest(each.reference, known.code))
            for each in PUPILS
            for party, known in (
                ("parent", each.parent),
                ("other_parent", each.other_parent),
                ("pupil", each.pupil),
                ("school", each.office),
            )
            if known is not None
        ],
    )


async def _load_tutors(connection: Connection, today: date) -> None:
    await connection.executemany(
        """INSERT INTO education.tutor (id, name, kind, school_urn, subjects, days, places, price, rating,
                                        rated, latitude, longitude, phone, approved_from, approved_until)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
           ON CONFLICT DO NOTHING""",
        [
            (each.id, each.name, each.kind, each.school, each.subjects.split(), each.days.split(),
             each.places.split(), each.price, each.rating, each.rated, *each.at, each.phone,
             today - timedelta(days=200), today + each.approved_for)
            for each in DEMO_TUTORS
        ],
    )  # fmt: skip


async def _load_terms(connection: Connection, today: date) -> None:
    year = rules.school_year(today)
    await connection.executemany(
        "INSERT INTO education.term (la_code, first, last) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [
            (authority, each.first, each.last)
            for authority, later in AUTHORITIES.items()
            for begins in (year, year + 1) for each in terms(begins, later)
        ],
    )  # fmt: skip
