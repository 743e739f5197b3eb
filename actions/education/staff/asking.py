"""What the department's pages at the desk share: who may do something, forms, and sentences for refusals."""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Final

from aiohttp import web

from actions.education.school_client import SchoolOffice
from actions.sdk import ServiceRefused
from channels.desk.departments import StaffPages

FILE_BYTES: Final = 16 * 1024 * 1024
FORM_BYTES: Final = 64 * 1024
"""Of a file, and of the form around it."""

REFUSALS: Final[Mapping[str, str]] = {
    "DEADLINE_TOO_NEAR": "Parents need 14 days at least: choose a later deadline.",
    "DEADLINE_TOO_FAR": "Parents should know within 120 days: choose an earlier deadline.",
    "SCHOOLS_UNKNOWN": "Not in the register, or not open: {urns}.",
    "ALREADY_DESIGNATED": "Parents at these schools are choosing already: {urns}.",
    "OVER": "Its places are given, or it was taken back already.",
    "ALREADY_GIVEN": "The places of this round are given already.",
    "TOO_EARLY": "Parents can still change their lists: wait for the deadline.",
    "ANSWER_TOO_SOON": "Parents need 7 days at least to answer an offer.",
    "APPEAL_TOO_SOON": "Parents need 28 days at least to appeal.",
    "NO_PLACE": "There is no free place in that year any more.",
    "NOBODY_WAITS": "Nobody waits for a place in that year any more.",
    "FILE_GONE": "That file was brought in already, or is a day old: look at it again.",
    "NOT_DISPUTED": "The two sides agree by now, or somebody settled it.",
    "FILE_WRONG": "Rows of it can't be used any more: look at it again.",
}


class MistakeError(Exception):
    """What an officer asked for can't be done; a sentence that says what to change."""


def mistake_of(refusal: ServiceRefused) -> str:
    """The sentence for a refusal of the service."""
    if refusal.code == "FILE_UNREADABLE":
        return refusal.diagnostics
    words = REFUSALS.get(refusal.code, f"The department's system refused it: {refusal.code}.")
    return words.format(urns=refusal.details.get("urns", "see the register"))


def office(pages: StaffPages) -> SchoolOffice:
    """The client."""
    return pages.service(SchoolOffice)


def new_key() -> str:
    """What a form is sent with, so that it is done once however often it is sent."""
    return secrets.token_urlsafe(24)


def key_of(fields: Mapping[str, object]) -> str:
    """The key of a form, made one of the desk's: the assistant's keys are not to be used up by it."""
    key = str(fields.get("key", ""))
    return f"desk-{key if 20 <= len(key) <= 60 and key.isascii() and key.isprintable() else new_key()}"


def day_of(fields: Mapping[str, object], name: str, label: str) -> date:
    """A day of a form.

    Raises:
        MistakeError: it is none.
    """
    try:
        return date.fromisoformat(str(fields.get(name, "")))
    except ValueError:
        raise MistakeError(f"{label}: choose a day.") from None


def number_of(request: web.Request, name: str) -> int:
    """A number of the path.

    Raises:
        web.HTTPNotFound: it is none.
    """
    given = request.match_info[name]
    if not given.isascii() or not given.isdecimal() or len(given) > 15:
        raise web.HTTPNotFound
    return int(given)


def file_of(fields: Mapping[str, object], name: str) -> tuple[str, bytes] | None:
    """A file that was chosen: its name and what is in it; None where none was."""
    given = fields.get(name)
    if not isinstance(given, web.FileField):
        return None
    with given.file:
        content = given.file.read()
    called = "".join(each for each in given.filename if each.isprintable())[-100:]
    return (called or "The file", content) if content else None
