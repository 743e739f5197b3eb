"""Times of day and parts of a day, as “half two”, “14.30”, “in the morning”, “hanner awr wedi dau”."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Final

from bot.answers.calendar_names import mended
from bot.answers.counting import in_digits
from bot.answers.finding import Form, Found, choose, find
from bot.answers.kind import Answer, Question
from bot.answers.words import fold

_AM: Final = r"am|a\.m\.?|yb|y\.b\.?|in the morning|yn y bore|y bore|o'r bore|or bore|bore"
_PM: Final = (
    r"pm|p\.m\.?|yp|y\.p\.?|yh|in the afternoon|in the evening|at night|tonight|yn y (?:prynhawn|pnawn|nos)|"
    r"(?:y |or )?(?:prynhawn|brynhawn|pnawn|bnawn)|gyda(?:r|g) nos|or nos|heno|p"
)
_HALF: Final = rf"(?: ?(?:(?P<am>{_AM})|(?P<pm>{_PM})))?"
_OCLOCK: Final = r"(?: ?(?:oclock|o clock|or gloch|ish|hours|hrs|h))?"
_HOUR: Final = r"(?P<hour>\d{1,2})"
_MINUTES: Final = r"(?P<minutes>\d{1,2}|quarter|qtr|1/4|chwarter)"
_MINS: Final = r"(?: ?(?:minutes?|mins?|munud|funud))?(?P<hugain> ar hugain)?"
_FIRST_AFTERNOON: Final = 7
"""An hour below it, said without more, is in the afternoon: departments see people in the day."""
_PARTS: Final = (
    (("08:00", "10:00"), "first thing|early (?:in the )?morning|early am|peth cyntaf|ben bore|"
        "yn gynnar yn y bore"),
    (("10:00", "12:00"), "late (?:in the )?morning|mid ?morning|canol bore|diwedd y bore"),
    (("12:00", "14:00"), "lunch ?time|dinner ?time|lunch|amser cinio|awr ginio|"
        "early (?:in the )?afternoon|early pm"),
    (("15:00", "17:00"), "late (?:in the )?afternoon|mid ?afternoon|after school|tea ?time|ar ol ysgol|"
        "diwedd y prynhawn|amser te"),
    (("17:00", "19:00"), "early (?:in the )?evening|after work|ar ol gwaith"),
    (("00:00", "23:59"), "any ?time|all day|whenever|unrhyw bryd|unrhyw amser|trwyr dydd|drwyr dydd"),
    (("08:00", "12:00"), "(?:in the |this |yn y |y )?(?:morning|mornings|bore|boreau)|am|yb"),
    (("12:00", "17:00"), "(?:in the |this |yn y |y )?(?:afternoon|afternoons|aft|afters|prynhawn|brynhawn|"
        "prynhawniau|pnawn|bnawn)|pm|yp"),
    (("17:00", "21:00"), "(?:in the |this )?(?:evening|evenings|eve|eves)|noson|tonight|gyda(?:r|g) nos|"
        "fin nos|min nos|heno|yr hwyr|yn yr hwyr"),
    (("21:00", "23:59"), "at night|last night|late at night|night|neithiwr|yn y nos|liw nos"),
)  # fmt: skip


def spoken_time(text: str) -> str:
    """A message as the forms of a time want it."""
    return in_digits(mended(fold(text)))


def read_time(text: str, question: Question) -> Answer | None:  # noqa: ARG001
    """A time as `14:30`, or a part of a day as `{"from": "08:00", "to": "12:00"}`.

    An hour from 1 to 6 that is said without more is in the afternoon, from 7 to 12 as it stands.
    """
    said = spoken_time(text)
    bare = re.fullmatch(r"(?:at |about |around |for |am |tua )?(\d{1,2}|\d{4})(?: please| pls| plis)?", said)
    if bare:
        digits = bare.group(1)
        value = _clock(int(digits[:-2] or 0), int(digits[-2:])) if len(digits) == 4 else _hour(int(digits))
        return Answer(value, whole=True) if value else None
    return choose(said, find_times(said))


def find_times(said: str) -> list[Found]:
    """The times of a text from `spoken_time`, each `14:30` or a part of a day, or None where it can't be."""
    found = find(said, _FORMS)
    exact = [one for one in found if one.name != "part"]
    late = any(one.name == "part" and one.value["from"] >= "12:00" for one in found)
    return [_later(one) if late else one for one in exact] or found


def _later(one: Found) -> Found:
    """A time before noon that is said with “tonight” is after it."""
    if not isinstance(one.value, str) or not "01:00" <= one.value < "12:00":
        return one
    return replace(one, value=f"{int(one.value[:2]) + 12}{one.value[2:]}")


def _form(pattern: str) -> re.Pattern[str]:
    return _compiled(rf"(?<![\w£/:])(?<!\d[.,-])(?:{pattern})(?![\w/]|[.:,]\d)")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _clock(hour: int, minute: int) -> str | None:
    return f"{hour:02}:{minute:02}" if 0 <= hour < 24 and 0 <= minute < 60 else None


def _hour(hour: int, minute: int = 0, *, am: str | None = None, pm: str | None = None) -> str | None:
    """A time by the clock of twelve hours, where it is one."""
    if hour > 12 or (hour == 0 and not pm):
        return None if am else _clock(hour, minute)
    if am:
        return _clock(hour % 12, minute)
    if pm and ("night" in pm or "nos" in pm or pm in {"tonight", "heno"}) and hour == 12:
        return _clock(0, minute)
    if pm or 1 <= hour < _FIRST_AFTERNOON:
        return _clock(hour % 12 + 12, minute)
    return _clock(hour, minute)


