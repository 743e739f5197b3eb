"""The stand-in for TensorFlow: all of Rasa can be imported with it, and nothing pretends to compute."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

IMPORT_ALL_OF_RASA = """
import importlib, pkgutil, warnings
warnings.simplefilter("ignore")
import rasa
for module in pkgutil.walk_packages(rasa.__path__, "rasa.", onerror=lambda name: None):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            print(module.name, error)
"""

OPTIONAL = {"rasa.nlu.utils.hugging_face.registry No module named 'transformers'"}
"""What an extra of Rasa's that we don't install is needed for."""

CLASSES = [
    ("tensorflow", "Tensor"),
    ("tensorflow.keras.layers", "Dense"),
    ("tensorflow.keras.callbacks", "Callback"),
]


@pytest.mark.slow
def test_every_module_of_rasa_can_be_imported(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL_OF_RASA],
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    assert set(answer.stdout.splitlines()) == OPTIONAL


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_using_a_class_says_what_to_do(module: str, name: str) -> None:
    made = getattr(importlib.import_module(module), name)
    with pytest.raises(RuntimeError, match=re.escape(f"{module}.{name} needs TensorFlow")):
        made()


def test_any_other_name_is_not_there() -> None:
    """scikit-learn asks arrays for TensorFlow's names; a stand-in that has them all makes it recurse."""
    tensorflow = importlib.import_module("tensorflow")
    assert not hasattr(tensorflow, "is_tensor")
    assert not hasattr(tensorflow, "constant")
