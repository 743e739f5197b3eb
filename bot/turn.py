"""One turn: claims a conversation, lets the engine answer in order, and commits each answer whole."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final, Protocol

import structlog

from actions.sdk import Case, ServiceDown
from bot import refusal
from bot.beginnings import BEGIN
from bot.danger import advice, find_danger
from bot.desk.cases import escalate
from bot.desk.hearing import heard
from bot.desk.outlook import outlook
from bot.desk.ownership import HANDED_BACK
from bot.desk.satisfaction import rate
from bot.dialogue import RATING, REPEATED, Result
from bot.engine.engine import Engine, Message, Turn
from bot.engine.runtime import encoder, packs
from bot.flows.frame import MASK
from bot.flows.machine import Setting
from bot.follows import follow, followed
from bot.inbox import Arrival, store
from bot.knowledge import Knowing
from bot.likeness import Comparison
from bot.metrics import TURN_SECONDS
from bot.notices import Notices
from bot.outbox import EVEN_STOPPED, NOTIFY_CHANNEL, PULLED, STOPPED
from bot.photos import Photos
from bot.places import open_places
from bot.queue import Connection, Kind, Pool, enqueue, insist
from bot.reminders import Contact, remind
from bot.services import Services
from bot.understanding.commands import Begin, Command, Resume, Simple, Start
from bot.urgency import PRIORITY, USEFUL_FOR, Urgency
from bot.utterance import Reply
from bot.worker import Worker

log = structlog.get_logger()

WITH_OFFICER: Final = "with_officer"
"""The outcome of a turn in which the assistant says nothing, because an officer speaks."""
PUT_OFF: Final = timedelta(minutes=5)
MOST_ATTEMPTS: Final = 3
"""Turns of one message that may die with the process before the message is given to a person."""

# Nothing waits for the disk before the turn's one commit: a crash of the database that loses a claim
# ends the worker's sign of life too, and one that loses a count of attempts loses one attempt.
_CLAIM: Final = """
UPDATE conversation SET claimed_by = $2
WHERE id = $1 AND (claimed_by IS NULL OR NOT worker_alive(claimed_by))
RETURNING set_config('synchronous_commit', 'off', true) = 'off'
"""
_ATTEMPT: Final = """
UPDATE inbound SET attempts = attempts + 1 WHERE id = $1
RETURNING text, details, set_config('synchronous_commit', 'off', true)
"""
_RELEASE: Final = "UPDATE conversation SET claimed_by = NULL WHERE id = $1 AND claimed_by = $2"
_NEXT: Final = """
SELECT i.id, i.kind, i.text, i.details, i.channel, i.attempts, i.received_at,
       c.address, c.language, c.snapshot, c.version, c.speaker
FROM conversation c LEFT JOIN LATERAL (
    SELECT * FROM inbound WHERE conversation_id = c.id AND done_at IS NULL AND due_at <= clock_timestamp()
    ORDER BY id LIMIT 1
) i ON true
WHERE c.id = $1
"""
_SAVE: Final = """
UPDATE conversation SET snapshot = $3, language = $4, version = version + 1,
    language_known_at = coalesce(language_known_at, now())
