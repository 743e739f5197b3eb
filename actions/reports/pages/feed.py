"""The list of problems for programs: an Atom feed, and CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from actions.reports.pages.reader import Shown

ATOM: Final = "http://www.w3.org/2005/Atom"
COLUMNS: Final = (
    "reference", "state", "category", "description", "address", "latitude", "longitude", "responsible",
    "reported", "updated", "expected", "supporters",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""A cell that begins so is worked out by a spreadsheet. Source: OWASP, CSV injection."""


def to_csv(problems: Iterable[Shown]) -> str:
    """The problems, a line each, under `COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in problems:
        moments = [at.isoformat() if at else "" for at in (each.requested, each.updated, each.expected)]
        texts = [safe(text) for text in (each.id, each.state, each.category, each.description, each.address)]
        # Numbers of ours stay numbers: a minus in front of a longitude is no formula.
        numbers = ["" if number is None else f"{number:.6f}" for number in (each.lat, each.long)]
        supporters = "" if each.supporters is None else str(each.supporters)
        writer.writerow([*texts, *numbers, safe(each.agency), *moments, supporters])
    return out.getvalue()


def safe(text: str) -> str:
    """A cell's text; what a spreadsheet would take for a formula begins with an apostrophe."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def to_atom(problems: Sequence[Shown], *, home: str, here: str, language: str, t: Mapping[str, str]) -> bytes:
    """The problems as an Atom feed.

    Args:
        problems: newest first.
        home: the full address of the list, without a slash at the end.
        here: the feed's own full address.
        language: of its words.
        t: the words.
    """
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": language})
    SubElement(feed, "id").text = here
    SubElement(feed, "title").text = t["title"]
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": here})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": home})
    SubElement(SubElement(feed, "author"), "name").text = "Onedoor"
    newest = max((each.updated or each.requested for each in problems), default=None)
    SubElement(feed, "updated").text = newest.isoformat() if newest else "2000-01-01T00:00:00+00:00"
    for each in problems:
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = f"{home}/{each.id}"
        place = f", {each.address}" if each.address else ""
        SubElement(entry, "title").text = _xml(f"{each.category}{place}")
        SubElement(entry, "link", {"rel": "alternate", "href": f"{home}/{each.id}"})
        SubElement(entry, "published").text = each.requested.isoformat()
        SubElement(entry, "updated").text = (each.updated or each.requested).isoformat()
        SubElement(entry, "category", {"term": t.get(f"state_{each.state}", each.state)})
        SubElement(entry, "summary").text = _xml(each.description)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(tostring(feed, encoding="unicode"), "utf-8")


def _xml(text: str) -> str:
    """Without what XML 1.0 can't hold."""
    return "".join(each for each in text if each in "\t\n\r" or (each >= " " and each not in "\ufffe\uffff"
        and not "\ud800" <= each <= "\udfff"))  # fmt: skip
