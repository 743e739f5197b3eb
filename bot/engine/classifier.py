"""Which journey a message asks for: sparse features and the sentence vector into one logistic regression."""

import json
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold

from bot.engine import EngineError
from bot.engine.encoder import Encoder, make_encoder
from bot.engine.features import SparseFeatures
from bot.engine.regression import Floats, Regression, log_softmax
from bot.engine.report import Prediction, measure
from bot.engine.runtime import share
from bot.understanding.language import find_language
from bot.understanding.needs import halves
from bot.understanding.reader import OUT_OF_SCOPE

RANKED: Final = 5
FITS_AT_ONCE: Final = 2
ALIKE: Final = 0.01
"""Of two shares added: what 8,000 sentences can't tell apart."""
FEWEST: Final = 5
"""Sentences of an intent below which nothing can be tuned."""
_TEMPERATURES: Final = np.linspace(0.3, 2.0, 35)
_THRESHOLDS: Final = np.linspace(0.2, 0.7, 51)
_MARGINS: Final = np.linspace(0.05, 0.3, 26)


@dataclass(frozen=True)
class Tuning:
    """What was found by cross-validation, kept with the model.

    Args:
        temperature: divides the scores, so that a probability of 0.8 is right in 8 of 10.
        threshold: below this probability a message is taken as out of scope.
        margin: when the second is nearer than this to the first, the citizen is asked which.
        accuracy: of the right journey, on sentences a fold did not learn from.
        macro_f1: the mean over intents, on the same.
        out_of_scope_caught: share of what no journey serves that was told so, on the same.
        calibration_error: how far probability and share of right ones lie apart, on the same.
    """

    temperature: float = 1.0
    threshold: float = 0.4
    margin: float = 0.1
    accuracy: float = 0.0
    macro_f1: float = 0.0
    out_of_scope_caught: float = 0.0
    calibration_error: float = 0.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SentenceClassifier(IntentClassifier, GraphComponent):  # type: ignore[misc]
    """The one component of the NLU pipeline. Figures: docs/figures.md."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings that `config.yml` may change.

        `C` is the weight of the examples, `dense_weight` the length of the sentence vector beside the
        words' for a message in English, in Welsh (which the encoder never learned) and in either;
        `needless_questions` the share of rightly understood messages that may be asked about.
        """
        return {
            "C": 20.0, "dense_weight": {"en": 1.4, "cy": 0.4, "either": 1.0},
            "folds": 3, "seed": 7, "needless_questions": 0.03,
        }  # fmt: skip

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._intents: list[str] = []
        self._features: SparseFeatures | None = None
        self._encoder: Encoder | None = None
        self._regression: Regression | None = None
        self.tuning = Tuning()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> Self:
        """Makes an untrained one; called by Rasa."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from folds of the examples to tune on the rest, then from all; called by Rasa."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        texts = [str(e.get(TEXT)) for e in examples]
        labels = np.array([str(e.get(INTENT)) for e in examples])
        self._intents = sorted(set(labels.tolist()))
        if len(self._intents) < 2:
            raise EngineError("Training needs examples of two journeys or more: look at the packs' nlu.yml.")
        truth = np.searchsorted(self._intents, labels)
        with self._storage.write_to(self._resource) as folder:
            make_encoder(folder)
            self._encoder = Encoder(folder)
            self._features = SparseFeatures.learn(texts)
            sparse, dense = self._features.matrix(texts), self._dense(texts)
            # Each fit is a single thread of its own; the machine that this is measured on has two cores.
            with ThreadPoolExecutor(FITS_AT_ONCE) as fits:
                whole = fits.submit(self._fit, sparse, dense, truth)
                self.tuning = self._tune(sparse, dense, truth, fits)
                self._regression = whole.result()
            self._save(folder)
        return self._resource

    def _dense(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors, each as long as its language gives it weight."""
        assert self._encoder is not None
        lengths = self._config["dense_weight"]
        wanted = [float(lengths[find_language(text) or "either"]) for text in texts]
        vectors: Floats = self._encoder.encode(texts) * np.array(wanted, np.float32)[:, None]
        return vectors

    def _fit(self, sparse: csr_matrix, dense: Floats, truth: npt.NDArray[np.intp]) -> Regression:
        return Regression.fit(sparse, dense, truth, len(self._intents), float(self._config["C"]))

    def _tune(self, sparse: csr_matrix, dense: Floats, truth: npt.NDArray[np.intp], fits: Executor) -> Tuning:
        """Finds temperature, threshold and margin from scores of sentences that a fold did not learn from."""
        if np.unique(truth, return_counts=True)[1].min() < FEWEST:
            return Tuning()
        folds = StratifiedKFold(int(self._config["folds"]), shuffle=True, random_state=self._config["seed"])
        scores = np.empty((len(truth), len(self._intents)), np.float32)
        fitted = [
            (rest, fits.submit(self._fit, sparse[learned], dense[learned], truth[learned]))
            for learned, rest in folds.split(truth, truth)
        ]
        for rest, fit in fitted:
            scores[rest] = fit.result().scores(sparse[rest], dense[rest])
        each = np.arange(len(truth))
        temperature = min(_TEMPERATURES, key=lambda t: -float(log_softmax(scores / t)[each, truth].mean()))
        probabilities = np.exp(log_softmax(scores / temperature))
        threshold = self._threshold(probabilities, truth)
        predictions = [
            Prediction(self._intents[right], self._intents[row.argmax()], float(row.max()))
            for right, row in zip(truth, probabilities, strict=True)
        ]
        figures = measure(predictions, threshold)
        return Tuning(
            float(temperature), threshold, self._margin(probabilities, truth),
            figures.accuracy, figures.macro_f1, figures.out_of_scope_caught, figures.calibration_error,
        )  # fmt: skip

    def _threshold(self, probabilities: Floats, truth: npt.NDArray[np.intp]) -> float:
        """Where journeys recognised and out of scope caught are most, the two counting alike.

        The middle of those that differ by less than chance: the peak itself is chance.
        """
        if OUT_OF_SCOPE not in self._intents:
            return Tuning.threshold
        outside = self._intents.index(OUT_OF_SCOPE)
        best, guess, inside = probabilities.max(axis=1), probabilities.argmax(axis=1), truth != outside

        def worth(threshold: float) -> float:
            sure = best >= threshold
            kept = float((sure & (guess == truth))[inside].mean())
            return kept + float((~sure | (guess == outside))[~inside].mean())

        worths = np.array([worth(threshold) for threshold in _THRESHOLDS])
        return float(np.median(_THRESHOLDS[worths >= worths.max() - ALIKE]))

    def _margin(self, probabilities: Floats, truth: npt.NDArray[np.intp]) -> float:
        """The widest that has citizens asked in no more than the wanted share of what was right anyway."""
        ranked = np.sort(probabilities, axis=1)
        gaps = (ranked[:, -1] - ranked[:, -2])[probabilities.argmax(axis=1) == truth]
        allowed = [m for m in _MARGINS if float((gaps < m).mean()) <= self._config["needless_questions"]]
        return float(max(allowed, default=_MARGINS[0]))

    def _save(self, folder: Path) -> None:
        assert self._features is not None
        assert self._regression is not None
        self._features.save(folder)
        self._regression.save(folder)
        (folder / "classifier.json").write_text(
            json.dumps({"intents": self._intents, "tuning": asdict(self.tuning)})
        )

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **_: Any,
    ) -> Self:
        """Loads a trained one; called by Rasa."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            stored = json.loads((folder / "classifier.json").read_text())
            component._intents = stored["intents"]
            component.tuning = Tuning(**stored["tuning"])
            component._features = SparseFeatures.load(folder)
            component._encoder = Encoder(folder)
            share(component._encoder)
            component._regression = Regression.load(folder)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent and the five most likely of each message; called by Rasa for every turn."""
        for message in messages:
            text = message.get(TEXT) or ""
            assert self._features is not None
            ranking = self.rank(text) if self._features.known(text) else [(OUT_OF_SCOPE, 1.0)]
            ranked = [{"name": name, "confidence": confidence} for name, confidence in ranking]
            message.set(INTENT, ranked[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranked, add_to_output=True)
            tuning = {"threshold": self.tuning.threshold, "margin": self.tuning.margin}
            message.set("tuning", tuning, add_to_output=True)
            if (parts := halves(text)) is not None:
                message.set("halves", [[part, self.rank(part)] for part in parts], add_to_output=True)
        return messages

    def rank(self, text: str) -> list[tuple[str, float]]:
        """The most likely intents of a text with their probabilities, best first."""
        assert self._features is not None
        assert self._regression is not None
        columns, values = self._features.of(text)
        scores = self._regression.score(columns, values, self._dense([text])[0]) / self.tuning.temperature
        probabilities = np.exp(log_softmax(scores[None, :]))[0]
        order = np.argsort(-probabilities, kind="stable")[:RANKED]
        return [(self._intents[i], float(probabilities[i])) for i in order]
