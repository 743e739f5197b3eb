"""A letter's reference, code and year of birth, written one behind the other in one message."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, Final

from bot.answers import Question
from bot.answers.number import code_and_rest, digits_and_rest, read_year
from bot.flows.flow import Ask

_BEHIND: Final = 40
"""Characters behind a code in which a year of birth is looked for."""


def said_together(text: str, asks: Sequence[Ask], now: datetime) -> list[tuple[str, Any]]:
    """What a message answers of the questions that prove who somebody is.

    Args:
        text: the message.
        asks: the questions from the one for the reference, or the code, on, in the flow's order.
        now: the moment of the message.

    Returns:
        Slots with their values, in order; none where the first question is of no such kind.
    """
    if not asks or asks[0].kind not in ("digits", "code"):
        return []
    found: list[tuple[str, Any]] = []
    rest, left = text, list(asks)
    if asks[0].kind == "digits":
        number = digits_and_rest(text, Question(asks[0].slot, dict(asks[0].details)))
        if number is None:
            return []
        value, rest = number
        found.append((left.pop(0).slot, value))
    for ask in takewhile(lambda each: each.secret and each.kind in ("code", "year"), left):
        if ask.kind == "code" and (code := code_and_rest(rest)) is not None:
            value, rest = code
            found.append((ask.slot, value))
        elif ask.kind == "year" and found:
            year = read_year(rest[:_BEHIND], Question(ask.slot, dict(ask.details), year=now.year, now=now))
            found += [] if year is None else [(ask.slot, year.value)]
    return found


def references(asks: Iterable[Ask]) -> list[list[Ask]]:
    """For each question for a reference, the questions from it on."""
    every = list(asks)
    return [every[at:] for at, ask in enumerate(every) if ask.kind == "digits"]
