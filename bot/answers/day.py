"""Dates, as “next tues”, “14/3”, “a week on Friday”, “dydd Mawrth nesaf”: the day comes first, as here."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final

from bot.answers.calendar_names import DAYS, MONTHS, mended
from bot.answers.counting import in_digits
from bot.answers.finding import Form, Found, choose, find
from bot.answers.kind import Answer, Question
from bot.answers.words import fold

_DAY: Final = "|".join(sorted(DAYS, key=len, reverse=True))
_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_NTH: Final = r"(?:st|nd|rd|th|af|il|ydd|ed|fed|eg|ain)"
_ON: Final = rf"(?:(?:(?:n|d)?dydd |nos )?(?P<on>{_DAY}),? (?:the |y )?)?"
_YEAR: Final = r"(?:,? (?P<year>\d{4})(?!\d)|,? (?P<short>\d\d)(?![\d:.]| ?(?:am|pm|yb|yp|oclock|or gloch)))?"
_SPAN: Final = (
    r"(?P<span>day|diwrnod|ddiwrnod|niwrnod|week|wk|wythnos|fortnight|bythefnos|pythefnos|month|mis|fis|"
    r"year|blwyddyn|flynedd)s?"
)
_COUNT: Final = r"(?:(?P<count>\d{1,3}) ?|an? |(?:a )?couple of |cwpl o |(?<!\d)(?<!\d ))"
_SPANS: Final = {
    "diwrnod": "day", "ddiwrnod": "day", "niwrnod": "day", "wk": "week",
    "wythnos": "week", "bythefnos": "fortnight", "pythefnos": "fortnight", "mis": "month", "fis": "month",
    "blwyddyn": "year", "flynedd": "year",
}  # fmt: skip
_NAMED: Final = (
    (2, "(?:the )?day after (?:tomorrow|tomoz|tmrw|tmw|2moro|2morrow)|overmorrow|trennydd|drennydd|"
        "diwrnod ar ol yfory"),
    (-2, "(?:the )?day before yesterday|echdoe|echddoe"),
    (0, "today|tonight|this (?:morning|afternoon|evening)|2day|heddiw|heno|(?:y )?(?:bore|pnawn|"
        "prynhawn) ?ma"),
    (1, "tomorrow|tomoz|tomoro|tomo|2moro|2morro|2morrow|2mrw|tmrw|tmw|tmoro|yfory|fory"),
    (-1, "yesterday|yday|yest|last night|ddoe|doe|neithiwr"),
)  # fmt: skip
_EDGE: Final = "end|last day|start|beginning|first day|1th|1st|diwedd|dechrau"
_FEASTS: Final = {
    (12, 24): "christmas eve|xmas eve|noswyl nadolig",
    (12, 25): "christmas day|xmas day|christmas|xmas|dydd nadolig|nadolig",
    (12, 26): "boxing day|gwyl san steffan|gwyl steffan", (1, 1): "new years day|dydd calan",
    (12, 31): "new years eve|nos galan", (3, 1): "st davids day|dydd gwyl dewi|gwyl dewi",
}  # fmt: skip
_OLDEST: Final = 125
_NEXT_DECADES: Final = 20


def spoken_day(text: str) -> str:
    """A message as the forms of days and times want it: folded, mended, numbers in digits."""
    return in_digits(mended(fold(text)), ordinals=True)


def read_date(text: str, question: Question) -> Answer | None:
    """A date, as `2026-03-14`; detail `past`: the last one is meant rather than the next.

    A bare weekday is the next that comes, and never today. “Next Friday” is that of the next week, which
    begins on Monday; a flow reads it back before anything depends on it.
    """
    said = spoken_day(text)
    answer = choose(said, find_days(said, question))
    return Answer(answer.value.isoformat(), answer.whole) if answer else None


def read_birth_date(text: str, question: Question) -> Answer | None:
    """A date of birth, as `1961-04-03`: with its year, in the last 125 years and not after today.

    Of two centuries the later is meant that makes the person `youngest` (detail, years; else 0) or older.
    """
    said = re.sub(r"\b(19|20) (\d\d)\b", r"\1\2", spoken_day(text))  # “nineteen sixty one”
    today, youngest = question.today, int(question.details.get("youngest", 0))
    latest = _months(today, -12 * youngest)
    found = find(said, _birth_forms(latest))
    answer = choose(said, found)
    if answer is None or not _months(today, -12 * _OLDEST) <= answer.value <= latest:
        return None
    return Answer(answer.value.isoformat(), answer.whole)


def find_days(said: str, question: Question, *, dotted: bool = True) -> list[Found]:
    """The days of a text.

    Args:
        said: from `spoken_day`.
        question: for today and the detail `past`.
        dotted: whether “14.3” and “14-3” are dates; not where times are looked for too.

    Returns:
        Each with a `date`, or None for one that can't be; named `weekday` when it is only that.
    """
    return find(said, _forms(question.today, past=bool(question.details.get("past")), dotted=dotted))


def _forms(today: date, *, past: bool, dotted: bool) -> list[Form]:
    """The forms of a date, the longer ones first."""
    sign = r"[/.\-]" if dotted else "[/]"
    weekday = rf"(?:(?:on )?(?:(?:n|d)?dydd |nos )?(?P<day>{_DAY}))"

    def dated(match: re.Match[str]) -> date | None:
        return _dated(match, today, past=past)

    def from_weekday(match: re.Match[str]) -> date | None:
        return _shift(_weekday(today, DAYS[match["day"]], past=False), match)

    return [
        ("dated", _form(r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<of>\d\d?)"), dated),
        *_written(dated),
        ("dated", _form(rf"{_ON}(?P<of>\d\d?) ?{sign} ?(?P<month>\d\d?)(?![/.\-]?\d)"), dated),
        ("from", _form(rf"{_COUNT}{_SPAN} (?:on |from |i |ar |ar ol |after )?(?:this |"
            rf"next )?{weekday}"), from_weekday),
        ("from", _form(rf"{weekday} (?P<span>week|fortnight)"), from_weekday),
        ("from", _form(rf"{_COUNT}{_SPAN} (?:from |i )?(?P<base>today|tomorrow|now|heddiw|yfory)"),
         lambda m: _shift(today + timedelta(days=m["base"] in {"tomorrow", "yfory"}), m)),
        ("from", _form(rf"{_COUNT}{_SPAN} (?:ago|back|yn ol)"), lambda m: _shift(today, m, back=True)),
        ("from", _form(rf"(?:in |within |ymhen |mewn ){_COUNT}{_SPAN}(?: time)?"), lambda m: _shift(today,
         m)),
        ("from", _form(rf"{_COUNT}{_SPAN} time"), lambda m: _shift(today, m)),
        *(("fixed", _form(line), _fixed(today, days)) for days, line in _NAMED),
        *(("fixed", _form(line), _feast(today, feast, past=past)) for feast, line in _FEASTS.items()),
        ("fixed", _form(rf"(?:the )?(?P<edge>{_EDGE}) (?:of |o )?(?:the |this |"
            rf"y )?(?P<next>next )?(?:month|mis)"
                        r"(?P<after> nesaf)?"), lambda m: _edge(today, m)),
        ("fixed", _form(r"(?:the )?end of (?:the |this )?year|diwedd y flwyddyn"),
         lambda _: date(today.year, 12, 31)),
        ("nth", _form(rf"(?:(?:on )?(?:(?:n|d)?dydd )?(?P<on>{_DAY}),? (?:the |y )?(?P<of>\d\d?){_NTH})"),
         lambda m: _nth(today, int(m["of"]), past=past, weekday=DAYS[m["on"]])),
        ("weekday", _form(rf"(?:(?P<before>this coming|this|coming|next week|next|last|"
            rf"wythnos nesaf) )?{weekday}"
                          r"(?P<after> of next week| next week| wythnos nesaf| nesaf| yma| ma| diwethaf|"
                              r" dwetha| last week)?"),
         lambda m: _said_weekday(today, m, past=past)),
        ("nth", _form(rf"(?:(?:on |ar )?(?:the |y )(?P<of>\d\d?)(?:{_NTH})?|"
            rf"(?P<bare>\d\d?){_NTH})(?! ?(?:one|option))"),
         lambda m: _nth(today, int(m["of"] or m["bare"]), past=past)),
    ]  # fmt: skip


def _written(read: Callable[[re.Match[str]], date | None]) -> list[Form]:
    """A day with its month, and with its year or without."""
    year = r"(?:(?P<year>\d{4})|(?P<short>\d\d))(?!\d)"
    return [
        ("dated", _form(rf"{_ON}(?P<of>\d\d?) ?[/.\-] ?(?P<month>\d\d?) ?[/.\-] ?{year}"), read),
        ("dated", _form(rf"{_ON}(?P<of>\d\d?) (?P<month>\d\d?) {year}"), read),
        ("dated", _form(rf"{_ON}(?P<of>\d\d?){_NTH}?[ \-]?(?:of |o )?(?P<name>{_MONTH}){_YEAR}"), read),
        ("dated", _form(rf"{_ON}(?P<name>{_MONTH}) (?:the )?(?P<of>\d\d?){_NTH}?(?![\d:.]| ?(?:am|"
            rf"pm)){_YEAR}"), read),
    ]  # fmt: skip


def _birth_forms(latest: date) -> list[Form]:
    def born(match: re.Match[str]) -> date | None:
        parts = match.groupdict()
        if not parts.get("year") and not parts.get("short"):
            return None
        return _dated(match, latest, past=True)

    year = r"(?P<year>(?:19|20)\d\d)"
    return [
        ("dated", _form(rf"{year}-(?P<month>\d\d?)-(?P<of>\d\d?)"), born),
        ("dated", _form(rf"(?P<of>\d\d)(?P<month>\d\d)(?:{year}|(?P<short>\d\d))"), born),
        *_written(born),
    ]  # fmt: skip


def _form(pattern: str) -> re.Pattern[str]:
    return _compiled(rf"(?<![\w/.£])(?:{pattern})(?![\w/]|[.:,]\d)")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _dated(match: re.Match[str], today: date, *, past: bool) -> date | None:
    """A day with its month: of the year that was said, or else of the nearest in the wanted direction."""
    parts = match.groupdict()
    month = MONTHS[parts["name"]] if parts.get("name") else int(parts["month"])
    of = int(parts["of"])
    if parts.get("year"):
        found = _date(int(parts["year"]), month, of)
    elif parts.get("short"):
        found = _date(_century(int(parts["short"]), today, past=past), month, of)
        if found and past and found > today:
            found = _date(found.year - 100, month, of)
    else:
        years = [
            today.year + n * (-1 if past else 1) for n in range(9)
        ]  # a 29 February is 8 years off at most
        dates = [day for year in years if (day := _date(year, month, of))]
        found = next((day for day in dates if (day <= today if past else day >= today)), None)
    wrong = found and parts.get("on") and found.weekday() != DAYS[parts["on"]]
    return None if wrong else found


def _century(short: int, today: date, *, past: bool) -> int:
    """The year of two digits: not later than today where the past is meant, else at most 20 years off."""
    year = today.year // 100 * 100 + short
    return year - 100 if year > today.year + (0 if past else _NEXT_DECADES) else year


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _months(day: date, count: int) -> date:
    """So many months on, or back; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _weekday(today: date, weekday: int, *, past: bool) -> date:
    """The next such day after today, or the last before it."""
    if past:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _said_weekday(today: date, match: re.Match[str], *, past: bool) -> date:
    before, after = match["before"] or "", (match["after"] or "").strip()
    weekday = DAYS[match["day"]]
    if "next" in before or before == "wythnos nesaf" or "nes" in after or "next" in after:
        return today + timedelta(days=7 - today.weekday() + weekday)
    if before == "last" or after in {"diwethaf", "dwetha"}:
        return _weekday(today, weekday, past=True)
    if after == "last week":
        return today - timedelta(days=7 + today.weekday() - weekday)
    if before.startswith("this") or after in {"yma", "ma"}:
        return today if weekday == today.weekday() else _weekday(today, weekday, past=past)
    return _weekday(today, weekday, past=past and before != "coming")


