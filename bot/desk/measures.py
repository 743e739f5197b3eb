"""What the desk measures: the live board, and each team's week in numbers, for pages and CSV."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.desk.cases import AVOIDABLE
from bot.queue import Pool


@dataclass(frozen=True)
class Line:
    """One row of the live board.

    Args:
        desk: the queue.
        waiting: cases that nobody has.
        oldest: since when the oldest of them waits.
        late: open cases of which a clock has run out.
        soon: those of which one will within a quarter of an hour.
        taken: cases that officers have.
        present: officers on duty.
        unanswered: citizens who wait for the next word of their officer.
    """

    desk: str
    waiting: int
    oldest: datetime | None
    late: int
    soon: int
    taken: int
    present: int
    unanswered: int


_BOARD: Final = """
WITH clocks AS (
    SELECT department, state, created_at, unanswered_since,
        least(CASE WHEN replied_at IS NULL THEN reply_by END, solve_by) AS first
    FROM escalation WHERE state <> 'closed' AND department = ANY($1)
)
SELECT d.desk, count(*) FILTER (WHERE c.state = 'waiting')::int AS waiting,
    min(c.created_at) FILTER (WHERE c.state = 'waiting') AS oldest,
    count(*) FILTER (WHERE c.first <= $2)::int AS late,
    count(*) FILTER (WHERE c.first > $2 AND c.first <= $2 + interval '15 minutes')::int AS soon,
    count(*) FILTER (WHERE c.state = 'taken')::int AS taken,
    (SELECT count(*)::int FROM officer o WHERE o.active AND o.on_duty AND d.desk = ANY(o.desks)
        AND o.seen_at > $2 - interval '2 minutes') AS present,
    count(c.unanswered_since)::int AS unanswered
FROM unnest($1::text[]) AS d (desk) LEFT JOIN clocks c ON c.department = d.desk
GROUP BY d.desk ORDER BY d.desk
"""


async def board(pool: Pool, desks: Collection[str], now: datetime) -> list[Line]:
    """The live board of some desks.

    Args:
        pool: the process's connections.
        desks: the queues, each of which gets a row.
        now: the time.
    """
    return [Line(**row) for row in await pool.fetch(_BOARD, sorted(desks), now)]


@dataclass(frozen=True)
class Sum:
    """What is counted of the cases that came in a time.

    Args:
        name: of the team, channel, language or reason.
        cases: how many came.
        closed: of these, how many are closed.
        avoidable: contacts that need not have been (NI 14), of those closed.
        at_first: closed without being opened again, passed on, or come back with the same.
        reply_minutes: half of the first answers came sooner, in minutes.
        solved_hours: half of the closed cases were solved sooner, in hours.
        in_time: of the closed, how many within both promises.
        handed_on: how often cases were passed to another desk.
        lost: how often a silent officer lost one.
        rated: how many citizens said whether it helped.
        satisfied: of these, how many said yes.
    """

    name: str
    cases: int
    closed: int
    avoidable: int
    at_first: int
    reply_minutes: float | None
    solved_hours: float | None
    in_time: int
    handed_on: int
    lost: int
    rated: int
    satisfied: int

    @property
    def avoidable_share(self) -> float | None:
        """The share of avoidable contacts, NI 14; None where nothing is closed."""
        return self.avoidable / self.closed if self.closed else None

    @property
    def satisfied_share(self) -> float | None:
        """The share of those asked who said yes; None where nobody answered."""
        return self.satisfied / self.rated if self.rated else None


_SPLITS: Final[Mapping[str, str]] = {
    "team": "e.department",
    "channel": "coalesce(c.channel, 'none')",
    "language": "e.language",
    "reason": "e.reason",
    "week": "to_char(date_trunc('week', e.created_at AT TIME ZONE 'Europe/London'), 'YYYY-MM-DD')",
    "area": "coalesce(e.known ->> 'area', 'not known')",
}
"""What the numbers can be split by: our own SQL for each."""

_SUMS: Final = """
WITH chosen AS (
    SELECT e.id, {split} AS name, e.state, e.contact, e.rating, e.reply_by, e.solve_by, e.created_at,
        e.replied_at, e.closed_at,
        v.moved, v.lost, v.more
    FROM escalation e LEFT JOIN conversation c ON c.id = e.conversation_id, LATERAL (
        SELECT count(*) FILTER (WHERE kind = 'transferred') AS moved,
            count(*) FILTER (WHERE kind = 'lost') AS lost,
            count(*) FILTER (WHERE kind IN ('transferred', 'reopened', 'again')) > 0 AS more
        FROM escalation_event WHERE escalation_id = e.id
    ) v
    WHERE e.department = ANY($1) AND e.created_at >= $2 AND e.created_at < $3
)
SELECT name, count(*)::int AS cases, count(closed_at)::int AS closed,
    count(*) FILTER (WHERE closed_at IS NOT NULL AND contact = ANY($4))::int AS avoidable,
    count(*) FILTER (WHERE closed_at IS NOT NULL AND NOT more)::int AS at_first,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM replied_at - created_at) / 60)
        AS reply_minutes,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - created_at) / 3600)
        AS solved_hours,
    count(*) FILTER (WHERE closed_at <= solve_by AND replied_at <= reply_by)::int AS in_time,
    coalesce(sum(moved), 0)::int AS handed_on, coalesce(sum(lost), 0)::int AS lost,
    count(rating)::int AS rated, count(*) FILTER (WHERE rating = 3)::int AS satisfied
FROM chosen GROUP BY name ORDER BY name
"""
_CAUSES: Final = """
SELECT coalesce(v.details ->> 'because', v.kind) AS cause, count(*)::int AS times
FROM escalation_event v JOIN escalation e ON e.id = v.escalation_id
WHERE e.department = ANY($1) AND v.at >= $2 AND v.at < $3
AND v.kind IN ('transferred', 'lost', 'released', 'reopened') GROUP BY 1 ORDER BY 2 DESC, 1
"""
_MADE: Final = """
SELECT reason AS cause, count(*)::int AS times FROM escalation e
WHERE e.department = ANY($1) AND e.created_at >= $2 AND e.created_at < $3 GROUP BY 1 ORDER BY 2 DESC, 1
"""


async def sums(pool: Pool, desks: Collection[str], since: datetime, until: datetime, split: str) -> list[Sum]:
    """The numbers of the cases that came between two moments.

    Args:
        pool: the process's connections.
        desks: whose.
        since: the first moment.
        until: the first moment after.
        split: one of `splits()`.

    Raises:
        KeyError: there is no such split.
    """
    rows = await pool.fetch(_SUMS.format(split=_SPLITS[split]), list(desks), since, until, sorted(AVOIDABLE))
    return [Sum(**row) for row in rows]


def splits() -> tuple[str, ...]:
    """What the numbers can be split by."""
    return tuple(_SPLITS)


async def causes(
    pool: Pool, desks: Collection[str], since: datetime, until: datetime
) -> dict[str, list[tuple[str, int]]]:
    """Why cases came (`made`) and why they changed hands (`moved`), each with how often."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, sql in (("made", _MADE), ("moved", _CAUSES)):
        rows: list[Any] = await pool.fetch(sql, list(desks), since, until)
        found[name] = [(row["cause"], row["times"]) for row in rows]
    return found
