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
        kind: to `pay`, to `take_back` one that has not gone, one that was `wrong`, a `receipt` for one, or
            what became of one (`status`).
        who: a name to be paid, with the capitals it was written with; "" where there is none.
        pence: how much; None where it is not plain.
        purpose: what it is for.
        same: whether it is to be as the last time.
        paid: whether the citizen has paid it already.
    """

    kind: Literal["pay", "take_back", "wrong", "receipt", "status"] = "pay"
    who: str = ""
    pence: int | None = None
    purpose: str = ""
    same: bool = False
    paid: bool = False


_TAKE_BACK: Final = re.compile(
    r"\b(?:do ?n'?o?t|stop|cancel) (?:you |(?:want|need) (?:you )?to )?(?:send|pay|make)\b|"
    r"\b(?:stop|cancel) .{0,16}payment\b|"
    r"\btake (?:(?:that|the|my|a) payment|it|that|this) back\b|\bundo (?:it|that|this|the payment)\b|"
    r"\btynn\w* .{0,16}n ol\b|\bpeidi\w* .{0,20}(?:thalu|anfon)\b|\bstopi\w* .{0,12}taliad\b"
)
_WRONG: Final = re.compile(
    r"\bpaid .{0,40}\b(?:too much|twice|wrong)\b|\bmade a mistake\b|\brefund\b|\bback in(?:to)? my budget\b|"
    r"\btalu gormod\b|\btalu .{0,20}ddwywaith\b|\bad-?daliad\b"
)
_RECEIPT: Final = re.compile(
    r"^(?:receipts?|d?derbynneb|derbynebau)$|"
    r"^(?:(?:can|could|how do) i )?(?:upload|send|here s|heres|here is|here are|take a photo of|anfon|"
    r"this is|(?:i ?ve |i have |i )?got|mae gen i)\b"
    r"(?!.*(?:£|\d)).{0,24}\b(?:receipts?|d?derbynneb|d?derbynebau)\b"
)
_STATUS: Final = re.compile(
    r"^(?:has|have|did|when|was|were|wheres?|is)\b.{0,40}\b"
    r"(?:paid|payments?|pay|money|wages|gone|go through|arrived?)\b|"
    r"\b(?:hasnt|havent|never|didnt|not|isnt)\b.{0,20}\b(?:paid|arrived?|come|got|had|received?|gone)\b|"
    r"^(?:ydi|ydy|pryd|ble|lle|oes)\b.{0,50}\b(?:[td]h?alu|h?arian|[td]aliad|cyflog)\b|"
    r"\bddim wedi (?:cyrraedd|cael|mynd)\b|\bchafodd .{0,12}(?:dalu|thalu|arian)\b"
)
"""Asks after a payment, where no amount is said."""
_PAID: Final = re.compile(
    r"\bi(?:'?ve| have)? (?:already )?(?:paid|bought|spent)\b|^(?:bought|paid|receipt)\b|\breceipt\b|"
    r"\bwedi (?:prynu|talu)\b|\bd?derbynneb\b"
)
_SAME: Final = re.compile(
    r"\bsame (?:as|amount as) (?:last|usual|always|ever)|\busual payment\b|\bas usual\b|\brepeat last\b|"
    r"\byr un (?:peth|fath|faint) ag\b"
)
_TIME: Final = r"(?:hours?|hrs?|h|awr|days?|nights?|weeks?|months?|th|nd|rd|st|sessions?|times|x|%)"
_BARE: Final = re.compile(
    rf"(?<![\w£.,:/-])(?<!no )(?<!number )(\d{{2,5}}(?:\.\d{{2}})?)(?![\w.,:/-]|\s*{_TIME}\b|"
    r"(?<=1[0-2])\s*[ap]m\b)"  # in Welsh “30 am” is £30 for
)
_RATE: Final = re.compile(r"\d ?(?:hours?|hrs?|h|awr)\b.*\d|\b(?:an?|per|the) (?:hour|hr|day)\b|\brate\b")
_NAME: Final = r"(?P<who>[A-ZÀ-ÝŴŶ][\w'’-]*(?: (?:[A-ZÀ-ÝŴŶ][\w'’-]*|and|a|of|the|&))*)"
# In small letters a name is told by where it stands: between the verb and the amount.
_SMALL: Final = re.compile(
    r"^(?:(?:please|can you|could you|i need to|i want to) )*"
    r"(?:pay|give|send|transfer|talu|talwch|tala|rhoi|rhowch)\s+"
    r"(?:(?:my|the|fy|y|yr)\s+)?(?P<who>[^\W\d][\w'’&-]*(?: [^\W\d][\w'’&-]*){0,3}?)\s+£?\d",
    re.IGNORECASE,
)
_PIECES: Final = re.compile(r",|;|\b(?:and|then|plus|a|ac|wedyn)\b", re.IGNORECASE)
_ALSO: Final = re.compile(r"\s*(?!.*(?:day|dydd|awr|hour)\b)[^\W\d][^\d£]{2,40}£?\d{2,}", re.IGNORECASE)
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
    r"wages|week|with|you|your|budget|care|money|heddiw|gyllideb|ofal|gofal|arian|plis|wythnos|all|about|some|"
    r"another|back|off|in|on|at|by|me|him|us|it|fi|hi|fe|fo|nhw"
)
"""Words that no payee is known by."""
ROLE: Final = re.compile(
    r"carers?|cleaner|helper|pa|assistants?|agency|gardener|driver|taxi|nurse|companion|sitter|worker|support|"
    r"care|lady|man|girl|woman|mum|dad|daughter|son|niece|nephew|sister|brother|neighbour|friend|mate|bloke|new|"
    r"lots?|two|both|bill|invoice|gofalwr|gofalwraig|g?lanhawr|g?lanhawraig|cynorthwyydd|asiantaeth|garddwr|"
    r"ffrind|gyrrwr|tacsi|chwaer|brawd|merch|mab"
)
"""Words for what somebody does or is to us."""


def payment(text: str) -> Payment:
    """What of a payment was said."""
    said = fold(text)
    for kind, form in (("take_back", _TAKE_BACK), ("wrong", _WRONG), ("receipt", _RECEIPT)):
        if form.search(said):
            return Payment(kind)  # type: ignore[arg-type]
    if _STATUS.search(said) and not re.search(r"\d", said):
        return Payment("status")
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
    who = _JOINS.sub("", named["who"]) if named else _in_small(text)
    purpose = _FOR.search(text)
    return Payment(
        "pay", who, pence, purpose["what"].strip() if purpose else "",
        bool(_SAME.search(said)), bool(_PAID.search(said)),
    )  # fmt: skip


def _in_small(text: str) -> str:
    """A name that was written without capitals; “mate dave” is “Dave”."""
    match = _SMALL.match(text)
    words = match["who"].split() if match else []
    if any(_PLAIN.fullmatch(word.casefold()) or len(word) == 1 for word in words):
        return ""
    while len(words) > 1 and ROLE.fullmatch(fold(words[0])):
        words.pop(0)
    return " ".join(word[:1].upper() + word[1:] for word in words)


def is_role(who: str) -> bool:
    """Whether somebody is named by what they do only: “the carer” is nobody whom the council could pay."""
    return all(ROLE.fullmatch(word) for word in fold(who).split())


def several(text: str, names: Mapping[int, str]) -> bool:
    """Whether a text pays more than one, each an amount.

    Args:
        text: the citizen's.
        names: of those who are known.
    """
    pieces = [piece for piece in _PIECES.split(text) if re.search(r"\d", piece)]
    if len(pieces) > 1 and any(_ALSO.match(piece) for piece in pieces[1:]):
        return True
    return len({tuple(found) for piece in pieces if (found := named_in(piece, names))}) > 1


def named_in[K](text: str, names: Mapping[K, str]) -> list[K]:
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
    words = re.findall(r"\w+", fold(re.sub(r"['’]s\b", "", text)))
    return frozenset(word for word in words if len(word) > 2 and not _PLAIN.fullmatch(word))
