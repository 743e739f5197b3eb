"""Where a conversation is: a frame for each flow that was begun, their stack, and what is remembered."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

MASK = "•••"
"""What is left of a secret answer once it was used."""


@dataclass
class Frame:
    """One flow under way.

    Args:
        flow: its id.
        begun: the number of the inbound message that started it, part of every idempotency key.
        values: slots by name, JSON.
        sources: where each came from: `citizen`, or the handler's name.
        did: steps that are settled, with a fingerprint of what they depended on.
        skipped: slots the citizen chose not to fill.
        pages: how many options of a slot's list were shown already.
        asking: the id of the step whose question is open.
        failures: answers to the open question that were not understood, in a row.
        runs: how often each handler was called, part of its idempotency key.
        changing: whether the citizen did not agree and was asked what to change.
        waits: how often in a row the department could not be reached.
    """

    flow: str
    begun: int
    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    did: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    pages: dict[str, int] = field(default_factory=dict)
    asking: str | None = None
    failures: int = 0
    runs: dict[str, int] = field(default_factory=dict)
    changing: bool = False
    waits: int = 0

    def fill(self, slot: str, value: Any, source: str = "citizen") -> None:
        """Sets a slot; its list starts from the first page when it is asked again."""
        self.values[slot] = value
        self.sources[slot] = source
        if slot in self.skipped:
            self.skipped.remove(slot)

    def clear(self, slot: str) -> None:
        """Forgets a slot, so that it is asked again."""
        self.values.pop(slot, None)
        self.sources.pop(slot, None)
        self.pages.pop(slot, None)
        if slot in self.skipped:
            self.skipped.remove(slot)

    def fingerprint(self, slots: tuple[str, ...]) -> str:
        """A short mark of the values of some slots; another value, another mark."""
        values = json.dumps([self.values.get(slot) for slot in slots], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(values.encode()).hexdigest()[:16]


@dataclass
class State:
    """What the next turn needs to know, kept as the conversation's snapshot.

    Args:
        stack: flows under way, the one in hand last.
        language: the citizen's.
        finished: ids of flows that were done, the newest last; ten at most.
        left: frames the citizen left, offered again when the same flow is started within its days.
        failures: messages not understood in a row, with no question open.
        choices: flow ids offered by the last clarification, in order.
        last_at: the time of the last message, ISO 8601.
        more: what MORE gives with nothing asked, the `key` and the `values` of a response; None for nothing.
    """

    stack: list[Frame] = field(default_factory=list)
    language: str = "en"
    finished: list[str] = field(default_factory=list)
    left: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: int = 0
    choices: list[str] = field(default_factory=list)
    last_at: str | None = None
    more: dict[str, Any] | None = None

    @property
    def top(self) -> Frame | None:
        """The flow in hand."""
        return self.stack[-1] if self.stack else None

    def to_json(self) -> dict[str, Any]:
        """As kept in the snapshot."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None, language: str = "en") -> Self:
        """From the snapshot; a new one where there is none."""
        if not stored:
            return cls(language=language)
        frames = [Frame(**frame) for frame in stored["stack"]]
        return cls(**{**stored, "stack": frames})

    def hours_since(self, now: datetime) -> float:
        """Hours since the last message; 0 at the first."""
        if self.last_at is None:
            return 0.0
        return (now - datetime.fromisoformat(self.last_at)).total_seconds() / 3600
