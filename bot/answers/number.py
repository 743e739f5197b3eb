"""Numbers: how many, booking references of a fixed length, access codes, years of birth, references."""

import re
from functools import cache
from typing import Final

from bot.answers.counting import in_digits
from bot.answers.day import read_birth_date
from bot.answers.finding import Found, choose, find
from bot.answers.kind import LONGEST, Answer, Question
from bot.answers.words import fold

_RUN: Final = re.compile(r"(?<![\w])\d(?:[ \-./]?\d)*(?![\w])")
_OLDEST: Final = 125
_COUNT: Final = re.compile(r"(?<![\w.,/£:+-])(\d{1,3}(?:,\d{3})+|\d{1,9})(?![\w/:%])(?!(?:[.,]| ?-) ?\d)")
_BROKEN: Final = re.compile(r"\d[\d.,:/-]*")
_SEVERAL: Final = {"a couple": 2, "couple": 2, "cwpl": 2, "a pair": 2, "a dozen": 12, "dwsin": 12,
    "half a dozen": 6,
                   "none": 0, "nobody": 0, "no one": 0, "neb": 0, "just me": 1, "only me": 1, "0 ond fi": 1,
                   "once": 1, "twice": 2, "unwaith": 1, "dwywaith": 2}  # fmt: skip
_SEVERAL_FORM: Final = re.compile(rf"\b(?:{'|'.join(sorted(_SEVERAL, key=len, reverse=True))})\b(?! of| o )")
_OTHER_WORDS: Final = 4
_WINDOW: Final = 4
"""Words next to each other that a reference may be written in."""


def read_number(text: str, question: Question) -> Answer | None:
    """A whole number from nought up, in digits or in words; details `min` and `max`."""
    said = in_digits(fold(text))
    if re.search(r"\bminus\b|(?:^|\s)-\s?\d", said):
        return None
    found = find(
        said,
        [
            ("several", _SEVERAL_FORM, lambda match: _SEVERAL[match.group()]),
            ("count", _COUNT, lambda match: int(match.group(1).replace(",", ""))),
            ("broken", _BROKEN, lambda _: None),
        ],
    )
    answer = choose(said, found)
    least, most = int(question.details.get("min", 0)), int(question.details.get("max", 10**9))
    return answer if answer and least <= answer.value <= most else None


def read_digits(text: str, question: Question) -> Answer | None:
    """A number of so many digits, written with or without spaces; detail `digits`."""
    text = text[:LONGEST]
    match = _run(text, question)
    return None if match is None else Answer(
        _digits(match), whole=_little_beside(text, match.start(), match.end())
    )  # fmt: skip


def digits_and_rest(text: str, question: Question) -> tuple[str, str] | None:
    """The number that `read_digits` finds, and what is written behind it."""
    text = text[:LONGEST]
    match = _run(text, question)
    return None if match is None else (_digits(match), text[match.end() :])


def _run(text: str, question: Question) -> re.Match[str] | None:
    wanted = int(question.details["digits"])
    return next((match for match in _RUN.finditer(text) if len(_digits(match)) == wanted), None)


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match.group())


def read_year(text: str, question: Question) -> Answer | None:
    """A year of birth within the last 125 years: four digits, two alone, in words,
    or in a date of birth."""
    text = text[:LONGEST]
    this_year = question.today.year
    for match in re.finditer(r"(?<!\d)(\d{4})(?!\d)", text):
        year = int(match.group())
        if this_year - _OLDEST <= year <= this_year:
            return Answer(year, whole=len(text.split()) <= _OTHER_WORDS)
    said = in_digits(fold(text))
    spoken = re.search(r"(?<!\d)(?:(19|20|1009) (\d\d)|(200\d|20[12]\d|19\d\d))(?!\d)", said)
    if spoken:
        year = int(spoken[3] or spoken[1].replace("1009", "19") + spoken[2])  # “mil naw chwe deg un”
        return Answer(year, whole=len(said.split()) <= 2 + _OTHER_WORDS) if year <= this_year else None
    if born := read_birth_date(text, question):
        return Answer(int(born.value[:4]), born.whole)
    if short := re.fullmatch(r"(?:in |born in |yn )?[`‘’']?(\d\d)", text.strip().casefold()):
        year = this_year // 100 * 100 + int(short[1])
        return Answer(year if year <= this_year else year - 100, whole=True)
    return None


_CODE: Final = re.compile(r"(?<!\w)([A-Z]{2,10})[\s\-]*([0-9]{2,10})(?!\w)", re.IGNORECASE)


def read_code(text: str, question: Question) -> Answer | None:  # noqa: ARG001
    """An access code: letters, then digits, as `KITE 4821`; or any single word with a digit in it."""
    text = text[:LONGEST]
    if match := _CODE.search(text):
        code = f"{match.group(1)} {match.group(2)}".upper()
        return Answer(code, whole=_little_beside(text, match.start(), match.end()))
    words = text.split()
    if len(words) == 1 and 4 <= len(text) <= 20 and any(c.isdigit() for c in text):
        return Answer(words[0].upper(), whole=True)
    return None


_BEHIND_NUMBER: Final = re.compile(
    r"\W{0,5}(?:(?:and|with|my|the|access|code|pin|is|cod|god|nghod|gyda|mynediad|fy|yw|a)\W{1,3}){0,5}"
    r"(?!(?:born|in|year|dob|on|am|ganed|ganwyd|geni|yn|blwyddyn)\b)([A-Z]{2,10})[\s\-]*([0-9]{3,10})(?!\w)",
    re.IGNORECASE,
)
"""An access code that stands at once behind a number, as it does in a letter."""


def code_and_rest(text: str) -> tuple[str, str] | None:
    """The access code that a text begins with, and what is written behind it."""
    match = _BEHIND_NUMBER.match(text)
    return None if match is None else (f"{match[1]} {match[2]}".upper(), text[match.end() :])


def read_reference(text: str, question: Question) -> Answer | None:
    """A reference in capitals, without spaces and signs; detail `form`: the regular expression of that.

    Whoever writes the form writes it for what is left: `[A-Z]{2}\\d{6}` takes “ab 12-34-56”.
    """
    form = _form(str(question.details.get("form", "")))
    if form is None:
        return None
    said = text[:LONGEST].upper()
    if form.fullmatch(compact := re.sub(r"[\W_]", "", said)[:60]):
        return Answer(compact, whole=True)
    words = [(m.start(), m.end(), re.sub(r"[\W_]", "", m.group())) for m in re.finditer(r"\S+", said)]
    found: list[Found] = []
    at = 0
    while at < len(words):
        for length in range(_WINDOW, 0, -1):
            window = words[at : at + length]
            joined = "".join(word for _, _, word in window)[:60]
            if len(window) == length and any(c.isdigit() for c in joined) and form.fullmatch(joined):
                found.append(Found(window[0][0], window[-1][1], joined))
                at += length - 1
                break
        at += 1
    return choose(said.casefold(), found) if len(said) == len(said.casefold()) else None


@cache
def _form(form: str) -> re.Pattern[str] | None:
    try:
        return re.compile(form) if form else None
    except re.error:
        return None


def _little_beside(text: str, start: int, end: int) -> bool:
    return len((text[:start] + text[end:]).split()) <= _OTHER_WORDS
