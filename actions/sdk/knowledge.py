"""What Onedoor knows and lends to handlers: places, likeness of meaning, and what a citizen follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from actions.sdk.handler import Call
    from actions.sdk.things import Thing


class Spot(Protocol):
    """A place that was found; docs/places.md."""

    @property
    def label(self) -> dict[str, str]:
        """What to call it, by language."""
        ...

    @property
    def lat(self) -> float:
        """Degrees north."""
        ...

    @property
    def long(self) -> float:
        """Degrees east."""
        ...

    @property
    def metres(self) -> int:
        """How sure: the true place is within this distance."""
        ...

    @property
    def kind(self) -> str:
        """`point`, `address`, `landmark`, `junction`, `street`, `postcode` or `settlement`."""
        ...


class Places(Protocol):
    """Finds places from words."""

    async def find(
        self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5
    ) -> Sequence[Spot]:
        """The spots a text tells of: one when it is clear, several when it fits several, or none."""
        ...

    async def nearest(self, lat: float, long: float) -> Spot | None:
        """A label for coordinates."""
        ...


class Likeness(Protocol):
    """Compares meanings, in both languages."""

    async def closest(
        self, text: str, candidates: Mapping[str, Sequence[str]], most: int = 3
    ) -> list[tuple[str, float]]:
        """The candidates whose phrases are most like a text, best first.

        Args:
            text: a citizen's words.
            candidates: phrases by the name of what they mean.
            most: how many to give.

        Returns:
            Names with a likeness from 0 to 1. Above 0.6 it is hardly ever wrong, below 0.3 hardly right.
        """
        ...


@dataclass(frozen=True)
class Followed:
    """Something a citizen wants to hear of.

    Args:
        thing: the pack's name of it, such as `report:82`.
        known: what was kept of it when they began; JSON.
        since: when they began.
    """

    thing: str
    known: Mapping[str, Any]
    since: datetime


@dataclass(frozen=True)
class Told:
    """What one department tells of what a citizen has.

    Args:
        pack: its name.
        things: none where it has nothing of theirs; None where it could not be asked.
    """

    pack: str
    things: "Sequence[Thing] | None"


class Knowledge(Protocol):
    """What surrounds a handler besides its department."""

    @property
    def places(self) -> Places:
        """Finds places."""
        ...

    @property
    def likeness(self) -> Likeness:
        """Compares meanings."""
        ...

    async def followed(self) -> Sequence[Followed]:
        """What the citizen follows of this pack, the newest first."""
        ...

    async def things(self, call: "Call") -> "Sequence[Told]":
        """What a citizen has of every department.

        Args:
            call: of the handler that asks.
        """
        ...

    async def picture_url(self, photo: str) -> str:
        """The public address of a picture that answered a question; it works while the picture is kept."""
        ...
