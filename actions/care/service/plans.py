"""Plans: lines in the citizen's own words, in versions; one is written, one is in force, none goes back."""

from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
from pydantic import Field

from actions.care.service import events, people
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

type Period = Literal["week", "month", "year", "once"]

TIMES: Final = {"week": 52, "month": 12, "year": 1, "once": 1}
"""How often in a year."""
MOST_LINES: Final = 40
MOST_PENCE: Final = 100_000_000
"""A million pounds: what is more is a slip of the finger."""

_VERSIONS: Final = """
SELECT * FROM care.version WHERE budget = $1 AND (agreed_at IS NULL OR replaced_at IS NULL) ORDER BY number
"""
# What a line has taken already: what is held for it and what was paid, less what came back.
USED: Final = """
SELECT line, sum(pence - refunded)::bigint AS used FROM care.spend
WHERE budget = $1 AND line IS NOT NULL AND state IN ('new', 'asked', 'held', 'paying', 'paid') GROUP BY line
"""
_COPY: Final = """
INSERT INTO care.line (version, line, words, outcome, pence, period, yearly, state, decided_by)
SELECT $2, line, words, outcome, pence, period, yearly, state, decided_by FROM care.line WHERE version = $1
"""


class NewLine(Body):
    """A line as the citizen writes it."""

    words: str = Field(pattern=r"\S", max_length=200)
    outcome: str = Field(default="", max_length=200)
    pence: int = Field(gt=0, le=MOST_PENCE)
    period: Period


class Decision(Body):
    """What an officer says of a line, a spend or another way of holding."""

    agreed: bool
    reason: str = Field(default="", max_length=300)
    officer: str = Field(pattern=r"^officer:\d{1,18}$")


async def plan(connection: Connection | Pool, reference: str, now: datetime) -> dict[str, Json]:
    """A citizen's plan: what is in force, and what is being written or talked over."""
    budget = await people.budget(connection, reference, now)
    used = {row["line"]: row["used"] for row in await connection.fetch(USED, budget["id"])}
    found: dict[str, Json] = {
        "budget": people.budget_json(budget), "in_force": None, "open": None,
    }  # fmt: skip
    for version in await connection.fetch(_VERSIONS, budget["id"]):
        rows = await lines(connection, version["id"])
        found["in_force" if version["agreed_at"] else "open"] = version_json(version, rows, used)
    return found


async def lines(connection: Connection | Pool, version: int) -> list[asyncpg.Record]:
    """The lines of a version, in the order they were first written."""
    found: list[asyncpg.Record] = await connection.fetch(
        "SELECT * FROM care.line WHERE version = $1 ORDER BY line", version
    )
    return found


def version_json(version: Any, rows: list[asyncpg.Record], used: dict[int, int]) -> dict[str, Json]:
    """A version with its lines, as an answer has it."""
    return {
        "id": version["id"], "number": version["number"],
        "sent_at": version["sent_at"].isoformat() if version["sent_at"] else None,
        "agreed_at": version["agreed_at"].isoformat() if version["agreed_at"] else None,
        "yearly": sum(row["yearly"] for row in rows),
        "lines": [
            {
                **{name: row[name] for name in
                   ("line", "words", "outcome", "pence", "period", "yearly", "state", "reason")},
                "left": row["yearly"] - used.get(row["line"], 0),
            }
            for row in rows
        ],
    }  # fmt: skip


async def planned(connection: Connection | Pool, budget: int) -> int:
    """What the plan in force will still take, in pence: no line takes less than nothing."""
    return int(
        await connection.fetchval(
            f"""SELECT coalesce(sum(greatest(yearly - coalesce(used, 0), 0)), 0)
            FROM care.line JOIN care.version ON version.id = version LEFT JOIN ({USED}) AS taken USING (line)
            WHERE version.budget = $1 AND agreed_at IS NOT NULL AND replaced_at IS NULL""",  # noqa: S608
            budget,
        )
    )


