"""The fixed answer to a message that held a number we refuse."""

from pathlib import Path

import yaml

_ANSWERS: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("answers.yml").read_text(encoding="utf-8")
)


def answer(kind: str, language: str) -> str:
    """What the citizen is told, in ``en`` or ``cy`` (any other language: English), for a `RefusalKind`."""
    texts = _ANSWERS[kind]
    return texts.get(language, texts["en"])
