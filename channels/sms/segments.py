"""How long a text message is: its alphabet, its parts, and the spelling that keeps both small.

The rules are those of 3GPP TS 23.038; `measure` agrees with Twilio's own calculator, the npm package
`sms-segments-calculator`, and a test holds it to that.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import regex  # type: ignore[import-untyped, unused-ignore]

type Encoding = Literal["GSM-7", "UCS-2"]

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM-7's own alphabet: one septet each."""

EXTENSION: Final = frozenset("€[]{}\\^|~\f")
"""GSM-7's second page: an escape and a character, two septets that are never in different parts."""

WELSH: Final = frozenset("âêîôûŵŷÂÊÎÔÛŴŶ")
"""Letters that cost a Welsh text its short alphabet and are kept: `tŷ` is a house and `ty` is not."""

ALONE: Final[dict[Encoding, int]] = {"GSM-7": 160, "UCS-2": 70}
PART: Final[dict[Encoding, int]] = {"GSM-7": 153, "UCS-2": 67}
"""Units of a message that is alone, and of one of several parts; a unit is 7 or 16 bits."""

SUBSTITUTES: Final[dict[str, str]] = {
    **dict.fromkeys("‘’‛′´`ʹʻʼʽˈˊˋ❛❜＇", "'"),
    **dict.fromkeys("“”„‟″«»ʺˮ❝❞〝〞＂", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃•﹣－", "-"),
    **dict.fromkeys("⁄∕÷⧸", "/"),
    **dict.fromkeys("\t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " "),
    **dict.fromkeys("\r\x0b\x85\u2028\u2029", "\n"),
    "\r\n": "\n",
    "…": "...",
    "‚": "'",
    "‹": "<",
    "›": ">",
    "×": "x",
    "‼": "!!",
    "ˆ": "^",
    "˜": "~",
}
"""What a word processor types for us, and what a telephone of 1990 would have typed. Fractions stay: ½
after a 2 must not become 21/2."""

LETTERS: Final[dict[str, str]] = {
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th",
    "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "ng", "Ŋ": "Ng", "ẞ": "SS", "ŧ": "t", "Ŧ": "T",
}  # fmt: skip
"""Latin letters that Unicode does not take apart into a letter and an accent."""

_CONTROLS: Final = "\n\r\t\f\x0b\x85"
_INVISIBLE: Final = "\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069"
_DROPPED: Final = regex.compile(f"[[\\p{{Cc}}--[{_CONTROLS}]]{_INVISIBLE}\\p{{Cs}}]", regex.V1)
_CLUSTER: Final = regex.compile(r"\X")


@dataclass(frozen=True)
class Segments:
    """What a text will be when sent.

    Args:
        encoding: the alphabet of the whole message.
        segments: parts it is carried and paid in; an empty text is one.
        units: septets (GSM-7) or 16-bit code units (UCS-2) of the text, without the parts' headers.
        text: the text as it will be sent.
    """

    encoding: Encoding
    segments: int
    units: int
    text: str


def prepare(text: str) -> str:
    """The text as it is sent: composed, in the short alphabet where that loses nothing that matters.

    Welsh letters and whatever has no equivalent, an emoji among them, stay as they are. Preparing a
    prepared text changes nothing.
    """
    if text.isascii() and BASIC.issuperset(text) and "\r" not in text:
        return text
    composed = unicodedata.normalize("NFC", _DROPPED.sub("", text))
    return "".join(_respell(cluster) for cluster in _CLUSTER.findall(composed))


def measure(text: str) -> Segments:
    """Prepares a text and tells its alphabet, parts and units."""
    prepared = prepare(text)
    if BASIC.union(EXTENSION).issuperset(prepared):
        return _count("GSM-7", prepared, prepared, lambda char: 2 if char in EXTENSION else 1)
    return _count("UCS-2", prepared, _CLUSTER.findall(prepared), _code_units)


def _count(encoding: Encoding, text: str, pieces: Iterable[str], size: Callable[[str], int]) -> Segments:
    sizes = [size(piece) for piece in pieces]
    units = sum(sizes)
    parts, room = 1, PART[encoding]
    if units > ALONE[encoding]:
        for needed in sizes:
            if needed > room:
                parts, room = parts + 1, PART[encoding]
            room -= needed
    return Segments(encoding, parts, units, text)


def _code_units(cluster: str) -> int:
    return len(cluster.encode("utf-16-le")) // 2


@lru_cache(maxsize=4096)
def _respell_char(char: str) -> str:
    if (char in BASIC and char != "\r") or char in EXTENSION or char in WELSH:
        return char
    if (known := SUBSTITUTES.get(char) or LETTERS.get(char)) is not None:
        return known
    if unicodedata.category(char)[0] == "L":
        plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
        if plain and _latin(plain):
            return plain
    return char


def _respell(cluster: str) -> str:
    """One character as a reader sees it, in the short alphabet if it has an equivalent there."""
    if len(cluster) == 1 or cluster == "\r\n":
        return _respell_char(cluster)
    first, marks = cluster[0], cluster[1:]
    plain = _respell_char(first)
    if first.isalpha() and _latin(plain) and all(unicodedata.category(c)[0] in "MC" for c in marks):
        return plain
    return cluster


def _latin(text: str) -> bool:
    """Whether these are letters of the Latin part of GSM-7, or Welsh ones."""
    return all((c in BASIC or c in WELSH) and c.isalpha() and c < "\u0370" for c in text)
