"""Proposals: what three are to agree to, one version of it in force; who agreed, and what each may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import asyncpg
from pydantic import Field, StringConstraints

from actions.education.service import credit, money, planning, rules, tutors
from actions.education.service.notices import DESK, notify, parties
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem

NOT_AGREED: Final = "not_agreed"
"""What is answered of a proposal that was refused or that somebody was silent about: the two look alike."""
RELEASED: Final = (
    "UPDATE education.session SET state = 'released' WHERE proposal = $1 AND version = $2 AND number = $3"
)
SHOWN_FOR_DAYS: Final = 60
"""For so long after its end a proposal is shown."""

type Goal = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Terms(Body):
    """What is agreed to: with whom, in what, how many hours, on which day, where, and what for."""

    tutor: str = Field(max_length=20)
    subject: rules.Subject
    hours: int = Field(ge=1, le=rules.MOST_HOURS)
    day: rules.Day
    place: rules.Place
    goal: Goal


class Proposed(Terms):
    """A proposal, and who of the three makes it."""

    party: rules.Party


class Changed(Terms):
    """A change of the version that was read, and who of the three makes it."""

    party: rules.Party
    version: int = Field(ge=1, le=30_000)


class Answered(Body):
    """What one of the three says to the version that was read."""

    party: rules.Party
    version: int = Field(ge=1, le=30_000)
    answer: Literal["agree", "refuse"]


async def propose(connection: Connection, pupil: str, wanted: Proposed, now: datetime) -> Json:
    """Drafts a proposal; it is open as soon as its money is held.

    Raises:
        Problem: 409 `ANOTHER_OPEN`, `NO_CREDIT`; and as of `_check`.
    """
    await _none_open(connection, pupil)
    proposal = await connection.fetchval(
        "INSERT INTO education.proposal (pupil, state, drafting, begun_at) VALUES ($1, 'drafted', 1, $2)"
        " RETURNING id",
        pupil, now,
    )  # fmt: skip
    await _draft(connection, pupil, proposal, 1, wanted, wanted.party, [], now)
    return {"proposal": proposal, "version": 1}


async def change(connection: Connection, pupil: str, proposal: int, wanted: Changed, now: datetime) -> Json:
    """Drafts another version. As soon as its money is held it is in force, and all three are asked again.

    Sessions that were to come are given back for it; one whose day has come can still be confirmed.

    Raises:
        Problem: 409 `VERSION_CHANGED`, `NOT_OPEN`, `ANOTHER_OPEN`; and as of `_check`.
    """
    row = await _in_force(connection, proposal, wanted.version, ("open", "agreed"), now)
    if row["state"] != "open":
        await _none_open(connection, pupil)
    number = 1 + await connection.fetchval(
        "SELECT max(version) FROM education.version WHERE proposal = $1", proposal
    )
    await connection.execute("UPDATE education.proposal SET drafting = $2 WHERE id = $1", proposal, number)
    given_back = await to_come(connection, proposal, now)
    await _draft(connection, pupil, proposal, number, wanted, wanted.party, given_back, now)
    return {"proposal": proposal, "version": number}


async def _draft(
    connection: Connection,
    pupil: str,
    proposal: int,
    number: int,
    terms: Terms,
    party: str,
    given_back: Sequence[tuple[int, int]],
    now: datetime,
) -> None:
    price = await _check(connection, pupil, terms, now)
    await connection.execute(
        """INSERT INTO education.version (proposal, version, tutor, subject, hours, price, day, place, goal,
                                          proposed_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        proposal, number, terms.tutor, terms.subject, terms.hours, price, terms.day, terms.place, terms.goal,
        party,
    )  # fmt: skip
    # Linked: what is given back is so only when the new is held.
    transfers = [money.release(proposal, version, at) for version, at in given_back]
    transfers += [
        money.hold(pupil, terms.tutor, price, proposal, number, at) for at in range(1, terms.hours + 1)
    ]
    await money.order(connection, "hold", pupil, transfers, now, proposal, number)


