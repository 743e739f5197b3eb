"""A watch: looks at the department's system now and then, and tells followers of something what is new."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from actions.sdk.service import Service


@dataclass(frozen=True)
class News:
    """Something new about a thing that citizens follow, or for one contact point.

    Args:
        key: the same news has the same key: each citizen is told it once.
        thing: the pack's name of it, as given to `follow`.
        say: a response of the pack, which may name what was kept when the citizen began to follow, and
            `values`; None where a flow says it.
        values: JSON.
        after: how long to wait before it is said; it is taken back when something newer is told.
        into: the thing that its followers follow from now on instead.
        ends: whether following ends with it.
        begin: a flow of the pack to begin in place of `say`, with the same values as its slots, so that it
            can ask something. It is `fleeting`.
        to: the channel and address of a contact point that is told in place of the followers, whether or not
            it ever wrote, such as `("sms", "+447700900123")`.
        language: of that contact point, where the department knows it.
        topic: a word for what of the thing it is about; news of another topic neither take it back nor are
            taken back by it.
    """

    key: str
    thing: str
    say: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    after: timedelta = timedelta(0)
    into: str | None = None
    ends: bool = False
    begin: str | None = None
    to: tuple[Literal["sms", "webchat"], str] | None = None
    language: Literal["en", "cy"] | None = None
    topic: str | None = None

    @property
    def about(self) -> str:
        """The thing and the topic: what newer news take the place of."""
        return self.thing if self.topic is None else f"{self.thing}#{self.topic}"


@dataclass(frozen=True)
class Decision:
    """Something the department's desk must decide or do, without a citizen's conversation.

    Args:
        key: the same key is the same case, however often it is seen.
        reason: one word or two, as of a `Case`; `reasons` in pack.yml says what to do about it.
        subject: what it is about, in a line; no citizen's words, name or number.
        due: by when.
        known: what the officer should know; JSON.
    """

    key: str
    reason: str
    subject: str
    due: datetime
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What a look came to.

    Args:
        news: oldest first.
        cursor: where the next look begins; JSON.
        decisions: for the department's desk.
    """

    news: Sequence[News]
    cursor: Any
    decisions: Sequence[Decision] = ()


@dataclass(frozen=True)
class WatchCall:
    """What a watch knows when it looks.

    Args:
        cursor: from the last look; None at the first.
        now: the time, with its zone.
        services: gives the department's client of a class.
    """

    cursor: Any
    now: datetime
    services: Callable[[type[Service]], Service]

    def service[S: Service](self, kind: type[S]) -> S:
        """The client of the department's service API."""
        client = self.services(kind)
        assert isinstance(client, kind)
        return client


class Watch(ABC):
    """Base of a pack's watches: classes of its `watch.py`, found by themselves."""

    every: ClassVar[timedelta] = timedelta(minutes=1)

    @abstractmethod
    async def look(self, call: WatchCall) -> Seen:
        """Looks. What it raises is tried again at the next look, with the same cursor."""
