"""Reads what a parent says about their list of schools: "put Oakmere first", "take off 2"."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from actions.sdk import Values
from bot.answers.counting import in_digits
from bot.answers.words import fold

LAST: Final = -1

_ORDINALS: Final = {
    "first": 1, "1st": 1, "top": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
    "fifth": 5, "5th": 5, "last": LAST, "bottom": LAST, "end": LAST,
    "cyntaf": 1, "gyntaf": 1, "1af": 1, "ail": 2, "2il": 2, "trydydd": 3, "drydydd": 3, "trydedd": 3,
    "drydedd": 3, "3ydd": 3, "pedwerydd": 4, "bedwerydd": 4, "pedwaredd": 4, "pumed": 5, "bumed": 5,
    "olaf": LAST, "ddiwethaf": LAST,
}  # fmt: skip
_ORDINAL: Final = rf"(?:{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})"
_REMOVE: Final = re.compile(
    r"\b(?:remove|take off|take out|take|drop|delete|get rid of|scrap|lose|i don'?t want|dont want|"
    r"tynnwch|tynnu|tynna|dileu|dilewch|gollwng|dim eisiau|ddim eisiau|ddim isio)\b"
)
_SWAP: Final = re.compile(
    r"\b(?:swap|switch|change round|swop|cyfnewid(?:iwch)?|newid(?:iwch)? le)\b(?P<rest>.*)"
)
_PUT: Final = re.compile(
    r"\b(?:put|add|move|make|have|want|choose|pick|include|rank|list|rhowch|rhoi|rho|ychwanegwch|ychwanegu|"
    r"symudwch|symud|dewis)\b"
)
_UP: Final = re.compile(r"\b(?:up|higher|i fyny|lan|yn uwch)\b")
_DOWN: Final = re.compile(r"\b(?:down|lower|i lawr|yn is)\b")
_PARTS: Final = re.compile(
    r"\s*[,;\n&+]\s*|\s+(?:and then|and|then|followed by|ac wedyn|ac|wedyn|yna)\s+|\s+a\s+"
)
_LEADING: Final = re.compile(
    rf"^(?:(?:my|fy|the|y|yr)\s+)?"
    rf"(?:(?P<word>{_ORDINAL})(?:\s+(?:choice|preference|school|1|ddewis|dewis|un))?"
    rf"|(?:choice|number|dewis|rhif)\s+(?P<word2>{_ORDINAL}|[1-5])(?:\s+is)?"
    r"|(?P<digit>[1-5])\s*[.:)]?(?=\s+[a-z]))\s*(?:is|to be|yw|:)?\s+(?P<rest>\S.*)$"
)
_TRAILING: Final = re.compile(
    r"^(?P<rest>.*\S)\s+(?:(?:in|at|to|as|is|yn|ar|i|fel)\s+)?(?:(?:the|my|y|yr|fy|number|rhif)\s+)*"
    rf"(?P<word>{_ORDINAL}|(?<=number )[1-5])(?:\s+(?:choice|preference|place|spot|of the list))?$"
)
_BESIDE: Final = re.compile(
    r"^(?P<rest>.*\S)\s+"
    r"(?P<side>above|before|ahead of|over|below|after|under|uwchben|o flaen|cyn|islaw|ar ol)"
    r"\s+(?P<other>\S.*)$"
)
_AFTER: Final = frozenset({"below", "after", "under", "islaw", "ar ol"})
_NOISE: Final = re.compile(
    r"\b(?:please|pls|plis|os gwelwch yn dda|can you|could you|can i|could i|id like|i would like|i want|"
    r"hoffwn i|wi moyn|dwi isio|(?:to|from|off|on|at) (?:the|my|our) (?:list|preferences|choices)|"
    r"(?:of|from) my preferences|any ?more|as well|too|instead|back|no|na|nage|rank|"
    r"(?:oddi )?(?:ar|at) y rhestr|ir rhestr|oddi ar fy (?:newisiadau|rhestr)|off|out|the|my|our|y|yr|fy|ein|"
    r"to|choices?|preferences?|them|nhw|round|around)\b|\s+yn$"
)
_NUMBER: Final = re.compile(r"(?:(?:number|option|no|nr|school|rhif|opsiwn)\s*)?(\d{1,2})")
_RANKED: Final = re.compile(r"\b1[.:)]?\s+[a-z].*\b2[.:)]?\s+[a-z]")
_MOST: Final = 8
"""Things that one message changes at most."""

type Action = Literal["put", "remove", "swap", "up", "down"]


@dataclass(frozen=True)
class Named:
    """A school as it was said: a number of a list, or words.

    Args:
        words: of its name; empty where it is a number.
        number: of what was shown, or a place on the parent's own list; LAST for the last.
        place: whether the number can only be a place on the list, as “the second” is.
    """

    words: str = ""
    number: int | None = None
    place: bool = False


@dataclass(frozen=True)
class Wish:
    """One change of the list.

    Args:
        action: what is done with a school.
        school: which.
        other: the one it changes places with, or is put beside.
        at: the place it is put at, from 1; None for the end, or where it is.
        after: whether it is put behind `other`, not before.
    """

    action: Action
    school: Named
    other: Named | None = None
    at: int | None = None
    after: bool = False


def read_wishes(text: str) -> list[Wish]:
    """The changes that a message asks for, in their order; none where it asks for none.

    Args:
        text: the message, in English or Welsh.
    """
    said = in_digits(" ".join(fold(text).split()))
    if _RANKED.search(said):
        said = re.sub(r"\s(?=[2-5][.:)]?\s+[a-z])", ", ", said)
    if match := _SWAP.search(said):
        rest = re.sub(r"\s+(?:ar|with|for|gyda|am)\s+", ", ", match["rest"])
        pair = [named for part in _parts(rest) if (named := _named(part)) is not None]
        pair += [Named(number=1, place=True), Named(number=2, place=True)] if not pair else []
        return [Wish("swap", pair[0], pair[1])] if len(pair) == 2 else []
    removes, found = bool(_REMOVE.search(said)), list[Wish]()
    for part in _parts(_REMOVE.sub(" ", said) if removes else said):
        if (wish := _wish(part, removes=removes)) is not None:
            found.append(wish)
    return found[:_MOST]


def _parts(said: str) -> list[str]:
    return [part.strip() for part in _PARTS.split(f" {said} ") if part and part.strip()]


def _wish(part: str, *, removes: bool) -> Wish | None:
    if removes:
        named = _named(part)
        return None if named is None else Wish("remove", named)
    said = " ".join(_PUT.sub(" ", _noiseless(part)).split())
    for pattern, action in ((_UP, "up"), (_DOWN, "down")):
        if pattern.search(said) and (named := _named(pattern.sub(" ", said))) is not None:
            return Wish("up" if action == "up" else "down", named)
    if match := _BESIDE.match(said):
        one, other = _named(match["rest"]), _named(match["other"])
        return Wish("put", one, other, after=match["side"] in _AFTER) if one and other else None
    for form in (_TRAILING, _LEADING):
        if match := form.match(said):
            groups = match.groupdict()
            word = groups.get("word") or groups.get("word2") or groups.get("digit") or "last"
            named = _named(match["rest"])
            return None if named is None else Wish("put", named, at=_place(word))
    named = _named(said)
    return None if named is None else Wish("put", named)


def _place(word: str) -> int:
    return int(word) if word.isdigit() else _ORDINALS[word]


def _noiseless(said: str) -> str:
    return " ".join(_NOISE.sub(" ", said).split())


def _named(said: str) -> Named | None:
    """The school that is left of a part once all that is said around it is away."""
    left = _noiseless(_PUT.sub(" ", said)).strip(" .:!?'\"")
    if not re.search(r"\w", left):
        return None
    if match := _NUMBER.fullmatch(left):
        return Named(number=int(match[1]))
    words = re.sub(r"\s+(?:1|un|schools?|ysgol|number|rhif)$", "", left)
    if words in _ORDINALS:
        return Named(number=_ORDINALS[words], place=True)
    return Named(words=left) if re.search(r"[^\W\d_]{2,}", left) else None


def apply(
    wishes: Sequence[Wish],
    chosen: Sequence[Values],
    find: Callable[[Named, Action], Values | None],
    most: int,
) -> tuple[list[Values], bool]:
    """The list after some changes.

    Args:
        wishes: what is to be changed.
        chosen: the list before, each with an `id`.
        find: gives the school that is named; None where it is not known.
        most: how long the list may be.

    Returns:
        The list, and whether all of it could be done: no school too many, none moved that is not on it.
    """
    found, whole = list(chosen), True
    for wish in wishes:
        school = find(wish.school, wish.action)
        other = find(wish.other, wish.action) if wish.other else None
        if school is None or (wish.other is not None and other is None):
            whole = False
            continue
        ids = [each["id"] for each in found]
        at = ids.index(school["id"]) if school["id"] in ids else None
        if wish.action == "put":
            whole &= _put(found, school, other, wish, at, most)
        elif at is None or (wish.action == "swap" and (other is None or other["id"] not in ids)):
            whole = False
        elif wish.action == "remove":
            del found[at]
        else:
            to = ids.index(other["id"]) if other is not None else at + (-1 if wish.action == "up" else 1)
            if 0 <= to < len(found):
                found[at], found[to] = found[to], found[at]
    return found, whole


def _put(
    found: list[Values], school: Values, other: Values | None, wish: Wish, at: int | None, most: int
) -> bool:
    if at is None and len(found) >= most:
        return False
    if at is not None and wish.at is None and other is None:
        return True  # it is there already
    if at is not None:
        del found[at]
    ids = [each["id"] for each in found]
    if other is not None:
        if other["id"] not in ids:
            return False
        to = ids.index(other["id"]) + int(wish.after)
    else:
        to = len(found) if wish.at in (None, LAST) else min(int(wish.at or 1) - 1, len(found))
    found.insert(to, school)
    return True
