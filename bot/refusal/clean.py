"""Text as it may be stored: one form of each letter, nothing invisible that could carry an order."""

import re
import unicodedata

# Unicode tag characters (U+E0000 to U+E007F) spell words nobody sees; the bidirectional controls make
# the desk read something other than was written; PostgreSQL takes neither NUL nor half a surrogate pair.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")


def clean(text: str) -> str:
    """The text in NFC, without Unicode tag, control, direction and half-pair characters.

    Line ends become ``\\n``; tabs stay. Zero-width joiners stay, since emoji are built with them.
    """
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)))
