"""What a citizen wants done with the credit, read from one message: the errand, whom, how much, for when.

Everything is read by rules, those of `words/wishes.yml` and these; what is not clear is asked, and all is
read back.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from ruamel.yaml import YAML

from bot.answers import Question
from bot.answers.calendar_names import DAYS, MONTHS
from bot.answers.counting import in_digits
from bot.answers.day import find_days, spoken_day
from bot.answers.money import read_money
from bot.answers.words import fold

type Errand = Literal["pay", "split", "find", "check", "change", "top_up", "rule"]
type Change = Literal["give_up", "another", "came", "charged"]
type Topic = Literal["balance", "why", "changes", "bookings", "confirm", "changed", "top_up", "apply"]


_LISTS: Final[dict[str, Any]] = YAML(typ="safe").load(
    (Path(__file__).parent / "words" / "wishes.yml").read_text(encoding="utf-8")
)
type _Table = tuple[tuple[Any, re.Pattern[str]], ...]


def _table(name: str, before: str = r"(?<!\w)") -> _Table:
    return tuple(
        (value, re.compile(rf"{before}(?:{'|'.join(pieces)})(?!\w)"))
        for entry in _LISTS[name] for value, pieces in entry.items()
    )  # fmt: skip


_ERRANDS, _CHANGES, _TOPICS = _table("errands"), _table("changes"), _table("topics")
_KINDS, _WEEKS, _ALL, _NO_PLACE = (_table(name) for name in ("kinds", "weeks", "everything", "nowhere"))
_FINDING: Final = _table(
    "finding",
    r"^(?:can you |could you |please |pls |i(?: a)?m |we are |ive |id like |i want (?:you )?to |im after )*",
)
LANGUAGES: Final[dict[str, str]] = _LISTS["languages"]
"""Languages that providers may speak, as they are called."""
_DEADLINE: Final = re.compile(
    r"(?<!\w)(?:by|before|due|until|til|till|erbyn|from|starting|since|tan)(?: on| dydd)? $"
)
_AFTER_VERB: Final = re.compile(
    r"(?<!\w)(?:pay|send|use|put|give|say|its|add|talu|rhoi|rhowch|anfon|anfonwch) "
    r"(?:them |her |him |nhw )?(?:about )?"
    r"(?P<pounds>\d{1,5})(?:\.(?P<pence>\d\d))?(?![\d.]|,\d| ?(?:days?|sessions?|hours?|weeks?|mornings?|"
    r"afternoons?|years?|months?|kids|children|diwrnod|wythnos|sesiwn|bore)\b)"
)
_BARE: Final = re.compile(
    r"(?:(?<!\w)(?P<before>\w+) )?(?<![\w.,:/-])(?P<pounds>\d{1,3})(?:\.(?P<pence>\d\d))?"
    r"(?= (?:for|to|each|please|pls|plis|this|next|last|from|i|am|o|yr un)\b| ?$)"
)
"""A sum without its sign, as in “pay my nursery 60 for next week”; all is read back."""
_NO_SUM: Final = frozenset(
    {"for", "the", "on", "of", "age", "aged", "at", "by", "code", "born", "no", "number", "from", "until",
     "week", "room", "am", "ar", "o", "yn", "tan", *DAYS, *MONTHS}
)  # fmt: skip
"""Words behind which a bare figure is none."""
_WEEKS_OFF: Final = re.compile(
    r"(?<!\d)(?:(?P<ago>\d{1,2}) (?:w(?:ee)?ks? ago|(?:w|o w)ythnos(?:au)? yn ol)|"
    r"in (?P<ahead>\d{1,2}) w(?:ee)?ks?|mewn (?P<later>\d{1,2}) wythnos)\b"
)
_SEGMENT: Final = re.compile(r"\s+(?:and(?: then)?|then|ac|a)\s+|[,;]")
_POSTCODE: Final = re.compile(r"(?<!\w)[a-z]{1,2}\d[a-z\d]?(?: ?\d[a-z]{2})?(?!\w)", re.IGNORECASE)
_PLACES: Final = tuple(
    re.compile(rf"(?<!\w)(?:{words})\s+(?P<place>[^,.;?!]{{2,60}})", re.IGNORECASE)
    for words in ("near to|near|close to|nearest to|round|around|ger|agos i|o gwmpas", "in|yn")
)
_TRAILING: Final = re.compile(
    r"\s+(?:with|who|that|for|open|from|and|so|please|pls|to|plis|sydd|gyda|efo|while|can)\b.*$",
    re.IGNORECASE,
)
_AGE: Final = re.compile(
    r"(?<!\d)(?P<count>\d{1,2})[ -]?(?P<unit>years?|yrs?|months?|mths?|mis|m?blwydd)?[ -]?(?:old|oed)(?!\w)"
)
_DAYS: Final = {name: number for name, number in DAYS.items() if len(name) > 2}
EARLIEST: Final = timedelta(weeks=-5)
LATEST: Final = timedelta(weeks=26)
"""Weeks that can be meant, counted from this one."""


@dataclass(frozen=True)
class Wish:
    """What one message asks for.

    Args:
        errand: what is to be done.
        change: of a booking, where that is said.
        amounts: pence, in their order.
        everything: whether all that there is is meant.
        half: whether a sum is to be halved.
        monday: of the week that is meant.
        days: weekdays that are said, 0 is Monday.
        kinds: of provider, in their order.
        places: words for where it should be near, the likeliest first.
        age: of the child, in months.
        speaks: a language that the provider should speak.
        free: whether it must have a free place.
    """

    errand: Errand
    change: Change | None
    amounts: tuple[int, ...]
    everything: bool
    half: bool
    monday: date | None
    days: tuple[int, ...]
    kinds: tuple[str, ...]
    places: tuple[str, ...]
    age: int | None
    speaks: str | None
    free: bool


def read_wish(text: str, now: datetime) -> Wish:
    """Reads a message.

    Args:
        text: in the citizen's words.
        now: the moment it came.
    """
    said = _said(text)
    errand = _errand(said)
    finds = errand in ("find", "check")
    return Wish(
        errand, _first(_CHANGES, said) if errand == "change" else None, _amounts(text),
        _first(_ALL, said) is True, re.search(r"\b(?:half|hanner)\b", said) is not None, _monday(said, now),
        _days(said), _kinds(said), _places(text) if finds else (), _age(said),
        next((code for name, code in LANGUAGES.items() if name in said.split()), None),
        finds and re.search(r"\b(?:places?|spaces?|vacancy|lle)\b", said) is not None,
    )  # fmt: skip


def _said(text: str) -> str:
    """Without capitals, accents and apostrophes: “don't” is one word, “talu'r” two, numbers are in digits."""
    apart = re.sub(r"['’](r|n|i|u|w|ch)\b", r" \1", text)
    return in_digits(" ".join(fold(apart).split()))


def read_topic(text: str) -> Topic:
    """What a question about the credit is about: how much there is, where nothing else is said."""
    topic: Topic = _first(_TOPICS, _said(text)) or "balance"
    return topic


def _errand(said: str) -> Errand:
    first: Errand = _first(_ERRANDS, said) or "pay"
    return "find" if first == "pay" and _first(_FINDING, said) else first


def _first(table: _Table, said: str) -> Any:
    return next((name for name, pattern in table if pattern.search(said)), None)


def _amounts(text: str) -> tuple[int, ...]:
    """The sums of money of a message, piece by piece; “everything” and “half” are no sums."""
    found: list[int] = []
    for piece in _SEGMENT.split(text):
        answer = read_money(piece, Question("amount"))
        said = in_digits(fold(piece))
        if answer is not None and isinstance(answer.value, int) and answer.value > 0 and _money(said):
            found.append(answer.value)
        elif match := _AFTER_VERB.search(said):
            found.append(_pence(match))
    if not found and any(c.isalpha() for c in text):
        said = " ".join(fold(text).split())  # in figures only: “the second one” is no pound
        bare = [_pence(match) for match in _BARE.finditer(said) if match["before"] not in _NO_SUM]
        found = bare if len(bare) == 1 and bare[0] else []
    return tuple(found)


def _pence(match: re.Match[str]) -> int:
    return int(match["pounds"]) * 100 + int(match["pence"] or 0)


def _money(said: str) -> bool:
    """Whether a sum is said as one, and is no age and no number of days."""
    return re.search(r"£|\d ?p\b|quid|pound|tenner|fiver|punt|bunt|ceiniog|pence", said) is not None


def _monday(said: str, now: datetime) -> date | None:
    today = now.date()
    weeks = _first(_WEEKS, said)
    if weeks is not None:
        return monday_of(today) + timedelta(weeks=weeks)
    if off := _WEEKS_OFF.search(said):
        away = -int(off["ago"]) if off["ago"] else int(off["ahead"] or off["later"])
        return monday_of(today) + timedelta(weeks=away)
    spoken, found = spoken_day(said), set[date]()
    # “The week of 4 November” may be behind us as well as before us: the one that can be booked is meant.
    for past in (False, True):
        days = find_days(spoken, Question("week", {"past": past}, now=now))
        kept = [one.value for one in days if one.value and not _DEADLINE.search(spoken[: one.start])]
        if len(kept) == 1 and EARLIEST <= monday_of(kept[0]) - monday_of(today) <= LATEST:
            found.add(monday_of(kept[0]))
            break
    return found.pop() if found else None


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _days(said: str) -> tuple[int, ...]:
    found = {
        _DAYS[match[1].removesuffix("s")]
        for match in re.finditer(r"(?<!\w)([a-z]{3,10})(?!\w)", said)
        if match[1].removesuffix("s") in _DAYS and not _DEADLINE.search(said[: match.start()])
    }
    return tuple(sorted(found))


def _kinds(said: str) -> tuple[str, ...]:
    places = [(match.start(), kind) for kind, pattern in _KINDS if (match := pattern.search(said))]
    # “The holiday club” is no after-school club: the kind named first in the table has the word.
    kept = [(at, kind) for n, (at, kind) in enumerate(places) if at not in {p for p, _ in places[:n]}]
    return tuple(kind for _, kind in sorted(kept))


def _places(text: str) -> tuple[str, ...]:
    found = [match[0] for match in _POSTCODE.finditer(text)]
    for pattern in _PLACES:
        for match in pattern.finditer(" ".join(text.split())):
            place = _TRAILING.sub("", match["place"]).strip()
            said = " ".join(fold(place).split())
            if len(said) > 1 and not any(pattern.fullmatch(said) for _, pattern in _NO_PLACE):
                found.append(place)
    return tuple(dict.fromkeys(found))


def _age(said: str) -> int | None:
    match = _AGE.search(in_digits(said))
    if match is None:
        return None
    months = (match["unit"] or "").startswith(("month", "mth", "mis"))
    return int(match["count"]) * (1 if months else 12)
