"""The trained model: as good as promised, calibrated, unmoved by nonsense, the same each time."""

import asyncio
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.commands import train as command
from bot.engine.classifier import SentenceClassifier
from bot.engine.engine import Engine
from bot.engine.features import SparseFeatures, unmutated
from bot.engine.report import Prediction, confused, lines, measure, too_low
from bot.engine.training import find_model, measure_model, tuning
from bot.problems import Problem
from bot.settings import Settings
from bot.understanding.reader import OUT_OF_SCOPE


@pytest.fixture(scope="module")
def threshold(settings: Settings) -> float:
    """Below it a message is out of scope."""
    return float(tuning(find_model(settings))["threshold"])


@pytest.fixture(scope="module")
def predictions(settings: Settings) -> list[Prediction]:
    """What the model makes of `held_out.yml`."""
    return measure_model(find_model(settings))


@pytest.fixture(scope="module")
def engine(settings: Settings) -> Engine:
    """The engine with the model."""
    return Engine(find_model(settings).path)


@pytest.mark.parametrize(("language", "right"), [("", 0.95), ("en", 0.95), ("cy", 0.92)])
def test_what_was_never_taught_is_understood(
    predictions: list[Prediction], threshold: float, language: str, right: float
) -> None:
    asked = [p for p in predictions if p.language.startswith(language)]
    figures = measure(asked, threshold)
    assert figures.accuracy_at_threshold >= right, confused(asked, threshold)
    assert figures.out_of_scope_caught >= 0.9, confused(asked, threshold)


def test_a_probability_is_the_share_of_right_ones(predictions: list[Prediction], threshold: float) -> None:
    assert measure(predictions, threshold).calibration_error <= 0.05


@pytest.mark.parametrize(
    "text",
    [
        "xyzzy", "qwerty", "asdfgh jkl", "lkjsdf", "zxcvbnm", "kxqzv", "aaaaaaaa", "ghghghgh", "??", "🦆",
        "giraffe", "purple", "lorem ipsum dolor", "foo bar baz", "hgfdsa qpwoei", "blorp", "you're useless",
        "youre so thick", "stupid bot", "дякую", "x" * 300,
    ],
)  # fmt: skip
async def test_nonsense_and_insults_are_out_of_scope(engine: Engine, threshold: float, text: str) -> None:
    found = (await engine.understand(text))["intent"]
    assert found["name"] == OUT_OF_SCOPE or found["confidence"] < threshold, found


@pytest.mark.parametrize(
    "forms",
    [
        "triniaeth driniaeth thriniaeth nhriniaeth", "pen-glin ben-glin mhen-glin phen-glin",
        "cyllideb gyllideb chyllideb nghyllideb", "meddyg feddyg", "gofal ngofal", "llythyr lythyr",
        "rhif rif", "broblem problem", "dyddiad ddyddiad nyddiad",
    ],
)  # fmt: skip
def test_a_welsh_word_is_the_same_however_it_mutates(forms: str) -> None:
    assert len({unmutated(word) for word in forms.split()}) == 1
    first, *others = forms.split()
    learned = SparseFeatures.learn([first, first])
    for other in others:
        assert len(learned.of(other)[0]) > 0
        assert learned.known(first)


def test_words_that_only_look_alike_stay_apart() -> None:
    assert len({unmutated(word) for word in ("hospital", "school", "appointment", "ysbyty", "ysgol")}) == 5


SMALL = {
    "greet": ["hello", "hi there", "good morning", "hiya", "hello again", "hey"],
    "thank": ["thanks", "thank you so much", "cheers for that", "diolch", "ta", "many thanks"],
    "out_of_scope": ["the weather today", "tell me a joke", "who won the match", "a cake recipe", "moo"],
}  # fmt: skip


def _component(folder: Path) -> SentenceClassifier:
    folder.mkdir()
    made = SentenceClassifier(
        SentenceClassifier.get_default_config(), LocalModelStorage(folder), Resource("classifier")
    )
    made.train(
        TrainingData([Message.build(text=text, intent=name) for name in SMALL for text in SMALL[name]])
    )
    return made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[SentenceClassifier, Path]:
    """A classifier of three intents, and its folder."""
    folder = tmp_path_factory.mktemp("small") / "one"
    return _component(folder), folder


TRIED = ["hello", "thanks a lot", "what a match", "zzz", ""]


