"""Sessions: each is confirmed by two sides and then paid; what became of the goal is asked at the end."""

from datetime import datetime, timedelta
from typing import Final, Literal

import asyncpg
from pydantic import Field

from actions.education.service import credit, money, planning, tutors
from actions.education.service.notices import DESK, TUTOR, notify, parents
from actions.education.service.proposals import RELEASED
from actions.education.service.rules import Party
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

SIDES: Final = {
    "parent": "family", "other_parent": "family", "pupil": "family", "school": "provider",
    "tutor": "provider",
}  # fmt: skip
"""The side that each speaks for: one of each side confirms a session."""


class Confirmed(Body):
    """What one side says of a session."""

    party: Literal["parent", "other_parent", "pupil", "school", "tutor"]
    took_place: bool


class Settled(Body):
    """What the desk found out of a session that its two sides tell otherwise."""

    took_place: bool


class Progress(Body):
    """How it went, 1 to 5, and whether the goal came true."""

    party: Party
    went: int = Field(ge=1, le=5)
    goal: Literal["yes", "partly", "no"]


async def confirm(
    connection: Connection,
    pupil: str,
    proposal: int,
    version: int,
    number: int,
    said: Confirmed,
    now: datetime,
) -> Json:
    """Keeps what a side says. Both say it took place: it is paid. Both say it did not: it is put off.

    Raises:
        Problem: 404 `SESSION_NOT_FOUND`; 409 `SESSION_SETTLED`, or `SESSION_NOT_DUE` before its day.
    """
    row = await connection.fetchrow(
        "SELECT state, day FROM education.session WHERE proposal = $1 AND version = $2 AND number = $3",
        proposal, version, number,
    )  # fmt: skip
    if row is None:
        raise Problem(404, "SESSION_NOT_FOUND", "There is no such session.")
    if row["state"] != "held":
        raise Problem(409, "SESSION_SETTLED", "It was paid, or its money was given back.")
    if row["day"] is None or row["day"] > credit.today(now):
        raise Problem(409, "SESSION_NOT_DUE", "Its day has not come.")
    side = SIDES[said.party]
    row = await connection.fetchrow(
        f"""UPDATE education.session SET {side} = $4 WHERE proposal = $1 AND version = $2 AND number = $3
            RETURNING *""",  # noqa: S608  (a side is one of two words of ours)
        proposal, version, number, said.took_place,
    )  # fmt: skip
    assert row is not None
    words = (row["provider"], row["family"])
    if words == (True, True):
        return {"outcome": await pay(connection, pupil, row, now)}
    if words == (False, False):
        return {"outcome": await _put_off(connection, pupil, row, now)}
    if None in words:
        return {"outcome": "waiting"}
    await notify(
        connection, "disputed", pupil, DESK, proposal, version, now, about=f"{number}-{row['day']}",
        details={"session": number, "day": row["day"].isoformat()},
    )  # fmt: skip
    return {"outcome": "disputed"}


DISPUTED: Final = """
SELECT s.proposal, s.version, s.number, s.day, s.provider, s.family, p.pupil, u.given_name, v.subject,
    v.price,
    coalesce(t.name, v.tutor) AS tutor
FROM education.session s JOIN education.proposal p ON p.id = s.proposal
JOIN education.pupil u ON u.reference = p.pupil
JOIN education.version v ON v.proposal = s.proposal AND v.version = s.version
LEFT JOIN education.tutor t ON t.id = v.tutor
WHERE s.state = 'held' AND s.provider <> s.family
ORDER BY s.day, s.proposal, s.version, s.number LIMIT $1 OFFSET $2
"""
PAGE: Final = 25
"""Disputed sessions on one page."""


async def disputed(pool: Pool, page: int) -> dict[str, Json]:
    """The sessions that took place by one side's word and not by the other's, the oldest first.

    Args:
        pool: the database.
        page: which, from 1.

    Returns:
        `disputes`, and whether there are `more`.
    """
    rows = await pool.fetch(DISPUTED, PAGE + 1, (page - 1) * PAGE)
    found: list[Json] = [
        {
            "proposal": row["proposal"], "version": row["version"], "number": row["number"],
            "day": row["day"].isoformat(), "reference": row["pupil"], "given_name": row["given_name"],
            "subject": row["subject"], "price": row["price"], "tutor": row["tutor"],
            "provider": row["provider"], "family": row["family"],
        }
        for row in rows[:PAGE]
    ]  # fmt: skip
    return {"disputes": found, "more": len(rows) > PAGE}


