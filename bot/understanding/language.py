"""Which of the two languages a message is in, from the small words that only one of them has."""

import re
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

PATH: Final = Path(__file__).parent / "language.yml"
_LISTS: Final = YAML(typ="safe").load(PATH.read_text())
_WELSH: Final = frozenset(_LISTS["cy"].split())
_ENGLISH: Final = frozenset(_LISTS["en"].split())
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_LETTERS: Final = frozenset("ŵŷâêîôû")


def find_language(text: str) -> str | None:
    """`en` or `cy`, or None where a message is too short or too mixed to tell.

    Two words of a language more than of the other are wanted, or one in a message of up to three words.
    """
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    welsh = sum(word in _WELSH or not _LETTERS.isdisjoint(word) for word in words)
    english = sum(word in _ENGLISH for word in words)
    if welsh > english and (welsh - english >= 2 or len(words) <= 3):
        return "cy"
    if english > welsh and english - welsh >= 2:
        return "en"
    return None
