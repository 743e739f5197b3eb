"""Which department a text is for: whose number it was sent to, or whose keyword it begins with."""

from bot.answers.words import plain
from bot.packs import Packs


def find_department(packs: Packs, to_address: str | None, text: str) -> str | None:
    """The pack a text is for; None for the front door.

    Args:
        packs: with their numbers and keywords.
        to_address: the number it was sent to, as +44…
        text: the message; its first word may be a keyword, whatever its case and the full stop behind it.
    """
    if to_address is not None and (found := packs.departments.get(to_address)) is not None:
        return found
    words = text.split(maxsplit=1)
    return packs.departments.get(plain(words[0])) if words else None