WHERE id = $1 AND version = $2 AND claimed_by = $5 RETURNING true
"""
# After `_SAVE`, which locks the row: whoever stores a message after this look finds the claim gone.
_LET_GO: Final = """
UPDATE conversation SET claimed_by = NULL WHERE id = $1 AND NOT EXISTS (
    SELECT 1 FROM inbound WHERE conversation_id = $1 AND done_at IS NULL AND due_at <= clock_timestamp()
) RETURNING true
"""


class Clock(Protocol):
    """Gives the time; `onedoor chat` moves it on."""

    def __call__(self) -> datetime:
        """Now, with its zone."""
        ...


def wall_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


class LostClaimError(Exception):
    """Another worker has the conversation now; what this one worked out is dropped."""


class ChangedError(Exception):
    """The desk took or gave back the conversation meanwhile; the message is looked at anew."""


class Turns:
    """Runs the turns of one process: steps 2 to 4 of the five that a message goes through.

    1. Accept and enqueue: the message is stored, and its turn enqueued, in one transaction (`bot.inbox`).
    2. Claim the conversation: one turn at a time for each citizen, in the order the messages came.
    3. Understand and decide: the engine reads the message, flows decide, handlers act.
    4. One commit: snapshot, transcript, answers, jobs, and that the message is done.
    5. Send: the answers are handed over, and receipts only ever move a state forward (`bot.outbox`).
    """

    def __init__(
        self,
        pool: Pool,
        engine: Engine,
        services: Services,
        worker: Worker,
        *,
        timeout: float = 30.0,
        clock: Clock = wall_clock,
        notices: Notices | None = None,
        photos: Photos | None = None,
    ) -> None:
        self._places, self._likeness = open_places(pool), Comparison(encoder)
        self._photos = photos
        self._pool, self._engine, self._services, self._worker = pool, engine, services, worker
        self._timeout = timeout
        self._clock = clock
        self._notices = notices or Notices()

    async def run(self, conversation_id: int) -> None:
        """Answers every message that waits in a conversation, unless another worker is at it.

        Args:
            conversation_id: whose.
        """
        if not await self._pool.fetchval(_CLAIM, conversation_id, self._worker.number):
            return
        try:
            while (row := await self._next(conversation_id)) is not None:
                try:
                    if await self._answer(conversation_id, row):
                        return
                except ChangedError:
                    log.info("turn.again", conversation=conversation_id)
        except LostClaimError:
            log.warning("turn.lost_claim", conversation=conversation_id)
        except Exception:  # as when the database is away: the sweeper finds the message again
            await insist(self._pool, _RELEASE, conversation_id, self._worker.number)
            raise

    async def _next(self, conversation_id: int) -> Any | None:
        """The next message; or None, and then the claim was let go in the same transaction.

        The row of the conversation is locked before the look: whoever stores a message after the
        look finds the claim gone.
        """
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_NEXT, conversation_id)
            if row is not None and row["id"] is not None:
                return row
            async with connection.transaction():
                await connection.execute(
                    "SELECT 1 FROM conversation WHERE id = $1 FOR NO KEY UPDATE", conversation_id
                )
                row = await connection.fetchrow(_NEXT, conversation_id)
                if row is not None and row["id"] is not None:
                    return row
                await connection.execute(_RELEASE, conversation_id, self._worker.number)
        return None

    async def _answer(self, conversation_id: int, row: Any) -> bool:
        """One turn. True when nothing more waits, and then the claim was let go with the answer."""
        if row["speaker"] == "officer" and row["kind"] == "resume" and not row["details"].get(HANDED_BACK):
            await self._put_off(conversation_id, row["id"])
            return False
        began = perf_counter()
        turn = await self._respond(conversation_id, row)
        milliseconds = (perf_counter() - began) * 1000
        finished = await self._commit(conversation_id, row, turn, milliseconds)
        seconds = perf_counter() - began
        TURN_SECONDS.labels(turn.result.outcome).observe(seconds)
        log.info(
            "turn.done", conversation=conversation_id, inbound=row["id"], outcome=turn.result.outcome,
            flow=turn.result.flow, milliseconds=round(seconds * 1000, 1),
        )  # fmt: skip
        return finished

    async def _respond(self, conversation_id: int, row: Any) -> Turn:
        """The engine's answer; or, when it fails or takes too long, one that says so and tells a person."""
        now = self._clock()
        setting = Setting(
            row["id"], conversation_id, row["channel"], row["address"], now, self._services.client,
            lambda pack: self._know(conversation_id, pack), lambda desk: outlook(self._pool, desk, now),
            row["text"],
        )  # fmt: skip
        if row["speaker"] == "officer":
            return self._unheard(row)
        if row["details"].get("opted") == "in":
            return self._plain(row, "opted_in", "opted_in")
        if "refused" in row["details"] and find_danger(row["text"]) is None:
            reply = Reply(refusal.answer(row["details"]["refused"], row["language"]))
            return Turn(Result(reply, outcome="refused"), row["snapshot"], row["language"])
        if row["attempts"] >= MOST_ATTEMPTS:
            return self._plain(row, "turn_failed", "failed", Case("turn_failed", urgent=True))
        # Counted before the work, so that a message that ends the process does not do so for ever.
        # What is counted is not changed any more: a piece or a picture that came just before is in it.
        now_there = await self._pool.fetchrow(_ATTEMPT, row["id"]) or row
        message = Message(
            now_there["text"],
            tuple(now_there["details"].get("media", ())),
            _ours(row["kind"], row["details"]),
        )
        try:
            async with asyncio.timeout(self._timeout):
                return await self._engine.respond(row["snapshot"], message, row["language"], setting)
        except Exception as error:  # the guaranteed reply: whatever happens, the citizen hears of it
            log.error("turn.failed", inbound=row["id"], error=type(error).__name__, at=_place(error))
            return self._plain(row, "turn_failed", "failed", Case("turn_failed", urgent=True))

    async def _put_off(self, conversation_id: int, inbound_id: int) -> None:
        """What waits for a department waits for the officer as well, who may do it by hand."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE inbound SET due_at = clock_timestamp() + $2 WHERE id = $1", inbound_id, PUT_OFF
            )
            await enqueue(connection, Kind.TURN, conversation_id, after=PUT_OFF)

    @staticmethod
    def _unheard(row: Any) -> Turn:
        """While an officer speaks the assistant is silent, but for the advice on danger to life."""
        danger = find_danger(row["text"]) if row["kind"] != "resume" else None
        if danger is None:
            return Turn(Result(outcome=WITH_OFFICER), row["snapshot"], row["language"])
        desk = packs().packs["core"].desk
        case = Case(f"danger_{danger.kind}", urgent=True, known={"language": danger.language})
        result = Result(Reply(advice(danger.kind, danger.language)), [(desk, case)], "danger")
        return Turn(result, row["snapshot"], row["language"])

    def _know(self, conversation_id: int, pack: str) -> Knowing:
        """What a pack's handlers may ask of Onedoor in this conversation."""

        async def picture(photo: str) -> str:
            if self._photos is None:
                raise ServiceDown("pictures have no address here")
            return await self._photos.url(photo)

        return Knowing(
            self._places, self._likeness, pack,
            lambda name: followed(self._pool, conversation_id, name), picture,
        )  # fmt: skip

    def _plain(self, row: Any, key: str, outcome: str, case: Case | None = None) -> Turn:
        text = packs().wording.render(key, row["language"], row["channel"], {})
        cases = [(packs().packs["core"].desk, case)] if case else []
        return Turn(Result(Reply(text), cases, outcome), row["snapshot"], row["language"])

    async def _commit(self, conversation_id: int, row: Any, turn: Turn, milliseconds: float) -> bool:
        """Step 4: all that a turn changes, in one transaction, and the claim when nothing more waits."""
        result = turn.result
        async with self._pool.acquire() as connection, connection.transaction():
            kept = await connection.fetchval(
                _SAVE, conversation_id, row["version"], turn.snapshot, turn.language, self._worker.number
            )
            if not kept:
                raise await _why_not(connection, conversation_id, self._worker.number)
            await connection.execute(
                "UPDATE inbound SET done_at = now(), text = CASE WHEN $2 THEN $3 ELSE text END WHERE id = $1",
                row["id"], result.secret, MASK,
            )  # fmt: skip
            if result.outcome == REPEATED:
                result.reply = await _said_last(connection, conversation_id) or result.reply
            if result.reply is not None:
                await _say(connection, conversation_id, row, result, result.reply, turn.language)
            for desk, case in result.cases:
                await escalate(connection, conversation_id, row["id"], desk, case)
            contact, now = Contact(conversation_id, row["channel"], row["address"]), self._clock()
            for pack, thing, texts in result.remind:
                await remind(connection, self._notices, contact, pack, thing, texts, now)
            if result.rated is not None:
                await rate(connection, conversation_id, result.rated, row["text"])
            for pack, thing, known in result.follow:
                await follow(connection, conversation_id, pack, thing, known)
            if row["speaker"] != "assistant":
                await heard(connection, conversation_id, now)
            if result.resume_after is not None:
                await _try_again(connection, conversation_id, row["channel"], row["id"], result.resume_after)
            await connection.execute(
                "INSERT INTO turn_record (inbound_id, conversation_id, intent, confidence, commands, flow,"
                " step,"
                " outcome, milliseconds, handlers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                row["id"], conversation_id, turn.intent, turn.confidence,
                [
                    {"command": c["command"], "word": c.get("word"), "flow": c.get("flow")}
                    for c in turn.commands
                ],
                result.flow, result.step, result.outcome, milliseconds, result.handlers,
            )  # fmt: skip
            return bool(await connection.fetchval(_LET_GO, conversation_id))


