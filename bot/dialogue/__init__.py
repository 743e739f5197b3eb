"""The dialogue: applies a message's commands to the stack of flows and says what comes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.dialogue.commands import DEEPEST, after_silence, apply
from bot.dialogue.exchange import Exchange, put_aside
from bot.dialogue.result import REPEATED, Result
from bot.dialogue.walk import MOST_WAITS, RATING, finish
from bot.flows.frame import State
from bot.flows.machine import Machine, Setting
from bot.packs import Packs
from bot.understanding import commands as c
from bot.understanding.reader import Reader

__all__ = ["DEEPEST", "MOST_WAITS", "RATING", "REPEATED", "Dialogue", "Result"]

FRESH_AFTER: Final = 7 * 24
"""Hours of silence after which a citizen begins afresh."""


class Dialogue:
    """One for a process; all it knows of a conversation is in the state it is given."""

    def __init__(self, packs: Packs) -> None:
        self.packs = packs
        self.reader = Reader(packs)
        self._machine = Machine(packs)

    def state(self, stored: dict[str, Any] | None, language: str, now: datetime) -> State:
        """The conversation as it stands now: where it was left, or afresh after a week of silence.

        Args:
            stored: from the snapshot.
            language: of the contact point, where nothing is stored.
            now: the time of the message, with its zone.
        """
        state = State.from_json(stored, language)
        if state.hours_since(now) >= FRESH_AFTER:
            for frame in state.stack:
                put_aside(self.packs, state, frame, now)
            state.stack, state.choices, state.failures, state.more = [], [], 0, None
        return state

    async def respond(self, state: State, commands: Sequence[c.Command], setting: Setting) -> Result:
        """Applies commands, walks on, and puts the answer into words.

        Args:
            state: the conversation's; changed in place.
            commands: from the reader.
            setting: what surrounds the turn.
        """
        exchange = Exchange(self.packs, self.reader, self._machine, state, setting)
        languages = [command for command in commands if isinstance(command, c.SetLanguage)]
        others = [command for command in commands if not isinstance(command, c.SetLanguage)]
        for language in languages:
            await apply(exchange, language)
        if not any(isinstance(command, c.Begin) for command in others):
            after_silence(exchange)
        state.last_at = setting.now.isoformat()
        before = state.top
        for command in others:
            await apply(exchange, command)
        begun = [command.flow for command in others if isinstance(command, c.Start)]
        if len(begun) == 2:
            then, first = (exchange.title(flow) for flow in begun)
            exchange.utterance.say("first_then", {"first": first, "then": then})
        waits = before if before is not None and before.asking is None else None
        if waits is not None and self.reader.first.may_be_secret(setting.text, setting.now, waits.flow):
            exchange.result.secret = True
        return await finish(exchange)
