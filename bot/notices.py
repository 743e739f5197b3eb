"""A notice: a message that a department sends without being asked just now, made once for its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import randrange
from typing import Any, Final, Literal
from uuid import UUID

from bot.digests import held_until
from bot.hours import EXPECTED_FOR, Hours
from bot.inbox import open_conversation
from bot.queue import Connection, Kind, enqueue
from bot.urgency import PRIORITY, USEFUL_FOR, Urgency

TEST: Final = "test"
"""The kind of API key whose notices go nowhere, and the name of the sender they are said to have."""

CLOCKS_APART: Final = timedelta(seconds=1)
"""By how much our clock may be ahead of the database's, which says what is due."""

SHARDS: Final = 8
"""Rows a department's count is kept in, so that its messages do not wait for one another."""


@dataclass(frozen=True)
class Words:
    """A notice's text in one language; a subject where the channel has one."""

    body: str
    subject: str | None = None


@dataclass(frozen=True)
class Notice:
    """What a department wants said.

    Args:
        department: its name.
        channel: how.
        address: to whom, already checked and in the channel's own form: +44…, an e-mail address, or the
            lines of a postal address with newlines between.
        words: by language, `en` and `cy`.
        urgency: how soon.
        idempotency_key: the same key of a department twice is one notice.
        reference: the department's own word for it, given back with receipts.
        template: its id and version, if it was made from one.
        key_kind: of the API key that asked (`normal`, `team`, `test`).
        thing: what it is about, such as `booking:82`, if it should move or go with that.
        language: to be used whatever is known of the citizen; None for theirs.
        due_at: not before then.
        expires_at: no use after that; the urgency's own time when not given.
        batch_id: of the batch it belongs to.
        details: what the channel needs besides, JSON.
    """

    department: str
    channel: Literal["sms", "email", "letter", "webchat"]
    address: str
    words: Mapping[str, Words]
    urgency: Urgency = Urgency.NOTICE
    idempotency_key: str | None = None
    reference: str | None = None
    template: tuple[UUID, int] | None = None
    key_kind: str | None = None
    thing: str | None = None
    language: Literal["en", "cy"] | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    batch_id: UUID | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """Where a notice was stored; `new` is false when its idempotency key was there before.

    Args:
        id: our own number.
        public_id: the id the department knows it by.
        text: as it will be sent, in the citizen's language or both.
        subject: the same.
        due_at: when it may go; later than now in quiet hours.
    """

    id: int
    public_id: UUID
    text: str
    subject: str | None
    due_at: datetime
    new: bool


MOST_IN_A_TEXT: Final = 1_600
"""Characters that Twilio takes in one message; a text in two languages may come to more."""


class TooLongError(Exception):
    """A text in both languages is longer than a sender takes; its own text is a sentence."""


class TooManyError(Exception):
    """The department has sent what it may in this minute or day.

    Args:
        span: `minute` or `day`.
        limit: messages.
    """

    def __init__(self, span: str, limit: int) -> None:
        super().__init__(f"Exceeded send limits ({limit}) for this {span}.")
        self.span, self.limit = span, limit


_KNOWN: Final = """
SELECT id, public_id, text, subject, due_at FROM outbound WHERE department = $1 AND idempotency_key = $2
"""
_CONTACT: Final = """
SELECT c.id, CASE WHEN c.language_known_at IS NOT NULL THEN c.language END AS language,
       (SELECT i.received_at FROM inbound i WHERE i.conversation_id = c.id
        ORDER BY i.id DESC LIMIT 1) AS wrote
FROM conversation c WHERE c.channel = $1 AND c.address = $2
"""
# The sums are of what was committed before: a few messages at once may pass a limit together.
_COUNT: Final = """
WITH spans AS (
    SELECT span, date_trunc(span, $2::timestamptz, 'UTC') AS begins FROM (VALUES ('minute'), ('day')) s (span)
), counted AS (
    INSERT INTO department_count AS c (department, span, begins, shard, messages)
    SELECT $1, span, begins, $3, 1 FROM spans
    ON CONFLICT (department, span, begins, shard) DO UPDATE SET messages = c.messages + 1
)
SELECT s.span, CASE s.span WHEN 'minute' THEN d.per_minute ELSE d.per_day END AS most,
       (SELECT coalesce(sum(c.messages), 0) FROM department_count c
        WHERE c.department = $1 AND c.span = s.span AND c.begins = s.begins) AS sent
FROM spans s JOIN department d ON d.name = $1
"""
_INSERT: Final = """
INSERT INTO outbound (conversation_id, channel, language, text, subject, status, sender, handed_at,
    department, priority, reference, idempotency_key, template_id, template_version, batch_id, key_kind,
    thing, details, due_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7::text IS NOT NULL THEN now() END, $8, $9, $10, $11, $12, $13,
    $14, $15, $16, $17, $18, $19)
ON CONFLICT (department, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
RETURNING id, public_id, text, subject, due_at
"""
_WITHDRAW: Final = """
UPDATE outbound SET status = 'failed', error_code = 'withdrawn', completed_at = now(), idempotency_key = NULL
WHERE department = $1 AND thing = $2 AND status IN ('created', 'retry')
"""


