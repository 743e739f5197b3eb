"""A day with a time, as “next tues pm”, “friday at half two”, “an hour ago” or “in 20 minutes”."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from bot.answers.clock import find_times, spoken_time
from bot.answers.day import find_days
from bot.answers.finding import Found, is_whole, meant
from bot.answers.kind import Answer, Question

_NOW: Final = re.compile(
    r"\b(?:right now|just now|now|at the moment|rwan|nawr|ar hyn o bryd|newydd ddigwydd)\b"
)
_AGO: Final = re.compile(
    r"\b(?:(?P<half>half an hour|hanner awr)|(?P<count>\d{1,3}|an|a|couple of|)) ?"
    r"(?P<span>hours?|hrs?|minutes?|mins?|awr|oriau|munud|funud)? ?(?:ago|back|yn ol)\b"
)
_AHEAD: Final = re.compile(
    r"\b(?:in|mewn|ymhen|o fewn) (?:(?P<half>half an hour|hanner awr)|(?P<count>\d{1,3}|an|a|a couple of|) ?"
    r"(?P<span>hours?|hrs?|minutes?|mins?|awr|oriau|munud|funud))\b"
)
_DAY: Final = {"from": "00:00", "to": "23:59"}


def read_date_time(text: str, question: Question) -> Answer | None:
    """A moment as `2026-03-10T14:30`, or a day with its part as `{"date": …, "from": …, "to": …}`.

    A day without a time is all of that day; a time without a day is nothing, but for “this afternoon”.
    """
    said = spoken_time(text)
    if question.now and (moment := _by_now(said, question.now)):
        return Answer(moment.isoformat(timespec="minutes"), whole=len(said.split()) <= 6)
    days = find_days(said, question, dotted=False)
    masked = said
    for one in days:
        if one.name != "fixed":
            masked = masked[: one.start] + "\x00" * (one.end - one.start) + masked[one.end :]
    times = find_times(masked)
    day, time = _only(said, days), _only(said, times)
    if day is None or (times and time is None):
        return None
    whole = is_whole(said, [*days, *times])
    if isinstance(time, str):
        return Answer(f"{day.isoformat()}T{time}", whole)
    return Answer({"date": day.isoformat(), **(time or _DAY)}, whole)


def _span(match: re.Match[str]) -> timedelta:
    """“Half an hour”, “a couple of hours”, “20 mins”."""
    if match["half"]:
        return timedelta(minutes=30)
    count = int(match["count"]) if (match["count"] or "").isdigit() else 2 if "couple" in match.group() else 1
    return timedelta(minutes=count * (1 if match["span"].startswith(("min", "mun", "fun")) else 60))


def _only(said: str, found: list[Found]) -> Any:
    values = [one.value for one in meant(said, found)]
    return values[0] if values and all(value == values[0] for value in values) else None


def _by_now(said: str, now: datetime) -> datetime | None:
    """A moment told from this one."""
    local = now.replace(tzinfo=None, second=0, microsecond=0)
    for form, sign in ((_AHEAD, 1), (_AGO, -1)):
        if (match := form.search(said)) and (match["half"] or match["span"]):
            return local + sign * _span(match)
    return local if _NOW.search(said) and len(said.split()) <= 5 else None
