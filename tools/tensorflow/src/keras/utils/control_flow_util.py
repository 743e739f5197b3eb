"""The one function of Keras that Rasa's layers import."""

from typing import NoReturn


def smart_cond(*args: object, **kwargs: object) -> NoReturn:
    """Refuses, as nothing of Onedoor runs a Keras layer."""
    raise RuntimeError("smart_cond needs TensorFlow, which Onedoor does not install.")
