"""Turns a message into plain words: one case, no accents, nothing invisible, typing habits undone."""

import re
import unicodedata

LONGEST = 2_000
"""Characters that are read: the first half and the last half of a longer message."""

_RAW_LONGEST = 10 * LONGEST  # before what is invisible is taken away
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff\ud800-\udfff]"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['\u2018\u2019\u201b\u02bc\u02b9\u2032`\u00b4\uff07]")
_OD = re.compile(r"\bo\W?d[\W_]{1,2}(d|ed|ing)\b")
_STARRED = re.compile(r"\b([^\W\d_]{1,2})\*+(?=[^\W\d_])")
_WORD = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_MIXED = re.compile(r"(?=.*[^\W\d])(?=.*\d).{3,}")
_LEET = str.maketrans("01345", "oieas")
_NUMBER = re.compile(r"x?(\d{1,9})x?", re.ASCII)
_NOT = {
    "can", "could", "do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "would", "should"
}  # fmt: skip
# Left out of every phrase, so that swearing, pleading and articles never part two words of it.
_FILLERS = frozenset(
    [
        "a",
        "an",
        "the",
        "really",
        "very",
        "so",
        "literally",
        "actually",
        "proper",
        "properly",
        "fucking",
        "fuckin",
        "fking",
        "f",
        "effing",
        "bloody",
        "pls",
        "plz",
        "please",
        "omg",
        "oh",
        "god",
        "jesus",
        "christ",
        "y",
        "yr",
        "um",
        "er",
        "erm",
        "uh",
        "like",
        "kinda",
        "basically",
        "absolutely",
        "completely",
        "totally",
    ]
)
MANY = 9
"""Tablets in a number from which "took 10 paracetamol" is too many at once (eight is a day's limit)."""


def words_of(text: str, aliases: dict[str, str]) -> list[str]:
    """The words of ``text``; a year becomes ``$year`` and a number of `MANY` or more ``$many``.

    ``aliases`` turns a spelling (accents and all, or without) into one or more words.
    """
    text = _INVISIBLE.sub("", text[:_RAW_LONGEST] + " " + text[_RAW_LONGEST:][-_RAW_LONGEST:])
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + " " + text[-LONGEST // 2 :]
    text = unicodedata.normalize("NFKC", text).casefold()[: 2 * LONGEST]
    text = _STARRED.sub(r"\1", _APOSTROPHES.sub("", _OD.sub("oded", text)))
    words: list[str] = []
    for token in _WORD.findall(unicodedata.normalize("NFC", text)):
        plain = _ACCENTS.sub("", unicodedata.normalize("NFD", token))
        meant = aliases.get(token) or aliases.get(plain)
        words += meant.split() if meant else [_number(plain) or _letters(plain)]
    return [
        word
        for joined in _join(words)
        for word in aliases.get(joined, joined).split()
        if word not in _FILLERS
    ]


def _number(word: str) -> str | None:
    found = _NUMBER.fullmatch(word)
    if not found:
        return None
    value = int(found[1])
    if 1900 <= value <= 2099 and len(word) == 4:
        return "$year"
    return "$many" if MANY <= value < 900 else word


def _letters(word: str) -> str:
    """``k1lll`` as ``kill``: figures written for letters, and letters held down."""
    if _MIXED.fullmatch(word):
        word = word.translate(_LEET)
    return _LONG_RUN.sub(r"\1\1", word)


def _join(words: list[str]) -> list[str]:
    """Letters typed one by one as a word (``s u i c i d e``), and ``can not`` or ``can t`` as ``cant``."""
    joined: list[str] = []
    letters: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            letters.append(word)
            continue
        joined += ["".join(letters)] if len(letters) > 3 else letters
        letters = []
        joined.append(word)
    result: list[str] = []
    for word in joined[:-1]:
        if word in {"not", "t", "nt"} and result and result[-1] in _NOT:
            result[-1] += "nt" if not result[-1].endswith("n") else "t"
        elif (
            word in {"not", "t"}
            and result
            and result[-1] in {"don", "isn", "doesn", "won", "didn", "wasn", "will"}
        ):
            result[-1] = "wont" if result[-1] == "will" else result[-1] + "t"
        else:
            result.append(word)
    return result
