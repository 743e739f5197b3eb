"""Names of places as they are compared: words in one form, with spaces out, and the slips people make."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from bot.answers.words import fold

LONG_WORD: Final = 7
"""Letters from which a word may have two slips; one from `SHORT_WORD`."""
SHORT_WORD: Final = 4
LONGEST_WORD: Final = 24
VERY_LONG: Final = 14
"""Letters beyond which a word is stored with one letter dropped, not two: there would be hundreds."""
MOST_WORDS: Final = 6
"""Words of a name that are looked for together; longer names are found by their first ones."""

_WORD: Final = re.compile(r"[^\W_]+|&")
_COOP: Final = re.compile(r"\bco[\s-]?op(?:erative)?\b")
_JOINED: Final = re.compile(r"\b(\w{3,})(road|street|lane|avenue|grove|terrace|crescent)\b")

# What the first letter of a Welsh word was before it mutated: the longest ending first.
_MUTATED: Final = (
    ("ngh", ("c",)), ("mh", ("p",)), ("nh", ("t",)), ("ng", ("g",)), ("ch", ("c",)), ("ph", ("p",)),
    ("th", ("t",)), ("dd", ("d",)), ("m", ("b",)), ("n", ("d",)), ("g", ("c",)), ("b", ("p",)),
    ("d", ("t",)), ("f", ("b", "m")), ("l", ("ll", "gl")), ("r", ("rh", "gr")), ("w", ("gw",)),
    ("a", ("ga",)), ("e", ("ge",)), ("i", ("gi",)), ("o", ("go",)), ("y", ("gy",)),
)  # fmt: skip


@cache
def table() -> dict[str, Any]:
    """What is in words.yml."""
    data: dict[str, Any] = YAML(typ="safe").load(Path(__file__).with_name("words.yml").read_text("utf-8"))
    return data


@cache
def words_in(name: str) -> frozenset[str]:
    """One of the lists of words.yml, in the form that is compared."""
    return frozenset(_forms().get(word, word) for word in table()[name])


@cache
def _forms() -> dict[str, str]:
    return {each: row[0] for row in table()["same"] for each in row}


def tokens(text: str) -> list[str]:
    """The words of a name or of a part of a text, each in the form that is compared: `rd` for “Road”."""
    folded = _JOINED.sub(r"\1 \2", _COOP.sub("coop", fold(text)))
    forms = _forms()
    return [forms.get(word, word) for word in _WORD.findall(folded)]


def squeeze(words: Iterable[str]) -> str:
    """Words as a key."""
    return "".join(words)


def keys(kind: str, names: Iterable[str], street: str = "") -> list[str]:
    """What a place is found by: its names in every way they are written, and their words.

    Args:
        kind: `street`, `landmark`, `settlement` or `postcode`.
        names: its own and its other ones.
        street: of a landmark: “the school on Brudenell Road” is then found by what it is.
    """
    if kind == "postcode":
        return [postcode_key(name) for name in names]
    on = f"@{squeeze(tokens(street))}" if street else ""
    found: dict[str, None] = {}
    for name in names:
        said = tokens(name)[: 2 * MOST_WORDS]
        if not said:
            continue
        for way in _ways(said, landmark=kind == "landmark"):
            found[squeeze(way[:MOST_WORDS])] = None
            if on and way[-1] in words_in("described"):
                found[way[-1] + on] = None
        for word in said:
            found[f"w:{word}"] = None
    return list(found)


def postcode_key(code: str) -> str:
    """What a postcode is found by. Its space stays: the sector `BD1 1` is not the district `BD11`."""
    return f"p:{' '.join(code.upper().split())}"


def _ways(said: list[str], *, landmark: bool) -> Iterator[list[str]]:
    yield said
    types = words_in("types")
    # “The Headrow” is also “Headrow”; but the shop called “the Oak” is not every oak.
    named = len(said) > 2 if landmark else not all(word in types for word in said[1:])
    if said[0] in {"the", "y", "yr"} and named:
        said = said[1:]
        yield said
    if not landmark:
        return
    optional = words_in("optional")
    if len(said) > 1 and said[-1] in optional:
        yield said[:-1]
    for row in table()["alternatives"]:
        ends = row[0].split()
        if said[-len(ends) :] == ends and len(said) > len(ends):
            for other in row[1:]:
                yield [*said[: -len(ends)], *other.split()]


@cache
def unmutated(word: str) -> tuple[str, ...]:
    """What a Welsh word may have been before its first letter changed; without the word itself."""
    return tuple(
        before + word[len(after) :]
        for after, befores in _MUTATED
        if word.startswith(after) and len(word) > 3
        for before in befores
    )


def slips(word: str) -> list[str]:
    """A word, and what is left of it when a letter is dropped, or two of a long one.

    Two words with one or two letters wrong have one of these in common, so that an index finds them
    (the symmetric-delete way of spelling correction).
    """
    word = word[:LONGEST_WORD]
    if len(word) < SHORT_WORD or not word.isalpha():
        return [word]
    found = {word}
    for count in range(1, 3 if LONG_WORD <= len(word) <= VERY_LONG else 2):
        for dropped in combinations(range(len(word)), count):
            found.add("".join(letter for at, letter in enumerate(word) if at not in dropped))
    return sorted(found)


def most_slips(word: str) -> int:
    """How many letters of a word may be wrong."""
    if len(word) < SHORT_WORD or not word.isalpha():
        return 0
    return 2 if len(word) >= LONG_WORD else 1


def only_types(said: Sequence[str]) -> bool:
    """Whether words say no more than what kind of place it is, such as “the park”."""
    return all(word in words_in("types") or word in words_in("filler") for word in said)
