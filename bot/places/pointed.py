"""Coordinates in a text: written out, or inside the link that a map app shares. Nothing is fetched."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote_plus, urlsplit

from bot.places.country import check
from bot.places.spot import PlaceError

_NUMBER: Final = r"[+\-−]?\d{1,3}\.\d{1,15}"
_PAIR: Final = re.compile(
    rf"(?<![\d.])(?P<first>{_NUMBER})\s*°?\s*(?P<ns>[NS])?\s*[,;/~\s]\s*"
    rf"(?P<second>{_NUMBER})\s*°?\s*(?P<ew>[EWO])?(?![\d.]*\d)",
    re.IGNORECASE,
)
_DMS: Final = re.compile(
    r"(\d{1,2})\s*°\s*(\d{1,2})\s*['′’]\s*(\d{1,2}(?:\.\d{1,6})?)?\s*(?:[\"″”]|'')?\s*([NS])[\s,]*"
    r"(\d{1,3})\s*°\s*(\d{1,2})\s*['′’]\s*(\d{1,2}(?:\.\d{1,6})?)?\s*(?:[\"″”]|'')?\s*([EWO])",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    r"(?:https?://|geo:|maps:|(?<![\w.])(?:www\.)?(?:google|maps|bing|waze|osm)\.)\S+", re.I
)
_PIN: Final = re.compile(rf"!3d({_NUMBER})!4d({_NUMBER})")
_VIEW: Final = re.compile(rf"@({_NUMBER}),({_NUMBER})")
_HASH: Final = re.compile(rf"map=[\d.]+/({_NUMBER})/({_NUMBER})")
_PATH_NAME: Final = re.compile(r"/(?:place|search|dir/)/?([^/@?#]+)")
_PARAMETERS: Final = ("q", "query", "ll", "destination", "daddr", "sll", "center", "cp", "coordinate", "near")
"""Of the usual map apps, the pin before the middle of what was on the screen."""
_VIEWED: Final = 150  # metres: the middle of a map is less sure than a pin


@dataclass(frozen=True)
class Pointed:
    """A point in a text.

    Args:
        lat: degrees north.
        long: degrees east.
        metres: how sure, by its decimals.
    """

    lat: float
    long: float
    metres: int


def read_point(text: str) -> Pointed | None:
    """The first point of a text that lies in the country; None when there is none."""
    for link in _LINK.findall(text):
        if found := _in_link(link):
            return found
    return _written(text)


def without_links(text: str) -> tuple[str, bool]:
    """A text with the place names of its map links in their stead, and whether it had a link."""
    had = False

    def replace(match: re.Match[str]) -> str:
        nonlocal had
        had = True
        return f" {_named(match.group())} "

    return _LINK.sub(replace, text), had


def _named(link: str) -> str:
    """The place a link asks its map for, in words; empty when it says none."""
    with suppress(ValueError):
        parts = urlsplit(link)
        asked = parse_qs(parts.query, max_num_fields=40)
        for name in ("q", "query", "destination", "daddr", "address"):
            for value in asked.get(name, []):
                if any(letter.isalpha() for letter in value):
                    return value
        if match := _PATH_NAME.search(parts.path):
            return unquote_plus(match.group(1))
    return ""


def _in_link(link: str) -> Pointed | None:
    plain = unquote_plus(link)
    if match := _PIN.search(plain):
        return _point(match.group(1), match.group(2))
    with suppress(ValueError):
        parts = urlsplit(link)
        asked = parse_qs(parts.query, max_num_fields=40)
        if (lat := asked.get("mlat")) and (long := asked.get("mlon")):
            return _point(lat[0], long[0])
        for name in _PARAMETERS:
            for value in asked.get(name, []):
                if found := _written(value.removeprefix("loc:")):
                    return found
        if parts.scheme == "geo" and (found := _written(unquote_plus(parts.path))):
            return found
    for pattern in (_VIEW, _HASH):
        if (match := pattern.search(plain)) and (found := _point(match.group(1), match.group(2))):
            return Pointed(found.lat, found.long, max(found.metres, _VIEWED))
    return _written(plain)


def _written(text: str) -> Pointed | None:
    if match := _DMS.search(text):
        lat = _degrees(match.group(1), match.group(2), match.group(3), match.group(4))
        long = _degrees(match.group(5), match.group(6), match.group(7), match.group(8))
        with suppress(PlaceError):
            return Pointed(*check(lat, long), 40)
    for match in _PAIR.finditer(text):
        first = _signed(match["first"], match["ns"])
        second = _signed(match["second"], match["ew"])
        if found := _point(first, second):
            return found
    return None


def _signed(number: str, direction: str | None) -> str:
    number = number.replace("−", "-")
    # "O" is the Welsh "Gorllewin" to nobody, and French west to phones that think in French.
    return f"-{number.lstrip('+-')}" if direction and direction.upper() in {"S", "W", "O"} else number


def _point(first: str, second: str) -> Pointed | None:
    with suppress(PlaceError):
        decimals = min(len(first.rpartition(".")[2]), len(second.rpartition(".")[2]))
        if decimals >= 2:
            return Pointed(*check(float(first), float(second)), {2: 1000, 3: 100}.get(decimals, 15))
    return None


def _degrees(whole: str, minutes: str, seconds: str | None, direction: str) -> float:
    value = int(whole) + int(minutes) / 60 + float(seconds or 0) / 3600
    return -value if direction.upper() in {"S", "W", "O"} else value
