"""What a citizen's words about their plan mean, where they are plain; the rest is a line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bot.answers.cost import find_cost
from bot.answers.counting import in_digits
from bot.answers.words import fold


@dataclass(frozen=True)
class Change:
    """What is to become of a plan.

    Args:
        kind: `add` a line, `change` or `remove` one, `read` it, hear of its `state` or of what is `allowed`,
            `send` it, or go on with it.
        number: of the line that is meant, as it was read out, from 1; -1 for the last; 0 where it is named.
        words: of the line, or its name.
        outcome: what it is for.
        cost: `pence` and `period`.
    """

    kind: Literal["add", "change", "remove", "read", "state", "allowed", "send", "go_on"]
    number: int = 0
    words: str = ""
    outcome: str = ""
    cost: Mapping[str, object] | None = None


SHORT: Final = 7
"""Words of a message that may ask about the plan in the place of a line."""
_LINE_NUMBER: Final = r"(?:line |number |no |llinell |rhif )?"
_REMOVE: Final = re.compile(
    r"^(?:please |can you |i want to )?(?:remove|delete|drop|scrap|cross out|get rid of|take (?:out|off)|"
    r"take|dileu|dilea|tynnu|tynnwch|tynna) "
    rf"{_LINE_NUMBER}(?:the |my |y |yr |fy )?(?P<what>.+?)"
    r"(?: (?:out of|off|from|out|allan o|o) ?(?:my |the |fy |y )?(?:plan|nghynllun|cynllun)?)?$"
)
_NUMBERED: Final = re.compile(
    r"^(?:(?:please|can you|no|na|ok|okay|right|so|then|and|yes|hang on|wait|actually|iawn),? )*"
    r"(?P<verb>change |make |newid |newidiwch )?"
    rf"{_LINE_NUMBER}(?P<number>\d{{1,2}})(?: (?:of|in|o|yn) (?:my |the |fy |y )?(?:plan|cynllun|nghynllun))?"
    r"(?: (?:to|is|should be|should say|says?|at|i|yn|yw|ydi)|\s*[:=])?(?: (?P<rest>.+))?$"
)
_CHANGING: Final = re.compile(r"\b(?:change|make|newid|newidiwch) ")
_LAST: Final = re.compile(
    r"^(?:no|na|nage|sorry|sori|actually|i meant?|make (?:it|that)|change (?:it|that)|it s|its|should be|"
    r"gwnewch (?:e|o)|newidiwch (?:e|o))\b[\s,.:;-]*(?:(?:make|change) (?:it|that) )?(?:to |i )?(?P<rest>.+)$"
)
_OUTCOME: Final = re.compile(
    r"[\s,;.-]*\b(?P<outcome>(?:so that|so (?=(?:i|we|he|she|they|my|mum|dad)\b)|in order to|"
    r"er mwyn|fel (?:bod|fy mod|y))\b.+)$",
    re.IGNORECASE,
)
_ASKED: Final[Mapping[Literal["send", "state", "read", "allowed"], re.Pattern[str]]] = {
    "send": re.compile(r"^(?:please )?(?:send|submit|anfon\w*)\b.{0,30}\b(?:plan|changes|n?g?h?ynllun)\b"),
    "state": re.compile(
        r"\b(?:has|have|is|are|why|which|when|who)\b.{0,60}\b(?:agreed?|approved|signed off|waiting)\b|"
        r"\bturn(?:ed)? down\b|\brefused\b|\bsaid no\b|\bnext step\b|\bg?cytuno\b|\bgytuno\b"
    ),
    "read": re.compile(
        r"\bread (?:(?:me|it|back) )*(?:my |the )?plan\b|\bread (?:it|them|me it)(?: back)?$|"
        r"\bwhat ?s in my (?:support )?plan\b|"
        r"\bwritten in my\b|\bdarllen\w*\b|\bbeth? sy\w*'?n? (?:yn )?(?:fy )?nghynllun\b"
    ),
    "allowed": re.compile(
        r"\bwhat (?:can|am|could|should|else|kinds?|sorts?|do they|will they|are other|does)\b|\bideas\b|"
        r"\bexamples\b|\bbeth (?:ga|alla|gaf|ddylwn)\b|\bsyniadau\b"
    ),
}  # fmt: skip
_WISH: Final = re.compile(
    r"^(?:i ?'?d (?:like|love|rather|sooner)|i (?:want|need|would like|would rather)|can i|could i|let me|"
    r"put(?: down| in)?|add|include|set aside|new line|another line|dwi (?:isio|eisiau)|fi'?n moyn|hoffwn i?|"
    r"ga i|gaf i|rhoi|rhowch|ychwanegu)\b"
)
_ABOUT_PLAN: Final = re.compile(
    r"\b(?:plan|plans|planning|budget|lines?|menu|money|cynllun\w*|nghynllun|gyllideb|nghyllideb|arian|llinell)\b"
)
_LEAD: Final = re.compile(
    r"^(?:(?:please|so|and|also|well)[\s,]+)*"
    r"(?:(?:i ?'?d (?:like|love)|i (?:want|need|would like)|can i|could i|can you|dwi (?:isio|eisiau)|"
    r"hoffwn i?|ga i|gaf i)\s+(?:to\s+)?)?"
    r"(?:(?:have|add|put(?: down| in)?|include|set aside|use my budget for|cael|ychwanegu|rhoi|rhowch)\s+)?"
    r"(?:(?:to (?:my )?plan|(?:a )?(?:new|another) line)\s*(?:for|of|:|,)\s*)?",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(
    r"[\s,;]*\b(?:please|os gwelwch yn dda|can that go in my plan|put it in the plan|put that down|"
    r"(?:in|into|to|on|for|from|yn|at|i) (?:my |the |fy |y )?(?:(?:support|care|budget|training) )*"
    r"(?:plan|budget|nghynllun|cynllun|nghyllideb|gyllideb))[\s.!?]*$",
    re.IGNORECASE,
)
_EDGES: Final = " ,.;:-!?"
_POUNDS: Final = r"(?:£\s?\d[\d,]*(?:\.\d{1,2})?|\d[\d,]*(?:\.\d{1,2})?)\s*(?:pounds?|quid|punt|bunt)?"
_HOW_OFTEN: Final = (
    r"(?:\s*(?:a|an|each|every|per|y|yr|bob|/)\s*(?:other )?(?:day|week|wk|fortnight|month|mth|quarter|year|"
    r"yr|dydd|diwrnod|wythnos|pythefnos|mis|chwarter|flwyddyn)|\s*(?:p[wma]|pcm|weekly|monthly|yearly|annually|"
    r"once|one[ -]?off|unwaith))"
)
# An amount with how often, or with a pound sign; and the small words that bind it to what it is for.
_COST: Final = re.compile(
    rf"[\s,;:-]*(?:\b(?:about|around|roughly|it'?s|it is|(?:it |which )?costs?|costing|which is|that'?s|at|"
    rf"for|tua|am|(?:yn|sy'?n|mae'?n) costio)\s+){{0,2}}"
    rf"(?:{_POUNDS}{_HOW_OFTEN}|£\s?\d[\d,]*(?:\.\d{{1,2}})?|\d[\d,]*\s*(?:pounds?|quid|punt|bunt))"
    r"[\s,]*(?:(?:for|on|towards|am|at|ar)\b)?\s*",
    re.IGNORECASE,
)


def change(text: str, *, first: bool = False) -> Change:
    """What is to become of a plan.

    Args:
        text: the citizen's.
        first: whether it began the journey: then it may be about the plan rather than a line of it.
    """
    said = fold(text).rstrip("?!. ")
    if match := _REMOVE.match(said):
        found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", in_digits(match["what"], ordinals=True))
        return Change("remove", int(found[1]) if found else 0, match["what"])
    if first or len(said.split()) <= SHORT:
        for kind, words in _ASKED.items():
            if words.search(said):
                return Change(kind)
    if first:
        return (_numbered(said, text) if _CHANGING.search(said) else None) or _wish(text)
    return _correction(said, text) or _line(text)


def _wish(text: str) -> Change:
    """A line with which somebody begins; what is no plain one only begins."""
    line = _line(text)
    wished = _WISH.match(fold(text)) or line.cost is not None
    about_plan = _ABOUT_PLAN.search(fold(line.words)) and len(line.words.split()) <= SHORT
    return line if wished and line.words and not about_plan else Change("go_on")


def _correction(said: str, text: str) -> Change | None:
    """A line that is to be another: by its number, or the one that was just written."""
    if (found := _numbered(said, text)) is not None:
        return found
    if (match := _LAST.match(said)) and (cost := plain_cost(match["rest"])):
        return Change("change", -1, cost=cost)
    return None


def _numbered(said: str, text: str) -> Change | None:
    if (match := _NUMBERED.match(said)) and (match["verb"] or plain_cost(match["rest"])):
        return _changed(int(match["number"]), text, match["rest"] or "")
    return None


def plain_cost(text: str | None) -> Mapping[str, object] | None:
    """The cost, where a text is hardly more than that.

    Args:
        text: a citizen's words.

    Returns:
        `pence` and `period`, which is None where it is not said; None for words about something else.
    """
    found = find_cost(text or "")
    if found is None or len(re.findall(r"[^\W\d]+", found[1])) > 2:
        return None
    return found[0]


def _changed(number: int, text: str, rest: str) -> Change:
    if (cost := plain_cost(rest)) is not None:
        return Change("change", number, cost=cost)
    line = _line(text[len(text) - len(rest) :] if rest else "")
    return Change("change", number, line.words, line.outcome, line.cost)


def _line(text: str) -> Change:
    """A line in somebody's own words, without those around it."""
    kept, outcome = " ".join(text.split()), ""
    if match := _OUTCOME.search(kept):
        outcome, kept = match["outcome"].strip(_EDGES), kept[: match.start()]
    told = _COST.search(kept)
    cost = find_cost(kept) or (find_cost(told[0].strip()) if told else None)
    if cost is not None:
        kept = _COST.sub(" ", kept, count=1)
    elif outcome and (cost := find_cost(outcome)) is not None:
        outcome = _COST.sub(" ", outcome, count=1).strip(_EDGES)
    kept = _TAIL.sub("", _LEAD.sub("", kept.strip(_EDGES), count=1)).strip(_EDGES)
    kept = re.sub(r"^(?:for|on|towards|am) ", "", kept)
    return Change("add", 0, kept[:1].upper() + kept[1:200], outcome[:200], cost[0] if cost else None)