async def _check(connection: Connection, pupil: str, terms: Terms, now: datetime) -> int:
    """The price of an hour, in pence, of terms that are possible.

    Raises:
        Problem: 409 `NO_CREDIT`, `TUTOR_NOT_APPROVED`, `SUBJECT_NOT_BEHIND`; 404 `TUTOR_NOT_FOUND`;
            422 `TERMS_WRONG` with the `field`.
    """
    if not await credit.has_credit(connection, pupil):
        raise Problem(409, "NO_CREDIT", "The credit was not awarded.")
    found = await credit.standing(connection, pupil, now)
    if terms.subject not in found.behind:
        raise Problem(409, "SUBJECT_NOT_BEHIND", "The credit is for subjects the pupil is behind in.")
    tutor = await tutors.one(connection, terms.tutor)
    school = await connection.fetchval("SELECT school_urn FROM education.pupil WHERE reference = $1", pupil)
    possible = {
        "subject": terms.subject in tutor["subjects"], "day": terms.day in tutor["days"],
        "place": terms.place in tutor["places"], "tutor": tutor["school_urn"] in (None, school),
    }  # fmt: skip
    for field, holds in possible.items():
        if not holds:
            raise Problem(422, "TERMS_WRONG", f"{field}: not of this tutor.", field=field)
    if not tutors.approved(tutor, credit.today(now)):
        raise Problem(409, "TUTOR_NOT_APPROVED", "The tutor is not approved today.")
    price: int = tutor["price"]
    return price


async def held(connection: Connection, row: asyncpg.Record, refused: str | None, now: datetime) -> None:
    """The ledger holds the money of a version, or does not: the version is in force, or nothing has changed.

    Args:
        connection: in a transaction that has the pupil's lock.
        row: the movement.
        refused: why the ledger did not.
        now: the time.
    """
    proposal, number = row["proposal"], row["version"]
    if refused:
        await connection.execute(
            """UPDATE education.proposal SET drafting = NULL,
                   state = CASE WHEN version = 0 THEN 'unfunded' ELSE state END WHERE id = $1""",
            proposal,
        )
        return
    # What was given back for it: the same that were to come when it was drafted, as nothing happened since.
    await connection.execute(
        """UPDATE education.session SET state = 'released'
           WHERE proposal = $1 AND version <> $2 AND state = 'held' AND (day IS NULL OR day > $3)""",
        proposal, number, credit.today(row["made_at"]),
    )  # fmt: skip
    version = await connection.fetchrow(
        """UPDATE education.version SET remind_at = $3, lapses_at = $4
           WHERE proposal = $1 AND version = $2 RETURNING hours, proposed_by""",
        proposal, number, now + rules.REMINDED_AFTER, now + rules.LAPSES_AFTER,
    )  # fmt: skip
    assert version is not None
    await connection.execute(
        "UPDATE education.proposal SET version = $2, drafting = NULL, state = 'open' WHERE id = $1",
        proposal, number,
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO education.session (proposal, version, number) VALUES ($1, $2, $3)",
        [(proposal, number, at) for at in range(1, version["hours"] + 1)],
    )
    # Who proposes has read it back and agreed.
    await _record(connection, proposal, number, version["proposed_by"], "agree", now)
    for party in await parties(connection, row["pupil"]):
        if party != version["proposed_by"]:
            why: Json = "new" if number == 1 else "changed"
            await notify(
                connection, "agree", row["pupil"], party, proposal, number, now, details={"why": why}
            )


async def answer(connection: Connection, pupil: str, proposal: int, given: Answered, now: datetime) -> Json:
    """Takes somebody's answer to the version in force; when all three sides agree it is agreed.

    A refusal ends it at once, also when it was agreed before. The others hear that it was not agreed by
    everybody, which they hear of silence too: never who it was.

    Raises:
        Problem: 409 `VERSION_CHANGED`, `NOT_OPEN`.
    """
    states = ("open", "agreed") if given.answer == "refuse" else ("open",)
    row = await _in_force(connection, proposal, given.version, states, now)
    await _record(connection, proposal, given.version, given.party, given.answer, now)
    done: Json = {"proposal": proposal, "version": given.version}
    if given.answer == "refuse":
        ended: Literal["ended", "refused"] = "ended" if row["state"] == "agreed" else "refused"
        await end(connection, pupil, proposal, given.version, ended, now, {"by": given.party})
        return done
    agreed = await connection.fetch(
        "SELECT party FROM education.answer WHERE proposal = $1 AND version = $2 AND said = 'agree'",
        proposal, given.version,
    )  # fmt: skip
    if len({rules.side(each["party"]) for each in agreed}) == len(rules.PARTIES):
        await _all_agreed(connection, pupil, proposal, given.version, now)
    return done


async def _record(
    connection: Connection, proposal: int, version: int, party: str, said: str, now: datetime
) -> None:
    await connection.execute(
        """INSERT INTO education.answer (proposal, version, party, said, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (proposal, version, party) DO UPDATE SET said = excluded.said, at = excluded.at""",
        proposal, version, party, said, now,
    )  # fmt: skip