class Notices:
    """Makes and withdraws notices by the rules of an installation."""

    def __init__(self, hours: Hours | None = None, *, first: Literal["en", "cy"] = "en") -> None:
        """Prepares it.

        Args:
            hours: when texts may go.
            first: the language that is said first where a citizen's is not known and both are said.
        """
        self._hours = hours or Hours()
        self._both = ["en", "cy"] if first == "en" else ["cy", "en"]

    async def make(
        self, connection: Connection, notice: Notice, *, now: datetime, counted: bool = True
    ) -> Made:
        """Stores a notice and enqueues its sending, in the caller's transaction.

        Args:
            connection: the one that has the transaction.
            notice: what to say.
            now: the time.
            counted: whether the department's limits hold; not for what a citizen asked for.

        Raises:
            TooLongError: the text is too long in both languages.
            TooManyError: the department's rate or daily limit is reached; nothing was stored, if the
                caller's transaction ends with it.
        """
        if notice.idempotency_key is not None:
            known = await connection.fetchrow(_KNOWN, notice.department, notice.idempotency_key)
            if known is not None:
                return Made(**known, new=False)
        if counted:
            await _count(connection, notice.department, now)
        contact = await connection.fetchrow(_CONTACT, notice.channel, notice.address)
        conversation_id = (
            contact["id"] if contact else await open_conversation(connection, notice.channel, notice.address)
        )
        known_language = notice.language or (contact["language"] if contact else None)
        languages = [known_language] if known_language else self._both
        words = said_in(notice.words, languages)
        if notice.channel == "sms" and len(words.body) > MOST_IN_A_TEXT:
            raise TooLongError(
                f"In both languages the text has {len(words.body)} characters, and {MOST_IN_A_TEXT} is the"
                " most: shorten it, or give a language."
            )
        expected = contact is not None and contact["wrote"] is not None
        expected = expected and now - contact["wrote"] < EXPECTED_FOR
        due, digest = await self._due(connection, conversation_id, notice, expected=expected, now=now)
        test = notice.key_kind == TEST
        # However urgent a batch is, its thousands never stand before one citizen's answer.
        place = Urgency.BULK if notice.batch_id is not None else notice.urgency
        row = await connection.fetchrow(
            _INSERT, conversation_id, notice.channel, " ".join(languages), words.body, words.subject,
            "accepted" if test else "created", TEST if test else None, notice.department,
            PRIORITY[place], notice.reference, notice.idempotency_key,
            *(notice.template or (None, None)), notice.batch_id, notice.key_kind, notice.thing,
            {**notice.details, **({"digest": True} if digest else {}), **_apart(notice, languages)},
            due if due > now else now - CLOCKS_APART, notice.expires_at or due + USEFUL_FOR[notice.urgency],
        )  # fmt: skip
        if row is None:  # the same key at the same time: the other was first
            known = await connection.fetchrow(_KNOWN, notice.department, notice.idempotency_key)
            assert known is not None
            return Made(**known, new=False)
        if not test:
            kind = Kind.BULK if place is Urgency.BULK else Kind.SEND
            await enqueue(connection, kind, conversation_id, after=max(due - now, timedelta(0)))
        return Made(**row, new=True)

    def may_go(self, urgency: Urgency, now: datetime) -> bool:
        """Whether a text of this urgency to somebody at home may go now."""
        return self._hours.allowed(urgency, now, self._hours.zone) <= now

    def allowed(self, channel: str, address: str, moment: datetime) -> datetime:
        """The first moment, not before `moment`, at which a contact point may be told something."""
        if channel != "sms":
            return moment
        return self._hours.allowed(Urgency.NOTICE, moment, self._hours.zone_of(address))

    async def withdraw(self, connection: Connection, department: str, thing: str) -> int:
        """Ends the notices about a thing that did not go yet, as when an appointment is cancelled.

        Args:
            connection: the caller's.
            department: whose notices.
            thing: what they are about.

        Returns:
            How many there were.
        """
        done = await connection.execute(_WITHDRAW, department, thing)
        return int(done.split()[-1])

    async def _due(
        self, connection: Connection, conversation_id: int, notice: Notice, *, expected: bool, now: datetime
    ) -> tuple[datetime, bool]:
        """When a notice may go, and whether it waits to share a text with others."""
        due = max(notice.due_at or now, now)
        if notice.channel != "sms" or notice.urgency is Urgency.URGENT:
            return due, False
        if not (expected and due == now):
            due = self._hours.allowed(notice.urgency, due, self._hours.zone_of(notice.address))
        if notice.urgency is not Urgency.NOTICE or notice.key_kind == TEST:
            return due, False
        held = await held_until(connection, conversation_id, due)
        return held or due, held is not None


def said_in(words: Mapping[str, Words], languages: list[str]) -> Words:
    """A notice's words in one language, or in several one after the other."""
    chosen = [words[language] for language in languages]
    subjects = [one.subject for one in chosen if one.subject]
    return Words("\n\n".join(one.body for one in chosen), " / ".join(subjects) or None)


def _apart(notice: Notice, languages: list[str]) -> dict[str, list[list[str]]]:
    """What a channel that sets the languages apart needs: each one's subject and body."""
    if len(languages) < 2 or notice.channel not in ("email", "letter"):
        return {}
    words = [notice.words[language] for language in languages]
    return {"said": [[each.subject or "", each.body] for each in words]}


async def _count(connection: Connection, department: str, now: datetime) -> None:
    """Counts one message of a department's.

    Raises:
        TooManyError: it was one too many.
    """
    for row in await connection.fetch(_COUNT, department, now, randrange(SHARDS)):  # noqa: S311  (spreads rows)
        if row["sent"] >= row["most"]:
            raise TooManyError(row["span"], row["most"])