async def _why_not(connection: Connection, conversation_id: int, worker: int) -> Exception:
    """Why a turn can't be kept."""
    ours = await connection.fetchval(
        "SELECT claimed_by = $2 FROM conversation WHERE id = $1", conversation_id, worker
    )
    return ChangedError() if ours else LostClaimError()


def _ours(kind: str, details: dict[str, Any]) -> tuple[Command, ...]:
    """What a message of our own asks the dialogue to do; nothing for a citizen's."""
    if kind != "resume":
        return ()
    if BEGIN in details:
        flow = details[BEGIN]
        # A pack that is gone meanwhile has nothing to ask.
        return (Begin(flow, tuple(details["values"].items())),) if flow in packs().flows else (Resume(),)
    if not details.get(HANDED_BACK):
        return (Resume(),)
    rating = (Start(RATING, (("rated_case", details["rate"]),)),) if "rate" in details else ()
    chosen = (Start(details["start"]),) if details.get("start") in packs().flows else ()
    return (Simple("handed_back"), *rating, *chosen)


async def _said_last(connection: Connection, conversation_id: int) -> Reply | None:
    """What was said last, to be said again; None where nothing was, or it is not kept any more."""
    last = await connection.fetchrow(
        "SELECT text, options FROM outbound WHERE conversation_id = $1 AND redacted_at IS NULL"
        " AND department IS NULL ORDER BY id DESC LIMIT 1",
        conversation_id,
    )
    return Reply(last["text"], tuple(last["options"])) if last else None


