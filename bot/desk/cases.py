"""Cases for a person: made in the transaction of what made them, once, with their clocks, and closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from actions.sdk import Case
from bot.desk.opening import ServiceLevel
from bot.engine.runtime import packs
from bot.metrics import ESCALATIONS
from bot.queue import Connection, Pool

NEWS: Final = "onedoor_desk"
"""PostgreSQL tells here, with `case 17` or `conversation 5`, that the desk has something new to show."""

DANGER: Final = 0
LATE: Final = 3
USUAL: Final = 5
"""The order of the queue: danger first, then what its clock ran out for, then by promised time and age."""

OUTCOMES: Final = ("done", "explained", "passed_on", "not_possible", "no_answer", "not_needed")
"""What became of a case, chosen by the officer who closes it."""

CONTACTS: Final = ("new", "chasing", "repeat", "unclear_letter", "wrong_place", "other")
"""The kind of contact it was: all but the first and the last are avoidable (NI 14, docs/sources.md)."""
AVOIDABLE: Final = frozenset({"chasing", "repeat", "unclear_letter", "wrong_place"})

type State = Literal["waiting", "taken", "snoozed", "closed"]

# The same reason again, while the first is still open, is a word on that case: the citizen chases.
_OPEN: Final = """
WITH same AS (
    SELECT id, state FROM escalation
    WHERE conversation_id = $1 AND department = $3 AND reason = $4 AND closed_at IS NULL LIMIT 1
), woken AS (
    UPDATE escalation e SET state = CASE WHEN e.state = 'snoozed' THEN 'waiting' ELSE e.state END,
        priority = least(e.priority, $5), version = version + 1 FROM same WHERE e.id = same.id RETURNING e.id
), made AS (
    INSERT INTO escalation (conversation_id, inbound_id, department, reason, priority, known, subject, flow,
        language, reply_by, solve_by, key, created_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 WHERE NOT EXISTS (SELECT 1 FROM same)
    ON CONFLICT DO NOTHING RETURNING id
), told AS (
    INSERT INTO escalation_event (escalation_id, kind, details, at)
    SELECT id, kind, jsonb_build_object('inbound', $2::bigint), $13
    FROM (SELECT id, 'made' AS kind FROM made UNION ALL SELECT id, 'again' FROM woken) w
    RETURNING escalation_id
), speaker AS (
    UPDATE conversation SET speaker = 'waiting' WHERE id = $1 AND speaker = 'assistant'
)
SELECT escalation_id, EXISTS (SELECT 1 FROM made) AS made, pg_notify($14, 'case ' || escalation_id) FROM told
"""


async def escalate(
    connection: Connection,
    conversation_id: int | None,
    inbound_id: int | None,
    desk: str,
    case: Case,
    *,
    key: str | None = None,
    subject: str | None = None,
    due: datetime | None = None,
    now: datetime | None = None,
) -> int | None:
    """Puts a case to a desk.

    The same reason for the same message again changes nothing; for a conversation that has such a case
    open it is counted on that case. A conversation that had only the assistant waits for a person now.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose; None for what a department must decide by itself.
        inbound_id: the message it is about, where there is one.
        desk: the queue it goes to.
        case: what it is.
        key: the caller's name of it, where it has no message: the same key twice is one case.
        subject: what it is about, in a line, for a case without a conversation.
        due: by when it must be solved; by the desk's promise when None.
        now: the time.

    Returns:
        The number of the case, or of the open one it was counted on; None when it was there before.
    """
    now = now or datetime.now(UTC)
    level = packs().desk(desk).level
    row = await connection.fetchrow(
        _OPEN, conversation_id, inbound_id, desk, case.reason, DANGER if case.urgent else USUAL, case.known,
        subject, case.known.get("flow"), case.known.get("language") or "en", *_clocks(level, case, due, now),
        key, now, NEWS,
    )  # fmt: skip
    if row is None:
        return None
    if row["made"]:
        ESCALATIONS.labels(desk, case.reason).inc()
    number: int = row["escalation_id"]
    return number


def _clocks(
    level: ServiceLevel, case: Case, due: datetime | None, now: datetime
) -> tuple[datetime | None, datetime]:
    """By when somebody answers, at once where there is danger, and by when it is solved."""
    reply = now if case.urgent else level.opening.due(now, level.first_reply)
    return reply, due or level.opening.due(now, level.solved)


async def event(
    connection: Connection,
    case_id: int,
    kind: str,
    officer_id: int | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Records what happened to a case, and tells the pages that show it.

    Args:
        connection: inside the caller's transaction.
        case_id: which.
        kind: one word: `taken`, `replied`, `transferred` …
        officer_id: who did it; None for the desk's own rounds.
        details: names and numbers of ours; never a citizen's words.
    """
    await connection.execute(
        "WITH kept AS (INSERT INTO escalation_event (escalation_id, kind, officer_id, details)"
        " VALUES ($1, $2, $3, $4)) SELECT pg_notify($5, $6)",
        case_id, kind, officer_id, dict(details or {}), NEWS, f"case {case_id}",
    )  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """How a reason is shown to officers.

    Args:
        title: what happened.
        next: the suggested next step.
    """

    title: str
    next: str


def reason(name: str) -> Reason:
    """What a case's reason is called at the desk, and what to do first: `reasons` in the packs' pack.yml."""
    for pack in packs().packs.values():
        if name in pack.reasons:
            return Reason(*pack.reasons[name])
    return Reason(name.replace("_", " ").capitalize(), "Read the conversation and answer the citizen.")


async def reasons_of(pool: Pool, inbound_id: int) -> list[str]:
    """Why a person was told because of a message; nothing when none was."""
    rows = await pool.fetch(
        "SELECT e.reason FROM escalation e JOIN escalation_event v ON v.escalation_id = e.id"
        " WHERE e.conversation_id = (SELECT conversation_id FROM inbound WHERE id = $1)"
        " AND v.details @> jsonb_build_object('inbound', $1::bigint) ORDER BY v.id",
        inbound_id,
    )
    return [row["reason"] for row in rows]


def desk_names() -> frozenset[str]:
    """Every desk of this installation."""
    return frozenset(pack.desk for pack in packs().packs.values())