async def add(connection: Connection, reference: str, line: NewLine, now: datetime) -> None:
    """Adds a line; a version to write in is opened where there is none."""
    budget = await people.lock_budget(connection, reference, now)
    version = await _open(connection, budget["id"], now)
    if len(await lines(connection, version)) >= MOST_LINES:
        raise Problem(409, "LINE_LIMIT", "A plan has so many lines at most.", most=MOST_LINES)
    await connection.execute(
        """INSERT INTO care.line (version, words, outcome, pence, period, yearly)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        version, line.words, line.outcome, line.pence, line.period, line.pence * TIMES[line.period],
    )  # fmt: skip


async def change(connection: Connection, reference: str, number: int, line: NewLine, now: datetime) -> None:
    """Changes a line: it must be agreed anew, and what was agreed of it stays in force until then."""
    budget = await people.lock_budget(connection, reference, now)
    version = await _open(connection, budget["id"], now)
    changed = await connection.fetchval(
        """UPDATE care.line SET words = $3, outcome = $4, pence = $5, period = $6, yearly = $7, state = 'new',
               reason = '', decided_by = '' WHERE version = $1 AND line = $2 RETURNING true""",
        version, number, line.words, line.outcome, line.pence, line.period, line.pence * TIMES[line.period],
    )  # fmt: skip
    if not changed:
        raise Problem(404, "NO_SUCH", "There is no such line in the plan.")


async def remove(connection: Connection, reference: str, number: int, now: datetime) -> None:
    """Takes a line out."""
    budget = await people.lock_budget(connection, reference, now)
    version = await _open(connection, budget["id"], now)
    if not await connection.fetchval(
        "DELETE FROM care.line WHERE version = $1 AND line = $2 RETURNING true", version, number
    ):
        raise Problem(404, "NO_SUCH", "There is no such line in the plan.")


async def _open(connection: Connection, budget: int, now: datetime) -> int:
    """The version that is written; a new one begins as the one in force."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM care.version WHERE budget = $1 AND agreed_at IS NULL", budget
    )
    if found is not None:
        return found
    made: int = await connection.fetchval(
        """INSERT INTO care.version (budget, number, opened_at)
           SELECT $1, coalesce(max(number), 0) + 1, $2 FROM care.version WHERE budget = $1 RETURNING id""",
        budget, now,
    )  # fmt: skip
    before = await connection.fetchval(
        "SELECT id FROM care.version WHERE budget = $1 AND agreed_at IS NOT NULL AND replaced_at IS NULL",
        budget,
    )
    if before is not None:
        await connection.execute(_COPY, before, made)
    return made


async def send(connection: Connection, reference: str, now: datetime) -> None:
    """Sends the plan to the desk. What only takes lines out is agreed as it comes.

    Raises:
        Problem: 409 `NOTHING_TO_SEND`, nothing was written; `PLAN_EMPTY`, it has no line.
    """
    budget = await people.lock_budget(connection, reference, now)
    version = await connection.fetchrow(
        "SELECT * FROM care.version WHERE budget = $1 AND agreed_at IS NULL", budget["id"]
    )
    if version is None:
        raise Problem(409, "NOTHING_TO_SEND", "Nothing of the plan was changed.")
    rows = await lines(connection, version["id"])
    if not rows:
        raise Problem(409, "PLAN_EMPTY", "The plan has no line.")
    await connection.execute(
        "UPDATE care.line SET state = 'sent' WHERE version = $1 AND state = 'new'", version["id"]
    )
    await connection.execute("UPDATE care.version SET sent_at = $2 WHERE id = $1", version["id"], now)
    if all(row["state"] == "agreed" for row in rows):
        await _agree(connection, version["id"], budget, reference, now)
        return
    await events.happened(
        connection, reference, "plan_sent", None,
        {"version": version["id"], "number": version["number"]}, now,
    )  # fmt: skip


