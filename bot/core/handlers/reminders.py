"""Reminders that a citizen asks for: what about and when, in one message or two."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Final

from actions.sdk import Again, Call, Filled, Handler, Outcome, Reminder
from bot.answers import KINDS, Question
from bot.wording import LONDON

MORNING: Final = time(9)
"""When a reminder comes that was given a day and no time."""
FURTHEST: Final = timedelta(days=366)
_WISH: Final = re.compile(
    r"\b(?:remind (?:me|us)|(?:fy |f')?atgoffa(?: fi)?|atgoffwch fi)\b(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_LINK: Final = re.compile(r"^[\s,.]*(?:to|about|that|of|i|am|bod|y)\b[\s,]*", re.IGNORECASE)
_NOTHING: Final = frozenset({"", "something", "this", "that", "it", "rhywbeth", "hyn", "hynny"})
_AT: Final = re.compile(r"[\s,.]+(?:at|on|by|am|ar)?[\s,.]*$", re.IGNORECASE)


class HearReminder(Handler):
    """“Remind me to ring the clinic tomorrow at 9” says all of it; “remind me” says nothing yet."""

    reads = ("remind_about",)

    async def handle(self, call: Call) -> Outcome:
        """Takes what and when apart where they are in one message."""
        wish = _WISH.search(call.slots["remind_about"])
        if call.slots.get("asked_what") or wish is None:
            return Filled() if call.slots.get("asked_what") else Again("remind_about", asked_what=True)
        about, at = _apart(wish["rest"].strip(" ?.!"), call.now)
        known = {"remind_at": at} if at is not None and "remind_at" not in call.slots else {}
        if not about:
            return Again("remind_about", asked_what=True, **known)
        return Filled(remind_about=about, asked_what=True, **known)


class SetReminder(Handler):
    """A text that the citizen asks for, at a time of theirs."""

    reads = ("remind_about", "remind_at")
    fills = ("remind_moment",)

    async def handle(self, call: Call) -> Outcome:
        """Keeps it, unless its time is over or too far off."""
        moment = _moment(call.slots["remind_at"])
        if moment <= call.now:
            return Again("remind_at", say="reminder_past")
        if moment > call.now + FURTHEST:
            return Again("remind_at", say="reminder_far")
        about = {"about": call.slots["remind_about"]}
        return Filled(
            remind_moment=moment.isoformat(),
            remind={f"asked:{call.key}": [Reminder(moment, "reminder", about)]},
        )


def _apart(text: str, now: datetime) -> tuple[str, Any]:
    """What to be reminded of, and when; the time stands before it or behind it."""
    words, read = text.split(), _reader(now)
    whole = read(words)
    if whole is None:
        return _about(words), None
    for length in range(1, len(words) + 1):
        for span, rest in ((words[-length:], words[:-length]), (words[:length], words[length:])):
            if read(span) == whole:
                return _about(rest), whole
    return _about(words), whole


def _reader(now: datetime) -> Callable[[list[str]], Any]:
    question = Question("remind_at", year=now.year, now=now)

    def read(words: list[str]) -> Any:
        answer = KINDS["date_time"](" ".join(words), question)
        return answer.value if answer is not None else None

    return read


def _about(words: list[str]) -> str:
    """What stands behind “to” or “about”; nothing where that says nothing."""
    text = _AT.sub("", " ".join(words))
    about = _LINK.sub("", text)
    return "" if about == text or about.casefold() in _NOTHING else about


def _moment(answer: Any) -> datetime:
    """A moment from an answer of the kind `date_time`: a day without a time is its morning."""
    if isinstance(answer, str):
        return datetime.fromisoformat(answer).replace(tzinfo=LONDON)
    part = time.fromisoformat(answer["from"])
    at = MORNING if part == time(0) else part
    return datetime.combine(datetime.fromisoformat(answer["date"]).date(), at, LONDON)
