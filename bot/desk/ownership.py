"""Who is speaking: the one place that hands a conversation to an officer, back, or on to another desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.desk.cases import event
from bot.desk.voice import announce
from bot.engine.runtime import packs
from bot.inbox import Arrival, store
from bot.queue import Connection

HANDED_BACK: Final = "handed_back"
"""In the details of our own message by which the assistant goes on where it was."""


class TakenError(Exception):
    """Somebody else has the conversation or the case.

    Args:
        officer_id: who.
        name: theirs.
    """

    def __init__(self, officer_id: int, name: str) -> None:
        super().__init__(f"{name} has it.")
        self.officer_id, self.name = officer_id, name


class NotYoursError(Exception):
    """The officer does not have the case any more, or never had it."""


class ClosedError(Exception):
    """The case is closed: it must be opened again first."""


@dataclass(frozen=True)
class Held:
    """A case, locked for this transaction, and its conversation with it.

    Args:
        id: its number.
        conversation_id: None for a case without one.
        desk: its queue.
        state: of `bot.desk.cases.State`.
        officer_id: who has it.
        speaker: who speaks in the conversation: `assistant`, `waiting`, `officer`.
        speaks: the officer who does.
    """

    id: int
    conversation_id: int | None
    desk: str
    state: str
    officer_id: int | None
    speaker: str
    speaks: int | None


# The conversation before the case, as a turn locks them: two ways round would wait for each other.
_LOCK_CONVERSATION: Final = """
SELECT c.id, c.speaker, c.officer_id FROM conversation c
WHERE c.id = (SELECT conversation_id FROM escalation WHERE id = $1) FOR NO KEY UPDATE
"""
_LOCK_CASE: Final = """
SELECT id, conversation_id, department, state, officer_id FROM escalation WHERE id = $1 FOR NO KEY UPDATE
"""
# The version moves: a turn that began before finds that it may not answer any more.
_SPEAK: Final = """
UPDATE conversation SET speaker = 'officer', officer_id = $2, version = version + 1 WHERE id = $1
"""
_SILENCE: Final = """
UPDATE conversation SET officer_id = NULL, version = version + 1, speaker = CASE WHEN EXISTS (
    SELECT 1 FROM escalation WHERE conversation_id = $1 AND state IN ('waiting', 'taken')
) THEN 'waiting' ELSE 'assistant' END WHERE id = $1
"""
_TAKE: Final = """
UPDATE escalation SET state = 'taken', officer_id = $2, taken_at = coalesce(taken_at, now()),
    snoozed_until = NULL, version = version + 1,
    unanswered_since = CASE WHEN conversation_id IS NULL THEN NULL ELSE now() END
WHERE (id = $1 OR (conversation_id = $3 AND state IN ('waiting', 'snoozed')
    AND ($4::text[] IS NULL OR department = ANY($4)))) AND state <> 'closed'
