"""Updates: what moves a problem's state, kept as its history; and one problem that is another's duplicate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from actions.reports.service import store
from actions.reports.service.categories import Category
from actions.reports.service.keys import Connection, Sender
from actions.reports.service.once import Answer
from actions.reports.service.promise import expected
from actions.reports.service.reading import DESCRIPTION, Fields
from actions.reports.service.refusals import refuse
from actions.reports.service.responsible import LANGUAGES, Area, Responsible, responsible
from actions.reports.service.states import FIRST, deciding, read_state
from actions.reports.service.words import say

SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours the clock of who sends an update may be."""


@dataclass(frozen=True)
class Update:
    """What a team says of a problem, checked.

    Args:
        problem_id: which.
        update_id: the sender's own id of it.
        state: the problem's from then on; None leaves it as it is.
        duplicate_of: the problem that this one repeats.
        description: in words; and in Welsh, where the sender has both.
        media_url: of a photo.
        account_id: of the citizen whose words they are, if one's.
        updated: when it was so; None for now.
        category: the code of the category it is passed on to; None leaves it where it is.
    """

    problem_id: int
    update_id: str | None
    state: str | None
    duplicate_of: int | None
    description: str
    description_cy: str | None
    media_url: str | None
    account_id: str | None
    updated: datetime | None
    category: str | None = None


@dataclass(frozen=True)
class Passed:
    """Where a problem is passed on to: a category, and the areas that its place is in."""

    category: Category
    areas: tuple[Area, ...]


def read_update(fields: Fields, known: Mapping[str, Category]) -> Update:
    """Reads a POST of `servicerequestupdates`.

    Args:
        fields: what was sent.
        known: the categories by code.

    Raises:
        Refusal: 400 with everything that is wrong; 404 for what is no reference.
    """
    status, state = fields.get("status"), None
    if status:
        state = read_state(status)
        if state is None:
            fields.fault("state_unknown", value=status)
    duplicate_of = fields.get("duplicate_of")
    if duplicate_of and (state != "duplicate" or read_id(duplicate_of) is None):
        fields.fault("duplicate_unknown")
    if not fields.get("service_request_id"):
        fields.fault("problem_missing")
    found = {
        "description": fields.text("description", DESCRIPTION, "description_long"),
        "description_cy": fields.text("description_cy", DESCRIPTION, "description_long"),
        "update_id": fields.text("update_id"),
        "media_url": fields.link("media_url"),
        "account_id": fields.text("account_id"),
    }
    updated = fields.moment("updated_datetime")
    category = fields.get("service_code") or None
    if category is not None and category not in known:
        fields.fault("service_unknown", value=category)
    if not status and category is None and found["description"] is None and found["media_url"] is None:
        fields.fault("update_empty")
    fields.check()
    problem_id = read_id(fields.get("service_request_id"))
    if problem_id is None:
        raise refuse(404, "problem_unknown")
    description, description_cy = found["description"], found["description_cy"]
    if description is None and state is not None and category is None:
        description, description_cy = say("state", state, "en"), say("state", state, "cy")
    return Update(
        problem_id, found["update_id"], state, read_id(duplicate_of), description or "", description_cy,
        found["media_url"], found["account_id"], updated, category,
    )  # fmt: skip


def read_id(text: str) -> int | None:
    """A reference, or None where the text can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


async def update(
    connection: Connection, sender: Sender, sent: Update, now: datetime, passed: Passed | None = None
) -> Answer:
    """Adds an update to a problem's history and sets its state by the whole of it.

    The state is that of the latest update by the time it tells, in whatever order they come.

    Args:
        connection: inside the caller's transaction.
        sender: whose key it came with.
        sent: from `read_update`.
        now: the time.
        passed: where it is passed on to.

    Returns:
        `update_id`, ours.

    Raises:
        Refusal: 404 for a problem that is not there; 400 for an update that came before, is dated in the
            future, or makes a problem the duplicate of itself or of none.
    """
    original = await _original(connection, sent)
    problem = await store.lock_problem(connection, sent.problem_id, private=sender.sees_private)
    if problem is None:
        raise refuse(404, "problem_unknown")
    if sent.updated is not None and sent.updated > now + SKEW:
        raise refuse(400, "update_future")
    # A clock a little wrong makes no history that begins before its report, or ends after now.
    when = max(problem["requested_at"], min(sent.updated or now, now))
    who = None if passed is None else await responsible(connection, passed.category, passed.areas)
    if who is not None and not sent.description:
        said = {each: say("notice", "passed_on", each, notice=who.notice[each]) for each in LANGUAGES}
        sent = replace(sent, description=said["en"], description_cy=said["cy"])
    made: int | None = await connection.fetchval(
        """INSERT INTO problem_update (problem_id, sender, update_id, state, duplicate_of, description,
                                       description_cy, media_url, account_id, updated_at, received_at,
                                       category)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING id""",
        sent.problem_id, sender.name, sent.update_id, sent.state, original, sent.description,
        sent.description_cy, sent.media_url, sent.account_id, when, now, sent.category,
    )  # fmt: skip
    if made is None:
        raise refuse(400, "update_repeated")
    if passed is not None and who is not None:
        await _pass_on(connection, sent.problem_id, passed.category, who, when)
    await _settle(connection, problem, now)
    return {"update_id": str(made)}


async def _pass_on(
    connection: Connection, problem_id: int, category: Category, who: Responsible, when: datetime
) -> None:
    """Gives a problem to another team, unless it was passed on later than this.

    The promise begins anew. What was private stays so: it was written for few.
    """
    await connection.execute(
        """UPDATE problem SET category = $2, agency = $3, agency_cy = $4, notice = $5, notice_cy = $6,
               officer = $7, expected_at = $8, private = private OR $9
           WHERE id = $1 AND NOT EXISTS (SELECT FROM problem_update WHERE problem_id = $1
               AND problem_update.category IS NOT NULL AND problem_update.updated_at > $10)""",
        problem_id, category.code, who.agency["en"], who.agency["cy"], who.notice["en"], who.notice["cy"],
        who.officer, expected(when, category.days), category.private, when,
    )  # fmt: skip


async def merging(connection: Connection) -> None:
    """Waits until nobody else merges problems: who locks more than one does it one after the other."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('problem duplicates'))")