def test_what_is_stored_ranks_as_what_was_trained(small: tuple[SentenceClassifier, Path]) -> None:
    trained, folder = small
    loaded = SentenceClassifier.load(
        SentenceClassifier.get_default_config(), LocalModelStorage(folder), Resource("classifier"),
        ExecutionContext(None),
    )  # fmt: skip
    assert loaded.tuning == trained.tuning
    assert [loaded.rank(text) for text in TRIED] == [trained.rank(text) for text in TRIED]


def test_training_twice_gives_the_same_model(small: tuple[SentenceClassifier, Path], tmp_path: Path) -> None:
    again = _component(tmp_path / "two")
    assert again.tuning == small[0].tuning
    assert [again.rank(text) for text in TRIED] == [small[0].rank(text) for text in TRIED]


def test_probabilities_are_of_all_intents_and_best_first(small: tuple[SentenceClassifier, Path]) -> None:
    for text in TRIED:
        ranked = [probability for _, probability in small[0].rank(text)]
        assert ranked == sorted(ranked, reverse=True)
        assert np.isclose(sum(ranked), 1.0, atol=1e-5)


def test_what_is_no_language_is_out_of_scope_for_sure(small: tuple[SentenceClassifier, Path]) -> None:
    message = Message.build(text="qqqq zzzz")
    small[0].process([message])
    assert message.get(INTENT) == {"name": OUT_OF_SCOPE, "confidence": 1.0}


TOLD = [
    Prediction("greet", "greet", 0.9, "en", "core"),
    Prediction("greet", "thank", 0.7, "cy", "core"),
    Prediction("thank", "thank", 0.3, "en", "core"),
    Prediction("out_of_scope", "thank", 0.2, "en", "core"),
    Prediction("out_of_scope", "thank", 0.8, "en", "core"),
]


def test_the_figures_of_predictions() -> None:
    figures = measure(TOLD, 0.5)
    assert (figures.sentences, figures.accuracy, figures.accuracy_at_threshold) == (5, 2 / 3, 1 / 3)
    assert figures.out_of_scope_caught == 0.5
    # greet 2×1/(2+1), thank 2×1/(1+4), out_of_scope 0
    assert figures.macro_f1 == pytest.approx((2 / 3 + 2 / 5 + 0) / 3)
    # each in a bin of its own: |0.9-1| + 0.7 + |0.3-1| + 0.2 + 0.8, of five
    assert figures.calibration_error == pytest.approx((0.1 + 0.7 + 0.7 + 0.2 + 0.8) / 5)
    assert confused(TOLD, 0.5) == [
        ("greet", "thank", 1), ("out_of_scope", "thank", 1), ("thank", "out_of_scope", 1),
    ]  # fmt: skip


def test_the_table_has_a_row_for_each_language_and_pack() -> None:
    table = list(lines(TOLD, 0.5))
    assert [re.split(r"\s{2,}", line)[0] for line in table[1:5]] == ["all", "cy", "en", "core"]
    assert "   1 × greet → thank" in table


@pytest.mark.parametrize(
    ("accuracy", "out_of_scope", "sentences"), [(0.6, 0.5, 0), (0.7, 0.5, 1), (0.6, 0.6, 1), (1.0, 1.0, 2)]
)
def test_a_figure_below_its_floor_is_said(accuracy: float, out_of_scope: float, sentences: int) -> None:
    said = too_low(measure(TOLD, 0.5), accuracy=accuracy, out_of_scope=out_of_scope)
    assert len(said) == sentences
    assert all("ONEDOOR_FLOOR_" in sentence for sentence in said)


def test_the_command_fails_below_a_floor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = find_model(settings)
    model = type(trained)(trained.path, tmp_path / "onedoor.inputs")
    model.inputs.write_text("of another day")

    def already(_: Settings) -> Any:
        return model

    monkeypatch.setattr(command, "train_model", already)  # 40 s that other tests have spent
    strict = settings.model_copy(update={"floor_accuracy": 1.0})
    with pytest.raises(Problem, match="below the floor of 100"):
        command.train(strict, only_if_needed=False)
    assert "macro F1" in capsys.readouterr().out
    assert not model.inputs.exists(), "the next `train --if-needed` would take it for a good one"


def test_the_engine_runs_where_no_loop_runs(settings: Settings) -> None:
    """`onedoor understand` asks it from a plain function."""
    found = asyncio.run(Engine(find_model(settings).path).understand("which hospital can do my knee"))
    assert found["intent"]["name"] == "choose_hospital"
