"""Postcodes, with the slips of people who text put right, and places in words."""

import re
from typing import Final

from bot.answers.finding import Found, choose
from bot.answers.kind import LONGEST, Answer, Question
from bot.answers.words import fold, read_yes_no_unsure

_FORM: Final = re.compile(
    # Looked ahead at, as a false start such as "to ls6" must not swallow the true one behind it.
    r"(?<![A-Z0-9])(?=([A-Z]{1,2}[0-9OILS][0-9OILA-Z]?)[\s\-.,/]{0,3}([0-9OILS][A-Z0-9]{2})(?![A-Z0-9]))",
    re.IGNORECASE | re.ASCII,
)
_OUTWARD: Final = re.compile(r"[A-Z]{1,2}[0-9]{1,2}|[A-Z]{1,2}[0-9][A-Z]")
_INWARD: Final = re.compile(r"[0-9][A-Z]{2}")
_PARTIAL: Final = re.compile(
    r"(?<![A-Z0-9])([A-Z]{1,2}[0-9]{1,2}[A-Z]?)(?:\s?([0-9]))?(?![A-Z0-9])", re.IGNORECASE | re.ASCII
)
_NO_UNIT: Final = frozenset({"ST", "ND", "RD", "TH", "AM", "PM", "KM", "HR", "PC"})
"""With which “was 1st” and “to 5pm” would be postcodes, once an S or an O is taken for a digit."""
_TO_DIGIT: Final = str.maketrans("OILS", "0115")
_TO_LETTER: Final = str.maketrans("015", "OIS")
_WHOLE_LETTERS: Final = 7
_PLACE: Final = re.compile(
    r"^(?:(?:i live|i am|im|its|it is|somewhere|it was|dwi(?:n byw)?|mae|dw in byw) )?"
    r"(?:near|in|at|by|around|close to|next to|on|outside|opposite|behind|beside|just off|corner of|"
    r"ger|yn|yng|ym|wrth ymyl|wrth|ar bwys|tu allan i|gyferbyn a|drws nesaf i|ar gornel|ar|o flaen|tu ol i) "
)
_STREET: Final = re.compile(
    r"\b(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|way|place|square|park|terrace|crescent|court|row|"
    r"corner|junction|roundabout|bridge|station|stryd|heol|ffordd|lon|sgwar|parc|pont|gorsaf|maes)\b"
)
_LEADING: Final = re.compile(
    r"^(?:(?:i live|i am|i'm|im|it's|its|it is|it was|somewhere|dwi'n byw|dw i'n byw)\s+)?"
    r"(?:near(?: to)?|in|at|close to|around|ger|yn|yng|ym|wrth ymyl|ar bwys)\s+(?:the\s+)?(?=\w)",
    re.IGNORECASE,
)
_FEW: Final = 10
_LONGEST_PLACE: Final = 200


def read_postcode(text: str, question: Question) -> Answer | None:  # noqa: ARG001
    """A full postcode as `LS6 2AB`. An O for a 0, an I for a 1, an S for a 5 and odd spaces are repaired.

    The form is that of BS 7666: outward A9, A99, AA9, AA99, A9A or AA9A; inward 9AA. That real
    ones have no C I K M O V there is left to who knows the postcodes: the demonstration's are
    invented by having them. Half a postcode is none; `read_outward` says that it was one.
    """
    text = text[:LONGEST]
    squeezed = re.sub(r"[\W_]", "", text)
    if len(squeezed) <= _WHOLE_LETTERS and (match := _FORM.match(squeezed)) and (code := _repaired(match)):
        return Answer(code, whole=True)
    found = [
        Found(match.start(1), match.end(2), code)
        for match in _FORM.finditer(text)
        if (code := _repaired(match))
    ]
    return choose(text.casefold(), found) if len(text) == len(text.casefold()) else _first(found)


def _first(found: list[Found]) -> Answer | None:
    return Answer(found[0].value, whole=False) if found else None


def _repaired(match: re.Match[str]) -> str | None:
    outward, inward = match.group(1).upper(), match.group(2).upper()
    area = re.match(r"[A-Z]{1,2}(?=[0-9OILS])", outward)
    if area is None or not any(c.isdigit() for c in outward + inward):
        return None  # without one true digit it is a word, such as "diolch"
    guessed = not any(c.isdigit() for c in outward)
    if guessed and (len(outward) < 3 or inward[1:] in _NO_UNIT):
        return None
    district = outward[area.end() :]
    repaired = area.group() + district[0].translate(_TO_DIGIT) + _tail(district[1:])
    unit = inward[0].translate(_TO_DIGIT) + inward[1:].translate(_TO_LETTER)
    return f"{repaired} {unit}" if _OUTWARD.fullmatch(repaired) and _INWARD.fullmatch(unit) else None


def _tail(rest: str) -> str:
    return rest.translate(_TO_DIGIT) if rest and rest[0] in "OIL" else rest


def read_outward(text: str) -> str | None:
    """The first half of a postcode, as `LS6`, where that is all there is: to ask for the rest of it."""
    text = text[:LONGEST]
    if read_postcode(text, Question("postcode")) is not None:
        return None
    match = _PARTIAL.search(text)
    return match.group(1).upper() if match and _OUTWARD.fullmatch(match.group(1).upper()) else None


def read_place(text: str, question: Question) -> Answer | None:
    """A place in the citizen's words, as `{"text": …, "postcode": …}`, the postcode None without one."""
    said = " ".join(text[:LONGEST].split())
    folded = fold(said)
    bare = read_yes_no_unsure(said, question)
    if not any(c.isalpha() for c in said) or len(said) > _LONGEST_PLACE or (bare is not None and bare.whole):
        return None
    code = read_postcode(said, question)
    words = len(said.split())
    sure = "?" not in said and (code is not None or bool(_PLACE.match(folded) or _STREET.search(folded)))
    name = _LEADING.sub("", said).strip(" .,;!") or said
    return Answer({"text": name, "postcode": code.value if code else None}, whole=sure and words <= _FEW)