async def _all_agreed(connection: Connection, pupil: str, proposal: int, version: int, now: datetime) -> None:
    """Plans a session a week, on the day that was agreed and not in holidays."""
    await connection.execute("UPDATE education.proposal SET state = 'agreed' WHERE id = $1", proposal)
    terms = await connection.fetchrow(
        "SELECT day, place, hours FROM education.version WHERE proposal = $1 AND version = $2",
        proposal, version,
    )  # fmt: skip
    assert terms is not None
    soonest = credit.today(now) + timedelta(days=rules.NOTICE_DAYS)
    known = await planning.terms_for(connection, pupil, terms["place"])
    planned = planning.days(terms["day"], soonest, terms["hours"], known)
    await connection.executemany(
        "UPDATE education.session SET day = $4 WHERE proposal = $1 AND version = $2 AND number = $3",
        [(proposal, version, number, day) for number, day in enumerate(planned, start=1)],
    )
    for party in (*await parties(connection, pupil), "tutor"):
        await notify(connection, "agreed", pupil, party, proposal, version, now)


async def end(
    connection: Connection,
    pupil: str,
    proposal: int,
    version: int,
    state: Literal["refused", "ended", "lapsed"],
    now: datetime,
    known: dict[str, Json],
) -> None:
    """Ends a proposal that not everybody agrees to: its money goes back, all are told alike, the desk more.

    Args:
        connection: in a transaction that has the pupil's lock.
        pupil: whose.
        proposal: which.
        version: in force.
        state: how it ends.
        now: the time.
        known: what the desk is told besides, discreetly.
    """
    await connection.execute(
        "UPDATE education.proposal SET state = $2, ended_at = $3 WHERE id = $1", proposal, state, now
    )
    given_back = await to_come(connection, proposal, now)
    await connection.executemany(RELEASED, [(proposal, *each) for each in given_back])
    transfers = [money.release(proposal, *each) for each in given_back]
    await money.order(connection, "release", pupil, transfers, now, proposal, version)
    kind = "ended" if state == "ended" else NOT_AGREED
    told = await parties(connection, pupil)
    told = (*told, "tutor") if state == "ended" else told
    for party in told:
        await notify(connection, kind, pupil, party, proposal, version, now)
    await notify(connection, state, pupil, DESK, proposal, version, now, details=known)


async def to_come(connection: Connection, proposal: int, now: datetime) -> list[tuple[int, int]]:
    """The sessions, by version and number, whose money can be given back: their day has not come."""
    rows = await connection.fetch(
        """SELECT version, number FROM education.session WHERE proposal = $1 AND state = 'held'
           AND (day IS NULL OR day > $2) ORDER BY version, number""",
        proposal, credit.today(now),
    )  # fmt: skip
    return [(row["version"], row["number"]) for row in rows]


async def _none_open(connection: Connection, pupil: str) -> None:
    if await connection.fetchval(
        """SELECT EXISTS (SELECT FROM education.proposal
               WHERE pupil = $1 AND (state IN ('drafted', 'open') OR drafting IS NOT NULL))""",
        pupil,
    ):
        raise Problem(409, "ANOTHER_OPEN", "Another proposal for this pupil waits to be agreed.")


async def _in_force(
    connection: Connection, proposal: int, version: int, states: Sequence[str], now: datetime
) -> asyncpg.Record:
    """A proposal in one of some states, with the version that was read still in force.

    Raises:
        Problem: 409 `VERSION_CHANGED` with the `version` in force; 409 `NOT_OPEN`, also from the moment that
            it lapses, whether or not that was noted yet; 404 `PROPOSAL_NOT_FOUND`.
    """
    row = await connection.fetchrow(
        """SELECT p.state, p.version, v.lapses_at FROM education.proposal p LEFT JOIN education.version v
           ON v.proposal = p.id AND v.version = p.version WHERE p.id = $1""",
        proposal,
    )
    if row is None or row["version"] == 0:
        raise Problem(404, "PROPOSAL_NOT_FOUND", "There is no such proposal.")
    if row["state"] not in states or (row["state"] == "open" and row["lapses_at"] <= now):
        raise Problem(409, "NOT_OPEN", "It can't be answered any more.")
    if row["version"] != version:
        raise Problem(409, "VERSION_CHANGED", "It was changed since it was read.", version=row["version"])
    return row