async def first_of(connection: Connection, problem_id: int) -> int | None:
    """The problem that one repeats in the end: itself where it repeats none; None where there is none."""
    seen: set[int] = set()
    while problem_id not in seen:
        seen.add(problem_id)
        row = await connection.fetchrow("SELECT duplicate_of FROM problem WHERE id = $1", problem_id)
        if row is None:
            return None
        problem_id = row["duplicate_of"] or problem_id
    return problem_id


async def _original(connection: Connection, sent: Update) -> int | None:
    """The problem that this one repeats, both of them locked."""
    if sent.duplicate_of is None:
        return None
    await merging(connection)
    original = await first_of(connection, sent.duplicate_of)
    if original is None:
        raise refuse(400, "duplicate_unknown")
    if original == sent.problem_id:
        raise refuse(400, "duplicate_itself")
    await connection.execute(
        "SELECT id FROM problem WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [sent.problem_id, original],
    )
    return original


async def _settle(connection: Connection, problem: asyncpg.Record, now: datetime) -> None:
    """Makes a problem what its history says it is."""
    history = await connection.fetch(
        """SELECT state, duplicate_of, description, description_cy, updated_at FROM problem_update
           WHERE problem_id = $1 ORDER BY updated_at, id""",
        problem["id"],
    )
    at, closed = deciding(row["state"] for row in history)
    made = None if at is None else history[at]
    told = made and made["duplicate_of"]
    original = None if told is None else await first_of(connection, told)
    if original == problem["id"]:
        original = None
    await connection.execute(
        """UPDATE problem SET state = $2, notes = $3, notes_cy = $4, duplicate_of = $5, updated_at = $6,
               closed_at = $7
           WHERE id = $1""",
        problem["id"], made["state"] if made else FIRST, made and made["description"],
        made and made["description_cy"], original, now,
        None if closed is None else history[closed]["updated_at"],
    )  # fmt: skip
    if original is not None and problem["duplicate_of"] != original:
        again = sum(row["duplicate_of"] == told for row in history) > 1
        await _carry(connection, problem["id"], original, now, again=again)


async def _carry(
    connection: Connection, problem_id: int, original: int, now: datetime, *, again: bool
) -> None:
    """Lets the supporters of a problem, and of those that repeat it, support the original too.

    Those without an id can't be told apart, and are not counted `again`.
    """
    await connection.execute(
        """WITH carried AS (
               INSERT INTO problem_supporter (problem_id, account_id, reported, since)
               SELECT $2::bigint, account_id, reported, since FROM problem_supporter WHERE problem_id = $1
               ON CONFLICT DO NOTHING RETURNING 1
           ), nameless AS (
               SELECT CASE WHEN $4 THEN 0 ELSE supporters
                          - (SELECT count(*) FROM problem_supporter WHERE problem_id = $1) END AS number
               FROM problem WHERE id = $1
           )
           UPDATE problem SET updated_at = $3,
               supporters = supporters + (SELECT count(*) FROM carried) + (SELECT number FROM nameless)
           WHERE id = $2""",
        problem_id, original, now, again,
    )  # fmt: skip
    await connection.execute(
        "UPDATE problem SET duplicate_of = $2, updated_at = $3 WHERE duplicate_of = $1",
        problem_id, original, now,
    )  # fmt: skip
