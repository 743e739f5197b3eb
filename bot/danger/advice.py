"""The fixed answer to each kind of danger."""

from pathlib import Path

import yaml

_ADVICE: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("advice.yml").read_text(encoding="utf-8")
)


def advice(kind: str, language: str) -> str:
    """What the citizen is told, for a `Kind`, in ``en`` or ``cy`` (any other language: English).

    At most 306 GSM-7 characters, so two texts; never a question, never a judgement of how bad it is.
    """
    texts = _ADVICE[kind]
    return texts.get(language, texts["en"])
