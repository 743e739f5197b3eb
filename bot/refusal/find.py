"""Finds payment card numbers and National Insurance numbers, and nothing that only looks like one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from bot.refusal.clean import clean


class RefusalKind(StrEnum):
    """What was found in the message."""

    CARD = "card"
    NINO = "nino"


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a message held a number we refuse to keep; never the number itself."""

    kind: RefusalKind


# What people put between groups: spaces of every width, dashes, dots. Not a new line and not a comma:
# those part one answer from the next ("4000 1234 5678", new line, "1987").
_SEPARATOR = "[ \t\u00a0\u00ad\u2000-\u200d\u202f\u2060.\u2010-\u2015_-]"

# Issuer prefixes and the lengths they are issued in (ISO/IEC 7812; the issuers' published ranges).
# (lowest prefix, highest prefix, shortest, longest)
_ISSUERS = (
    ("4", "4", 13, 19),  # Visa
    ("51", "55", 16, 16),  # Mastercard
    ("2221", "2720", 16, 16),  # Mastercard
    ("34", "34", 15, 15),  # American Express
    ("37", "37", 15, 15),
    ("300", "305", 14, 14),  # Diners Club
    ("3095", "3095", 14, 14),
    ("36", "36", 14, 19),
    ("38", "39", 14, 19),
    ("3528", "3589", 16, 19),  # JCB
    ("6011", "6011", 16, 19),  # Discover
    ("644", "659", 16, 19),
    ("62", "62", 16, 19),  # UnionPay
    ("81", "81", 16, 19),
    ("5018", "5018", 13, 19),  # Maestro (its 12-digit cards can't be told from a UBRN)
    ("5020", "5020", 13, 19),
    ("5038", "5038", 13, 19),
    ("5893", "5893", 13, 19),
    ("6304", "6304", 13, 19),
    ("6759", "6763", 13, 19),
    ("67677", "67677", 13, 19),
    ("2200", "2204", 16, 19),  # Mir
)
_VISA_LENGTHS = {13, 16, 19}
_DIGITS = re.compile(rf"(?<!\d)\+?\d+(?:{_SEPARATOR}{{1,3}}\d+)*")
_GROUP = re.compile(r"\d+")
# No card is written with a longer group than this beside others; a UBRN (12), a mobile number (11)
# and an NHS number (10) are, so each of them stands apart from whatever follows it.
_LONGEST_GROUP = 8
_LONGEST_CARD = 19
_UBRN = re.compile(
    rf"(?:ubrn|booking reference|cyfeirnod)\W{{0,3}}(?:(?:is|number|no|rhif|yw)\W{{1,3}}){{0,2}}"
    rf"(\d(?:{_SEPARATOR}{{0,3}}\d){{11}})(?!\d)",
    re.IGNORECASE,
)

# Full-width letters and digits read as the plain ones (one for one, so places stay).
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

# HMRC's manual NIM39110: D F I Q U V in neither place, O not second, seven pairs never given out.
_NINO = re.compile(
    rf"(?<![A-Z0-9])(?P<prefix>[A-CEGHJ-PR-TW-Z]{_SEPARATOR}{{0,3}}"
    rf"[A-CEGHJ-NPR-TW-Z])"
    rf"(?P<gap>{_SEPARATOR}{{0,3}})"
    rf"(?P<digits>\d(?:{_SEPARATOR}{{0,3}}\d){{5}})"
    rf"(?:(?P<before>{_SEPARATOR}{{0,3}})(?P<suffix>[A-D]))?(?![A-Z0-9])",
    re.IGNORECASE | re.ASCII,
)
_NEVER_GIVEN = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
_NINO_NAMED = re.compile(r"national\s+insurance|\bni\b|\bnino\b|yswiriant|\brhif\s+yg\b", re.IGNORECASE)
# Pairs that are words (or days): "on 12 06 25" is a date, "ring me at 482913" a short number.
_WORDS = re.compile(
    "A[CGHLMNRSTY]|B[EY]|CO|E[HIMNRX]|GO|H[EIO]|LA|M[AEY]|N[AEO]|O[HKNR]|P[AEHM]|RE|S[AO]|T[HO]|W[EN]|Y[EMNRW]"
)
_FOLLOWED_BY_DIGIT = re.compile(rf"{_SEPARATOR}{{1,3}}\d")


