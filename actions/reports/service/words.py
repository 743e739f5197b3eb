"""The service's own sentences in English and Welsh, from words.yml."""

from functools import cache
from pathlib import Path
from typing import Final, Literal

from ruamel.yaml import YAML

type Language = Literal["en", "cy"]

_FILE: Final = Path(__file__).with_suffix(".yml")


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = YAML(typ="safe").load(_FILE.read_text())
    return found


def say(group: str, name: str, language: Language, /, **values: object) -> str:
    """A sentence.

    Args:
        group: `refused`, `notice`, `body` or `state`.
        name: which of the group.
        language: `en` or `cy`.
        values: what the sentence is filled with; never read as a pattern themselves.

    Raises:
        KeyError: there is no such sentence, or a value is missing.
    """
    return _words()[group][name][language].format(**values)


def names(group: str) -> frozenset[str]:
    """The names of a group."""
    return frozenset(_words()[group])
