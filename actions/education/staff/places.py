"""Giving out places at the desk: tried first, then in earnest; and places that come back."""

from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from actions.education.staff.asking import (
    MistakeError,
    day_of,
    key_of,
    mistake_of,
    new_key,
    number_of,
    office,
)
from actions.sdk import ServiceRefused
from bot.hours import LONDON
from bot.officers import Ability
from bot.turn import wall_clock
from channels.desk.departments import StaffPages
from channels.desk.rules import form

ANSWER_IN: Final = timedelta(days=14)
APPEAL_IN: Final = timedelta(days=42)
"""As the form proposes. Six weeks have 20 school days in them over any holiday but the summer's."""
CLOSES_AT: Final = 17


class Places:
    """The page of rounds.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds it and its forms."""
        self._pages.add("GET", "/allocation", self.show, needs=Ability.TEAM, title="Places")
        for path, handler in (
            ("/allocation/{id}/try", self.try_giving), ("/allocation/{id}/give", self.give),
            ("/allocation/{id}/next", self.offer_next),
        ):  # fmt: skip
            self._pages.add("POST", path, handler, needs=Ability.TEAM)

    async def show(self, request: web.Request) -> web.Response:
        """All rounds with their figures."""
        return await self._page(request)

    async def _page(
        self, request: web.Request, mistake: str = "", tried: dict[str, Any] | None = None
    ) -> web.Response:
        today, now = wall_clock().astimezone(LONDON).date(), wall_clock()
        rounds = await office(self._pages).rounds()
        for each in rounds:
            each["over"] = datetime.fromisoformat(each["deadline"]) < now
        return self._pages.page(
            request, "allocation.html", status=400 if mistake else 200, mistake=mistake, rounds=rounds,
            tried=tried, key=new_key(), day=_day,
            answer_by=(today + ANSWER_IN).isoformat(), appeal_by=(today + APPEAL_IN).isoformat(),
        )  # fmt: skip

    async def try_giving(self, request: web.Request) -> web.StreamResponse:
        """Tells what would come out; nothing is done."""
        number = number_of(request, "id")
        try:
            told = await office(self._pages).try_giving(number)
        except ServiceRefused as refusal:
            return await self._page(request, mistake_of(refusal))
        return await self._page(request, tried={**told, "round": number})

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Gives the places, and parents are told."""
        number, fields = number_of(request, "id"), await form(request)
        try:
            answer_by = day_of(fields, "answer_by", "Answers by")
            at = datetime(answer_by.year, answer_by.month, answer_by.day, CLOSES_AT, tzinfo=LONDON)
            appeal_by = day_of(fields, "appeal_by", "Appeals by")
            await office(self._pages).give(number, at, appeal_by, key=key_of(fields))
        except MistakeError as mistake:
            return await self._page(request, str(mistake))
        except ServiceRefused as refusal:
            return await self._page(request, mistake_of(refusal))
        raise web.HTTPSeeOther(f"{self._pages.base}/allocation")

    async def offer_next(self, request: web.Request) -> web.StreamResponse:
        """Offers a place that came back to the first who waits for it."""
        number, fields = number_of(request, "id"), await form(request)
        urn, year = str(fields.get("urn", "")), str(fields.get("year", ""))
        if not (urn.isascii() and urn.isdecimal() and len(urn) == 6 and year.isascii() and year.isdecimal()):
            raise web.HTTPBadRequest
        try:
            await office(self._pages).offer_next(number, urn, int(year[:2]), key=key_of(fields))
        except ServiceRefused as refusal:
            return await self._page(request, mistake_of(refusal))
        raise web.HTTPSeeOther(f"{self._pages.base}/allocation")


def _day(iso: str | None) -> str:
    if iso is None:
        return ""
    at = datetime.fromisoformat(iso)
    at = at.astimezone(LONDON) if at.tzinfo else at
    return f"{at.day} {at:%b %Y}"
