"""Makes addresses and phone numbers of a plain text into links, everything else escaped."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import phonenumbers
from markupsafe import Markup

_ADDRESS = re.compile(r"""\bhttps://[^\s<>"'`{}|\\^\u00a0]+""")
_TRAILING = ".,;:!?…'\"”’)]"
# Numbers of three to six digits that are rung (phonenumbers finds only full ones); not part of
# another number, of money or of a reference.
_SHORT = re.compile(r"(?<![\w£$€.,/#+-])(?:999|111|116 ?123)(?![\w%]|[.,/-]\d| \d)")


class _Link(NamedTuple):
    start: int
    end: int
    href: str


def linked(text: str) -> Markup:
    """The text as HTML: `https` addresses and phone numbers as links, line breaks kept as they are.

    Args:
        text: plain text, from anyone.
    """
    parts, at = [], 0
    for link in sorted(_links(text)):
        if link.start < at:
            continue
        parts.append(Markup.escape(text[at : link.start]))
        parts.append(
            Markup('<a class="govuk-link" href="{}">{}</a>').format(link.href, text[link.start : link.end])
        )
        at = link.end
    return Markup("").join([*parts, Markup.escape(text[at:])])


def _links(text: str) -> Iterator[_Link]:
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if _has_host(address):
            yield _Link(found.start(), found.start() + len(address), address)
    # Line by line: a number does not go on after a line break, though the matcher would let it.
    for line in re.finditer(r"[^\n]+", text):
        for match in phonenumbers.PhoneNumberMatcher(line[0], "GB"):
            number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            yield _Link(line.start() + match.start, line.start() + match.end, f"tel:{number}")
    for found in _SHORT.finditer(text):
        yield _Link(found.start(), found.end(), f"tel:{found[0].replace(' ', '')}")


def _trimmed(address: str) -> str:
    """Without the full stop or bracket of the sentence it stands in."""
    while address[-1] in _TRAILING and not (address[-1] == ")" and address.count("(") >= address.count(")")):
        address = address[:-1]
    return address


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
