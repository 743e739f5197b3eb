"""Training: Rasa's own, over the packs; the model tells what it was made from and how good it is."""

import asyncio
import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.engine import EngineError
from bot.engine.report import Prediction
from bot.engine.runtime import packs
from bot.settings import ROOT, Settings

NAME = "onedoor"
HELD_OUT = ROOT / "tests" / "understanding" / "held_out.yml"
"""Sentences that no training reads; the floors of the settings are for these."""


@dataclass(frozen=True)
class Model:
    """Where the model is, and what it was made from."""

    path: Path
    inputs: Path

    @property
    def current(self) -> bool:
        """Whether it is there and its inputs have not changed since."""
        return (
            self.path.exists() and self.inputs.exists() and self.inputs.read_text().strip() == fingerprint()
        )


def find_model(settings: Settings) -> Model:
    """The one model of this installation, trained or not."""
    return Model(settings.models_dir / f"{NAME}.tar.gz", settings.models_dir / f"{NAME}.inputs")


def fingerprint() -> str:
    """A mark of all that training reads: the packs, config.yml and the components' code."""
    digest = sha256(packs().fingerprint().encode())
    language = sorted((ROOT / "bot" / "understanding").glob("language.*"))
    for path in [ROOT / "config.yml", *language, *sorted((ROOT / "bot" / "engine").glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def train(settings: Settings) -> Model:
    """Trains from scratch and replaces the model.

    Raises:
        EngineError: Rasa did not train; the text says what to look at.
        GrammarError: a mistake in a pack.
    """
    os.environ["LOG_LEVEL"] = "ERROR"  # Rasa's bars of progress, a page of them for a second's work
    from rasa.model_training import train as rasa_train

    model = find_model(settings)
    model.path.parent.mkdir(parents=True, exist_ok=True)
    result = rasa_train(
        domain=str(ROOT / "bot" / "core" / "pack.yml"), config=str(ROOT / "config.yml"), training_files=[],
        output=str(model.path.parent), fixed_model_name=NAME, force_training=True,
    )  # fmt: skip
    if result.code != 0 or not result.model:
        raise EngineError("Rasa did not train a model; the lines above say why.")
    model.inputs.write_text(fingerprint() + "\n")
    return model


def tuning(model: Model) -> dict[str, Any]:
    """The figures of a trained model, as `bot.engine.classifier.Tuning` keeps them."""
    import tarfile

    with tarfile.open(model.path) as archive:
        for member in archive.getmembers():
            if member.name.endswith("classifier.json") and (file := archive.extractfile(member)):
                stored: dict[str, Any] = json.load(file)["tuning"]
                return stored
    raise EngineError(f"{model.path.name} holds no classifier: train it again with `onedoor train`.")


def measure_model(model: Model) -> list[Prediction]:
    """What the model makes of the sentences kept apart, of the packs that are loaded.

    None where there are none: an installation without the tests' folder has them not.

    Args:
        model: a trained one.
    """
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    from bot.engine.engine import Engine

    if not HELD_OUT.exists():
        return []
    owner = {flow.id: flow.pack for flow in packs().flows.values()}
    apart = [e for e in RasaYAMLReader().read(HELD_OUT).training_examples if e.get("intent") in owner]
    engine = Engine(model.path)

    async def ask() -> list[Prediction]:
        return [
            _prediction(example, await engine.understand(str(example.get("text"))), owner)
            for example in apart
        ]

    return asyncio.run(ask())


def _prediction(example: Any, parsed: dict[str, Any], owner: dict[str, str]) -> Prediction:
    intent = str(example.get("intent"))
    language = str(example.get("metadata")["intent"]["language"])
    best = parsed["intent"]
    return Prediction(intent, str(best["name"]), float(best["confidence"]), language, owner[intent])
