"""What Rasa's components share within a process: the packs, the dialogue, and the turn in hand."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from actions.sdk import Service, ServiceDown
from bot.dialogue import Dialogue, Result
from bot.engine.encoder import Encoder
from bot.flows.machine import Setting
from bot.packs import Packs, load_packs
from bot.settings import read_settings


@dataclass
class TurnInHand:
    """What surrounds the message that Rasa is handling now, and what came of it."""

    setting: Setting
    language: str
    needs_model: bool = False
    result: Result | None = None
    error: Exception | None = None
    """What ended the flows. Rasa only logs what its actions raise, and the citizen would hear nothing."""


turn_in_hand: ContextVar[TurnInHand | None] = ContextVar("turn_in_hand", default=None)
"""Set by the engine around each message; Rasa's own signatures have no place for it."""


@cache
def packs() -> Packs:
    """The packs of this installation, read once."""
    settings = read_settings()
    return load_packs(settings.packs, settings.packs_dir)


@cache
def dialogue() -> Dialogue:
    """The dialogue over `packs()`."""
    return Dialogue(packs())


_encoders: list[Encoder] = []


def share(encoder: Encoder) -> None:
    """Lets others of this process use the encoder that the model brought."""
    _encoders[:] = [encoder]


def encoder() -> Encoder:
    """The model's sentence encoder.

    Raises:
        ServiceDown: no model is loaded.
    """
    if not _encoders:
        raise ServiceDown("no model is loaded")
    return _encoders[0]


def stand_alone(sender_id: str) -> TurnInHand:
    """A turn without the service around it, as in `rasa shell`: no department can be reached."""

    def unreachable(_: type[Service]) -> Any:
        raise ServiceDown("rasa shell talks to no department; onedoor chat does.")

    now = datetime.now(UTC)
    return TurnInHand(Setting(0, 0, "terminal", sender_id, now, unreachable), "en")
