"""Money, in pence: “£12.50”, “twelve quid”, “a tenner”, “ugain punt”, all of it, half of it."""

import re
from functools import cache
from typing import Final

from bot.answers.counting import in_digits
from bot.answers.finding import Form, choose, find
from bot.answers.kind import Answer, Question
from bot.answers.naming import FILLER
from bot.answers.words import fold, without_courtesy

ALL: Final = "all"
HALF: Final = "half"
_MOST: Final = 10**9
"""Pence. Nobody has ten million pounds to spend here."""
_WHOLE: Final = r"(?P<pounds>\d{1,3}(?:,\d{3})+|\d{1,8})"
_PARTS: Final = r"(?:\.(?P<pence>\d{1,2}))?"
_POUND: Final = r"(?:pounds?|quids?|squid|nicker|gbp|lbs|punt|bunt|phunt|o bunnoedd|o bunnau|bunnoedd|bunnau)"
_PENCE: Final = r"(?:pence|pennies|penny|p|ceiniog|geiniog|cheiniog|c)"
_NOTES: Final = {
    "fiver": 500, "tenner": 1000, "grand": 100000,
    "pumpunt": 500, "bumpunt": 500, "decpunt": 1000, "degpunt": 1000, "ddecpunt": 1000, "ugeinpunt": 2000,
    "quid": 100, "pound": 100,
}  # fmt: skip
_NOTE: Final = "|".join(_NOTES)
_ALL: Final = (
    r"all of (?:it|the money|them|that)|all the money|all my money|the (?:whole|full) (?:lot|amount|thing|"
    r"budget|balance)|"
    r"whole (?:lot|amount)|full amount|the lot|everything|all|the max(?:imum)?|maximum|"
    r"as much as (?:i can|possible|there is)|"
    r"(?:whats|what is) left|the rest(?: of it)?|popeth|y cyfan(?: ohono)?|y cwbl(?: lot)?|i gyd|"
    r"pob ceiniog|y swm llawn|cymaint a phosib|"
    r"every penny|every last penny|the entire (?:lot|amount)"
)
_HALF: Final = (
    r"half of (?:it|the money|that|whats left)|half the money|half|hanner(?: ohono| o hono| or arian)?|50 ?%"
)
_BARE_WORDS: Final = (FILLER - {"us", "we"}) | frozenset(
    {
        "pay", "spend", "put", "use", "around", "only", "maybe", "say", "up", "amount", "total", "was",
        "cost", "costs", "talu", "gwario", "swm", "costio", "tua",
    }
)  # fmt: skip


def read_money(text: str, question: Question) -> Answer | None:  # noqa: ARG001
    """An amount in pence, or “all” or “half”; never below nothing, never with parts of a penny."""
    said = in_digits(fold(text))
    if re.search(r"(?<!\d)\.\d", text):  # “.50” may be £50 or 50p
        return None
    if re.search(r"[€$¥]|\b(?:euros?|dollars?|minus)\b|(?:^|[^\w\s])\s?- ?£?\d|^-|\s-\s?£?\d", said):
        return None
    found = find(said, _FORMS)
    if any(one.name == "money" for one in found):
        found = [one for one in found if one.name not in {"bare", "broken"}]
    elif found and found[0].name == "bare" and len(found) == 1:
        rest = without_courtesy(re.findall(r"\w+", said[: found[0].start] + said[found[0].end :]))
        if any(word not in _BARE_WORDS for word in rest):
            return None
    answer = choose(said, found)
    return answer if answer and (isinstance(answer.value, str) or 0 <= answer.value <= _MOST) else None


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.])(?<!\d[,:])(?:{pattern})(?!\w)(?![.,:/]\d)")


def _amount(match: re.Match[str]) -> int | None:
    parts = match.groupdict()
    if not _grouped(parts["pounds"]):
        return None
    pence = parts.get("pence") or ""
    # “£12.5” is £12.50.
    return int(parts["pounds"].replace(",", "")) * 100 + (int(pence.ljust(2, "0")) if pence else 0)


@cache
def _grouped(pounds: str) -> bool:
    return re.fullmatch(r"\d+|\d{1,3}(?:,\d{3})+", pounds) is not None


def _thousands(match: re.Match[str]) -> int | None:
    pence = int(match["pounds"].replace(",", "")) * 100_000
    return pence + (int(match["pence"].ljust(2, "0")) * 1000 if match["pence"] else 0)


def _with_half(match: re.Match[str]) -> int | None:
    pounds = int(match["pounds"].replace(",", ""))
    return pounds * 100 + 50 if pounds < 100 else None  # “dau gant a hanner” may well be 250


def _with_pennies(match: re.Match[str]) -> int:
    return int(match["pounds"].replace(",", "")) * 100 + int(match["pence"])


def _pence_only(match: re.Match[str]) -> int:
    return int(match["pence"])


def _notes(match: re.Match[str]) -> int:
    count = match["count"]
    return _NOTES[match["note"]] * (int(count) if count else 2 if match["couple"] else 1)


_FORMS: Final[list[Form]] = [
    ("money", _form(_ALL), lambda _: ALL),
    ("money", _form(rf"(?:£ ?)?{_WHOLE} ?{_POUND}?(?: ac? | and ){{1}}(?:a half|hanner)(?: {_POUND})?"),
     _with_half),
    ("money", _form(rf"(?:£ ?)?{_WHOLE}{_PARTS} ?(?:k|grand|thousand)"), _thousands),
    ("money", _form(rf"(?:£ ?)?{_WHOLE} ?{_POUND}(?: and| a| ac|,)? (?P<pence>\d{{2}})(?: ?{_PENCE})?"),
     _amount),
    ("money", _form(rf"(?:£ ?)?{_WHOLE} ?{_POUND}(?: and| a| ac|,)? (?P<pence>\d) ?{_PENCE}"), _with_pennies),
    ("money", _form(rf"£ ?{_WHOLE} (?P<pence>\d{{2}}) ?{_PENCE}?"), _amount),
    ("money", _form(rf"£ ?{_WHOLE}{_PARTS}(?: ?{_POUND})?p?"), _amount),
    ("money", _form(rf"{_WHOLE}{_PARTS} ?(?:£|{_POUND})"), _amount),
    ("money", _form(rf"(?P<pence>\d{{1,6}}) ?{_PENCE}"), _pence_only),
    ("money", _form(rf"(?:(?P<count>\d{{1,3}}) |an? |(?P<couple>(?:a )?couple of )|"
        rf"papur )?(?P<note>{_NOTE})s?"), _notes),
    ("money", _form(_HALF), lambda _: HALF),
    ("bare", _form(rf"{_WHOLE} (?P<pence>[1-9]\d)"), _amount),
    ("bare", _form(rf"{_WHOLE}{_PARTS}"), _amount),
    ("broken", re.compile(r"\d[\d.,:/]*"), lambda _: None),
]  # fmt: skip