RETURNING id
"""


async def hold(connection: Connection, case_id: int) -> Held:
    """Locks a case and its conversation until the caller's transaction ends.

    Args:
        connection: inside the caller's transaction.
        case_id: which.

    Raises:
        LookupError: there is no such case.
    """
    conversation = await connection.fetchrow(_LOCK_CONVERSATION, case_id)
    case = await connection.fetchrow(_LOCK_CASE, case_id)
    if case is None:
        raise LookupError(case_id)
    return Held(
        case["id"], case["conversation_id"], case["department"], case["state"], case["officer_id"],
        conversation["speaker"] if conversation else "assistant",
        conversation["officer_id"] if conversation else None,
    )  # fmt: skip


async def take(
    connection: Connection, case_id: int, officer_id: int, desks: Iterable[str] | None
) -> list[int]:
    """Gives a case to an officer, and with it the conversation: from now on the assistant is silent there.

    What else waits of the same citizen at the officer's desks comes with it. Taking one's own again,
    as after handing back, is speaking again.

    Args:
        connection: inside the caller's transaction.
        case_id: which.
        officer_id: to whom.
        desks: the officer's; None for all.

    Returns:
        The numbers of the cases taken.

    Raises:
        TakenError: another officer has it, or speaks in its conversation.
        ClosedError: it is closed.
        LookupError: there is no such case.
    """
    held = await hold(connection, case_id)
    if held.state == "closed":
        raise ClosedError
    other = next(
        (who for who in (held.officer_id if held.state == "taken" else None, held.speaks)
         if who not in (None, officer_id)),
        None,
    )  # fmt: skip
    if other is not None:
        raise TakenError(other, await _name(connection, other))
    rows = await connection.fetch(
        _TAKE, case_id, officer_id, held.conversation_id, None if desks is None else list(desks)
    )
    if held.conversation_id is not None and held.speaks is None:
        await connection.execute(_SPEAK, held.conversation_id, officer_id)
        title = packs().desk(held.desk).title
        await announce(connection, held.conversation_id, "officer_here", {"desk": title})
    taken = sorted(row["id"] for row in rows)
    for each in taken:
        await event(connection, each, "taken", officer_id)
    return taken


async def require(connection: Connection, case_id: int, officer_id: int) -> Held:
    """Locks a case that must be the officer's.

    Raises:
        NotYoursError: it is somebody else's now, or nobody's.
        LookupError: there is no such case.
    """
    held = await hold(connection, case_id)
    if held.state != "taken" or held.officer_id != officer_id:
        raise NotYoursError
    return held


async def hand_back(
    connection: Connection, case_id: int, officer_id: int, *, start: str | None = None
) -> None:
    """Gives the conversation back to the assistant, which says so and goes on where it was.

    The case stays the officer's: there may be work to do that the citizen need not wait for.

    Args:
        connection: inside the caller's transaction.
        case_id: which.
        officer_id: who has it.
        start: a journey that the assistant begins with the citizen, chosen by the officer.

    Raises:
        NotYoursError: the officer does not have it.
    """
    held = await require(connection, case_id, officer_id)
    await _silence(connection, held, officer_id, {"start": start} if start else {})
    await event(connection, case_id, "handed_back", officer_id, {"start": start} if start else {})


async def _silence(connection: Connection, held: Held, officer_id: int, details: dict[str, Any]) -> None:
    """Ends the officer's speaking in the conversation of a case, if it is they who speak there."""
    if held.conversation_id is None or held.speaks != officer_id:
        return
    await connection.execute(
        "UPDATE escalation SET unanswered_since = NULL WHERE conversation_id = $1", held.conversation_id
    )
    await connection.execute(_SILENCE, held.conversation_id)
    await resume(connection, held.conversation_id, details)


async def resume(connection: Connection, conversation_id: int, details: dict[str, Any]) -> None:
    """Has the assistant go on by a message of our own, once this transaction is committed."""
    channel = await connection.fetchval("SELECT channel FROM conversation WHERE id = $1", conversation_id)
    # The version is this handing back's own: the same one twice would be one message.
    version = await connection.fetchval("SELECT version FROM conversation WHERE id = $1", conversation_id)
    arrival = Arrival(
        channel, "", f"{HANDED_BACK}:{conversation_id}:{version}", "", kind="resume",
        details={HANDED_BACK: True, **details},
    )  # fmt: skip
    await store(connection, conversation_id, arrival)


async def release(connection: Connection, case_id: int, officer_id: int, why: str) -> None:
    """Puts a case back into the queue, in its old place: by its officer, or because they fell silent.

    Args:
        connection: inside the caller's transaction.
        case_id: which.
        officer_id: who has it.
        why: `released` or `lost`.

    Raises:
        NotYoursError: the officer does not have it any more.
    """
    held = await require(connection, case_id, officer_id)
    await connection.execute(
        "UPDATE escalation SET state = 'waiting', officer_id = NULL, unanswered_since = NULL,"
        " version = version + 1 WHERE id = $1",
        case_id,
    )
    if held.conversation_id is not None and held.speaks == officer_id:
        await connection.execute(_SILENCE, held.conversation_id)
        await announce(connection, held.conversation_id, "officer_gone", {})
    await event(connection, case_id, why, officer_id)


