"""Two needs in one message: where it parts, and whether both halves ask for something of their own."""

import re
from collections.abc import Sequence
from typing import Final

_PARTING: Final = re.compile(
    r"[\s,;.]+(?:and\s+(?:i\s+)?also|also|and\s+then|as well as|a\s+hefyd|ac\s+hefyd|hefyd|ac\s+wedyn|"
    r"and(?=\s+(?:how|when|what|where|which|can|could|is|i want|i need|i'd like|i would)\b)|"
    r"and(?=\s+(?:report|tell|pay|book)\b)|a(?=\s+(?:phryd|sut|beth|ble|faint)\b))\s+",
    re.IGNORECASE,
)
_FEWEST: Final = 2
"""Words of a half that can ask for something."""
SURE: Final = 0.8
"""A probability of each half from which both are wanted."""

type Ranking = tuple[tuple[str, float], ...]


def halves(text: str) -> tuple[str, str] | None:
    """The two parts of a message at “and also”, “and when”, “a hefyd”; None where it has not two."""
    parts = [part.strip() for part in _PARTING.split(text)]
    if len(parts) != 2 or any(len(part.split()) < _FEWEST for part in parts):
        return None
    return parts[0], parts[1]


def both(needs: Sequence[tuple[str, Ranking]]) -> list[tuple[str, str]]:
    """The journeys that two halves ask for, each with its half; none where one is unsure or they are one.

    Args:
        needs: each half with what the classifier made of it.
    """
    if len(needs) != 2 or not all(ranking and ranking[0][1] >= SURE for _, ranking in needs):
        return []
    found = [(ranking[0][0], text) for text, ranking in needs]
    return found if found[0][0] != found[1][0] else []
