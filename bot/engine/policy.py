"""The flow policy: decides whether a message is for the flows, and what it asks of them, as commands."""

from datetime import UTC, datetime
from typing import Any, Self

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine import action as flow_action
from bot.engine.importer import FLOW_ACTION
from bot.engine.runtime import dialogue, packs, turn_in_hand
from bot.understanding.commands import Command, Unclear, from_json, to_json
from bot.understanding.reader import Understood
from bot.wording import LONDON

PRIORITY = 7
"""Above RulePolicy's 6: a rule speaks where the flows have nothing to do with a message."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class FlowPolicy(Policy):  # type: ignore[misc]
    """Reads a message against the stack that is kept in the slot `state`.

    It predicts `action_flow` for a message that is for the flows, and otherwise nothing, which
    leaves the message to RulePolicy. It learns nothing: its training is the check of the packs.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Priority, and the packs' fingerprint that the importer puts in."""
        return {"priority": PRIORITY, "packs": ""}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context)
        self._resource = resource
        flow_action.register()

    def train(self, training_trackers: list[Any], domain: Domain, **_: Any) -> Resource:  # noqa: ARG002
        """Reads and checks all packs; called by Rasa.

        Raises:
            GrammarError: a mistake in a pack.
        """
        packs()
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> Self:
        """Makes it anew: there is nothing stored; called by Rasa."""
        return cls(config, model_storage, resource, execution_context)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,  # noqa: ARG002
        **_: Any,
    ) -> PolicyPrediction:
        """What to do next; called by Rasa after each message and each action."""
        if tracker.latest_action_name == FLOW_ACTION:
            return self._prediction(self._all_for(ACTION_LISTEN_NAME, domain))
        if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.latest_message is None:
            return self._prediction([0.0] * domain.num_actions)
        commands = self.read_commands(tracker, domain)
        if commands is None:
            return self._prediction([0.0] * domain.num_actions)
        events = [SlotSet("commands", [to_json(command) for command in commands])]
        return self._prediction(self._all_for(FLOW_ACTION, domain), events=events)

    @staticmethod
    def _all_for(action: str, domain: Domain) -> list[float]:
        probabilities = [0.0] * domain.num_actions
        probabilities[domain.index_for_action(action)] = 1.0
        return probabilities

    @staticmethod
    def read_commands(tracker: DialogueStateTracker, domain: Domain) -> list[Command] | None:
        """The commands of the newest message, or None when it is for a plain Rasa pack."""
        parsed = tracker.latest_message.parse_data
        if "commands" in parsed:
            return [from_json(command) for command in parsed["commands"]]
        turn = turn_in_hand.get()
        language = turn.language if turn else "en"
        now = (turn.setting.now if turn else datetime.now(UTC)).astimezone(LONDON)
        state = dialogue().state(tracker.get_slot("state"), language, now)
        ranking = tuple((r["name"], float(r["confidence"])) for r in parsed.get("intent_ranking") or [])
        needs = tuple((part, tuple((n, p) for n, p in found)) for part, found in parsed.get("halves") or ())
        understood = Understood(ranking, **parsed.get("tuning") or {}, halves=needs)
        text = tracker.latest_message.text or ""
        reader = dialogue().reader
        # The engine looked at the open question before it asked the model: it need not be looked at twice.
        known = turn is not None and turn.needs_model
        commands = (reader.read_understood if known else reader.read)(text, state, understood, now)
        stock = set(domain.intents) - set(packs().flows)
        meant = ranking and ranking[0][0] in stock and ranking[0][1] >= understood.threshold
        if meant and any(isinstance(command, Unclear) for command in commands):
            return None
        return commands
