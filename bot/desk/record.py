"""All that is known of a case, for the page that an officer works on."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.desk.cases import Reason, reason
from bot.desk.queue import Entry, entry, list_sql
from bot.engine.runtime import packs
from bot.queue import Pool

SHOWN: Final = 100
"""Messages of a conversation that a page begins with."""
RELATED: Final = 10


@dataclass(frozen=True)
class Message:
    """A line of the transcript as the desk sees it.

    Args:
        key: this line's alone.
        speaker: `citizen`, `assistant`, `officer`.
        name: the officer's.
        text: what was said; empty when its time is over.
        at: when.
        status: of ours: what became of it.
        error: the sender's code where it failed.
        language: of ours.
        pictures: ids of a citizen's pictures.
    """

    key: str
    speaker: str
    name: str | None
    text: str
    at: datetime
    status: str | None
    error: str | None
    language: str | None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """An internal note."""

    id: int
    officer: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Happening:
    """An event of a case."""

    kind: str
    officer: str | None
    details: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Record:
    """A case with everything beside it.

    Args:
        entry: as in the lists.
        reason: its name and the suggested next step.
        conversation_id: None for a case without one.
        address: how the citizen is reached; hidden from roles that may not see it.
        speaker: who speaks: `assistant`, `waiting`, `officer`.
        officer_id: who has the case.
        speaks: the name of the officer who speaks, if one does.
        known: what the handler said, but for answers and the flow.
        answers: what the citizen answered, by the name of the field.
        journey: the title of the flow it came from.
        notes: oldest first.
        happened: oldest first.
        related: other cases of the same conversation.
        draft: what the officer who looks has typed and not sent.
        version: moves with every change.
        contact: the kind of contact, once closed.
        thanks: the citizen's words on it.
        tried: what was done in the conversation's last turns: flow, outcome and calls.
    """

    entry: Entry
    reason: Reason
    conversation_id: int | None
    address: str | None
    speaker: str
    officer_id: int | None
    speaks: str | None
    known: dict[str, Any]
    answers: list[tuple[str, str]]
    journey: str | None
    notes: list[Note]
    happened: list[Happening]
    related: list[Entry]
    draft: str
    version: int
    contact: str | None
    thanks: str | None
    tried: list[dict[str, Any]] = field(default_factory=list)


_CASE: Final = """
SELECT e.conversation_id, e.officer_id, e.known, e.version, e.contact, e.thanks, c.address,
    coalesce(c.speaker, 'assistant') AS speaker, o.name AS speaks,
    coalesce((SELECT text FROM escalation_draft WHERE escalation_id = e.id AND officer_id = $2), '') AS draft
