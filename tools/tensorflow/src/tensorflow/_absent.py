"""What every stand-in class is: a name to inherit from, which cannot be made."""

from typing import NoReturn


class Absent:
    """A class that Rasa names or extends at import and Onedoor never makes.

    Raises:
        RuntimeError: whenever one is made, saying which and what to use instead.
    """

    def __new__(cls, *args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(
            f"{cls.__module__}.{cls.__qualname__} needs TensorFlow, which Onedoor does not install. "
            "Take the component that uses it out of config.yml; bot.engine has what replaces it."
        )
