"""What each of the three, or a tutor, may see of a proposal: the same terms, and only their own answer."""

from datetime import datetime, timedelta
from typing import Final

from actions.education.service import tutors
from actions.education.service.proposals import NOT_AGREED, SHOWN_FOR_DAYS
from actions.education.service.sessions import SIDES
from actions.sdk.service import Json
from actions.sdk.serving import Pool, Problem

_ONE: Final = """
SELECT p.id, p.pupil, p.state, p.version, u.given_name, v.tutor, v.subject, v.hours, v.price, v.day, v.place,
    v.goal, v.proposed_by, v.lapses_at,
    (SELECT count(DISTINCT replace(a.party, 'other_parent', 'parent')) FROM education.answer a
        WHERE a.proposal = p.id AND a.version = p.version AND a.said = 'agree') AS agreed,
    (SELECT said FROM education.answer a WHERE a.proposal = p.id AND a.version = p.version
        AND a.party = $2) AS mine,
    EXISTS (SELECT FROM education.progress g WHERE g.proposal = p.id AND g.party = $2) AS progress,
    ARRAY(SELECT replace(y.party, 'other_parent', 'parent') AS side FROM education.party y
        WHERE y.pupil = p.pupil GROUP BY side HAVING bool_and(y.phone IS NULL) ORDER BY side) AS unreached
FROM education.proposal p JOIN education.pupil u ON u.reference = p.pupil
JOIN education.version v ON v.proposal = p.id AND v.version = p.version
"""
_OF_PUPIL: Final = (
    _ONE
    + """
WHERE p.pupil = $1 AND p.state <> 'unfunded' AND (p.ended_at IS NULL OR p.ended_at > $3)
AND ($4::text IS NULL OR v.tutor = $4) ORDER BY p.id
"""
)
_SESSIONS: Final = """
SELECT proposal, version, number, state, day, provider, family, unapproved FROM education.session
WHERE proposal = ANY($1) AND (state <> 'released' OR day IS NOT NULL) ORDER BY proposal, day, version, number
"""


async def proposal(pool: Pool, number: int, party: str, now: datetime) -> Json:
    """A proposal as one of the three, or the tutor, may see it.

    Raises:
        Problem: 404 `PROPOSAL_NOT_FOUND`.
    """
    pupil = await pupil_of(pool, number)
    for each in await proposals(pool, pupil, party, None, now):
        if isinstance(each, dict) and each["id"] == number:
            return each
    raise Problem(404, "PROPOSAL_NOT_FOUND", "There is no such proposal, or it ended long ago.")


async def pupil_of(pool: Pool, number: int) -> str:
    """Whose proposal it is.

    Raises:
        Problem: 404 `PROPOSAL_NOT_FOUND`.
    """
    found = await pool.fetchval("SELECT pupil FROM education.proposal WHERE id = $1", number)
    if found is None:
        raise Problem(404, "PROPOSAL_NOT_FOUND", "There is no such proposal.")
    return str(found)


async def proposals(pool: Pool, pupil: str, party: str, tutor: str | None, now: datetime) -> list[Json]:
    """A pupil's proposals in force, and those that ended lately; a tutor sees those with the tutor.

    Args:
        pool: the database.
        pupil: the reference.
        party: who looks.
        tutor: where a tutor looks, which.
        now: the time.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        shown = now - timedelta(days=SHOWN_FOR_DAYS)
        rows = await connection.fetch(_OF_PUPIL, pupil, party, shown, tutor)
        sessions = await connection.fetch(_SESSIONS, [row["id"] for row in rows])
        found = {
            row["id"]: row
            for row in await connection.fetch(
                "SELECT * FROM education.tutor WHERE id = ANY($1)", [row["tutor"] for row in rows]
            )
        }
    return [
        {
            "id": row["id"], "reference": row["pupil"], "given_name": row["given_name"],
            "state": _state(row["state"], row["lapses_at"], now), "version": row["version"],
            "tutor": tutors.as_json(found[row["tutor"]]), "subject": row["subject"], "hours": row["hours"],
            "price": row["price"], "total": row["price"] * row["hours"], "day": row["day"],
            "place": row["place"], "goal": row["goal"], "proposed_by": row["proposed_by"],
            "agreed": row["agreed"], "mine": row["mine"], "lapses_at": row["lapses_at"].isoformat(),
            "progress": row["progress"], "unreached": row["unreached"],
            "sessions": [
                {
                    "version": each["version"], "number": each["number"], "state": each["state"],
                    "day": each["day"].isoformat() if each["day"] else None,
                    "mine": each[SIDES[party]], "unapproved": each["unapproved"],
                }
                for each in sessions if each["proposal"] == row["id"]
            ],
        }
        for row in rows
    ]  # fmt: skip


def _state(state: str, lapses_at: datetime, now: datetime) -> str:
    """The state as all may know it: who refused can't be told from who was silent."""
    if state in ("refused", "lapsed") or (state == "open" and lapses_at <= now):
        return NOT_AGREED
    return state
