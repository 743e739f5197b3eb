"""Things: what a citizen has of a department, told in lines of one answer across all departments."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actions.sdk.handler import Call


@dataclass(frozen=True)
class Thing:
    """One thing that a citizen has: an amount with its source, an appointment, a report.

    Args:
        say: a response of the pack that tells of it in one line.
        values: what the responses name; JSON.
        more: a response that tells the rest to who asks about it, and how to go on; None where that is all.
    """

    say: str
    values: Mapping[str, Any] = field(default_factory=dict)
    more: str | None = None


class Things(ABC):
    """Base of what tells of a citizen's things: classes of a pack's `things.py`, found by themselves."""

    @abstractmethod
    async def look(self, call: Call) -> Sequence[Thing]:
        """What the citizen who writes has of this department; nothing for who is not known to it.

        Args:
            call: of the turn, with what the citizen follows of this pack; nothing is in its slots.

        Raises:
            ServiceDown: the department can't be asked; the citizen is told so, and of the others' things.
            ServiceRefused: the same.
        """
