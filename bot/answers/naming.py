"""Finding the one option that is named, by a part of its name and in spite of typos."""

import re
from pathlib import Path
from typing import Final

from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from bot.answers.kind import Answer, Question
from bot.answers.words import fold

_LISTS: Final[dict[str, str]] = YAML(typ="safe").load((Path(__file__).parent / "option.yml").read_text())
_WORD: Final = re.compile(r"[\w']+")
_SAME: Final = {
    "saint": "st", "sant": "st", "santes": "st", "hosp": "hospital", "centre": "center", "rd": "road",
    "ave": "avenue",
    "ln": "lane", "nurs": "nursery", "primry": "primary", "sch": "school", "uni": "university",
    "inf": "infirmary",
    "gen": "general", "&": "and",
}  # fmt: skip
FILLER: Final = frozenset(_LISTS["filler"].split())
_COMMON: Final = frozenset(_LISTS["common"].split())
_MOST_WORDS: Final = 8
_SENTENCE: Final = 12
_QUESTION: Final = re.compile(
    r"\?|^(?:is|are|does|do|has|have|what|where|when|how|why|who|which|can|could|tell|oes|ydy|ydi|beth|"
    r"ble|pryd|sut|pam|pwy)\b"
)


def by_name(said: str, question: Question) -> Answer | None:
    """The option that every word said belongs to and no other; or, in a sentence, the only one named.

    Args:
        said: folded.
        question: with the options.
    """
    last = question.shown[1] or len(question.options)
    # A name that is said as it stands is meant, also where its words are common: “this week”.
    exact = [
        value for value, label in question.options[:last]
        if fold(re.split(r"[,(]", label)[0]).strip() == said.strip()
    ]  # fmt: skip
    if len(exact) == 1:
        return Answer(exact[0], whole=True)
    labels = [_words(fold(label)) for _, label in question.options[:last]]
    spoken = _words(said)
    wanted = [word for word in spoken if word not in FILLER]
    if not wanted or not any(any(c.isalpha() for c in word) for word in wanted):
        return None
    if len(wanted) <= _MOST_WORDS:
        costs = [(cost, i) for i, label in enumerate(labels) if (cost := _cost(wanted, label)) is not None]
        best = [i for cost, i in costs if cost == min(costs)[0]]
        best = [i for i in best if [word for word in labels[i] if word not in FILLER] == wanted] or best
        if costs:
            return Answer(question.options[best[0]][0], whole=True) if len(best) == 1 else None
    found = (
        None if len(spoken) > _SENTENCE or _QUESTION.search(said) else _in_sentence(wanted, labels, question)
    )
    return None if found is None else Answer(question.options[found][0], whole=False)


def _in_sentence(wanted: list[str], labels: list[list[str]], question: Question) -> int | None:
    """The only option of which the sentence has a word that no other's name has."""
    names = [_words(fold(re.split(r"[,(]", label)[0])) for _, label in question.options[: len(labels)]]
    named = {
        i
        for i, name in enumerate(names)
        for word in set(name) & set(wanted) - _COMMON
        if len(word) >= 4 and word.isalpha() and sum(word in other for other in names) == 1
    }
    if len(named) != 1:
        return None
    one = named.pop()
    said, has = _numbers(wanted), _numbers(labels[one])
    if said and has and not said & has:
        return None  # “16 Mill Lane” is not 14
    elsewhere = {word for label in labels for word in label if len(word) >= 4} - _COMMON - set(labels[one])
    return None if elsewhere & set(wanted) else one  # “Leeds and Bradford” is neither


def _numbers(words: list[str]) -> set[str]:
    return {word for word in words if any(c.isdigit() for c in word)}


def _words(said: str) -> list[str]:
    return [_SAME.get(word, word) for word in _WORD.findall(said)]


def _cost(wanted: list[str], label: list[str]) -> int | None:
    """How far the words are from those of a label; None where one is in none of it."""
    total = 0
    for word in wanted:
        nearest = min((d for one in label if (d := _distance(word, one)) is not None), default=None)
        if nearest is None:
            return None
        total += nearest
    return total


def _distance(said: str, word: str) -> int | None:
    """0 for the same, 1 for the beginning of it, 2 and 4 for one and two slips in a word long enough."""
    if said == word:
        return 0
    if said.isdigit() or word.isdigit() or len(said) < 3 or len(said) > 40:
        return None
    if word.startswith(said) or said in {f"{word}s", word.removesuffix("s")}:
        return 1
    most = 0 if len(said) < 4 else 1 if len(said) < 7 else 2
    slips = OSA.distance(said, word, score_cutoff=most) if most else 1
    return 2 * slips if 0 < slips <= most and said[0] == word[0] else None