def _before(hour: int, minutes: int, match: re.Match[str]) -> str | None:
    """So many minutes before an hour."""
    full = _hour(hour, am=match["am"], pm=match["pm"])
    if full is None:
        return None
    total = (int(full[:2]) * 60 - minutes) % (24 * 60)
    return _clock(total // 60, total % 60)


def _count(match: re.Match[str]) -> int:
    said = match.groupdict().get("exact") or match["minutes"]
    return (int(said) if said.isdigit() else 15) + (20 if match["hugain"] else 0)


def _past(match: re.Match[str]) -> str | None:
    return _hour(int(match["hour"]), _count(match), am=match["am"], pm=match["pm"])


def _to(match: re.Match[str]) -> str | None:
    return _before(int(match["hour"]), _count(match), match) if 1 <= int(match["hour"]) <= 12 else None


def _half(match: re.Match[str]) -> str | None:
    hour = int(match["hour"])
    return _hour(hour, 30, am=match["am"], pm=match["pm"]) if 1 <= hour <= 12 else None


def _plain(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    minute = int(parts.get("minute") or 0)
    if len(match["hour"]) == 2 and match["hour"].startswith("0") and not parts.get("pm"):
        return _clock(int(match["hour"]), minute)  # 02:30 is the night's
    return _hour(int(match["hour"]), minute, am=parts.get("am"), pm=parts.get("pm"))


def _span(match: re.Match[str]) -> dict[str, str] | None:
    first, last = int(match["hour"]), int(match["until"])
    am, pm = match["am"], match["pm"]
    to = _hour(last, int(match["minute2"] or 0), am=am, pm=pm)
    start = _hour(first, int(match["minute"] or 0), am=am, pm=pm if first <= last else None)
    if start is None or to is None or start >= to:
        return None
    return {"from": start, "to": to}


def _after(match: re.Match[str]) -> dict[str, str] | None:
    time = _plain(match)
    return {"from": time, "to": "23:59"} if time else None


def _until(match: re.Match[str]) -> dict[str, str] | None:
    time = _plain(match)
    return {"from": "00:00", "to": time} if time else None


def _always(value: Any) -> Callable[[re.Match[str]], Any]:
    return lambda _: dict(value) if isinstance(value, dict) else value


_NOON: Final = r"(?:12 )?(?:noon|midday|mid day|canol dydd|hanner dydd)"
_ANY: Final = rf"{_HOUR}(?:[:.](?P<minute>\d\d))?{_OCLOCK}{_HALF}"
_SPAN: Final = (
    rf"{_HOUR}(?:[:.](?P<minute>\d\d))?(?: ?(?:am|pm))? ?(?:-|to|and|till|til|until|a|i|tan) ?"
    rf"(?P<until>\d{{1,2}})(?:[:.](?P<minute2>\d\d))?{_HALF}"
)
_EVEN: Final = (
    r"(?:(?P<minutes>5|10|20|25|quarter|qtr|1/4|chwarter)|(?P<exact>\d{1,2}) ?(?:minutes?|mins?|munud|"
    r"funud))(?: ?(?:minutes?|mins?|munud|funud))?(?P<hugain> ar hugain)?"
)
_FORMS: Final[list[Form]] = [
    ("span", _form(rf"(?:between|from|rhwng|o) {_SPAN}"), _span),
    ("half", _form(rf"(?:half past|half|hanner awr wedi|hanner wedi) {_HOUR}{_OCLOCK}{_HALF}"), _half),
    ("past", _form(rf"(?:a )?{_MINUTES}{_MINS} (?:past|after|gone|wedi) {_HOUR}{_OCLOCK}{_HALF}"), _past),
    ("to", _form(rf"(?:a )?{_EVEN} (?:to|till|til|before|i|cyn) {_HOUR}{_OCLOCK}{_HALF}"), _to),
    ("span", _form(_SPAN), _span),
    ("after", _form(rf"(?:after|from|past|any ?time after|ar ol|wedi|later than) {_ANY}"), _after),
    ("before", _form(rf"(?:before|by|until|til|till|cyn|erbyn|earlier than) {_ANY}"), _until),
    ("after", _form(rf"(?:after|ar ol) {_NOON}"), _always({"from": "12:00", "to": "23:59"})),
    ("before", _form(rf"(?:before|cyn) {_NOON}"), _always({"from": "00:00", "to": "12:00"})),
    ("noon", _form(_NOON), _always("12:00")),
    ("midnight", _form(r"(?:12 )?(?:midnight|hanner nos)"), _always("00:00")),
    ("clock", _form(rf"{_HOUR}[:.](?P<minute>\d\d){_OCLOCK}{_HALF}"), _plain),
    ("clock", _form(rf"(?P<hour>\d{{1,2}})(?P<minute>\d\d) ?(?:(?P<am>{_AM})|(?P<pm>pm|p\.m\.?|yp)|hours|"
        rf"hrs)"), _plain),
    ("clock", _form(rf"{_HOUR} (?P<minute>[0-5]\d)(?: ?(?:(?P<am>{_AM})|(?P<pm>{_PM})))"), _plain),
    ("clock", _form(rf"{_HOUR}(?: ?(?:oclock|o clock|or gloch))? ?(?:(?P<am>{_AM})|(?P<pm>{_PM}))"), _plain),
    ("clock", _form(rf"{_HOUR} ?(?:oclock|o clock|or gloch|ish)"), _plain),
    ("clock", _form(rf"(?:at|around|about|@|am|tua) ?{_HOUR}(?: (?P<minute>[0-5]\d))?"), _plain),
    *(("part", _form(words), _always({"from": start, "to": to})) for (start, to), words in _PARTS),
]  # fmt: skip
