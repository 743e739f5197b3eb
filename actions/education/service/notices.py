"""Notices: what one of the three, a tutor or the desk is to be told or asked, in the order it came up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from actions.education.service import rules
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

DESK: Final = "desk"
TUTOR: Final = "tutor"
MOST: Final = 200
"""Notices in one answer."""

# Ids in the order of commits: who reads on from the last they saw misses none.
_ORDERED: Final = "SELECT pg_advisory_xact_lock(hashtext('education.notice'))"
_ADD: Final = """
INSERT INTO education.notice (key, kind, pupil, party, proposal, version, details, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_SINCE: Final = """
SELECT n.*, p.given_name, coalesce(a.phone, t.phone) AS phone, coalesce(a.language, 'en') AS language,
       v.tutor
FROM education.notice n JOIN education.pupil p ON p.reference = n.pupil
LEFT JOIN education.party a ON a.pupil = n.pupil AND a.party = n.party
JOIN education.version v ON v.proposal = n.proposal AND v.version = n.version
LEFT JOIN education.tutor t ON t.id = v.tutor AND n.party = 'tutor'
WHERE n.id > $1 ORDER BY n.id LIMIT $2
"""


async def notify(
    connection: Connection,
    kind: str,
    pupil: str,
    party: str,
    proposal: int,
    version: int,
    now: datetime,
    *,
    about: str = "",
    details: Mapping[str, Json] | None = None,
) -> None:
    """Adds a notice, once.

    Args:
        connection: in the transaction of what it is about.
        kind: what it is.
        pupil: whose.
        party: who is told: one of `parties`, `TUTOR` or `DESK`.
        proposal: which.
        version: of it.
        now: the time.
        about: what tells it from others of its kind, such as the number of a session.
        details: what it says besides; for the three nothing that is private to one of them.
    """
    await connection.execute(_ORDERED)
    key = ":".join(filter(None, (kind, str(proposal), str(version), party, about)))
    await connection.execute(_ADD, key, kind, pupil, party, proposal, version, dict(details or {}), now)


async def parties(connection: Connection, pupil: str) -> tuple[str, ...]:
    """The three, and the other parent where there is one on record."""
    other = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM education.party WHERE pupil = $1 AND party = $2)",
        pupil, rules.OTHER_PARENT,
    )  # fmt: skip
    return (*rules.PARTIES, *((rules.OTHER_PARENT,) if other else ()))


async def parents(connection: Connection, pupil: str) -> tuple[str, ...]:
    """The parent, or both."""
    return tuple(each for each in await parties(connection, pupil) if rules.side(each) == "parent")


async def since(pool: Pool, last: int) -> list[Json]:
    """The notices after one.

    Args:
        pool: the database.
        last: the id of the last that was seen; 0 from the beginning.
    """
    return [
        {
            "id": row["id"], "key": row["key"], "kind": row["kind"], "reference": row["pupil"],
            "given_name": row["given_name"], "party": row["party"], "proposal": row["proposal"],
            "version": row["version"], "phone": row["phone"], "language": row["language"],
            "tutor": row["tutor"] if row["party"] == TUTOR else None, "details": row["details"],
            "at": row["at"].isoformat(),
        }
        for row in await pool.fetch(_SINCE, last, MOST)
    ]  # fmt: skip
