"""What a citizen wants to know of their budget, heard in their words; the balance where nothing is named."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal

from bot.answers.words import fold

type Topic = Literal["basis", "statement", "holding", "helpers", "surplus", "review", "balance"]

# In this order: the first that is found is meant. Folded, without accents; English, then Welsh.
_TOPICS: Final[Mapping[Topic, Sequence[str]]] = {
    "helpers": (
        r"helpers?", r"permission", r"(?:let|allow) .{1,40}(?:pay|spend|buy)", r"(?:may )?pay for me",
        r"(?:someone|somebody) else (?:to )?(?:pay|spend)", r"(?:stop|end) .{1,30}paying",
        r"caniatad", r"helpwyr?", r"gadael i .{1,30}(?:dalu|wario)", r"talu drosta i",
    ),
    "surplus": (
        r"surplus", r"claw(?:ing)? back", r"(?:take|taken|taking|pay) .{0,40}back", r"dros ben",
        r"(?:cymryd|gymryd) .{0,40}(?:yn ol|nol)",
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
        r"what (?:is|are) (?:an |a )?(?:individual|personal) budgets?", r"gwerth", r"n?gh?yfraniad",
        r"gweithi\w* .{0,12}allan", r"weithi\w* .{0,12}allan", r"gyfrifo", r"pam", r"beth yw cyllideb",
        r"dalu fy hun",
    ),
    "holding": (
        r"(?:who|council|sister|brother|son|daughter|else|party) (?:to )?(?:manag|look|run)\w*",
        r"who (?:holds|manages|runs)", r"held by", r"manag(?:ed account|ing my budget)", r"third party",
        r"service fund", r"(?:as|get|swap to|switch to|change to|have) (?:it as )?(?:a )?direct payments?",
        r"my budget as a direct payment", r"direct payments? (?:work|instead)",
        r"part(?:ly)? .{0,30}direct payment",
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


def topic(text: str) -> Topic:
    """What a citizen wants to know of their budget; the balance where nothing else is named."""
    said = fold(text)
    return next((name for name, words in _TOPIC if words.search(said)), "balance")
