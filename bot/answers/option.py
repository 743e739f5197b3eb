"""Choosing from a list: by number, ordinal, day or time, “the cheapest”, name, part of a name,
with typos."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.answers.clock import find_times, spoken_time
from bot.answers.counting import in_digits
from bot.answers.day import find_days, spoken_day
from bot.answers.finding import meant
from bot.answers.kind import Answer, Question
from bot.answers.naming import FILLER, by_name
from bot.answers.words import fold, plain

_ORDINALS: Final = {
    "first": 0, "1st": 0, "top": 0, "top one": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3,
    "4th": 3, "fifth": 4, "5th": 4, "sixth": 5, "6th": 5, "last": -1, "bottom": -1, "final": -1,
    "last but": -2,
    "second last": -2, "second to last": -2, "penultimate": -2, "2nd last": -2,
    "cyntaf": 0, "gyntaf": 0, "1af": 0, "ail": 1, "2il": 1, "trydydd": 2, "drydedd": 2, "trydedd": 2,
    "drydydd": 2, "3ydd": 2, "pedwerydd": 3, "bedwaredd": 3, "pedwaredd": 3, "4ydd": 3, "pumed": 4,
    "bumed": 4, "olaf": -1, "diwethaf": -1,
}  # fmt: skip
_NOT_BUT: Final = re.compile(
    r"^(?:no |na |nage )?(?:not|nid|dim)\s+(?P<wrong>[^,;]{1,80}?)(?:\s*[,;]\s*|\s+but\s+|\s+ond\s+|"
    r"\s+-\s+)(?P<rest>.+)$"
)
_BUT_NOT: Final = re.compile(r"^(?P<rest>.+?)[\s,;]{1,3}(?:not|nid)\s+(?P<wrong>[^,;]{1,80})$")
_REFUSED: Final = re.compile(
    r"\b(?:(?:do not|dont|not|never|cant|wont|didnt) (?:want|like|need|choose|pick|take|do|go)|anything but|"
    r"except|not sure|ddim (?:eisiau|isio|yn)|heblaw)\b|^(?:not|nid|ddim)\b"
)
_BARE: Final = re.compile(
    r"(?:(?:option|opt|number|choice|no|nr|opsiwn|rhif|dewis|the|y|go for|ill have|i want) ?)*\W*(\d{1,3})\W*"
)
_SUPERLATIVES: Final = {
    "soonest": "soonest|earliest|quickest|fastest|shortest wait|least wait|first available|shortest|"
        "cynharaf|gynharaf|"
    "cynta posib|cyntaf posib|cyflymaf|gyflymaf|byrraf|fyrraf|cyn gynted a phosib",
    "latest": "latest|last available|hwyraf|diweddaraf",
    "nearest": "nearest|closest|least far|shortest distance|agosaf|nesaf ataf",
    "furthest": "furthest|farthest|pellaf|bellaf",
    "cheapest": "cheapest|least expensive|lowest price|lowest cost|rhataf",
    "dearest": "dearest|most expensive|priciest|drutaf|ddrutaf",
    "best": "best|top rated|highest rated|best rated|best rating|gorau|orau",
    "worst": "worst|lowest rated|worst rated|gwaethaf|waethaf",
    "biggest": "biggest|largest|mwyaf|fwyaf", "smallest": "smallest|littlest|lleiaf|leiaf",
}  # fmt: skip
_OPPOSITES: Final = {
    "latest": "soonest", "furthest": "nearest", "dearest": "cheapest", "worst": "best",
    "smallest": "biggest",
}  # fmt: skip
_AND: Final = re.compile(
    r"\s+(?:and|with|to|against|versus|vs|or|than|a|ac|gyda|efo|neu|na|&|\+)\s+|\s*[,/]\s*(?:and |a |ac )?"
)
_BOTH: Final = re.compile(r"(?:the |y )?(?:first two|first 2|two|2|both|ddau|ddwy|ddau gyntaf|ddwy gyntaf)")
_OTHER: Final = frozenset({"other", "the other", "llall", "arall"})
_MIDDLE: Final = frozenset({"middle", "canol", "ganol"})
_LONGEST_SENTENCE: Final = 12


def read_option(text: str, question: Question) -> Answer | None:
    """The value of the option that is meant, when it is one and no other.

    What was not shown yet can't be meant, but by its name. In order: the whole message as another way to
    say an option (`Question.words`), a number, an ordinal, a day or time that one label has, a superlative,
    a name.

    Details: for a superlative, the field of the options that tells it, such as `nearest: distance`; with
    a minus before it the greatest comes first: `best: -stars`. Opposites come by themselves.
    """
    if not question.options:
        return None
    said = fold(text)
    if not re.search(r"\w", said):
        return None
    if (answer := _by_whole_words(plain(text), said, question)) is not None:
        return answer
    for form in (_NOT_BUT, _BUT_NOT):
        if match := form.match(said):
            wrong, rest = _read(match["wrong"], question), _read(match["rest"], question)
            if rest is not None:
                return rest if wrong is None or rest.value != wrong.value else None
    return _read(said, question)


def read_pair(text: str, question: Question) -> tuple[Any, Any] | None:
    """The values of the two options that a text names: “1 and 3”, “Meanwood Park with St Wilfrid's”.

    Names may have an “and” of their own, so each place to part the text is tried. Both of the first two
    that are shown are “the first two”.
    """
    said = " ".join(fold(text).split())
    if _BOTH.fullmatch(said) and len(question.options) > 1:
        return question.options[0][0], question.options[1][0]
    for parting in _AND.finditer(said):
        one = read_option(said[: parting.start()], question)
        other = read_option(said[parting.end() :], question)
        if one is not None and other is not None and one.value != other.value:
            return one.value, other.value
    return None


def _read(said: str, question: Question) -> Answer | None:
    spoken = in_digits(said)
    if number := _BARE.fullmatch(spoken):
        return _at(int(number.group(1)) - 1, question)
    wanted = [w for w in re.findall(r"[\w']+", said) if w not in FILLER]
    ordinal, hits = _by_ordinal(" ".join(wanted), question), _by_moment(said, question)
    if ordinal is not None:
        # “the 3rd” of some dates may be a day or a place in the list.
        return ordinal if not hits or ordinal in hits else None
    if hits:
        return hits[0] if len(hits) == 1 else None
    if ways := _by_words(said, question):
        return ways[0] if len(ways) == 1 else None
    if _REFUSED.search(said):
        return _by_number(spoken, question)
    return (
        _by_superlative(said, question) or by_name(said, question) or _by_number(spoken, question)
        or _by_name_unshown(said, question)
    )  # fmt: skip


def _by_name_unshown(said: str, question: Question) -> Answer | None:
    """One of a page not shown yet: who knows its name need not ask for MORE."""
    answer = by_name(said, replace(question, shown=(0, len(question.options))))
    return answer if answer is not None and answer.whole and not re.search(r"\d", said) else None


def _by_number(spoken: str, question: Question) -> Answer | None:
    """By the one number among words that say nothing."""
    numbers = re.findall(r"(?<![\d.:,£])\d{1,3}(?![\d.:,%])", spoken)
    others = [w for w in re.findall(r"[^\W\d]+", spoken) if w not in FILLER]
    if len(numbers) == 1 and not others:
        return _at(int(numbers[0]) - 1, question)
    return None


def _at(index: int, question: Question) -> Answer | None:
    """Options are numbered through all pages; one not shown yet can't be meant."""
    last = question.shown[1] or len(question.options)
    return Answer(question.options[index][0], whole=True) if 0 <= index < last else None


