"""Phone numbers, of here unless they say otherwise."""

from typing import Final

import phonenumbers
from phonenumbers import Leniency, NumberParseException, PhoneNumber, PhoneNumberMatcher, PhoneNumberType

from bot.answers.finding import Found, choose
from bot.answers.kind import LONGEST, Answer, Question
from bot.answers.words import fold

_SORTS: Final = {
    "mobile": {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE},
    "landline": {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE},
}


def read_phone(text: str, question: Question) -> Answer | None:
    """A phone number as `+447700900123`; details `country` (else GB) and `only`: mobile or landline."""
    country = str(question.details.get("country", "GB"))
    said = fold(text[:LONGEST])
    found = [
        Found(match.start, match.end, _value(match.number, question))
        for match in PhoneNumberMatcher(said, country, leniency=Leniency.POSSIBLE, max_tries=20)
        if _real(match.number)
    ]
    if found:
        return choose(said, found)
    try:
        number = phonenumbers.parse(said[:40], country)
    except NumberParseException:
        return None
    if len(said) > 40 or any(c.isalpha() for c in said) or not _real(number):
        return None
    value = _value(number, question)
    return Answer(value, whole=True) if value else None


def _real(number: PhoneNumber) -> bool:
    return phonenumbers.is_valid_number(number) or _is_drama(number)


def _is_drama(number: PhoneNumber) -> bool:
    """Of the mobile numbers that Ofcom keeps for examples, which no network has: our tests' and demo's."""
    return (
        number.country_code == 44
        and str(number.national_number).startswith("7700900")
        and (len(str(number.national_number)) == 10)
    )


def _value(number: PhoneNumber, question: Question) -> str | None:
    wanted = _SORTS.get(str(question.details.get("only", "")))
    sort = PhoneNumberType.MOBILE if _is_drama(number) else phonenumbers.number_type(number)
    if wanted is not None and sort not in wanted:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
