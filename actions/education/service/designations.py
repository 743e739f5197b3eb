"""Schools that are designated as failing, and the rounds in which their pupils' parents choose another."""

import secrets
from datetime import datetime, time
from typing import Final, Literal

import asyncpg
from pydantic import Field

from actions.education.service.school_rules import (
    LEAST_NOTICE,
    LONDON,
    MOST_NOTICE,
    MOVES_AFTER,
    local_day,
    lock_notices,
    school_year,
    seed_digest,
    utc,
)
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

type Reason = Literal["special_measures", "serious_weaknesses", "standards", "closing"]

CLOSES_AT: Final = time(17)
"""London's time at which the day of a deadline is over for this."""

_UNKNOWN: Final = """
SELECT urn FROM unnest($1::text[]) AS wanted (urn)
WHERE NOT EXISTS (SELECT FROM education.school s WHERE s.urn = wanted.urn AND s.shown) ORDER BY urn
"""
_ALREADY: Final = (
    "SELECT school_urn FROM education.designation WHERE school_urn = ANY($1) AND closed_at IS NULL"
)
_SAME_DAY: Final = """
SELECT id FROM education.school_round WHERE allocated_at IS NULL AND deadline = $1
ORDER BY id LIMIT 1 FOR NO KEY UPDATE
"""
_OPEN: Final = """
INSERT INTO education.school_round (school_year, opened_at, deadline, seed, seed_digest)
VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_DESIGNATE: Final = """
INSERT INTO education.designation (school_urn, round, reason, designated_at)
SELECT urn, $2, $3, $4 FROM unnest($1::text[]) AS wanted (urn)
ON CONFLICT (school_urn, round) DO UPDATE SET reason = excluded.reason,
    designated_at = excluded.designated_at, closed_at = NULL, withdrawn = false
WHERE designation.closed_at IS NOT NULL RETURNING school_urn
"""
_TELL: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at)
SELECT concat_ws(':', $4::text, $2::bigint, u.reference, extract(epoch FROM $3::timestamptz)::bigint), $4,
    u.reference, $2,
    jsonb_build_object('school', s.name, 'reason', d.reason, 'plan', coalesce(r.plan, false)), $3
FROM education.pupil u JOIN education.school s ON s.urn = u.school_urn
JOIN education.designation d ON d.school_urn = s.urn AND d.round = $2
LEFT JOIN education.roll r ON r.pupil = u.reference
WHERE s.urn = ANY($1) ORDER BY u.reference
ON CONFLICT (key) DO NOTHING
"""
_LIST: Final = """
SELECT d.id, d.school_urn, s.name, s.town, s.phase, d.reason, d.designated_at, d.closed_at, d.withdrawn,
    d.round, r.deadline, r.allocated_at,
    (SELECT count(*) FROM education.pupil u WHERE u.school_urn = d.school_urn) AS pupils,
    (SELECT count(*) FROM education.pupil u JOIN education.choice c ON c.pupil = u.reference
        AND c.round = d.round WHERE u.school_urn = d.school_urn) AS lists,
    (SELECT coalesce(jsonb_agg(u.reference ORDER BY u.reference), '[]') FROM education.pupil u
        WHERE u.school_urn = d.school_urn AND NOT EXISTS (SELECT FROM education.party p
            WHERE p.pupil = u.reference AND p.party IN ('parent', 'other_parent')
            AND p.phone IS NOT NULL)) AS no_number
FROM education.designation d JOIN education.school s ON s.urn = d.school_urn
JOIN education.school_round r ON r.id = d.round ORDER BY d.id DESC LIMIT 200
"""
_MARKED: Final = """
SELECT s.urn, s.name, s.town, s.measures FROM education.school s WHERE s.measures IS NOT NULL AND s.shown
AND NOT EXISTS (SELECT FROM education.designation d WHERE d.school_urn = s.urn AND NOT d.withdrawn)
ORDER BY s.name, s.urn LIMIT 200
"""


class NewDesignations(Body):
    """Schools to designate, all or none of them.

    Args:
        urns: which.
        reason: why.
        deadline: until when parents choose.
    """

    urns: list[str] = Field(min_length=1, max_length=200)
    reason: Reason
    deadline: datetime