def _page(question: Question) -> tuple[int, int]:
    return question.shown if question.shown[1] else (0, len(question.options))


def _by_whole_words(said: str, folded: str, question: Question) -> Answer | None:
    values = [
        value
        for (value, _), ways in zip(question.options, question.words, strict=False)
        if said in ways or folded in [fold(way) for way in ways]
    ]
    return Answer(values[0], whole=True) if len(values) == 1 else None


def _by_ordinal(wanted: str, question: Question) -> Answer | None:
    start, end = _page(question)
    if wanted in _MIDDLE:
        return _at((start + end) // 2, question) if (end - start) % 2 else None
    if wanted in _OTHER:
        others = [value for value, _ in question.options[start:end] if value != question.chosen]
        return Answer(others[0], whole=True) if len(others) == 1 and end - start == 2 else None
    position = _ORDINALS.get(wanted)
    if position is None:
        return None
    index = end + position if position < 0 else start + position
    return Answer(question.options[index][0], whole=True) if start <= index < end else None


def _by_words(said: str, question: Question) -> list[Answer]:
    """Those that another way to say an option names, within a sentence."""
    found: list[Answer] = []
    for (value, _), ways in zip(question.options, question.words, strict=False):
        folded = sorted({fold(way) for way in ways}, key=len, reverse=True)
        hit = next((m for way in folded if (m := re.search(rf"(?<!\w){re.escape(way)}(?!\w)", said))), None)
        if hit:
            rest = re.findall(r"\w+", said[: hit.start()] + said[hit.end() :])
            found.append(Answer(value, whole=all(word in FILLER for word in rest)))
    return found


def _by_superlative(said: str, question: Question) -> Answer | None:
    named = [name for name, ways in _SUPERLATIVES.items() if re.search(rf"(?<!\w)(?:{ways})(?!\w)", said)]
    if len(named) != 1:
        return None
    key = question.details.get(named[0])
    turned = False
    if key is None and (opposite := _OPPOSITES.get(named[0]) or _opposite(named[0])):
        key, turned = question.details.get(opposite), True
    if not isinstance(key, str):
        return None
    turned ^= key.startswith("-")
    last = question.shown[1] or len(question.options)
    figures = [
        (figure, value)
        for value, _ in question.options[:last]
        if (figure := _figure(value, key.removeprefix("-"))) is not None
    ]
    if not figures or len({type(figure) is str for figure, _ in figures}) > 1:
        return None
    best = (max if turned else min)(figure for figure, _ in figures)
    first = [value for figure, value in figures if figure == best]
    return Answer(first[0], whole=len(said.split()) <= 6) if len(first) == 1 else None


def _opposite(name: str) -> str | None:
    return next((one for one, other in _OPPOSITES.items() if other == name), None)


def _figure(value: Any, key: str) -> float | str | None:
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else None


def _by_moment(said: str, question: Question) -> list[Answer]:
    """Those with a label that has the day or the time: “the tuesday one”, “half ten”."""
    wanted = _Moment(said, question)
    rest = [w for w in re.findall(r"[\w']+", wanted.rest) if w not in FILLER]
    if (not wanted.days and not wanted.times) or len(rest) > 2:
        return []
    last = question.shown[1] or len(question.options)
    return [
        Answer(value, whole=not rest)
        for value, label in question.options[:last]
        if wanted.fits(_Moment(fold(label), question))
    ]


class _Moment:
    """The days and times of a text."""

    def __init__(self, said: str, question: Question) -> None:
        days = meant(spoken := spoken_day(said), find_days(spoken, question, dotted=False))
        rest = spoken
        for one in days:
            rest = rest[: one.start] + "\x00" * (one.end - one.start) + rest[one.end :]
        times = meant(rest, find_times(timed := spoken_time(rest)))
        for one in times:
            timed = timed[: one.start] + "\x00" * (one.end - one.start) + timed[one.end :]
        self.rest = timed.replace("\x00", "")
        self.days = [(one.value, one.name == "weekday") for one in days if one.value]
        self.times = [one.value for one in times if one.value]

    def fits(self, label: "_Moment") -> bool:
        """Whether a label has the day and the time that are wanted."""
        day_fits = not self.days or any(
            wanted.weekday() == has.weekday()
            if only_weekday
            else (wanted.month, wanted.day) == (has.month, has.day)
            for wanted, only_weekday in self.days
            for has, _ in label.days
        )
        time_fits = not self.times or any(
            _time_fits(wanted, has) for wanted in self.times for has in label.times
        )
        return day_fits and time_fits


def _time_fits(wanted: Any, has: Any) -> bool:
    if not isinstance(has, str):
        return bool(wanted == has)
    if isinstance(wanted, dict):
        return bool(wanted["from"] <= has < wanted["to"])
    return bool(wanted == has)
