"""Free text, and yes, no or not sure in both languages and as people text them."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from bot.answers.kind import LONGEST, Answer, Question

UNSURE: Final = "unsure"
PATH: Final = Path(__file__).parent / "yes_no.yml"
_EDGES: Final = re.compile(r"^[\s.,!;:]+|[\s.,!;:]+$")
_MODIFIERS: Final = re.compile("[\ufe0f\u20e3\u200d♀♂\U0001f3fb-\U0001f3ff]")
_REPEATED: Final = re.compile(r"(.)\1+")
_WORD: Final = re.compile(r"[\w']+|[^\w\s.,!?;:\"()/-]")
_LOOSE_YES: Final = 6
"""Words of a message that begins with a yes and still may be one."""


def plain(text: str) -> str:
    """Lower case without punctuation at the edges, skin tones, keycaps or curly apostrophes."""
    kept = _MODIFIERS.sub("", text[:LONGEST]).casefold().replace("’", "'")
    return " ".join(_EDGES.sub("", kept).split())


def fold(text: str) -> str:
    """As `plain`, and without accents and apostrophes, and with digits of any script as ours."""
    kept = plain(unicodedata.normalize("NFKC", text[:LONGEST]).replace("🔟", "10"))
    bare = "".join(c for c in unicodedata.normalize("NFD", kept) if not unicodedata.combining(c))
    digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in bare)
    return re.sub(r"['‘`´]", "", digits)


def words(text: str) -> list[str]:
    """The words and emoji of a folded text."""
    return _WORD.findall(fold(text))


class _Table:
    """What is in yes_no.yml, folded."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.whole: dict[str, bool | str] = {}
        for value, name in ((True, "yes"), (False, "no"), (UNSURE, "unsure")):
            for phrase in _phrases(data[name]):
                self.whole[phrase] = value
        self.short = {_REPEATED.sub(r"\1", phrase): value for phrase, value in self.whole.items()}
        self.leads = {
            phrase: value
            for value, name in ((True, "yes"), (False, "no"))
            for phrase in _phrases([data["leads"][name]])
        }
        self.still_no = frozenset(_phrases([data["still_no"]]))
        courtesy = sorted(_phrases([data["courtesy"]]), key=len, reverse=True)
        self.courtesy = frozenset(tuple(phrase.split()) for phrase in courtesy)
        polite = {word for phrase in courtesy for word in phrase.split()}
        agreeing = {word for phrase, value in self.whole.items() if value is True for word in phrase.split()}
        self.still_yes = frozenset(agreeing | polite | set(_phrases([data["still_yes"]]))) - {"1"}
        self.hedge = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _phrases([data['hedges']])))})(?!\w)")


def _phrases(lines: list[str]) -> list[str]:
    return [" ".join(words(phrase)) for line in lines for phrase in line.split(",")]


@cache
def _table() -> _Table:
    return _Table(YAML(typ="safe").load(PATH.read_text()))


def read_yes_no(text: str, question: Question) -> Answer | None:
    """True or False; None for who is not sure.

    With the detail `firm`, for where it books or spends, a yes with more to it (“yes but”, “yes, Friday”)
    is none.
    """
    answer = read_yes_no_unsure(text, question)
    return answer if answer is not None and answer.value != UNSURE else None


def read_yes_no_unsure(text: str, question: Question) -> Answer | None:
    """True, False or “unsure”."""
    spoken = words(text)
    bare = without_courtesy(spoken)
    value = next((v for v in (_whole(spoken), _whole(bare), _twice(bare)) if v is not None), None)
    if value is not None:
        return Answer(value, whole=True)
    return _inside(bare, question) if bare and "?" not in text else None


def _inside(spoken: list[str], question: Question) -> Answer | None:
    """What a longer message begins with, and whether the rest of it leaves it so."""
    table = _table()
    first, rest = spoken[0], spoken[1:]
    lead = table.leads.get(first, table.leads.get(_REPEATED.sub(r"\1", first)))
    if lead is None:
        found = [v for p, v in table.whole.items() if v == UNSURE and " " in p and p in " ".join(spoken)]
        return Answer(UNSURE, whole=False) if found and len(spoken) <= 2 * _LOOSE_YES else None
    if _whole(rest) == UNSURE:
        return Answer(UNSURE, whole=False)
    if lead and len(spoken) <= _LOOSE_YES:
        firm = not table.hedge.search(" ".join(rest)) and all(word in table.still_yes for word in rest)
        return Answer(True, whole=False) if firm or not question.details.get("firm") else None
    if not lead and all(word in table.still_no for word in rest):
        return Answer(False, whole=False)
    return None


def _whole(spoken: list[str]) -> bool | str | None:
    table = _table()
    distinct = [word for i, word in enumerate(spoken) if i == 0 or word != spoken[i - 1]]
    said = " ".join(distinct)
    found = table.whole.get(" ".join(spoken), table.whole.get(said))
    return table.short.get(_REPEATED.sub(r"\1", said)) if found is None else found


def _twice(spoken: list[str]) -> bool | str | None:
    """Said in two ways: “sure, book it”."""
    for at in range(1, min(len(spoken), _LOOSE_YES)):
        first = _whole(without_courtesy(spoken[:at]))
        if first is not None and first == _whole(without_courtesy(spoken[at:])):
            return first
    return None


def without_courtesy(spoken: list[str]) -> list[str]:
    """Words without the thanks, pleases and kisses around them."""
    courtesy = _table().courtesy
    start, end = 0, len(spoken)
    moved = True
    while moved:
        moved = False
        for length in (4, 3, 2, 1):
            if end - start >= length and tuple(spoken[start : start + length]) in courtesy:
                start, moved = start + length, True
            if end - start >= length and tuple(spoken[end - length : end]) in courtesy:
                end, moved = end - length, True
    return spoken[start:end]


def read_text(text: str, question: Question) -> Answer | None:
    """Whatever was written, when there is a letter or a digit in it.

    Details `min` and `max`: characters; what is shorter or longer is not taken. With `own` it is in the
    citizen's own words, and taken even where it is like another journey, unless it asks for that.
    """
    said = " ".join(text[:LONGEST].split())
    least, most = int(question.details.get("min", 1)), int(question.details.get("max", LONGEST))
    good = any(c.isalnum() for c in said) and least <= len(said) <= most
    return Answer(said, whole=False) if good else None
