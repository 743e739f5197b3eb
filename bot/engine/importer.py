"""What Rasa trains from: the packs' examples, their flows, and the stock Rasa domains that packs bring."""

from pathlib import Path
from typing import Any

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers import utils
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.runtime import packs

FLOW_ACTION = "action_flow"


class PackImporter(TrainingDataImporter):  # type: ignore[misc]
    """Named under `importers` in config.yml, so that Rasa's own commands read the packs as well.

    A pack may hold a plain Rasa domain: `domain.yml` and `rules.yml` beside its `nlu.yml`.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **kwargs: Any,
    ) -> None:
        self._config_file = config_file
        _ = domain_path, training_data_paths, kwargs
        self._folders = [pack.folder for pack in packs().packs.values()]

    def _files(self, name: str) -> list[str]:
        return [str(path) for folder in self._folders if (path := Path(folder) / name).exists()]

    def get_domain(self) -> Domain:
        """Every intent of the packs, the one action that runs flows, and the state as the one slot."""
        slot = {"type": "any", "influence_conversation": False}
        own = {
            "version": "3.1", "intents": sorted(packs().flows), "actions": [FLOW_ACTION],
            "slots": {name: {**slot, "mappings": [{"type": "custom"}]} for name in ("state", "commands")},
            "session_config": {"session_expiration_time": 0, "carry_over_slots_to_new_session": True},
        }  # fmt: skip
        domain = Domain.from_dict(own)
        for path in self._files("domain.yml"):
            domain = domain.merge(Domain.load(path))
        return domain

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Every flow's intent goes to the flows; and the rules of packs written as plain Rasa domains."""
        domain = self.get_domain()
        rules = [
            {"rule": f"{flow} goes to the flows", "steps": [{"intent": flow}, {"action": FLOW_ACTION}]}
            for flow in sorted(packs().flows)
        ]
        text = rasa.shared.utils.io.json_to_string({"version": "3.1", "rules": rules})
        own = StoryGraph(YAMLStoryReader(domain).read_from_string(text))
        return own.merge(utils.story_graph_from_paths(self._files("rules.yml"), domain, exclusion_percentage))

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples of all packs, both languages in one."""
        data = [load_data(path, language or "en") for path in self._files("nlu.yml")]
        return TrainingData().merge(*data)

    def get_config(self) -> dict[str, Any]:
        """config.yml, with the packs' fingerprint in the policy's entry: another flow, another training."""
        config: dict[str, Any] = rasa.shared.utils.io.read_model_configuration(self._config_file)
        for policy in config.get("policies") or []:
            if str(policy.get("name")).endswith("FlowPolicy"):
                policy["packs"] = packs().fingerprint()
        return config

    def get_config_file_for_auto_config(self) -> str | None:
        """The file itself; config.yml leaves nothing for Rasa to choose."""
        return self._config_file