async def _say(
    connection: Connection, conversation_id: int, row: Any, result: Result, reply: Reply, language: str
) -> None:
    pulled = row["channel"] in PULLED
    danger = result.outcome == "danger"
    urgency = Urgency.URGENT if danger else Urgency.REPLY
    await connection.execute(
        "INSERT INTO outbound (conversation_id, inbound_id, channel, language, text, options, status,"
        " handed_at, priority, expires_at, details)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN now() END, $9, now() + $10, $11)",
        conversation_id, row["id"], row["channel"], language, reply.text, list(reply.options),
        "sent" if pulled else "created", pulled, PRIORITY[urgency], USEFUL_FOR[Urgency.REPLY],
        {EVEN_STOPPED: True} if danger else {STOPPED: True} if STOPPED in row["details"] else {},
    )  # fmt: skip
    if pulled:
        await connection.execute("SELECT pg_notify($1, $2)", NOTIFY_CHANNEL, str(conversation_id))
    else:
        await enqueue(connection, Kind.SEND, conversation_id)


async def _try_again(
    connection: Connection, conversation_id: int, channel: str, inbound_id: int, after: timedelta
) -> None:
    """A message from ourselves that is due later: what waits for a department is tried again then."""
    arrival = Arrival(channel, "", f"resume:{inbound_id}", "", kind="resume")
    await store(connection, conversation_id, arrival, after=after)


def _place(error: BaseException) -> str:
    """Where an error was raised, without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else "?"
