"""What a turn of the dialogue came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from actions.sdk import Case, Reminder
from bot.utterance import Reply

REPEATED: Final = "repeated"
"""The outcome of a turn whose reply is the one before, while that is kept in the outbound table."""


@dataclass
class Result:
    """What a turn came to.

    Args:
        reply: the one message back; None only for a silent retry.
        cases: for the desk, with the queue they go to.
        outcome: `asked`, `done`, `unclear`, `waiting`, `danger` …: one word for the record.
        resume_after: when to try again what waits for a department.
        secret: whether the message was a secret answer, not to be kept.
        flow: the one in hand at the end.
        step: its open step.
        handlers: name and milliseconds of each call.
        remind: texts for later, with the pack whose they are and what they are about.
        follow: what the citizen follows from now on, or no more: the pack, the thing, what is known of it.
        rated: the case of the desk and the citizen's word on it, `yes`, `partly` or `no`.
    """

    reply: Reply | None = None
    cases: list[tuple[str, Case]] = field(default_factory=list)
    outcome: str = "said"
    resume_after: timedelta | None = None
    secret: bool = False
    flow: str | None = None
    step: str | None = None
    handlers: list[tuple[str, float]] = field(default_factory=list)
    remind: list[tuple[str, str, Sequence[Reminder]]] = field(default_factory=list)
    follow: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)
    rated: tuple[int, str] | None = None
