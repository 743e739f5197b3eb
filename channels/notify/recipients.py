"""Whom a notice may go to: numbers, e-mail addresses and postal addresses, checked and in one form."""

import re
from collections.abc import Mapping
from typing import Any, Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberType

from bot.answers import Question
from bot.answers.place import read_postcode
from bot.placeholders import key

COUNTRY: Final = "GB"
HOME: Final = 44
HOME_DIGITS: Final = 10
"""Of a mobile number after the country's code; shorter ones are for those who dial within one town."""
DRAMA: Final = re.compile(r"\+447700900[0-9]{3}")
"""Ofcom's numbers for drama and tests, which are valid for nobody."""

_TEXTABLE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_SORTS: Final = {
    PhoneNumberType.FIXED_LINE: "Not a mobile number: it is a landline",
    PhoneNumberType.PREMIUM_RATE: "Not a mobile number: it is a premium rate number",
    PhoneNumberType.TOLL_FREE: "Not a mobile number: it is a freephone number",
}
_PARSING: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: "Country code not found",
    NumberParseException.NOT_A_NUMBER: "Must not contain letters or symbols",
    NumberParseException.TOO_SHORT_AFTER_IDD: "Number is too short",
    NumberParseException.TOO_SHORT_NSN: "Number is too short",
    NumberParseException.TOO_LONG: "Number is too long",
}
_ALLOWED: Final = re.compile(r"[0-9\s().+\-\u2010-\u2015\u00a0]+")
_MOST: Final = 40

LINES: Final = tuple(f"addressline{line}" for line in range(1, 8))
POSTCODE: Final = "postcode"
FEWEST_LINES: Final = 3
LONGEST_LINE: Final = 200


def check_phone(text: str, *, abroad: bool = False) -> str:
    """A number that can get texts, as +44….

    Args:
        text: as it was written.
        abroad: whether numbers of other countries will do.

    Raises:
        ValueError: it can't; a sentence, GOV.UK Notify's own where it has one.
    """
    text = text.strip()
    if not text or len(text) > _MOST:
        raise ValueError("Number is too short" if not text else "Number is too long")
    if not _ALLOWED.fullmatch(text):
        raise ValueError("Must not contain letters or symbols")
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except NumberParseException as error:
        raise ValueError(_PARSING.get(error.error_type, "Not a UK mobile number")) from None
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if DRAMA.fullmatch(found):
        return found
    if number.country_code == HOME and len(str(number.national_number)) < HOME_DIGITS:
        raise ValueError("Number is too short")
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == phonenumbers.ValidationResult.TOO_SHORT:
        raise ValueError("Number is too short")
    if possible == phonenumbers.ValidationResult.TOO_LONG:
        raise ValueError("Number is too long")
    if not phonenumbers.is_valid_number(number):
        raise ValueError("Not a UK mobile number")
    sort = phonenumbers.number_type(number)
    if number.country_code != HOME and not abroad:
        raise ValueError("Cannot send to international mobile numbers")
    if sort not in _TEXTABLE:
        raise ValueError(_SORTS.get(sort, "Not a UK mobile number"))
    return found


def check_email(text: str) -> str:
    """An e-mail address, its domain in small letters. No name server is asked.

    Raises:
        ValueError: it is none.
    """
    try:
        return str(validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False).normalized)
    except EmailNotValidError:
        raise ValueError("Not a valid email address") from None


def check_address(personalisation: Mapping[str, Any]) -> str:
    """The lines of a postal address, from `address_line_1` to `address_line_7` (or `postcode`).

    Raises:
        ValueError: there are too few or too many, or the last is no UK postcode.
    """
    given = {
        key(str(name)): str(value).strip() for name, value in personalisation.items() if value is not None
    }
    lines = [given[name] for name in (*LINES, POSTCODE) if given.get(name)]
    return check_lines("\n".join(lines))


def check_lines(text: str) -> str:
    """The same from lines that are written one under the other.

    Raises:
        ValueError: as for `check_address`.
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(lines) < FEWEST_LINES:
        raise ValueError(f"Address must be at least {FEWEST_LINES} lines long")
    if len(lines) > len(LINES):
        raise ValueError(f"Address must be no more than {len(LINES)} lines long")
    if any(len(line) > LONGEST_LINE for line in lines):
        raise ValueError(f"Address lines must not be longer than {LONGEST_LINE} characters")
    postcode = read_postcode(lines[-1], Question("postcode"))
    if postcode is None or not postcode.whole:
        raise ValueError("Last line of address must be a real UK postcode")
    return "\n".join([*lines[:-1], str(postcode.value)])
