"""Giving out the places of a round, answering an offer, and the next on a waiting list."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal

import asyncpg

from actions.education.service.allocation import Applicant, Result, Right, allocate
from actions.education.service.distance import Spot
from actions.education.service.school_rules import (
    DISTANCE,
    IN_CARE,
    LEAST_ANSWER,
    LEAST_APPEAL,
    SIBLING,
    local_day,
    lock_notices,
    lottery,
    utc,
)
from actions.education.service.schools import Child, one, unsuitable
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem

_CHOSEN: Final = """
SELECT p.pupil, array_agg(p.school_urn ORDER BY p.rank) AS schools, u.school_urn AS own, u.disadvantage,
    l.reception_year, l.sex, l.easting, l.northing,
    (SELECT coalesce(array_agg(b.school_urn), '{}') FROM education.sibling b
        WHERE b.pupil = p.pupil) AS siblings
FROM education.preference p JOIN education.pupil u ON u.reference = p.pupil
JOIN education.roll l ON l.pupil = p.pupil WHERE p.round = $1
GROUP BY p.pupil, u.reference, l.pupil ORDER BY p.pupil
"""
# In one order, so that two rounds that share schools wait for each other and never both.
_PLACES: Final = """
SELECT urn, year_group, free FROM education.place
WHERE urn IN (SELECT school_urn FROM education.preference WHERE round = $1)
ORDER BY urn, year_group FOR NO KEY UPDATE
"""
_TAKE: Final = "UPDATE education.place SET free = free - $3 WHERE urn = $1 AND year_group = $2"
_WRITE: Final = """
INSERT INTO education.outcome (pupil, round, state, school_urn, rank, year_group, turned_on, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_TELL: Final = """
INSERT INTO education.school_notice (key, kind, pupil, round, details, at)
SELECT concat_ws(':', 'outcome', $1::bigint, each, extract(epoch FROM $3::timestamptz)::bigint),
    'outcome', each,
    $1, '{}', $3
FROM unnest($2::text[]) AS each ON CONFLICT (key) DO NOTHING
"""
# Who waits for a year's places at a school: they wanted it more than what they have, or have nothing, and
# have not said yes or no to what they were offered.
_WAITING: Final = """
SELECT o.pupil, o.state, o.school_urn, o.rank, w.rank AS wanted_rank, u.school_urn AS own, u.disadvantage,
    l.reception_year, l.sex, l.easting, l.northing,
    EXISTS (SELECT FROM education.sibling b WHERE b.pupil = o.pupil AND b.school_urn = $2) AS sibling
FROM education.outcome o
JOIN education.preference w ON w.round = o.round AND w.pupil = o.pupil AND w.school_urn = $2
JOIN education.pupil u ON u.reference = o.pupil JOIN education.roll l ON l.pupil = o.pupil
WHERE o.round = $1 AND o.year_group = $3 AND o.state IN ('offered', 'none')
AND (o.rank IS NULL OR w.rank < o.rank) ORDER BY o.pupil FOR NO KEY UPDATE OF o
"""


class Giving(Body):
    """What an officer asks for.

    Args:
        dry_run: whether only to tell what would come out.
        answer_by: until when parents answer their offers; only where it is in earnest.
        appeal_by: until which day they can appeal; the same.
    """

    dry_run: bool
    answer_by: datetime | None = None
    appeal_by: date | None = None


class Answered(Body):
    """A parent's answer to an offer."""

    round: int
    school: str
    answer: Literal["accept", "refuse"]


async def give_out(connection: Connection, number: int, wanted: Giving, now: datetime) -> Json:
    """Gives out the places of a round, or tells what would come out.

    Args:
        connection: in a transaction.
        number: of the round.
        wanted: what the officer asks for.
        now: the time.

    Returns:
        `pupils` with a list, `by_rank`, `none` (references), and `schools` with the places given.

    Raises:
        Problem: 404 `ROUND_NOT_FOUND`; 409 `ALREADY_GIVEN`, or `TOO_EARLY` in earnest; 422 `ANSWER_TOO_SOON`
            or `APPEAL_TOO_SOON`.
    """
    # Lists that are being sent now are waited for; later ones wait for us and come too late.
    row = await connection.fetchrow(
        "SELECT * FROM education.school_round WHERE id = $1 FOR NO KEY UPDATE", number
    )
    if row is None:
        raise Problem(404, "ROUND_NOT_FOUND", "There is no such round.")
    if row["allocated_at"] is not None:
        raise Problem(409, "ALREADY_GIVEN", "The places of this round are given.")
    applicants = await _applicants(connection, row)
    places = {
        (each["urn"], each["year_group"]): each["free"] for each in await connection.fetch(_PLACES, number)
    }
    results = allocate(applicants, places)
    if not wanted.dry_run:
        _check_days(wanted, row, now)
        await _write(connection, number, wanted, (applicants, results), now)
    return await _told(connection, applicants, results)


def _check_days(wanted: Giving, row: asyncpg.Record, now: datetime) -> None:
    if now <= row["deadline"]:
        raise Problem(
            409, "TOO_EARLY", "Parents can still change their lists.", deadline=utc(row["deadline"])
        )
    if wanted.answer_by is None or wanted.answer_by.tzinfo is None or wanted.answer_by < now + LEAST_ANSWER:
        raise Problem(422, "ANSWER_TOO_SOON", f"Parents need {LEAST_ANSWER.days} days to answer.")
    if wanted.appeal_by is None or wanted.appeal_by < local_day(now) + LEAST_APPEAL:
        raise Problem(422, "APPEAL_TOO_SOON", f"Parents need {LEAST_APPEAL.days} days to appeal.")


async def _applicants(connection: Connection, row: asyncpg.Record) -> list[Applicant]:
    """The children with a list, and their right to each school that may take them."""
    found, known = [], dict[str, asyncpg.Record]()
    for each in await connection.fetch(_CHOSEN, row["id"]):
        year = row["school_year"] - each["reception_year"]
        child = Child(year, each["sex"], Spot(each["easting"], each["northing"]), each["own"])
        rights: dict[str, Right] = {}
        for urn in each["schools"]:
            known[urn] = known.get(urn) or await one(connection, urn)
            if unsuitable(known[urn], child) is None:
                sibling = urn in each["siblings"]
                rights[urn] = right(known[urn], child, each, row["seed"], sibling=sibling)
        found.append(Applicant(each["pupil"], year, each["schools"], rights))
    return found


def right(school: asyncpg.Record, child: Child, pupil: asyncpg.Record, seed: str, *, sibling: bool) -> Right:
    """A child's right to a school by the published rules.

    Args:
        school: its row.
        child: for the distance.
        pupil: with `pupil` and `disadvantage`.
        seed: of the lottery.
        sibling: whether a brother or sister goes there.
    """
    in_care = pupil["disadvantage"] in ("in_care", "left_care")
    rule = IN_CARE if in_care else SIBLING if sibling else DISTANCE
    metres = Spot(school["easting"], school["northing"]).metres(child.home)
    return rule, metres, lottery(seed, pupil["pupil"])


async def _write(
    connection: Connection,
    number: int,
    wanted: Giving,
    found: tuple[Sequence[Applicant], dict[str, Result]],
    now: datetime,
) -> None:
    applicants, results = found
    rows, taken = [], dict[tuple[str, int], int]()
    for each in applicants:
        result = results[each.pupil]
        if result.school is not None:
            key = result.school, each.year_group
            taken[key] = taken.get(key, 0) + 1
        turned_on = [
            (urn, why, each.rights[urn][1] if urn in each.rights else None) for urn, why in result.turned_on
        ]
        rows.append((
            each.pupil, number, "offered" if result.school else "none", result.school, result.rank,
            each.year_group, turned_on, now,
        ))  # fmt: skip
    await connection.executemany(_WRITE, rows)
    await connection.executemany(_TAKE, [(urn, year, count) for (urn, year), count in sorted(taken.items())])
    await connection.execute(
        "UPDATE education.school_round SET allocated_at = $2, answer_by = $3, appeal_by = $4 WHERE id = $1",
        number, now, wanted.answer_by, wanted.appeal_by,
    )  # fmt: skip
    await connection.execute(
        "UPDATE education.designation SET closed_at = $2 WHERE round = $1 AND closed_at IS NULL", number, now
    )
    await lock_notices(connection)
    await connection.execute(_TELL, number, [each.pupil for each in applicants], now)


async def _told(connection: Connection, applicants: Sequence[Applicant], results: dict[str, Result]) -> Json:
    by_rank: dict[str, Json] = {}
    schools: dict[str, int] = {}
    for result in results.values():
        if result.school is not None:
            rank = str(result.rank)
            by_rank[rank] = int(str(by_rank.get(rank, 0))) + 1
            schools[result.school] = schools.get(result.school, 0) + 1
    names = {urn: (await one(connection, urn))["name"] for urn in schools}
    return {
        "pupils": len(applicants), "by_rank": by_rank,
        "none": [each for each in sorted(results) if results[each].school is None],
        "schools": [
            {"urn": urn, "name": names[urn], "given": given} for urn, given in sorted(schools.items())
        ],
    }  # fmt: skip


async def answer(connection: Connection, pupil: str, said: Answered, now: datetime) -> Json:
    """Keeps a parent's answer to the offer; the same again changes nothing.

    Raises:
        Problem: 409 `NO_OFFER`, there is none of that school; 409 `ALREADY_ANSWERED` with `state`.
    """
    row = await connection.fetchrow(
        "SELECT * FROM education.outcome WHERE round = $1 AND pupil = $2 FOR NO KEY UPDATE", said.round, pupil
    )
    if row is None or row["school_urn"] != said.school:
        raise Problem(409, "NO_OFFER", "No place of that school is offered.")
    state = {"accept": "accepted", "refuse": "refused"}[said.answer]
    if row["state"] not in ("offered", state):
        raise Problem(409, "ALREADY_ANSWERED", "The offer was answered.", state=row["state"])
    if row["state"] == "offered":
        await connection.execute(
            "UPDATE education.outcome SET state = $3, answered_at = $4 WHERE round = $1 AND pupil = $2",
            said.round, pupil, state, now,
        )  # fmt: skip
        if state == "refused":
            await connection.execute(_TAKE, said.school, row["year_group"], -1)
    return {"state": state}


async def offer_next(connection: Connection, number: int, urn: str, year: int, now: datetime) -> Json:
    """Offers a place that is free again to the first on the waiting list, by the same rules.

    Who held an offer that they wanted less and had not answered gives that back with it.

    Raises:
        Problem: 404 `ROUND_NOT_FOUND`; 409 `NOT_GIVEN`, its places are not given out yet; 409 `NO_PLACE`;
            409 `NOBODY_WAITS`.
    """
    found = await connection.fetchrow(
        "SELECT * FROM education.school_round WHERE id = $1 FOR NO KEY UPDATE", number
    )
    if found is None:
        raise Problem(404, "ROUND_NOT_FOUND", "There is no such round.")
    if found["allocated_at"] is None:
        raise Problem(409, "NOT_GIVEN", "The places of this round are not given out yet.")
    school = await one(connection, urn)
    free = await connection.fetchval(
        "SELECT free FROM education.place WHERE urn = $1 AND year_group = $2 FOR NO KEY UPDATE", urn, year
    )
    if not free:
        raise Problem(409, "NO_PLACE", "There is no free place in that year.")
    waiting = []
    for row in await connection.fetch(_WAITING, number, urn, year):
        child = Child(year, row["sex"], Spot(row["easting"], row["northing"]), row["own"])
        if unsuitable(school, child) is None:
            waiting.append((right(school, child, row, found["seed"], sibling=row["sibling"]), row))
    if not waiting:
        raise Problem(409, "NOBODY_WAITS", "Nobody waits for a place in that year.")
    _, first = min(waiting, key=lambda each: each[0])
    await connection.execute(_TAKE, urn, year, 1)
    if first["school_urn"] is not None:
        await connection.execute(_TAKE, first["school_urn"], year, -1)
    await connection.execute(
        """UPDATE education.outcome SET state = 'offered', school_urn = $3, rank = $4, decided_at = $5,
               turned_on = (SELECT coalesce(jsonb_agg(each), '[]') FROM jsonb_array_elements(turned_on)
                   WITH ORDINALITY AS t (each, place) WHERE place < $4::smallint)
           WHERE round = $1 AND pupil = $2""",
        number, first["pupil"], urn, first["wanted_rank"], now,
    )  # fmt: skip
    # The time to answer begins anew for them where it was nearly over.
    await connection.execute(
        "UPDATE education.school_round SET answer_by = greatest(answer_by, $2) WHERE id = $1",
        number, now + LEAST_ANSWER,
    )  # fmt: skip
    await lock_notices(connection)
    await connection.execute(_TELL, number, [first["pupil"]], now)
    return {"pupil": first["pupil"], "waiting": len(waiting) - 1}
