"""Pounds as they are typed into a form, in pence."""

import re
from typing import Final

MOST: Final = 10**8
"""Pence: a million pounds is a slip of the finger."""
_POUNDS: Final = re.compile(
    r"£? ?(?P<pounds>\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:\.(?P<pence>\d{1,2}))?", re.ASCII
)


def pence_of(text: str) -> int | None:
    """Pence of what is typed: “250”, “£1,250.50”; None for what is no amount of whole pence above nothing.

    The form is looked at before any number is made: “1e999990” is a number of a million digits.
    """
    match = _POUNDS.fullmatch(text.strip())
    if match is None:
        return None
    pence = int(match["pounds"].replace(",", "")) * 100 + int((match["pence"] or "").ljust(2, "0"))
    return pence if 0 < pence <= MOST else None
