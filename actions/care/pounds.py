"""Pounds as they are typed into a form, in pence."""

from decimal import Decimal, InvalidOperation
from typing import Final

MOST: Final = 10**8
"""Pence: a million pounds is a slip of the finger."""


def pence_of(text: str) -> int | None:
    """Pence of what is typed: “250”, “£1,250.50”; None for what is no amount of whole pence above nothing."""
    try:
        pence = Decimal(text.strip().removeprefix("£").replace(",", "")) * 100
        return int(pence) if pence == int(pence) and 0 < pence <= MOST else None
    except (InvalidOperation, OverflowError, ValueError):
        return None