def find_refusal(text: str) -> Refusal | None:
    """The first kind of number in ``text`` that we refuse to keep, or None.

    A card number has an issuer's prefix and length (13 to 19 digits) and passes the Luhn check; a
    National Insurance number has the official form. Neither is found in a UBRN (12 digits), a
    reference, a postcode or a phone number.
    """
    for kind, _, _ in _found(clean(text)):
        return Refusal(kind)
    return None


def redact(text: str) -> str:
    """The cleaned text with every refused number replaced by words that say which kind it was."""
    text = clean(text)
    parts, end = [], 0
    for kind, first, last in sorted(_found(text), key=lambda found: found[1]):
        if first >= end:
            parts += [text[end:first], _REDACTED[kind]]
            end = last
    return "".join([*parts, text[end:]])


_REDACTED = {
    RefusalKind.CARD: "[card number removed]",
    RefusalKind.NINO: "[National Insurance number removed]",
}


def _found(text: str) -> Iterator[tuple[RefusalKind, int, int]]:
    """Kind, start and end of every refused number."""
    text = text.translate(_FULL_WIDTH)
    # A UBRN that says it is one is set aside first: "UBRN 4000 1234 5678 1987" is it and a year.
    shown = _UBRN.sub(lambda named: named[0].replace(named[1], "#" * len(named[1])), text)
    yield from ((RefusalKind.CARD, first, last) for first, last in _cards(shown))
    yield from ((RefusalKind.NINO, first, last) for first, last in _ninos(shown))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for run in _DIGITS.finditer(text):
        if run[0].startswith("+"):  # an international phone number
            continue
        groups = [(m.start() + run.start(), m[0]) for m in _GROUP.finditer(run[0])]
        at = 0
        while at < len(groups):
            used = _card_at(groups, at)
            if used:
                start, last_group = groups[at][0], groups[at + used - 1]
                yield start, last_group[0] + len(last_group[1])
            at += used or 1


def _card_at(groups: list[tuple[int, str]], at: int) -> int:
    """How many groups from ``at`` make the longest card number there; 0 when none do."""
    if len(groups[at][1]) > _LONGEST_GROUP:
        return 1 if _is_card(groups[at][1]) else 0
    texts = [digits for _, digits in groups[at : at + _LONGEST_CARD]]
    best = 0
    for used, digits in enumerate(accumulate(texts), start=1):
        if len(texts[used - 1]) > _LONGEST_GROUP or len(digits) > _LONGEST_CARD:
            break
        if _is_card(digits):
            best = used
    return best


def _is_card(digits: str) -> bool:
    if len(digits) > _LONGEST_CARD:
        return False
    # Digits of other scripts read as the same numbers.
    digits = "".join(str(int(digit)) for digit in digits)
    if digits[0] == "4" and len(digits) not in _VISA_LENGTHS:
        return False
    issued = any(
        low <= digits[: len(low)] <= high and shortest <= len(digits) <= longest
        for low, high, shortest, longest in _ISSUERS
    )
    return issued and _luhn(digits)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, nines cast out, sum a ten."""
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def _ninos(text: str) -> Iterator[tuple[int, int]]:
    named = _NINO_NAMED.search(text) is not None
    for found in _NINO.finditer(text):
        if _is_nino(found, named=named, after=text):
            yield found.start(), found.end()


def _is_nino(found: re.Match[str], *, named: bool, after: str) -> bool:
    letters = re.sub(r"[^A-Za-z]", "", found["prefix"])
    if letters.upper() in _NEVER_GIVEN:
        return False
    if found["gap"] and not named and _WORDS.fullmatch(letters.upper()):
        # Written like a word and its number: only a whole one in capitals, suffix and all, is believed.
        return bool(found["suffix"]) and (letters.isupper() or not found["before"])
    if "-" in found["gap"] and not named and not found["suffix"] and found["digits"].isdigit():
        return False  # "RP-482371" is how a reference is written
    spaced = found["gap"] or len(found["digits"]) > 6
    # "no 123456 789012" goes on: it is a longer number, not this one.
    return bool(found["suffix"] or not spaced or not _FOLLOWED_BY_DIGIT.match(after, found.end()))
