"""The words that work at every step: HELP, BACK, MORE, PERSON and their like, in both languages."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

from bot.answers.words import plain

PATH: Final = Path(__file__).parent / "keywords.yml"
_MOST_WORDS: Final = 8
_MOST_WORDS_IN_ALL: Final = 16
_FIRST: Final = frozenset({"leave", "person"})
_POLITE: Final = (" please", " plis", " plîs", " os gwelwch yn dda", " thanks", " diolch")


@cache
def _table() -> dict[str, str]:
    words = YAML(typ="safe").load(PATH.read_text())
    return {str(phrase).casefold(): word for word, phrases in words.items() for phrase in phrases}


def find_keyword(text: str) -> str | None:
    """The word that a whole message is, or None.

    Args:
        text: the message.
    """
    said = plain(text)
    if not said:
        return "help" if text.strip().startswith("?") else None
    for ending in _POLITE:
        said = said.removesuffix(ending)
    table = _table()
    whole = table.get(said.rstrip("?").strip() or "?")
    if whole is not None:
        return whole
    clauses = [clause.rstrip("? ").strip() for clause in re.split(r"[,.;!]\s*", said) if clause.strip("? ")]
    if len(clauses) < 2:
        return None
    words = len(said.split())
    # "I've changed my mind, I don't want to do this": wherever it stands, when it is said in full.
    plain_spoken = [table.get(clause) for clause in clauses if len(clause.split()) > 1]
    if words <= _MOST_WORDS_IN_ALL and (found := _FIRST & set(plain_spoken)):
        return str(min(found))
    # "I don't mind, skip that": what is wanted comes last, behind a pause.
    return table.get(clauses[-1]) if words <= _MOST_WORDS else None