async def designate(connection: Connection, wanted: NewDesignations, now: datetime) -> Json:
    """Designates schools, in the round of that deadline or in a new one, and notes whom to tell.

    Args:
        connection: in a transaction.
        wanted: what the officer asks for.
        now: the time.

    Raises:
        Problem: 422 `DEADLINE_TOO_NEAR` or `DEADLINE_TOO_FAR`, 422 `SCHOOLS_UNKNOWN` with `urns`, or 409
            `ALREADY_DESIGNATED` with `urns`.
    """
    if wanted.deadline.tzinfo is None:
        raise Problem(422, "INVALID", "deadline: a time zone is missing.", field="deadline")
    # Days of London: two weeks are two weeks over the change of the clocks as well.
    ahead = local_day(wanted.deadline) - local_day(now)
    if ahead < LEAST_NOTICE:
        raise Problem(422, "DEADLINE_TOO_NEAR", f"Parents need {LEAST_NOTICE.days} days at least.")
    if ahead > MOST_NOTICE:
        raise Problem(422, "DEADLINE_TOO_FAR", f"Within {MOST_NOTICE.days} days they are to know.")
    urns = sorted(set(wanted.urns))
    if unknown := [row["urn"] for row in await connection.fetch(_UNKNOWN, urns)]:
        raise Problem(422, "SCHOOLS_UNKNOWN", "Not in the register, or not open.", urns=", ".join(unknown))
    if already := [row["school_urn"] for row in await connection.fetch(_ALREADY, urns)]:
        raise Problem(409, "ALREADY_DESIGNATED", "Their parents are choosing now.", urns=", ".join(already))
    number = await connection.fetchval(_SAME_DAY, wanted.deadline)
    if number is None:
        seed = secrets.token_hex(16)
        year = school_year(local_day(wanted.deadline + MOVES_AFTER))
        number = await connection.fetchval(_OPEN, year, now, wanted.deadline, seed, seed_digest(seed))
    try:
        async with connection.transaction():
            made = await connection.fetch(_DESIGNATE, urns, number, wanted.reason, now)
    except asyncpg.UniqueViolationError:  # another officer was quicker, with another deadline
        raise Problem(409, "ALREADY_DESIGNATED", "Their parents are choosing now.", urns="") from None
    if quicker := sorted({*urns} - {row["school_urn"] for row in made}):  # or with the same
        raise Problem(409, "ALREADY_DESIGNATED", "Their parents are choosing now.", urns=", ".join(quicker))
    await lock_notices(connection)
    await connection.execute(_TELL, urns, number, now, "right")
    return {"round": number, "deadline": utc(wanted.deadline), "schools": len(urns)}


async def withdraw(connection: Connection, number: int, now: datetime) -> Json:
    """Takes back a designation that was a mistake: the lists of its pupils go, and their parents are told.

    Raises:
        Problem: 404 `DESIGNATION_NOT_FOUND`; 409 `OVER`, the places are given or it was taken back already.
    """
    row = await connection.fetchrow(
        """SELECT d.school_urn, d.round, d.closed_at FROM education.designation d
           JOIN education.school_round r ON r.id = d.round WHERE d.id = $1 FOR NO KEY UPDATE""",
        number,
    )
    if row is None:
        raise Problem(404, "DESIGNATION_NOT_FOUND", "There is no such designation.")
    if row["closed_at"] is not None:
        raise Problem(409, "OVER", "Its places are given, or it was taken back already.")
    await connection.execute(
        "UPDATE education.designation SET closed_at = $2, withdrawn = true WHERE id = $1", number, now
    )
    await connection.execute(
        """DELETE FROM education.choice c USING education.pupil u
           WHERE c.pupil = u.reference AND c.round = $1 AND u.school_urn = $2""",
        row["round"], row["school_urn"],
    )  # fmt: skip
    await lock_notices(connection)
    await connection.execute(_TELL, [row["school_urn"]], row["round"], now, "withdrawn")
    return {"school": row["school_urn"]}


async def overview(pool: Pool) -> Json:
    """What officers see: the designations, newest first, and the schools that the register says failed."""
    return {
        "designations": [
            {
                **{name: row[name] for name in (
                    "id", "school_urn", "name", "town", "phase", "reason", "withdrawn", "round", "pupils",
                    "lists", "no_number",
                )},
                "designated_at": utc(row["designated_at"]), "deadline": utc(row["deadline"]),
                "closed": row["closed_at"] is not None, "allocated": row["allocated_at"] is not None,
            }
            for row in await pool.fetch(_LIST)
        ],
        "marked": [dict(row) for row in await pool.fetch(_MARKED)],
    }  # fmt: skip


def closing(day: datetime) -> datetime:
    """The moment at which a day's deadline is over."""
    return datetime.combine(local_day(day), CLOSES_AT, LONDON)
