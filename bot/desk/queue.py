"""The queue: what waits at which desk, in its order, and the next case for an officer who is free."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from bot.desk.ownership import ClosedError, TakenError, take
from bot.queue import Connection, Pool

PAGE: Final = 50
"""Cases on one page of a list."""

type View = Literal["waiting", "mine", "team", "snoozed", "closed"]


@dataclass(frozen=True)
class Entry:
    """A case in a list.

    Args:
        id: its number.
        desk: its queue.
        reason: why it is there.
        urgent: whether it is danger.
        subject: of a case without a conversation.
        flow: the journey it came from.
        language: the citizen's.
        channel: theirs; None without a conversation.
        state: of `bot.desk.cases.State`.
        officer: who has it.
        created_at: since when it is there.
        reply_by: when its first answer is promised; None once there was one.
        solve_by: when it is to be solved.
        unanswered_since: since when the citizen waits for the officer's next word.
        snoozed_until: when it comes back.
        closed_at: when it was closed.
        again: how often the citizen came with the same since.
        labels: that officers gave it.
        outcome: what became of it.
        rating: the citizen's word on it, 3 yes, 2 partly, 1 no.
    """

    id: int
    desk: str
    reason: str
    urgent: bool
    subject: str | None
    flow: str | None
    language: str
    channel: str | None
    state: str
    officer: str | None
    created_at: datetime
    reply_by: datetime | None
    solve_by: datetime | None
    unanswered_since: datetime | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    again: int
    labels: tuple[str, ...]
    outcome: str | None
    rating: int | None


_COLUMNS: Final = """
SELECT e.id, e.department AS desk, e.reason, e.priority = 0 AS urgent, e.subject, e.flow, e.language,
    c.channel, e.state, o.name AS officer, e.created_at,
    CASE WHEN e.replied_at IS NULL THEN e.reply_by END AS reply_by, e.solve_by, e.unanswered_since,
    e.snoozed_until, e.closed_at, e.labels, e.outcome, e.rating,
    (SELECT count(*) FROM escalation_event v WHERE v.escalation_id = e.id AND v.kind = 'again') AS again
FROM escalation e
LEFT JOIN conversation c ON c.id = e.conversation_id LEFT JOIN officer o ON o.id = e.officer_id
"""
# The queue's order is the index's: bot/migrations/versions/0006_desk.py
ORDER: Final = "e.priority, coalesce(e.solve_by, 'infinity'), e.created_at, e.id"
_VIEWS: Final[dict[str, tuple[str, str]]] = {
    "waiting": ("e.state = 'waiting'", ORDER),
    "mine": ("e.state = 'taken' AND e.officer_id = $2", f"e.unanswered_since NULLS LAST, {ORDER}"),
    "team": ("e.state = 'taken'", ORDER),
    "snoozed": ("e.state = 'snoozed'", "e.snoozed_until"),
    "closed": ("e.state = 'closed'", "e.closed_at DESC"),
}
# The numbers of the page first: what is shown of a case is read for 50, not for all that wait.
_LIST: Final = """
WITH page AS MATERIALIZED (
    SELECT e.id, row_number() OVER () AS place FROM (
        SELECT e.id FROM escalation e
        WHERE e.department = ANY($1) AND $2::bigint IS NOT NULL AND {which} ORDER BY {order}
        LIMIT $4 OFFSET $3
    ) e
)
{columns} JOIN page p ON p.id = e.id ORDER BY p.place
"""
_COUNT: Final = """
SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
       count(*) FILTER (WHERE state = 'taken' AND officer_id = $2) AS mine,
       count(*) FILTER (WHERE state = 'taken') AS team,
       count(*) FILTER (WHERE state = 'snoozed') AS snoozed
FROM escalation WHERE state <> 'closed' AND department = ANY($1)
"""


async def entries(
    pool: Pool | Connection, view: View, desks: Collection[str], officer_id: int, *, skip: int = 0
) -> list[Entry]:
    """One page of a list of cases.

    Args:
        pool: the process's connections.
        view: which list.
        desks: the officer's queues.
        officer_id: whose list `mine` is.
        skip: how many come before the page.
    """
    which, order = _VIEWS[view]
    sql = _LIST.format(which=which, order=order, columns=_COLUMNS)
    return [entry(row) for row in await pool.fetch(sql, list(desks), officer_id, skip, PAGE)]


def list_sql(where: str) -> str:
    """The statement that reads entries of an officer's desks ($1; $2 is the officer), narrowed down further.

    Args:
        where: our own text: conditions, order and limits, with parameters from $3 on.
    """
    return f"{_COLUMNS} WHERE e.department = ANY($1) AND $2::bigint IS NOT NULL AND {where}"


def entry(row: Any) -> Entry:
    """A row of the list's columns as an entry."""
    values = dict(row)
    values.pop("place", None)
    return Entry(**{**values, "labels": tuple(values["labels"])})


async def counts(pool: Pool | Connection, desks: Collection[str], officer_id: int) -> dict[str, int]:
    """How many cases each list has, but for the closed ones, which are without end."""
    row = await pool.fetchrow(_COUNT, list(desks), officer_id)
    assert row is not None
    return dict(row)


# The skilled first: a Welsh case waits for a Welsh speaker who is on duty, and for anybody where none is.
_NEXT: Final = """
SELECT e.id FROM escalation e LEFT JOIN conversation c ON c.id = e.conversation_id
WHERE e.state = 'waiting' AND e.department = ANY($1) AND e.id <> ALL($4)
AND coalesce(c.officer_id, $2) = $2
AND (e.language = 'en' OR e.language = ANY($3) OR NOT EXISTS (
    SELECT 1 FROM officer o WHERE o.on_duty AND o.active AND o.seen_at > now() - interval '2 minutes'
    AND e.language = ANY(o.skills) AND e.department = ANY(o.desks)))
ORDER BY e.priority, coalesce(e.solve_by, 'infinity'), (e.flow = ANY($3)) IS TRUE DESC, e.created_at, e.id
LIMIT 1
"""


async def take_next(
    connection: Connection, officer_id: int, desks: Collection[str], skills: Collection[str]
) -> int | None:
    """Gives an officer the case that is next for them.

    Args:
        connection: inside the caller's transaction.
        officer_id: whose.
        desks: their queues.
        skills: languages and journeys they know.

    Returns:
        Its number; None when nothing waits for them.
    """
    # Looked for without a lock: `take` locks a conversation before its case, and so must everybody.
    lost: list[int] = []
    while (
        case_id := await connection.fetchval(_NEXT, list(desks), officer_id, list(skills), lost)
    ) is not None:
        try:
            await take(connection, case_id, officer_id, desks)
        except (TakenError, ClosedError):
            lost.append(case_id)  # another officer was quicker
        else:
            return int(case_id)
    return None