def _shift(day: date, match: re.Match[str], *, back: bool = False) -> date | None:
    """So many days, weeks, months or years on."""
    parts = match.groupdict()
    span = _SPANS.get(parts["span"], parts["span"])
    couple = re.search(r"\b(?:couple|cwpl)\b", match.group()) is not None
    count = (int(parts.get("count") or 0) if parts.get("count") else 2 if couple else 1) * (-1 if back else 1)
    try:
        match span:
            case "month":
                return _months(day, count)
            case "year":
                return _months(day, 12 * count)
            case _:
                return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[span])
    except (OverflowError, ValueError):
        return None


def _fixed(today: date, days: int) -> Callable[[re.Match[str]], date | None]:
    return lambda _: today + timedelta(days=days)


def _feast(today: date, feast: tuple[int, int], *, past: bool) -> Callable[[re.Match[str]], date | None]:
    near = date(today.year, *feast)
    if past and near > today:
        near = date(today.year - 1, *feast)
    elif not past and near < today:
        near = date(today.year + 1, *feast)
    return lambda _: near


def _edge(today: date, match: re.Match[str]) -> date:
    first = today.replace(day=1)
    follows = bool(match["next"] or match["after"])
    if match["edge"] in {"end", "last day", "diwedd"}:
        return _months(first, 2 if follows else 1) - timedelta(days=1)
    return first if today.day == 1 and not follows else _months(first, 1)


def _nth(today: date, of: int, *, past: bool, weekday: int | None = None) -> date | None:
    """The next such day of a month, or the last; None where it is another weekday than was said."""
    for step in range(3):
        month = _months(today.replace(day=1), -step if past else step)
        day = _date(month.year, month.month, of)
        if day and (day <= today if past else day >= today):
            return day if weekday is None or day.weekday() == weekday else None
    return None