async def settle(
    connection: Connection,
    pupil: str,
    proposal: int,
    version: int,
    number: int,
    said: Settled,
    now: datetime,
) -> Json:
    """The desk's word on a disputed session counts for both sides, who are told.

    Raises:
        Problem: 404 `SESSION_NOT_FOUND`; 409 `NOT_DISPUTED`, the sides agree by now, or it is settled.
    """
    row = await connection.fetchrow(
        """UPDATE education.session SET provider = $4, family = $4
           WHERE proposal = $1 AND version = $2 AND number = $3 AND state = 'held' AND provider <> family
           RETURNING *""",
        proposal, version, number, said.took_place,
    )  # fmt: skip
    if row is None:
        known = "SELECT true FROM education.session WHERE proposal = $1 AND version = $2 AND number = $3"
        if await connection.fetchval(known, proposal, version, number):
            raise Problem(409, "NOT_DISPUTED", "The two sides agree by now, or it is settled.")
        raise Problem(404, "SESSION_NOT_FOUND", "There is no such session.")
    finish = pay if said.took_place else _put_off
    outcome = await finish(connection, pupil, row, now)
    details: dict[str, Json] = {"session": number, "day": row["day"].isoformat(), "outcome": outcome}
    for party in (*await parents(connection, pupil), "school", TUTOR):
        await notify(
            connection, "settled", pupil, party, proposal, version, now, about=f"{number}-{row['day']}",
            details=details,
        )  # fmt: skip
    return {"outcome": outcome}


async def pay(connection: Connection, pupil: str, row: asyncpg.Record, now: datetime) -> str:
    """Has a session paid that both sides confirmed, if the tutor is approved; the desk is told if not.

    Returns:
        `paid` or `unapproved`.
    """
    proposal, version, number = row["proposal"], row["version"], row["number"]
    name = await connection.fetchval(
        "SELECT tutor FROM education.version WHERE proposal = $1 AND version = $2", proposal, version
    )
    good = tutors.approved(await tutors.one(connection, name), credit.today(now))
    await connection.execute(
        """UPDATE education.session SET state = CASE WHEN $4 THEN 'posted' ELSE state END, unapproved = NOT $4
           WHERE proposal = $1 AND version = $2 AND number = $3""",
        proposal, version, number, good,
    )  # fmt: skip
    if good:
        transfers = [money.post(proposal, version, number)]
        await money.order(connection, "post", pupil, transfers, now, proposal, version)
        return "paid"
    if not row["unapproved"]:
        details: dict[str, Json] = {"tutor": name, "session": number}
        for party in (*await parents(connection, pupil), "school", DESK):
            await notify(
                connection, "unapproved", pupil, party, proposal, version, now,
                details=details if party == DESK else None,
            )  # fmt: skip
    return "unapproved"


async def _put_off(connection: Connection, pupil: str, row: asyncpg.Record, now: datetime) -> str:
    """A session that did not take place comes a week after the last, or is given back where it is over."""
    proposal, version, number = row["proposal"], row["version"], row["number"]
    agreed = await connection.fetchrow(
        """SELECT v.day, v.place, (SELECT max(s.day) FROM education.session s
               WHERE s.proposal = v.proposal AND s.version = v.version) AS last
           FROM education.proposal p JOIN education.version v ON v.proposal = p.id AND v.version = p.version
           WHERE p.id = $1 AND p.version = $2 AND p.state = 'agreed'""",
        proposal, version,
    )  # fmt: skip
    if agreed is None:
        await give_back(connection, pupil, row, now)
        return "given_back"
    # Not before today: who settles it late plans nothing for days that are over.
    soonest = max(agreed["last"], credit.today(now)) + timedelta(days=1)
    known = await planning.terms_for(connection, pupil, agreed["place"])
    [day] = planning.days(agreed["day"], soonest, 1, known)
    await connection.execute(
        """UPDATE education.session SET provider = NULL, family = NULL, asked_at = NULL, day = $4
           WHERE proposal = $1 AND version = $2 AND number = $3""",
        proposal, version, number, day,
    )  # fmt: skip
    return "put_off"


async def give_back(connection: Connection, pupil: str, row: asyncpg.Record, now: datetime) -> None:
    """Gives the money of one session back to the credit."""
    proposal, version, number = row["proposal"], row["version"], row["number"]
    await connection.execute(RELEASED, proposal, version, number)
    transfers = [money.release(proposal, version, number)]
    await money.order(connection, "release", pupil, transfers, now, proposal, version)


async def keep_progress(connection: Connection, proposal: int, said: Progress, now: datetime) -> Json:
    """Keeps how it went, as one of the three says; the last word counts.

    Raises:
        Problem: 409 `NOT_DONE`, there are sessions to come.
    """
    state = await connection.fetchval("SELECT state FROM education.proposal WHERE id = $1", proposal)
    if state not in ("done", "ended"):
        raise Problem(409, "NOT_DONE", "The tutoring goes on.")
    await connection.execute(
        """INSERT INTO education.progress (proposal, party, went, goal, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (proposal, party) DO UPDATE SET went = excluded.went, goal = excluded.goal,
               at = excluded.at""",
        proposal, said.party, said.went, said.goal, now,
    )  # fmt: skip
    return {"kept": True}
