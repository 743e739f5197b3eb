"""A notice: a message that a department sends without being asked just now, made once for its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from bot.queue import Connection


class Urgency(StrEnum):
    """How soon a notice must be read."""

    URGENT = "urgent"
    """One-time codes and danger: at once, at any hour, never in a digest."""
    NOTICE = "notice"
    """Not in quiet hours, unless the citizen wrote just now."""
    BULK = "bulk"
    """Behind everything else, on working days only."""


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
    """

    id: int
    public_id: UUID
    text: str
    subject: str | None
    new: bool


class TooManyError(Exception):
    """The department has sent what it may in this minute or day.

    Args:
        span: `minute` or `day`.
        limit: messages.
    """

    def __init__(self, span: str, limit: int) -> None:
        super().__init__(f"Exceeded send limits ({limit}) for this {span}.")
        self.span, self.limit = span, limit


async def make(connection: Connection, notice: Notice, *, now: datetime) -> Made:
    """Stores a notice and enqueues its sending, in the caller's transaction.

    Args:
        connection: the one that has the transaction.
        notice: what to say.
        now: the time.

    Raises:
        TooManyError: the department's rate or daily limit is reached.
    """
    raise NotImplementedError