async def decide(connection: Connection, version: int, number: int, decision: Decision, now: datetime) -> str:
    """An officer agrees a line, or wants to talk it over; with the last line the plan is agreed.

    Returns:
        The citizen's reference.

    Raises:
        Problem: 404; 409 `NOT_NOW`, the line does not wait for it; 409 `PLAN_OVER`, all of it agreed would
            be more than the budget; 422 `REASON_NEEDED`.
    """
    if not decision.agreed and not decision.reason.strip():
        raise Problem(422, "REASON_NEEDED", "To talk a line over needs a reason in plain words.")
    reference = await connection.fetchval(
        "SELECT citizen FROM care.version JOIN care.budget ON budget.id = budget WHERE version.id = $1",
        version,
    )
    if reference is None:
        raise Problem(404, "NO_SUCH", "There is no such version.")
    budget = await people.lock_budget(connection, reference, now)
    row = await connection.fetchrow(
        """UPDATE care.line SET state = $3, reason = $4, decided_by = $5 FROM care.version
           WHERE version.id = $1 AND line.version = $1 AND line = $2 AND state IN ('sent', 'talk')
             AND sent_at IS NOT NULL AND agreed_at IS NULL
           RETURNING line.words, version.number""",
        version, number, "agreed" if decision.agreed else "talk", decision.reason.strip(), decision.officer,
    )  # fmt: skip
    if row is None:
        raise Problem(409, "NOT_NOW", "That line does not wait for a decision.")
    rows = await lines(connection, version)
    if all(each["state"] == "agreed" for each in rows):
        await _agree(connection, version, budget, reference, now)
    elif not decision.agreed:
        told: dict[str, Json] = {"words": row["words"], "reason": decision.reason.strip()}
        await events.happened(connection, reference, "line_talk", None, told, now)
    return str(reference)


async def _agree(connection: Connection, version: int, budget: Any, reference: str, now: datetime) -> None:
    yearly = sum(row["yearly"] for row in await lines(connection, version))
    over = yearly - budget["pence"] - budget["contribution"]
    if over > 0:
        raise Problem(409, "PLAN_OVER", "The plan is more than the budget.", over=over)
    await connection.execute(
        "UPDATE care.version SET replaced_at = $2 WHERE budget = $1 AND agreed_at IS NOT NULL"
        " AND replaced_at IS NULL",
        budget["id"], now,
    )  # fmt: skip
    await connection.execute("UPDATE care.version SET agreed_at = $2 WHERE id = $1", version, now)
    await events.happened(
        connection, reference, "plan_agreed", version, {"yearly": yearly, "pence": budget["pence"]}, now
    )


async def sent(pool: Pool) -> list[dict[str, Json]]:
    """The plans that wait for the desk, the longest first."""
    rows = await pool.fetch(
        """SELECT version.id, number, sent_at, citizen.given_name, citizen.reference, citizen.fund,
                  budget.pence + budget.contribution AS pence,
                  (SELECT sum(yearly)::bigint FROM care.line WHERE line.version = version.id) AS yearly,
                  (SELECT count(*) FROM care.line WHERE line.version = version.id AND state = 'sent')
                      AS waiting
           FROM care.version JOIN care.budget ON budget.id = budget
           JOIN care.citizen ON reference = citizen
           WHERE agreed_at IS NULL AND sent_at IS NOT NULL ORDER BY sent_at LIMIT 100"""
    )
    return [
        {
            "id": row["id"], "number": row["number"], "sent_at": row["sent_at"].isoformat(),
            "name": row["given_name"], "reference": row["reference"], "fund": row["fund"],
            "pence": row["pence"], "yearly": row["yearly"] or 0, "waiting": row["waiting"],
        }
        for row in rows
    ]  # fmt: skip


async def version_for_desk(pool: Pool, number: int, now: datetime) -> dict[str, Json]:
    """A version that was sent, with whose it is and their budget.

    Raises:
        Problem: 404.
    """
    row = await pool.fetchrow(
        """SELECT version.*, citizen FROM care.version JOIN care.budget ON budget.id = budget
           WHERE version.id = $1 AND sent_at IS NOT NULL""",
        number,
    )
    if row is None:
        raise Problem(404, "NO_SUCH", "There is no such version.")
    who = await people.citizen(pool, row["citizen"])
    budget = await people.budget(pool, row["citizen"], now)
    used = {each["line"]: each["used"] for each in await pool.fetch(USED, budget["id"])}
    return {
        "citizen": people.person(who), "budget": people.budget_json(budget),
        "version": version_json(row, await lines(pool, number), used),
    }  # fmt: skip
