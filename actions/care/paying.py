"""What a citizen's words about a payment mean, where they are plain; what is not is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bot.answers import KINDS, Question
from bot.answers.words import fold


@dataclass(frozen=True)
class Payment:
    """What of a payment was said.

    Args:
        kind: to `pay`, to `take_back` one that has not gone, one that was `wrong`, or a `receipt` for one.
        who: a name to be paid, with the capitals it was written with; "" where there is none.
        pence: how much; None where it is not plain.
        purpose: what it is for.
        same: whether it is to be as the last time.
        paid: whether the citizen has paid it already.
    """

    kind: Literal["pay", "take_back", "wrong", "receipt"] = "pay"
    who: str = ""
    pence: int | None = None
    purpose: str = ""
    same: bool = False
    paid: bool = False


_TAKE_BACK: Final = re.compile(
    r"\b(?:do ?n'?o?t|stop|cancel) (?:you )?(?:send|pay|make)\b|\b(?:stop|cancel) .{0,16}payment\b|"
    r"\btake (?:that|the|my|a) payment back\b|\bpeidi\w* .{0,20}(?:thalu|anfon)\b|\bstopi\w* .{0,12}taliad\b"
)
_WRONG: Final = re.compile(
    r"\bpaid .{0,40}\b(?:too much|twice|wrong)\b|\bmade a mistake\b|\brefund\b|\bback in(?:to)? my budget\b|"
    r"\btalu gormod\b|\btalu .{0,20}ddwywaith\b|\bad-?daliad\b"
)
_RECEIPT: Final = re.compile(
    r"^(?:receipts?|d?derbynneb|derbynebau)$|"
    r"^(?:(?:can|could|how do) i )?(?:upload|send|here s|heres|here is|here are|take a photo of|anfon)\b"
    r"(?!.*(?:£|\d)).{0,24}\b(?:receipts?|d?derbynneb|d?derbynebau)\b"
)
_PAID: Final = re.compile(
    r"\bi(?:'?ve| have)? (?:already )?(?:paid|bought|spent)\b|^(?:bought|paid|receipt)\b|\breceipt\b|"
    r"\bwedi (?:prynu|talu)\b|\bd?derbynneb\b"
)
_SAME: Final = re.compile(
    r"\bsame (?:as|amount as) (?:last|usual|always|ever)|\busual payment\b|\bas usual\b|\brepeat last\b|"
    r"\byr un (?:peth|fath|faint) ag\b"
)
_TIME: Final = r"(?:hours?|hrs?|h|awr|days?|nights?|weeks?|months?|am|pm|th|nd|rd|st|sessions?|times|x|%)"
_BARE: Final = re.compile(
    rf"(?<![\w£.,:/-])(?<!no )(?<!number )(\d{{2,5}}(?:\.\d{{2}})?)(?![\w.,:/-]|\s*{_TIME}\b)"
)
_RATE: Final = re.compile(r"\d ?(?:hours?|hrs?|h|awr)\b.*\d|\b(?:an?|per|the) (?:hour|hr|day)\b|\brate\b")
_NAME: Final = r"(?P<who>[A-ZÀ-ÝŴŶ][\w'’-]*(?: (?:[A-ZÀ-ÝŴŶ][\w'’-]*|and|a|of|the|&))*)"
_JOINS: Final = re.compile(r"(?: (?:and|a|of|the|&))+$")
_VERB: Final = re.compile(
    r"\b(?:[Pp]ay|[Gg]ive|[Ss]end|[Tt]ransfer|[Tt]al(?:u|wch|a)|[Rr]ho(?:i|wch)?|[Aa]nfon(?:wch)?|[Gg]yrr(?:a|wch))\s+"
    r"(?:(?:my|the|fy|y|yr) (?:\w+ ){1,2})?" + _NAME
)  # fmt: skip
_TO: Final = re.compile(r"\b(?:to|i|at|efo)\s+(?:(?:my|the|fy) (?:\w+ ){0,2})?" + _NAME)
_FOR: Final = re.compile(
    r"\b(?:for|towards|am)\s+(?!me\b)(?P<what>[^.;?!£\d]{2,80}?)\s*"
    r"(?:\b(?:out of|from|please|o fy|o'r)\b.*)?[.,;?!]?\s*(?:£?\d.*)?$",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"and|for|from|her|his|its|love|mam|mum|mums|not|our|out|pay|paid|please|send|that|the|their|them|this|today|"
    r"wages|week|with|you|your|budget|care|money|heddiw|gyllideb|ofal|gofal|arian|plis|wythnos"
)
"""Words that no payee is known by."""


def payment(text: str) -> Payment:
    """What of a payment was said."""
    said = fold(text)
    for kind, form in (("take_back", _TAKE_BACK), ("wrong", _WRONG), ("receipt", _RECEIPT)):
        if form.search(said):
            return Payment(kind)  # type: ignore[arg-type]
    read = KINDS["money"](text, Question(""))
    pence = read.value if read is not None and isinstance(read.value, int) else None
    if _RATE.search(said):
        pence = None  # so much an hour for so many hours: it is not for us to reckon
    elif pence is None and "£" not in text:
        bare = set(_BARE.findall(said))
        if len(bare) == 1:
            pounds, _, pennies = bare.pop().partition(".")
            pence = int(pounds) * 100 + int(pennies or 0)
    named = _VERB.search(text) or _TO.search(text)
    who = _JOINS.sub("", named["who"]) if named else ""
    purpose = _FOR.search(text)
    return Payment(
        "pay", who, pence, purpose["what"].strip() if purpose else "",
        bool(_SAME.search(said)), bool(_PAID.search(said)),
    )  # fmt: skip


def named_in(text: str, names: Mapping[int, str]) -> list[int]:
    """The keys of the names that a text has a word of that no other name has; a whole name goes first.

    Args:
        text: the citizen's.
        names: by key.
    """
    said = _telling(text)
    split = {key: _telling(name) for key, name in names.items()}
    whole = [key for key, words in split.items() if words and words <= said]
    if whole:
        longest = max(len(split[key]) for key in whole)
        return [key for key in whole if len(split[key]) == longest]
    common = {word for word in said if sum(word in words for words in split.values()) > 1}
    sure = [key for key, words in split.items() if (words & said) - common]
    return sure or [key for key, words in split.items() if words & said]


def _telling(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", fold(text))
    return frozenset(word for word in words if len(word) > 2 and not _PLAIN.fullmatch(word))
