"""What a parent may choose now, and the list they send, which they can change until the deadline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import asyncpg
from pydantic import Field

from actions.education.service import schools
from actions.education.service.distance import Spot
from actions.education.service.school_rules import MOST_CHOSEN, local_day, school_year, utc
from actions.education.service.schools import Child
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

type Stage = Literal["plan", "open", "waiting", "late", "offered", "accepted", "refused", "none", "no_right"]
"""`plan`: their plan names their school; `open`: a list can be sent; `waiting`: one was, and the deadline is
over; `late`: none was, and it is over; the next four are the outcome; `no_right`: their school is not
designated."""

_CHILD: Final = """
SELECT u.reference, u.given_name, u.school_urn, s.name AS school_name, l.reception_year, l.sex, l.plan,
    l.easting, l.northing,
    (SELECT r.school_year FROM education.designation d JOIN education.school_round r ON r.id = d.round
        WHERE d.school_urn = u.school_urn AND d.closed_at IS NULL) AS round_year
FROM education.pupil u LEFT JOIN education.roll l ON l.pupil = u.reference
LEFT JOIN education.school s ON s.urn = u.school_urn WHERE u.reference = $1
"""
# The newest round that concerns the pupil: one that is open for their school, or where something was decided.
_ROUND: Final = """
SELECT r.*, d.reason, d.closed_at, o.state AS outcome, c.sent_at
FROM education.school_round r
LEFT JOIN education.designation d ON d.round = r.id AND d.school_urn = $2 AND NOT d.withdrawn
LEFT JOIN education.outcome o ON o.round = r.id AND o.pupil = $1
LEFT JOIN education.choice c ON c.round = r.id AND c.pupil = $1
WHERE r.id IN (
    SELECT round FROM education.designation WHERE school_urn = $2 AND NOT withdrawn
    UNION SELECT round FROM education.outcome WHERE pupil = $1)
