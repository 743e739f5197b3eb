"""What a message names whatever it asks for: postcodes and long references, read as answers are."""

from typing import Any

from bot.answers import Question
from bot.answers.number import read_digits
from bot.answers.place import read_postcode

UBRN_DIGITS = 12


def find_entities(text: str) -> list[dict[str, Any]]:
    """The postcodes and booking references in a text, as `{"entity": …, "value": …}`."""
    found: list[dict[str, Any]] = []
    if postcode := read_postcode(text, Question("postcode")):
        found.append({"entity": "postcode", "value": postcode.value})
    if reference := read_digits(text, Question("ubrn", {"digits": UBRN_DIGITS})):
        found.append({"entity": "ubrn", "value": reference.value})
    return found
