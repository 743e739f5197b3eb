"""What a citizen wants to know of their budget, heard in their words; the balance where nothing is named."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from bot.answers import KINDS, Question
from bot.answers.words import fold

type Topic = Literal["basis", "statement", "holding", "helpers", "surplus", "review", "balance"]

# In this order: the first that is found is meant. Folded, without accents; English, then Welsh.
_TOPICS: Final[Mapping[Topic, Sequence[str]]] = {
    "helpers": (
        r"helpers?", r"permission", r"(?:let|allow) .{1,40}(?:pay|spend|buy)", r"(?:may )?pay for me",
        r"(?:someone|somebody) else (?:to )?(?:pay|spend)", r"(?:stop|end) .{1,30}(?:paying|spending|using)",
        r"(?:take|get) .{1,30} off (?:my|the) .{0,10}budget", r"(?:dont|not|never) let .{1,30}(?:pay|spend)",
        r"who ?(?:s|is|else|can|may|has) .{0,30}(?:pay|spend|use)(?:ing)?",
        r"caniatad", r"helpwyr?", r"gadael i .{1,30}(?:dalu|wario)", r"talu drosta i",
        r"(?:stopio|atal) .{1,30}(?:rhag|thalu|dalu)", r"dod a hawl",
        r"pwy (?:arall )?(?:gaiff|all|syn cael) .{0,9}(?:dalu|wario)",
    ),
    "surplus": (
        r"surplus", r"claw(?:ing)? back", r"(?:take|taken|taking|pay) .{0,40}back", r"dros ben",
        r"tak(?:e|ing|en) .{0,25}(?:money|off me|away|£)", r"lose .{0,20}money",
        r"(?:cymryd|gymryd) .{0,40}(?:yn ol|nol|arian|oddi)",
    ),
    "statement": (
        r"statements?", r"large print", r"big letters", r"all the payments",
        r"spent (?:from my budget )?(?:this|last) month", r"[dn]?d?atganiad(?:au)?", r"print bras",
        r"gwari?o .{0,30}mis yma",
    ),
    "review": (r"review(?:ed|s)?", r"go over my budget", r"(?:n?h?)adolyg\w*", r"adolyg\w*"),
    "basis": (
        r"based on", r"work(?:ed|s)? .{0,40}out", r"worth", r"stands? for", r"arrive at", r"decided",
        r"why .{0,40}(?:less|cut|down|reduced|up)", r"contribution", r"chip in", r"pay towards",
        r"what (?:is|are) (?:an |a )?(?:individual|personal) budgets?",
        r"what(?: i)?s (?:it|this)(?: budget)?(?: for)?$",
        r"(?:that|so|this) (?:much|little)", r"come from", r"gwerth", r"n?gh?yfraniad",
        r"gweithi\w* .{0,12}allan", r"weithi\w* .{0,12}allan", r"gyfrifo", r"pam", r"beth yw cyllideb",
        r"dalu fy hun",
    ),
    "holding": (
        r"(?:who|council|sister|brother|son|daughter|else|party) (?:to )?(?:manag|look|run)\w*",
        r"who (?:holds|manages|runs)", r"held by", r"manag(?:ed account|ing my budget)", r"third party",
        r"service fund", r"(?:as|get|swap to|switch to|change to|have) (?:it as )?(?:a )?direct payments?",
        r"my budget as a direct payment", r"direct payments? (?:work|instead)",
        r"part(?:ly)? .{0,30}direct payment", r"(?:money|budget|it)(?: to)? myself",
        r"half .{0,30}(?:direct|council)", r"hanner .{0,30}(?:uniongyrchol|[cg]yngor)",
        r"(?:yr )?arian (?:fy hun|i mi)",
        r"\d ?(?:%|/) ?.{0,40}(?:direct|council)", r"how much .{0,40}(?:mine|the councils?)",
        r"rheoli", r"daliad uniongyrchol yn lle", r"(?:rhan fel|cael) (?:taliad|daliad) uniongyrchol",
        r"pwy sy.? ?n dal",
    ),
}  # fmt: skip
_TOPIC: Final = tuple(
    (topic, re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")) for topic, words in _TOPICS.items()
)


MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january|jan|ionawr", "february|feb|chwefror", "march|mar|mawrth", "april|apr|ebrill", "may|mai",
            "june|jun|mehefin", "july|jul|gorffennaf", "august|aug|awst", "september|sept|sep|medi",
            "october|oct|hydref", "november|nov|tachwedd", "december|dec|rhagfyr",
        ),
        start=1,
    )
    for name in names.split("|")
}  # fmt: skip


def month(text: str, today: date) -> date:
    """The first day of the month that a statement is wanted of; of this one where none is named.

    Args:
        text: the citizen's.
        today: a name means the last month of that name that has begun.
    """
    said, first = fold(text), today.replace(day=1)
    if re.search(r"\blast months?\b|\bmis (?:di?wetha|diwethaf)\b", said):
        return (first - timedelta(days=1)).replace(day=1)
    named = [
        MONTHS[word] for word in re.findall(r"\w+", said) if word in MONTHS and word not in ("may", "mar")
    ]
    if not named:
        return first
    return first.replace(year=today.year - (named[0] > today.month), month=named[0])


@dataclass(frozen=True)
class Helping:
    """What is to become of who may pay.

    Args:
        kind: to `let` somebody, to `end` it, or "" where it is not plain.
        name: of somebody new, with the capitals it was written with.
        phone: their mobile number.
    """

    kind: Literal["let", "end", ""] = ""
    name: str = ""
    phone: str = ""


_END: Final = re.compile(
    r"\b(?:stop|end|take|remove|revoke|cancel|(?:dont|not|never) (?:let|want)|no longer|stopio|atal|tynnu|"
    r"dileu|dod a)\b"
)
_LET: Final = re.compile(r"\b(?:let|allow|add|permission|gadael|caniatad|caniatau|ychwanegu)\b")
_NEW: Final = re.compile(
    r"\b(?:[Ll]et|[Aa]llow|[Aa]dd|permission to|permission for|[Gg]adael i|[Cc]aniat[aâ]d i|[Yy]chwanegu)\s+"
    r"(?:(?:my|our|the|fy|y|yr)\s+(?:\w+\s+){1,2}?)?(?P<name>[A-ZÀ-ÝŴŶ][\w'’-]+(?: [A-ZÀ-ÝŴŶ][\w'’-]+)?)"
)


def helping(text: str) -> Helping:
    """What is to become of who may pay; a name counts where it begins with a capital letter."""
    said = fold(text)
    if _END.search(said):
        return Helping("end")
    if not _LET.search(said):
        return Helping()
    named, phone = _NEW.search(text), KINDS["phone"](text, Question("", {"only": "mobile"}))
    return Helping("let", named["name"] if named else "", str(phone.value) if phone else "")


def topic(text: str) -> Topic:
    """What a citizen wants to know of their budget; the balance where nothing else is named."""
    said = fold(text).rstrip("?! ")
    return next((name for name, words in _TOPIC if words.search(said)), "balance")
