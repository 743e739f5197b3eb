"""What the tests of the kinds of answer share."""

from datetime import UTC, datetime
from typing import Any

from bot.answers import KINDS, Answer, Question

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
"""A Wednesday."""


def read(kind: str, text: str, **details: Any) -> Any:
    """The value that a kind reads from a text on that Wednesday, or None."""
    answer = ask(kind, text, **details)
    return answer.value if answer else None


def ask(kind: str, text: str, **details: Any) -> Answer | None:
    """The answer that a kind reads from a text on that Wednesday, or None."""
    return KINDS[kind](text, Question("slot", details, now=NOW))
