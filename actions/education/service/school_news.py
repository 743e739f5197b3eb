"""What parents and the desk are to be told about choosing a school, each once and in order."""

from datetime import datetime, timedelta
from typing import Final

from actions.education.service.school_measures import wanted
from actions.education.service.school_rules import ANSWER_REMINDED, REMIND_BEFORE, lock_notices, utc
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

MOST: Final = 200
"""Notices of one answer."""

# Reminders are for those who sent no list, and on the last day for everybody.
_REMIND: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at)
SELECT concat_ws(':', 'remind', $3::int, r.id, u.reference, extract(epoch FROM r.deadline)::bigint), 'remind',
    u.reference, r.id,
    jsonb_build_object('school', s.name, 'days', $3, 'list', (
        SELECT coalesce(jsonb_agg(x.name ORDER BY p.rank), '[]')
        FROM education.preference p JOIN education.school x ON x.urn = p.school_urn
        WHERE p.round = r.id AND p.pupil = u.reference)),
    $1
FROM education.school_round r JOIN education.designation d ON d.round = r.id AND d.closed_at IS NULL
JOIN education.school s ON s.urn = d.school_urn JOIN education.pupil u ON u.school_urn = d.school_urn
LEFT JOIN education.roll l ON l.pupil = u.reference
WHERE r.allocated_at IS NULL AND r.deadline > $1 AND r.deadline <= $1 + $2::interval
-- A reminder is not the first that anybody hears of it, nor sent when the next is due.
AND d.designated_at < r.deadline - $2::interval AND r.deadline > $1 + $4::interval
AND NOT coalesce(l.plan, false)
AND ($3 = 1 OR NOT EXISTS (SELECT FROM education.choice c WHERE c.round = r.id AND c.pupil = u.reference))
ON CONFLICT (key) DO NOTHING
"""
_REMIND_ANSWER: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at)
SELECT concat_ws(':', 'answer', r.id, o.pupil, o.school_urn), 'answer', o.pupil, r.id,
    jsonb_build_object('school', s.name), $1
FROM education.outcome o JOIN education.school_round r ON r.id = o.round
JOIN education.school s ON s.urn = o.school_urn
WHERE o.state = 'offered' AND r.answer_by > $1 AND r.answer_by <= $1 + $2::interval
ON CONFLICT (key) DO NOTHING
"""
_DESK_DEADLINE: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at)
SELECT 'allocate:' || r.id || ':' || extract(epoch FROM r.deadline)::bigint, 'allocate', NULL, r.id,
    jsonb_build_object('lists', (SELECT count(*) FROM education.choice c WHERE c.round = r.id)), $1
FROM education.school_round r WHERE r.allocated_at IS NULL AND r.deadline < $1
AND EXISTS (SELECT FROM education.designation d WHERE d.round = r.id AND d.closed_at IS NULL)
ON CONFLICT (key) DO NOTHING
"""
_DESK_UNANSWERED: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at)
SELECT 'unanswered:' || r.id || ':' || extract(epoch FROM r.answer_by)::bigint, 'unanswered', NULL, r.id,
    jsonb_build_object('pupils', jsonb_agg(o.pupil ORDER BY o.pupil)), $1
FROM education.school_round r JOIN education.outcome o ON o.round = r.id AND o.state = 'offered'
WHERE r.answer_by < $1 GROUP BY r.id ON CONFLICT (key) DO NOTHING
"""
_GIVEN: Final = """
SELECT r.id FROM education.school_round r WHERE r.allocated_at IS NOT NULL
AND NOT EXISTS (SELECT FROM education.school_notice n WHERE n.key = 'measured:' || r.id) ORDER BY r.id
"""
_DESK_WANTED: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at) VALUES ($1, $2, NULL, $3, $4, $5)
ON CONFLICT (key) DO NOTHING
"""
_SINCE: Final = """
SELECT n.id, n.key, n.kind, n.pupil, n.details, n.at, n.round, r.deadline, r.answer_by, u.given_name,
    p.phone, coalesce(p.language, 'en') AS language, coalesce(p.party, 'parent') AS party
FROM (SELECT * FROM education.school_notice WHERE id > $1 AND kind <> 'measured' ORDER BY id LIMIT $2) n
JOIN education.school_round r ON r.id = n.round LEFT JOIN education.pupil u ON u.reference = n.pupil
LEFT JOIN education.party p ON p.pupil = n.pupil AND p.party IN ('parent', 'other_parent')
ORDER BY n.id, p.party DESC
"""


async def since(pool: Pool, last: int, now: datetime) -> list[Json]:
    """The notices after one; where two parents are on record each notice is there for each of them.

    Args:
        pool: the database.
        last: the number of the last that was seen; 0 for all.
        now: the time.
    """
    async with pool.acquire() as connection, connection.transaction():
        await lock_notices(connection)
        await _due(connection, now)
    return [
        {
            "id": row["id"], "key": row["key"], "kind": row["kind"], "pupil": row["pupil"],
            "name": row["given_name"], "phone": row["phone"], "language": row["language"],
            "party": row["party"],
            "details": row["details"], "round": row["round"], "deadline": utc(row["deadline"]),
            "answer_by": utc(row["answer_by"]) if row["answer_by"] else None, "at": utc(row["at"]),
        }
        for row in await pool.fetch(_SINCE, last, MOST)
    ]  # fmt: skip


async def _due(connection: Connection, now: datetime) -> None:
    for before, after in zip(REMIND_BEFORE, (*REMIND_BEFORE[1:], timedelta(0)), strict=True):
        await connection.execute(_REMIND, now, before, before.days, after)
    await connection.execute(_REMIND_ANSWER, now, ANSWER_REMINDED)
    await connection.execute(_DESK_DEADLINE, now)
    await connection.execute(_DESK_UNANSWERED, now)
    for row in await connection.fetch(_GIVEN):
        for each in await wanted(connection, row["id"]):
            key = f"wanted:{row['id']}:{each['area']}"
            await connection.execute(_DESK_WANTED, key, "wanted", row["id"], each, now)
        await connection.execute(_DESK_WANTED, f"measured:{row['id']}", "measured", row["id"], {}, now)
