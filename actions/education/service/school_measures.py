"""How a round went: who got what, which places came back, and where too few good places are to be had."""

from typing import Final

import asyncpg

from actions.education.service.school_rules import (
    AREA_TOLD_FROM,
    FEW_SHARE,
    LEAST_PUPILS,
    POOR_SHARE,
    utc,
)
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

_ROUNDS: Final = """
SELECT r.id, r.school_year, r.opened_at, r.deadline, r.allocated_at, r.answer_by, r.appeal_by, r.seed,
    r.seed_digest,
    (SELECT coalesce(jsonb_agg(s.name ORDER BY s.name), '[]') FROM education.designation d
        JOIN education.school s ON s.urn = d.school_urn WHERE d.round = r.id AND NOT d.withdrawn) AS schools,
    (SELECT count(*) FROM education.designation d JOIN education.pupil u ON u.school_urn = d.school_urn
        WHERE d.round = r.id AND NOT d.withdrawn) AS pupils,
    (SELECT count(*) FROM education.choice c WHERE c.round = r.id) AS lists,
    (SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM (SELECT state, count(*) AS n
        FROM education.outcome o WHERE o.round = r.id GROUP BY state) AS t) AS states,
    (SELECT coalesce(jsonb_object_agg(rank, n), '{}') FROM (SELECT rank, count(*) AS n
        FROM education.outcome o WHERE o.round = r.id AND rank IS NOT NULL GROUP BY rank) AS t) AS ranks
FROM education.school_round r ORDER BY r.id DESC LIMIT 50
"""
# Places that are free though somebody waits for them.
_WAITED_FOR: Final = """
SELECT o.round, w.school_urn AS urn, s.name, o.year_group, p.free, count(*) AS waiting
FROM education.outcome o
JOIN education.preference w ON w.round = o.round AND w.pupil = o.pupil AND (o.rank IS NULL OR w.rank < o.rank)
JOIN education.place p ON p.urn = w.school_urn AND p.year_group = o.year_group AND p.free > 0
JOIN education.school s ON s.urn = w.school_urn
WHERE o.state IN ('offered', 'none') AND ($1::bigint IS NULL OR o.round = $1)
GROUP BY o.round, w.school_urn, s.name, o.year_group, p.free ORDER BY o.round DESC, s.name, o.year_group
"""
_AREAS: Final = """
SELECT o.round, split_part(u.postcode, ' ', 1) AS area, count(*) AS pupils,
    count(*) FILTER (WHERE u.disadvantage IS NOT NULL) AS poor, count(*) FILTER (WHERE o.rank = 1) AS first,
    count(*) FILTER (WHERE o.rank IS NULL) AS none
FROM education.outcome o JOIN education.pupil u ON u.reference = o.pupil
WHERE $1::bigint IS NULL OR o.round = $1 GROUP BY o.round, area ORDER BY o.round DESC, area
"""


async def overview(pool: Pool) -> Json:
    """The rounds, newest first, each with its figures, for officers."""
    areas = await _areas(pool, None)
    waited = [dict(row) for row in await pool.fetch(_WAITED_FOR, None)]
    return {
        "rounds": [
            {
                **_dates(row),
                **{name: row[name] for name in ("schools", "pupils", "lists", "states", "ranks")},
                "areas": [dict(each) for each in areas if each["round"] == row["id"]],
                "waited_for": [dict(each) for each in waited if each["round"] == row["id"]],
            }
            for row in await pool.fetch(_ROUNDS)
        ]
    }  # fmt: skip


async def published(pool: Pool) -> Json:
    """What everybody may know of the rounds: their days, their lottery, and where more places are wanted."""
    areas = await _areas(pool, None)
    return {
        "rounds": [
            {
                **_dates(row), "schools": row["schools"],
                # Before the places are given nobody may work out who comes first.
                "seed": row["seed"] if row["allocated_at"] else None,
            }
            for row in await pool.fetch(_ROUNDS)
        ],
        "wanted": [
            {
                "round": each["round"], "area": each["area"], "pupils": _public(each["pupils"]),
                "first": _public(each["first"]),
            }
            for each in areas if each["wanted"]
        ],
    }  # fmt: skip


async def wanted(connection: Pool | Connection, number: int) -> list[dict[str, Json]]:
    """The areas of a round where more good places are wanted, with their figures."""
    return [each for each in await _areas(connection, number) if each["wanted"]]


async def _areas(connection: Pool | Connection, number: int | None) -> list[dict[str, Json]]:
    return [{**dict(row), "wanted": _is_wanted(row)} for row in await connection.fetch(_AREAS, number)]


def _is_wanted(row: asyncpg.Record) -> bool:
    pupils: int = row["pupils"]
    poor, few = row["poor"] / pupils >= POOR_SHARE, row["first"] / pupils <= FEW_SHARE
    return pupils >= LEAST_PUPILS and bool(poor) and bool(few)


def _public(number: Json) -> int | None:
    return number if isinstance(number, int) and number >= AREA_TOLD_FROM else None


def _dates(row: asyncpg.Record) -> dict[str, Json]:
    return {
        "id": row["id"], "school_year": row["school_year"], "opened_at": utc(row["opened_at"]),
        "deadline": utc(row["deadline"]),
        "allocated_at": utc(row["allocated_at"]) if row["allocated_at"] else None,
        "answer_by": utc(row["answer_by"]) if row["answer_by"] else None,
        "appeal_by": row["appeal_by"].isoformat() if row["appeal_by"] else None,
        "seed_digest": row["seed_digest"],
    }  # fmt: skip
