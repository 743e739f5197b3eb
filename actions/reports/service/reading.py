"""What callers send, read strictly: queries and forms, where an empty parameter is an absent one."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from actions.reports.service.refusals import LANGUAGE, Fault, Refusal, refuse
from actions.reports.service.words import Language
from bot.places.country import inside

LARGEST: Final = 64 * 1024
"""Bytes of a form: 4,000 characters of any script, percent-encoded, and all the rest."""
MOST_FIELDS: Final = 300

DESCRIPTION: Final = 4_000
"""Characters of a description: the standard's."""
SHORT: Final = 500
"""Characters of an address, a URL or an answer in one line."""
NAME: Final = 120
"""Characters of a name, a telephone number or an id."""

_LINE_ENDS: Final = re.compile("\r\n?|\x85|\u2028|\u2029")
# Controls, halves of surrogate pairs, what is no character, and what turns the direction of writing.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_WHOLE: Final = re.compile("[0-9]{1,9}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{0,18})?")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+ -][0-9]{2}:?[0-9]{2})"
)
_EMAIL: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def clean(text: str) -> str:
    """Text as it is stored: one form of each letter, `\\n` at line ends, nothing invisible."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))).strip()


class Fields:
    """The parameters of a request; faults are gathered, so that a citizen hears of all at once.

    Args:
        pairs: names and values as sent.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if cleaned := clean(value):
                self._values.setdefault(name, []).append(cleaned)
        self.faults: list[Fault] = []

    @property
    def language(self) -> Language:
        """That of `locale`; English for any other."""
        return "cy" if self.get("locale").casefold().startswith("cy") else "en"

    def names(self) -> list[str]:
        """Of the parameters that are there."""
        return list(self._values)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return self._values.get(name, [])

    def get(self, name: str) -> str:
        """The value of a parameter, the first if there are several, or an empty text."""
        return self._values.get(name, [""])[0]

    def fault(self, reason: str, **values: object) -> None:
        """Notes what is wrong, to be told with the rest."""
        self.faults.append(Fault(reason, values))

    def check(self) -> None:
        """Refuses if anything was wrong.

        Raises:
            Refusal: 400 with every fault.
        """
        if self.faults:
            raise Refusal(400, *self.faults)

    def text(self, name: str, most: int = NAME, fault: str = "too_long") -> str | None:
        """A text of at most so many characters, or None."""
        value = self.get(name)
        if len(value) > most:
            self.fault(fault, field=name, most=f"{most:,}")
        return value[:most] or None

    def listed(self, name: str) -> list[str]:
        """The parts of a comma list."""
        return [part for each in self.all(name) for raw in each.split(",") if (part := raw.strip())]

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number within bounds, or None."""
        if not (value := self.get(name)):
            return None
        if not _WHOLE.fullmatch(value) or not least <= int(value) <= most:
            self.fault("number", field=name, least=least, most=most)
            return None
        return int(value)

    def moment(self, name: str) -> datetime | None:
        """A W3C datetime with its zone, or None."""
        if not (value := self.get(name)):
            return None
        found = read_moment(value)
        if found is None:
            self.fault("datetime", field=name)
        return found

    def flag(self, name: str) -> bool:
        """Whether a parameter is `true` (or `1`)."""
        return self.get(name).casefold() in ("true", "1")

    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, inside the United Kingdom, or None where neither is given.

        An exchanged pair is refused and not repaired: who sends it has a mistake that must be seen.
        """
        texts = [self.get("lat"), self.get("long")]
        if not any(texts):
            return None
        if not all(texts):
            self.fault("place_half")
            return None
        if not all(_DECIMAL.fullmatch(text) for text in texts):
            self.fault("place_number")
            return None
        lat, long = float(texts[0]), float(texts[1])
        if inside(lat, long):
            return lat, long
        if abs(lat) < 1 and abs(long) < 1:
            self.fault("place_nowhere")
        elif inside(long, lat):
            self.fault("place_swapped")
        else:
            self.fault("place_outside")
        return None

    def link(self, name: str) -> str | None:
        """An address of the web, or None."""
        value = self.get(name)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        except ValueError:
            good = False
        if not good or len(value) > SHORT or " " in value or not value.isprintable():
            self.fault("media_url")
            return None
        return value

    def email(self) -> str | None:
        """An e-mail address, or None."""
        value = self.text("email", 254)
        if value is not None and not _EMAIL.fullmatch(value):
            self.fault("email")
        return value


def is_number(text: str) -> bool:
    """Whether an answer is a number."""
    return re.fullmatch(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?", text) is not None


def read_moment(text: str) -> datetime | None:
    """A W3C datetime; None when it is none, has no zone, or is of another century.

    A `+` that was not percent-encoded has become a space on its way and is read as what it was.
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found <= _LATEST else None


def query(request: web.Request) -> Fields:
    """The parameters of a GET."""
    fields = Fields(request.query.items())
    request[LANGUAGE] = fields.language
    return fields


async def form(request: web.Request) -> Fields:
    """The parameters of a POST: its form, and those of the address beside it.

    Raises:
        Refusal: it is too large, of another type or broken.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise refuse(400, "form_type")
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > LARGEST:
            raise refuse(413, "form_large", most=f"{LARGEST:,}")
    try:
        pairs = parse_qsl(raw.decode("utf-8"), encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise refuse(400, "form_broken") from None
    fields = Fields([*pairs, *request.query.items()])
    request[LANGUAGE] = fields.language
    return fields


def idempotency_key(request: web.Request) -> str | None:
    """The Idempotency-Key, if there is one.

    Raises:
        Refusal: it is no such key.
    """
    found = request.headers.get("Idempotency-Key")
    if found is not None and not _KEY.fullmatch(found):
        raise refuse(400, "key_form")
    return found
