"""The engine: Rasa embedded, one call a turn, with a snapshot in and a snapshot out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from threadpoolctl import threadpool_limits

from bot.dialogue import Result
from bot.engine.importer import FLOW_ACTION
from bot.engine.policy import FlowPolicy
from bot.engine.runtime import TurnInHand, dialogue, turn_in_hand
from bot.flows.frame import State
from bot.flows.machine import Setting
from bot.understanding.commands import Command, to_json
from bot.utterance import Reply
from bot.wording import LONDON

TAIL: Final = 12
"""Events that go into the next turn: what a rule of a plain Rasa pack can look back on."""
_OURS: Final = frozenset({"state", "commands"})


@dataclass(frozen=True)
class Message:
    """What came in, as the engine needs it.

    Args:
        text: the message, cleaned.
        media: what came with it, each with its `type`.
        ours: what a message of our own asks for, as when a department answers again; empty for a citizen's.
    """

    text: str
    media: tuple[Mapping[str, Any], ...] = ()
    ours: tuple[Command, ...] = ()


@dataclass
class Turn:
    """What one message came to.

    Args:
        result: the reply and what goes with it.
        snapshot: for the next turn; JSON of a bounded size.
        language: the citizen's, now.
        intent: what was understood, or None when the open question told enough.
        confidence: of the intent, 0 to 1.
        commands: by name.
    """

    result: Result
    snapshot: dict[str, Any]
    language: str
    intent: str | None = None
    confidence: float = 0.0
    commands: list[dict[str, Any]] = field(default_factory=list)


class _Snapshots(TrackerStore):  # type: ignore[misc]
    """Rasa's view of a conversation: what the engine lays out before a turn and picks up after it."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self.open: dict[str, DialogueStateTracker] = {}

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return self.open.get(sender_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        self.open[tracker.sender_id] = tracker


class _Processor(MessageProcessor):  # type: ignore[misc]
    """Rasa's own processor, without the slot extraction that none of our slots asks for."""

    async def run_action_extract_slots(
        self, output_channel: Any, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        if self.extracts_slots:
            return await super().run_action_extract_slots(output_channel, tracker)
        return tracker

    @property
    def extracts_slots(self) -> bool:
        """Whether a plain Rasa pack brought slots that are filled from what is written."""
        return any(slot.name not in _OURS and slot.mappings for slot in self.domain.slots)

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Nothing to check: the intents were trained from the packs that make the domain."""

    def _predict_next_with_tracker(self, tracker: DialogueStateTracker) -> PolicyPrediction:
        """Asks the policies, but not where FlowPolicy's answer is known: the graph takes a millisecond.

        A message that FlowPolicy reads as commands is for the flows, and when they have answered Rasa
        listens; only what FlowPolicy leaves to a plain Rasa pack needs the ensemble.
        """
        if tracker.latest_action_name == FLOW_ACTION:
            return PolicyPrediction.for_action_name(self.domain, ACTION_LISTEN_NAME, FlowPolicy.__name__)
        if tracker.latest_action_name == ACTION_LISTEN_NAME and tracker.latest_message is not None:
            commands = FlowPolicy.read_commands(tracker, self.domain)
            if commands is not None:
                prediction = PolicyPrediction.for_action_name(self.domain, FLOW_ACTION, FlowPolicy.__name__)
                prediction.events = [SlotSet("commands", [to_json(command) for command in commands])]
                return prediction
        return super()._predict_next_with_tracker(tracker)


class Engine:
    """Understands a message and decides; keeps nothing between turns."""

    def __init__(self, model: Path) -> None:
        """Loads a trained model.

        Args:
            model: the `.tar.gz` that training wrote.
        """
        # A message is too small to share between threads: they would only wait for each other, spinning.
        self._one_thread = threadpool_limits(limits=1)
        self._store = _Snapshots(Domain.empty())
        self._processor = _Processor(
            model, self._store, InMemoryLockStore(), TemplatedNaturalLanguageGenerator({})
        )
        domain = self._processor.domain
        self._store.domain = domain
        self._processor.nlg = TemplatedNaturalLanguageGenerator(domain.responses)

    async def respond(
        self, snapshot: Mapping[str, Any], message: Message, language: str, setting: Setting
    ) -> Turn:
        """Runs one turn.

        Args:
            snapshot: what the turn before left; empty at the first.
            message: what came in.
            language: the citizen's, as far as is known.
            setting: what surrounds the turn.
        """
        sender = str(setting.conversation_id)
        told = self._told_without_model(snapshot, message, language, setting)
        in_hand = TurnInHand(setting, language, needs_model=told is None)
        self._store.open[sender] = self._restore(sender, snapshot)
        mark = turn_in_hand.set(in_hand)
        try:
            await self._processor.handle_message(
                UserMessage(
                    message.text, CollectingOutputChannel(), sender, input_channel=setting.channel,
                    parse_data=told,
                )
            )  # fmt: skip
            tracker = self._store.open[sender]
        finally:
            turn_in_hand.reset(mark)
            self._store.open.pop(sender, None)
        if in_hand.error is not None:
            raise in_hand.error
        return self._turn(tracker, in_hand, language)

    async def understand(self, text: str) -> dict[str, Any]:
        """What the classifier makes of a text, with no context and no side effect; Rasa's parse data."""
        parsed: dict[str, Any] = await self._processor.parse_message(UserMessage(text))
        return parsed

    def _restore(self, sender: str, snapshot: Mapping[str, Any]) -> DialogueStateTracker:
        tracker = DialogueStateTracker(sender, self._processor.domain.slots)
        for stored in snapshot.get("tail", []):
            tracker.update(_event(stored))
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        for name, value in {**snapshot.get("slots", {}), "state": snapshot.get("state")}.items():
            if value is not None and name in tracker.slots:
                tracker.update(SlotSet(name, value))
        return tracker

    @staticmethod
    def _told_without_model(
        snapshot: Mapping[str, Any], message: Message, language: str, setting: Setting
    ) -> dict[str, Any] | None:
        """Parse data for a message that the open question tells enough about; None asks the model."""
        state = dialogue().state(snapshot.get("state"), language, setting.now)
        commands = list(message.ours) or dialogue().reader.read_short(
            message.text, state, setting.now.astimezone(LONDON), message.media
        )
        if not commands:
            return None
        return {
            "text": message.text, "intent": {"name": None, "confidence": 0.0}, "entities": [],
            "commands": [to_json(command) for command in commands],
        }  # fmt: skip

    def _turn(self, tracker: DialogueStateTracker, in_hand: TurnInHand, language: str) -> Turn:
        events = list(tracker.events)
        said = [e for e in events[_last_user(events) :] if isinstance(e, BotUttered)]
        result = in_hand.result or Result(
            Reply("\n\n".join(str(e.text) for e in said)) if said else None, outcome="rule"
        )
        state = tracker.get_slot("state") or State(language=language).to_json()
        kept = {
            s.name: s.value for s in tracker.slots.values() if s.name not in _OURS and s.value is not None
        }
        parsed = tracker.latest_message.parse_data if tracker.latest_message else {}
        intent = parsed.get("intent") or {}
        commands = _commands(events)
        return Turn(
            result, {"state": state, "slots": kept, "tail": _tail(events)}, state["language"],
            intent.get("name"), float(intent.get("confidence") or 0.0),
            commands,
        )  # fmt: skip


def _event(stored: Mapping[str, Any]) -> Event:
    """One of the tail. Rasa's own `Event.from_parameters` walks through all its classes for each."""
    if stored["event"] == "action":
        return ActionExecuted(stored["name"])
    parsed = stored["parse_data"]
    return UserUttered(stored["text"], parsed["intent"], parsed["entities"], parsed)


def _last_user(events: list[Event]) -> int:
    return max((i for i, event in enumerate(events) if isinstance(event, UserUttered)), default=0)


def _commands(events: list[Event]) -> list[dict[str, Any]]:
    for event in reversed(events):
        if isinstance(event, SlotSet) and event.key == "commands" and event.value:
            return list(event.value)
    return []


def _tail(events: list[Event]) -> list[dict[str, Any]]:
    """The last events as a rule may look back on them: names of intents and actions, no words."""
    kept: list[dict[str, Any]] = []
    for event in events:
        if isinstance(event, UserUttered):
            kept.append(
                {"event": "user", "text": None, "parse_data": {"intent": event.intent, "entities": []}}
            )
        elif isinstance(event, ActionExecuted):
            kept.append({"event": "action", "name": event.action_name})
    return kept[-TAIL:]
