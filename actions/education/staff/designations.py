"""Schools that are failing, at the desk: designated one by one, from the register's word, or from a file."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from actions.education.staff.asking import (
    FILE_BYTES,
    FORM_BYTES,
    MistakeError,
    day_of,
    file_of,
    key_of,
    mistake_of,
    new_key,
    number_of,
    office,
)
from actions.sdk import ServiceRefused
from bot.hours import LONDON
from bot.officers import Ability
from bot.spreadsheet import SpreadsheetError, lines
from bot.turn import wall_clock
from channels.desk.departments import StaffPages
from channels.desk.rules import form

REASONS: Final[Mapping[str, str]] = {
    "special_measures": "In special measures", "serious_weaknesses": "Serious weaknesses",
    "standards": "Poor results for years", "closing": "Going to close",
}  # fmt: skip
USUAL: Final = timedelta(days=28)
"""Between a designation and its deadline, as the form proposes."""
CLOSES_AT: Final = 17
MOST: Final = 200
_URN: Final = re.compile(r"[1-9][0-9]{5}")


class Designations:
    """The page of designations.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds it and its forms."""
        self._pages.add("GET", "/designations", self.show, needs=Ability.TEAM, title="Failing schools")
        self._pages.add(
            "POST", "/designations", self.designate, needs=Ability.TEAM, largest=FILE_BYTES + FORM_BYTES
        )
        self._pages.add("POST", "/designations/{id}/withdraw", self.withdraw, needs=Ability.TEAM)

    async def show(self, request: web.Request) -> web.Response:
        """All of them, and the forms."""
        return await self._page(request)

    async def _page(self, request: web.Request, mistake: str = "") -> web.Response:
        found = await office(self._pages).designations()
        proposed = wall_clock().astimezone(LONDON).date() + USUAL
        return self._pages.page(
            request, "designations.html", status=400 if mistake else 200, mistake=mistake,
            designations=found["designations"], marked=found["marked"], reasons=REASONS, key=new_key(),
            proposed=proposed.isoformat(), day=_day,
        )  # fmt: skip

    async def designate(self, request: web.Request) -> web.StreamResponse:
        """Designates what was written, ticked, or is in the file; all of it or nothing."""
        fields = await form(request)
        try:
            # Beside the loop: a file may be large.
            urns = await asyncio.to_thread(_urns, fields)
            # The register's tick boxes have one name: of those the form keeps the last, so each has its own.
            deadline = day_of(fields, "deadline", "Deadline")
            reason = str(fields.get("reason", ""))
            if reason not in REASONS:
                raise MistakeError("Choose why.")  # noqa: TRY301
            at = datetime(deadline.year, deadline.month, deadline.day, CLOSES_AT, tzinfo=LONDON)
            await office(self._pages).designate(urns, reason, at, key=key_of(fields))
        except MistakeError as mistake:
            return await self._page(request, str(mistake))
        except ServiceRefused as refusal:
            return await self._page(request, mistake_of(refusal))
        raise web.HTTPSeeOther(f"{self._pages.base}/designations")

    async def withdraw(self, request: web.Request) -> web.StreamResponse:
        """Takes back one that was a mistake."""
        number, fields = number_of(request, "id"), await form(request)
        try:
            await office(self._pages).withdraw(number, key=key_of(fields))
        except ServiceRefused as refusal:
            return await self._page(request, mistake_of(refusal))
        raise web.HTTPSeeOther(f"{self._pages.base}/designations")


def _urns(fields: Mapping[str, object]) -> list[str]:
    """The schools of a form.

    Raises:
        MistakeError: there are none, too many, or something is no URN.
    """
    ticked = [name.removeprefix("urn-") for name in fields if name.startswith("urn-")]
    found = [*ticked, *re.split(r"[\s,;]+", str(fields.get("urns", "")).strip())]
    if (file := file_of(fields, "file")) is not None:
        found += _column(*file)
    found = list(dict.fromkeys(filter(None, found)))
    if not 1 <= len(found) <= MOST:
        raise MistakeError(f"Name a school at least, and {MOST} at most.")
    if wrong := [each for each in found if not _URN.fullmatch(each)]:
        raise MistakeError(f"A URN has six digits; this is none: {wrong[0][:20]}.")
    return found


def _column(name: str, content: bytes) -> list[str]:
    """The URNs of a file in the register's columns: all, or one more than there may be.

    Raises:
        MistakeError: it can't be read, or has no such column.
    """
    try:
        rows = lines(name, content)
        heading = [each.strip() for each in next(rows, [])]
        if "URN" not in heading:
            raise MistakeError(f"{name} lacks the column URN.")
        at = heading.index("URN")
        found = dict[str, None]()
        for row in rows:
            if len(row) > at and row[at].strip():
                found[row[at].strip()] = None
            if len(found) > MOST:
                break
        return list(found)
    except SpreadsheetError as error:
        raise MistakeError(str(error)) from None


def _day(iso: str) -> str:
    at = datetime.fromisoformat(iso).astimezone(LONDON)
    return f"{at.day} {at:%b %Y}"
