"""What reading an answer takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

LONGEST: Final = 2000
"""Characters of a message that are looked at; what stands behind them answers no question."""


@dataclass(frozen=True)
class Question:
    """The open question, as far as reading its answer needs to know.

    Args:
        slot: what it fills.
        details: the kind's settings from the flow.
        options: what there is to choose from, each a value with its label in the citizen's language.
        words: for each option's value, other ways to say it.
        shown: numbers the options on the page that was shown last: (first, after the last).
        year: this year, for what depends on it when `now` is not known.
        now: the moment the message came, in the citizen's time zone.
        media: what came with the message, each with its `type` such as `image/jpeg` and what finds it again.
        chosen: the value this slot has now, which “the other one” is not.
    """

    slot: str
    details: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[tuple[Any, str], ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    shown: tuple[int, int] = (0, 0)
    year: int = 2026
    now: datetime | None = None
    media: tuple[Mapping[str, Any], ...] = ()
    chosen: Any = None

    @property
    def today(self) -> date:
        """The day the message came; without `now`, the first of the year."""
        return self.now.date() if self.now else date(self.year, 1, 1)


@dataclass(frozen=True)
class Answer:
    """A value that was read.

    Args:
        value: JSON.
        whole: whether the message was this answer and little else; otherwise it was found in a sentence.
    """

    value: Any
    whole: bool


class Kind(Protocol):
    """Reads one kind of answer."""

    def __call__(self, text: str, question: Question) -> Answer | None:
        """The answer in a text, or None."""
        ...
