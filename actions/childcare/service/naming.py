"""Finds providers by their names in what citizens write, in spite of slips and of half a name."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

START: Final = 3
"""Letters of a word by which candidates are found."""
MOST_WORDS: Final = 60
"""Words of a message that are looked at."""
_GENERIC: Final = """
a an and at by for from in my of on our the to with us we it is i you nursery nurseries day care childcare
childminder childminders minder club clubs after before breakfast school holiday out playgroup playgroups play
group pre preschool pay send book centre children kids mrs mr miss ms week next this last pounds quid days
weeks sessions session
y yr a i o yn ac am ar gofal plant plentyn meithrinfa feithrinfa cylch clwb gwarchodwr gwarchodwraig talu
wythnos nesaf
"""
GENERIC: Final = frozenset(_GENERIC.split())
"""Words that are in many names, or in none: they name nobody."""


@dataclass(frozen=True)
class Named:
    """A provider whose name stands in a text.

    Args:
        number: the provider's.
        whole: whether all of its name is there.
        at: the word it begins with, to keep the order of several.
        until: the word after it.
    """

    number: str
    whole: bool
    at: int
    until: int


def words_of(text: str) -> list[str]:
    """The words of a text without capitals and accents."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return [word.removesuffix("'s").replace("'", "") for word in re.findall(r"[^\W_]+(?:'\w+)?", letters)]


def telling(words: Iterable[str]) -> list[str]:
    """Those words that may name somebody."""
    return [word for word in words if word not in GENERIC and len(word) > 1]


def starts_of(*texts: str | None) -> list[str]:
    """The beginnings of the telling words of names, or of a message."""
    words = {word for text in texts if text for word in telling(words_of(text)[:MOST_WORDS])}
    return sorted({word[:START] for word in words})


def named_in(text: str, candidates: Sequence[tuple[str, Sequence[str], str]]) -> list[Named]:
    """The providers that a text names, those with their whole name first, else in the order they stand in it.

    Of names that share words the longer is meant: “Little Acorns”, not “Acorn Nursery”.

    A name that has nothing but a place and general words, as “Headingley Nursery”, must stand there as it is:
    “a nursery in Headingley” is any.

    Args:
        text: a citizen's words.
        candidates: number, names, and the place it is in.
    """
    said = words_of(text)[:MOST_WORDS]
    found: list[Named] = []
    for number, names, place in candidates:
        places = set(words_of(place))
        seen = [one for name in names if (one := _seen(said, words_of(name), places)) is not None]
        if seen:
            found.append(Named(number, *min(seen, key=lambda one: (not one[0], one[1]))))
    wholes = [one for one in found if one.whole]
    kept = [
        one for one in found
        if not any(_covers(other, one) for other in wholes if other.number != one.number)
    ]  # fmt: skip
    return sorted(kept, key=lambda one: (not one.whole, one.at, one.number))


def _covers(other: Named, one: Named) -> bool:
    """Whether one name is said within another, longer one."""
    within = other.at <= one.at and one.until <= other.until
    return within and (not one.whole or other.until - other.at > one.until - one.at)


def _seen(said: list[str], name: list[str], places: set[str]) -> tuple[bool, int, int] | None:
    """Whether the whole of a name or a part of it is said, and from where to where."""
    own = [word for word in telling(name) if word not in places]
    wanted = own or name
    if "".join(wanted) in said:  # “sunnyside”
        at = said.index("".join(wanted))
        return True, at, at + 1
    if not own:
        for at in range(len(said) - len(name) + 1):
            if said[at : at + len(name)] == name:
                return True, at, at + len(name)
        return None
    found = [next((i for i, word in enumerate(said) if _same(word, one)), None) for one in own]
    there = [at for at in found if at is not None]
    if len(there) == len(own):
        # A name's words stand together: “little … acorns” far apart are no name.
        return max(there) - min(there) <= len(name) + 1, min(there), max(there) + 1
    exact = [at for at, one in zip(found, own, strict=True) if at is not None and said[at] == one]
    if not exact or max(len(said[at]) for at in exact) < START:
        return None
    return False, min(exact), max(exact) + 1


def _same(said: str, word: str) -> bool:
    """The same word, but for a slip in one that is long enough."""
    if said == word or (len(said) > START and said == f"{word}s"):
        return True
    slips = 0 if len(word) < 5 else 1 if len(word) < 8 else 2
    return bool(slips) and said[:1] == word[:1] and OSA.distance(said, word, score_cutoff=slips) <= slips