FROM escalation e
LEFT JOIN conversation c ON c.id = e.conversation_id LEFT JOIN officer o ON o.id = c.officer_id
WHERE e.id = $1
"""
_NOTES: Final = """
SELECT n.id, o.name AS officer, n.text, n.at FROM escalation_note n JOIN officer o ON o.id = n.officer_id
WHERE n.escalation_id = $1 ORDER BY n.id LIMIT 500
"""
_HAPPENED: Final = """
SELECT v.kind, o.name AS officer, v.details, v.at
FROM escalation_event v LEFT JOIN officer o ON o.id = v.officer_id
WHERE v.escalation_id = $1 ORDER BY v.id LIMIT 500
"""
_TRIED: Final = """
SELECT flow, step, outcome, handlers, created_at AS at FROM turn_record
WHERE conversation_id = $1 ORDER BY inbound_id DESC LIMIT 10
"""
_MESSAGES: Final = """
SELECT * FROM (
    (SELECT 'in-' || id AS key, 'citizen' AS speaker, NULL AS name, text, received_at AS at, NULL AS status,
        NULL AS error, NULL AS language, details -> 'media' AS media
     FROM inbound WHERE conversation_id = $1 AND kind <> 'resume' AND NOT details ? 'joined'
        AND received_at < coalesce($2::timestamptz, 'infinity') ORDER BY id DESC LIMIT $3)
    UNION ALL
    (SELECT 'out-' || m.id, CASE WHEN m.officer_id IS NULL THEN 'assistant' ELSE 'officer' END, o.name,
        m.text, m.created_at, m.status, m.error_code, m.language, NULL
     FROM outbound m LEFT JOIN officer o ON o.id = m.officer_id
     WHERE m.conversation_id = $1 AND m.digest_id IS NULL
        AND m.created_at < coalesce($2::timestamptz, 'infinity') ORDER BY m.id DESC LIMIT $3)
) AS line ORDER BY at DESC, (speaker = 'citizen'), key DESC LIMIT $3
"""


async def read_record(pool: Pool, case_id: int, officer_id: int, desks: Collection[str]) -> Record | None:
    """A case, for an officer.

    Args:
        pool: the process's connections.
        case_id: which.
        officer_id: whose draft is wanted.
        desks: those whose cases they may see.

    Returns:
        None when there is no such case at these desks: which of the two is nobody's business.
    """
    found = await pool.fetchrow(list_sql("e.id = $3"), list(desks), officer_id, case_id)
    if found is None:
        return None
    case = await pool.fetchrow(_CASE, case_id, officer_id)
    assert case is not None
    shown = entry(found)
    conversation = case["conversation_id"]
    related = await pool.fetch(
        list_sql("e.conversation_id = $3 AND e.id <> $4 ORDER BY e.id DESC LIMIT $5"),
        list(desks), officer_id, conversation, case_id, RELATED,
    )  # fmt: skip
    known = dict(case["known"])
    answers = known.pop("answers", [])
    flow = packs().flows.get(shown.flow or "")
    return Record(
        shown, reason(shown.reason), conversation, case["address"], case["speaker"], case["officer_id"],
        case["speaks"],
        {name: value for name, value in known.items() if name not in ("flow", "language") and value},
        [(_field(slot), _shown(value)) for slot, value in answers],
        flow.title_in("en") if flow else None,
        [Note(**row) for row in await pool.fetch(_NOTES, case_id)],
        [Happening(**row) for row in await pool.fetch(_HAPPENED, case_id)],
        [entry(row) for row in related], case["draft"], case["version"], case["contact"], case["thanks"],
        [dict(row) for row in await pool.fetch(_TRIED, conversation)],
    )  # fmt: skip


async def read_messages(
    pool: Pool, conversation_id: int, *, before: datetime | None = None, limit: int = SHOWN
) -> list[Message]:
    """The transcript, oldest first: the newest lines of it, or those before a moment.

    Args:
        pool: the process's connections.
        conversation_id: whose.
        before: only what is older.
        limit: lines at most.
    """
    rows = await pool.fetch(_MESSAGES, conversation_id, before, limit)
    return [
        Message(
            row["key"], row["speaker"], row["name"], row["text"], row["at"], row["status"], row["error"],
            row["language"], tuple(str(one["id"]) for one in row["media"] or () if "id" in one),
        )
        for row in reversed(rows)
    ]  # fmt: skip


def _field(slot: str) -> str:
    """What an answer is called; its slot's name where no pack has words for it."""
    key = f"field.{slot}"
    wording = packs().wording
    return wording.render(key, "en", "web", {}) if key in wording else slot.replace("_", " ")


def _shown(value: Any) -> str:
    """An answer as a person reads it."""
    match value:
        case True | False:
            return "yes" if value else "no"
        case {"label": str(label)} | {"name": str(label)} | {"title": str(label)}:
            return label
        case list():
            return ", ".join(_shown(one) for one in value)
        case dict():
            return ", ".join(f"{name.replace('_', ' ')}: {_shown(one)}" for name, one in value.items())
        case _:
            return str(value)


SOON: Final = timedelta(minutes=15)
"""How long before a clock runs out it is shown as running out."""


def clock(shown: Entry, now: datetime) -> tuple[str, datetime] | None:
    """The clock that runs out first, and how it stands: `late`, `soon` or `fine`; None where none runs."""
    due = [at for at in (shown.reply_by, shown.solve_by) if at is not None]
    if not due or shown.state == "closed":
        return None
    first = min(due)
    return ("late" if first <= now else "soon" if first <= now + SOON else "fine"), first