ORDER BY r.id DESC LIMIT 1
"""
_LIST: Final = """
SELECT p.school_urn AS urn, s.name FROM education.preference p JOIN education.school s ON s.urn = p.school_urn
WHERE p.round = $1 AND p.pupil = $2 ORDER BY p.rank
"""
_OUTCOME: Final = """
SELECT o.state, o.school_urn, o.rank, o.turned_on, o.answered_at, s.name, s.phone
FROM education.outcome o LEFT JOIN education.school s ON s.urn = o.school_urn
WHERE o.round = $1 AND o.pupil = $2
"""
# Locked against the giving out of places, which locks it for itself: a list counts whole, or comes too late.
_LOCK_ROUND: Final = """
SELECT r.id, r.deadline, r.allocated_at FROM education.school_round r
WHERE r.id = (SELECT round FROM education.designation WHERE school_urn = $1 AND closed_at IS NULL)
FOR SHARE
"""
# A list for a round whose places were given meanwhile is late; it is not without a right.
_OVER: Final = """
SELECT r.deadline FROM education.school_round r JOIN education.designation d ON d.round = r.id
WHERE r.id = $1 AND d.school_urn = $2 AND NOT d.withdrawn AND r.allocated_at IS NOT NULL
"""
_KEEP: Final = """
INSERT INTO education.choice (round, pupil, sent_at) VALUES ($1, $2, $3)
ON CONFLICT (round, pupil) DO UPDATE SET sent_at = excluded.sent_at
"""


class NewList(Body):
    """A list as a parent sends it.

    Args:
        round: which one it is for.
        schools: URNs, the most wanted first; none takes the list back.
        seen: the list that was kept when the parent began to change it, so that two parents on two
            telephones don't undo each other's unseen.
    """

    round: int
    schools: list[str] = Field(max_length=MOST_CHOSEN)
    seen: list[str] = Field(max_length=MOST_CHOSEN)


async def child_of(pool: Pool | Connection, pupil: str, now: datetime) -> tuple[asyncpg.Record, Child]:
    """A pupil's row, and what lists of schools depend on; in a round, the year group of its school year.

    Raises:
        Problem: 404 `PUPIL_NOT_FOUND`; 409 `NOT_ON_A_ROLL`, the rolls don't know year and home.
    """
    row = await pool.fetchrow(_CHILD, pupil)
    if row is None:
        raise Problem(404, "PUPIL_NOT_FOUND", "There is no such pupil.")
    if row["reception_year"] is None:
        raise Problem(409, "NOT_ON_A_ROLL", "The pupil's year group and home are not known.")
    year = (row["round_year"] or school_year(local_day(now))) - row["reception_year"]
    home = Spot(row["easting"], row["northing"])
    return row, Child(min(max(year, 0), 13), row["sex"], home, row["school_urn"])


async def situation(pool: Pool, pupil: str, now: datetime) -> Json:
    """Where a pupil's parent stands: what they may do now, until when, and what came of what they did.

    Raises:
        Problem: as of `child_of`.
    """
    row, child = await child_of(pool, pupil, now)
    found = await pool.fetchrow(_ROUND, pupil, child.school)
    stage = _stage(row, found, now)
    told: dict[str, Json] = {
        "stage": stage, "name": row["given_name"], "year_group": child.year_group,
        "school": {"urn": row["school_urn"], "name": row["school_name"] or row["school_urn"]},
        "round": None, "list": [], "outcome": None,
    }  # fmt: skip
    if found is None or stage in ("plan", "no_right"):
        return told
    chosen: list[Json] = [dict(each) for each in await pool.fetch(_LIST, found["id"], pupil)]
    told["list"] = chosen
    told["round"] = {
        "id": found["id"], "deadline": utc(found["deadline"]), "reason": found["reason"],
        "answer_by": utc(found["answer_by"]) if found["answer_by"] else None,
        "appeal_by": found["appeal_by"].isoformat() if found["appeal_by"] else None,
    }  # fmt: skip
    if (outcome := await pool.fetchrow(_OUTCOME, found["id"], pupil)) is not None:
        names = {str(each["urn"]): str(each["name"]) for each in chosen if isinstance(each, dict)}
        told["outcome"] = _outcome(outcome, names)
    return told


def _stage(row: asyncpg.Record, found: asyncpg.Record | None, now: datetime) -> Stage:
    if row["plan"]:
        return "plan"
    if found is None:
        return "no_right"
    if found["outcome"] is not None:
        outcome: Stage = found["outcome"]
        return outcome
    if found["closed_at"] is None and found["allocated_at"] is None and now <= found["deadline"]:
        return "open"
    return "waiting" if found["sent_at"] is not None and found["allocated_at"] is None else "late"


def _outcome(row: asyncpg.Record, names: Mapping[str, str]) -> Json:
    return {
        "school": row["school_urn"], "name": row["name"], "phone": row["phone"], "rank": row["rank"],
        "turned_on": [
            {"urn": urn, "name": names.get(urn, urn), "why": why, "metres": metres}
            for urn, why, metres in row["turned_on"]
        ],
    }  # fmt: skip


async def keep(connection: Connection, pupil: str, wanted: NewList, now: datetime) -> Json:
    """Keeps a parent's list in place of the one before.

    Args:
        connection: in a transaction.
        pupil: whose.
        wanted: the list.
        now: the time at which it came.

    Raises:
        Problem: 409 `NO_RIGHT`, `HAS_PLAN`, `DEADLINE_PASSED` with `deadline`, `ROUND_CHANGED`,
            `LIST_CHANGED` with the `list` there is now, `NOT_FOR_PUPIL` with `urn` and `why`; 422 `TWICE`;
            and `child_of`'s.
    """
    row, child = await child_of(connection, pupil, now)
    if row["plan"]:
        raise Problem(409, "HAS_PLAN", "The pupil's education, health and care plan names the school.")
    found = await connection.fetchrow(_LOCK_ROUND, child.school)
    if found is None:
        over = await connection.fetchval(_OVER, wanted.round, child.school)
        if over is not None:
            raise Problem(409, "DEADLINE_PASSED", "The places are given.", deadline=utc(over))
        raise Problem(409, "NO_RIGHT", "The pupil's school is not designated.")
    if found["allocated_at"] is not None or now > found["deadline"]:
        raise Problem(409, "DEADLINE_PASSED", "The deadline is over.", deadline=utc(found["deadline"]))
    if found["id"] != wanted.round:
        raise Problem(409, "ROUND_CHANGED", "The list is for another round.")
    if len(set(wanted.schools)) != len(wanted.schools):
        raise Problem(422, "TWICE", "A school is on the list twice.")
    for urn in wanted.schools:
        if why := schools.unsuitable(await schools.one(connection, urn), child):
            raise Problem(409, "NOT_FOR_PUPIL", "The school is not for this pupil.", urn=urn, why=why)
    await connection.execute(_KEEP, found["id"], pupil, now)  # and who comes at the same time waits here
    before = [each["urn"] for each in await connection.fetch(_LIST, found["id"], pupil)]
    if before not in (wanted.seen, wanted.schools):
        raise Problem(409, "LIST_CHANGED", "Somebody changed the list meanwhile.", list=[*before])
    await connection.execute(
        "DELETE FROM education.preference WHERE round = $1 AND pupil = $2", found["id"], pupil
    )
    await connection.executemany(
        "INSERT INTO education.preference (pupil, round, rank, school_urn) VALUES ($1, $2, $3, $4)",
        [(pupil, found["id"], rank, urn) for rank, urn in enumerate(wanted.schools, start=1)],
    )
    if not wanted.schools:
        await connection.execute(
            "DELETE FROM education.choice WHERE round = $1 AND pupil = $2", found["id"], pupil
        )
    return {"list": [*wanted.schools], "deadline": utc(found["deadline"])}
