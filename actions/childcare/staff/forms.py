"""What officers write into the department's forms, read with a sentence for what is wrong."""

import re
import secrets
from collections.abc import Container, Mapping
from datetime import date
from typing import Final

from aiohttp import web

from bot.officers import Officer
from channels.department_pages import written_day
from channels.desk.rules import OFFICER

LONGEST: Final = 500
_KEY: Final = re.compile("[A-Za-z0-9_-]{20,60}")
_PER_CENT: Final = re.compile(r"(-?)([0-9]{1,3})(?:\.([0-9]{1,2}))?")
_MONEY: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{2}))?")


class MistakeError(Exception):
    """A sentence for the officer: what to write otherwise."""


def new_key() -> str:
    """What a page's form is told with, so that it is done once however often it is sent."""
    return secrets.token_urlsafe(24)


def key_of(fields: Mapping[str, object]) -> str:
    """The key of a form, made one of the desk's: the assistant's keys are not to be used up by it."""
    key = str(fields.get("key", ""))
    return f"desk-{key if _KEY.fullmatch(key) else new_key()}"


def who(request: web.Request) -> str:
    """The officer, as the department's books name them."""
    officer: Officer = request[OFFICER]
    return f"officer:{officer.id}"


def written(when: str | date) -> str:
    """“26 November 2026”, of a day or a moment as the service tells it."""
    return written_day(when, "en")


def text(fields: Mapping[str, object], name: str, label: str) -> str:
    """Words in one line.

    Raises:
        MistakeError: there are none, or too many.
    """
    given = " ".join(str(fields.get(name, "")).split())
    if not given or len(given) > LONGEST or not given.isprintable():
        raise MistakeError(f"{label}: write something, at most {LONGEST} letters.")
    return given


def day(fields: Mapping[str, object], name: str, label: str) -> date:
    """A day.

    Raises:
        MistakeError: it is none.
    """
    try:
        return date.fromisoformat(str(fields.get(name, "")))
    except ValueError:
        raise MistakeError(f"{label}: choose a day, as 2026-04-01.") from None


def per_cent(fields: Mapping[str, object], name: str, label: str, *, least: int = 0) -> int:
    """A percentage in hundredths of a per cent.

    Raises:
        MistakeError: it is none, or outside of `least` to 100.
    """
    found = _PER_CENT.fullmatch(str(fields.get(name, "")).strip().removesuffix("%").strip())
    value = 1 if found is None else int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    value = -value if found is not None and found[1] else value
    if found is None or not least * 100 <= value <= 10_000:
        raise MistakeError(f"{label}: write a percentage from {least} to 100, as 12.5.")
    return value


def one_of(fields: Mapping[str, object], name: str, label: str, names: Container[str]) -> str:
    """One of some words.

    Raises:
        MistakeError: it is another.
    """
    given = str(fields.get(name, ""))
    if given not in names:
        raise MistakeError(f"{label}: choose one.")
    return given


def file_of(fields: Mapping[str, object], name: str, otherwise: str) -> tuple[str, bytes]:
    """A file that was chosen: its name, without what is not to be seen in it, and what is in it.

    Raises:
        MistakeError: none was.
    """
    given = fields.get(name)
    if not isinstance(given, web.FileField):
        raise MistakeError("Choose a file.")
    with given.file:
        called = "".join(each for each in given.filename if each.isprintable())[-200:]
        return called or otherwise, given.file.read()


def pence(fields: Mapping[str, object], name: str, label: str) -> int:
    """An amount in pence.

    Raises:
        MistakeError: it is none, or nothing.
    """
    given = re.sub("[£, ]", "", str(fields.get(name, "")))
    found = _MONEY.fullmatch(given)
    value = int(found[1]) * 100 + int(found[2] or 0) if found else 0
    if not value:
        raise MistakeError(f"{label}: write pounds and pence, as 250000.00.")
    return value
