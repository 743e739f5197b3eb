"""Where a citizen wants to look around: home, unless they say another place."""

import re
from typing import Final

from actions.sdk import Call, Values

type Around = tuple[tuple[float, float] | None, Values | None, bool]
"""Latitude and longitude, and what the place is called: None for home; and whether it was not known."""

_HERE: Final = re.compile(
    r"\b(?:near(?:by|er|est)?|close|ger|agos|wrth ymyl|by)\b\s*(?:to\s+)?"
    r"(?:me|us|home|here|our house|my house|where (?:i|we) live|fi|ni|i fi|i ni|aton ni|ata i|cartref|adre|"
    r"gartref|fan hyn|fama)?\W*$"
)
"""Words that mean the pupil's own home, which is where distances are from anyway."""
_LEADING: Final = re.compile(
    r"^(?:near(?:by)?|close|round|around|over|in|ger|yn|wrth ymyl|draw yn)\s+(?:to\s+)?"
)


async def around(call: Call, words: str) -> Around:
    """The place that words tell of.

    Args:
        call: of the handler.
        words: the citizen's; empty for home.
    """
    if not words or _HERE.search(words):
        return None, None, False
    found = await call.know.places.find(_LEADING.sub("", words), limit=3)
    if not found:
        return None, None, True
    return (found[0].lat, found[0].long), dict(found[0].label), False