async def transfer(connection: Connection, case_id: int, officer_id: int, desk: str, because: str) -> None:
    """Gives a case to another desk, with the reason; the citizen is told and asked nothing again.

    Args:
        connection: inside the caller's transaction.
        case_id: which.
        officer_id: who has it.
        desk: the other queue.
        because: one of the causes of a hand-off, such as `wrong_team`; counted.

    Raises:
        NotYoursError: the officer does not have it.
        LookupError: there is no such desk.
    """
    held = await require(connection, case_id, officer_id)
    pack = packs().desk(desk)
    if pack.desk != desk:
        raise LookupError(desk)
    await connection.execute(
        "UPDATE escalation SET state = 'waiting', officer_id = NULL, unanswered_since = NULL,"
        " department = $2, version = version + 1 WHERE id = $1",
        case_id, desk,
    )  # fmt: skip
    if held.conversation_id is not None and held.speaks == officer_id:
        await connection.execute(_SILENCE, held.conversation_id)
        await announce(connection, held.conversation_id, "officer_passed_on", {"desk": pack.title})
    await event(
        connection, case_id, "transferred", officer_id, {"from": held.desk, "to": desk, "because": because}
    )


async def close(
    connection: Connection, case_id: int, officer_id: int, *, outcome: str, contact: str, ask: bool = True
) -> None:
    """Closes a case; the assistant speaks again, and asks whether it helped.

    Args:
        connection: inside the caller's transaction.
        case_id: which.
        officer_id: who has it.
        outcome: of `bot.desk.cases.OUTCOMES`.
        contact: the kind of contact, of `bot.desk.cases.CONTACTS`.
        ask: whether the citizen is asked if it helped.

    Raises:
        NotYoursError: the officer does not have it.
    """
    held = await require(connection, case_id, officer_id)
    await connection.execute(
        "UPDATE escalation SET state = 'closed', closed_at = now(), closed_by = $2, outcome = $3,"
        " contact = $4, unanswered_since = NULL, replied_at = coalesce(replied_at, now()),"
        " version = version + 1 WHERE id = $1",
        case_id, officer_id, outcome, contact,
    )  # fmt: skip
    await connection.execute("DELETE FROM escalation_draft WHERE escalation_id = $1", case_id)
    await event(connection, case_id, "closed", officer_id, {"outcome": outcome, "contact": contact})
    if held.conversation_id is None:
        return
    more = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM escalation WHERE conversation_id = $1 AND officer_id = $2"
        " AND state = 'taken')",
        held.conversation_id, officer_id,
    )  # fmt: skip
    if held.speaks == officer_id and not more:
        await _silence(connection, held, officer_id, {"rate": case_id} if ask else {})
    elif held.speaker == "waiting":
        await connection.execute(_SILENCE, held.conversation_id)


async def reopen(connection: Connection, case_id: int, officer_id: int) -> None:
    """Opens a closed case again: it waits in its queue, with its history.

    Raises:
        LookupError: there is no such case, or it is not closed.
    """
    held = await hold(connection, case_id)
    if held.state != "closed":
        raise LookupError(case_id)
    await connection.execute(
        "UPDATE escalation SET state = 'waiting', closed_at = NULL, closed_by = NULL, outcome = NULL,"
        " officer_id = NULL, rating = NULL, version = version + 1 WHERE id = $1",
        case_id,
    )
    if held.conversation_id is not None and held.speaker == "assistant":
        await connection.execute(
            "UPDATE conversation SET speaker = 'waiting' WHERE id = $1", held.conversation_id
        )
    await event(connection, case_id, "reopened", officer_id)


async def snooze(connection: Connection, case_id: int, officer_id: int, until: datetime) -> None:
    """Puts a case off until a moment; then it is the officer's again, or the queue's if they are off duty.

    Raises:
        NotYoursError: the officer does not have it.
    """
    held = await require(connection, case_id, officer_id)
    await connection.execute(
        "UPDATE escalation SET state = 'snoozed', snoozed_until = $2, unanswered_since = NULL,"
        " version = version + 1 WHERE id = $1",
        case_id, until,
    )  # fmt: skip
    await _silence(connection, held, officer_id, {})
    await event(connection, case_id, "snoozed", officer_id, {"until": until.isoformat()})


async def _name(connection: Connection, officer_id: int) -> str:
    return str(await connection.fetchval("SELECT name FROM officer WHERE id = $1", officer_id))
