"""`action_flow`: the one action that runs the flows, in process, within Rasa's own turn."""

from collections.abc import Callable
from typing import Any

import rasa.core.actions.action as rasa_actions
from rasa.core.actions.action import Action
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.importer import FLOW_ACTION
from bot.engine.runtime import dialogue, stand_alone, turn_in_hand
from bot.understanding.commands import from_json


class FlowAction(Action):  # type: ignore[misc]
    """Applies the commands that the policy read to the stack, and says what comes of it."""

    def name(self) -> str:
        """Its name in the domain."""
        return FLOW_ACTION

    async def run(
        self,
        output_channel: OutputChannel,  # noqa: ARG002
        nlg: NaturalLanguageGenerator,  # noqa: ARG002
        tracker: DialogueStateTracker,
        domain: Domain,  # noqa: ARG002
        metadata: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> list[Event]:
        """Runs the flows; called by Rasa."""
        turn = turn_in_hand.get() or stand_alone(tracker.sender_id)
        state = dialogue().state(tracker.get_slot("state"), turn.language, turn.setting.now)
        commands = [from_json(command) for command in tracker.get_slot("commands") or []]
        try:
            turn.result = await dialogue().respond(state, commands, turn.setting)
        except Exception as error:
            turn.error = error
            raise
        events: list[Event] = [SlotSet("state", state.to_json()), SlotSet("commands", None)]
        if turn.result.reply is not None:
            buttons = [{"title": o["label"], "payload": o["value"]} for o in turn.result.reply.options]
            events.append(BotUttered(turn.result.reply.text, {"buttons": buttons} if buttons else None))
        return events


def register() -> None:
    """Makes Rasa find `action_flow` here rather than on an action server.

    Rasa looks custom actions up over HTTP only. This is the one place where its lookup is widened;
    it holds for `rasa shell` as well, as the policy calls it when a model is loaded.
    """
    original: Callable[..., Action] = rasa_actions.action_for_name_or_text
    if getattr(original, "knows_flows", False):
        return

    def lookup(name: str, domain: Domain, endpoint: Any) -> Action:
        return FlowAction() if name == FLOW_ACTION else original(name, domain, endpoint)

    lookup.knows_flows = True  # type: ignore[attr-defined]
    rasa_actions.action_for_name_or_text = lookup
