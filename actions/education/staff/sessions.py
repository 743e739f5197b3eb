"""Disputed sessions at the desk: both words side by side, and what the desk found out."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from aiohttp import web

from actions.education.client import Education
from actions.education.staff.asking import key_of, mistake_of, new_key, number_of
from actions.sdk import ServiceRefused
from bot.officers import Ability
from channels.desk.departments import StaffPages
from channels.desk.listing import page_number
from channels.desk.rules import OFFICER, form

FOUND: Final[Mapping[str, bool]] = {"yes": True, "no": False}
"""What the form's two buttons say."""


class Sessions:
    """The page of disputed sessions, for the officers who ask both sides.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds it and its form."""
        self._pages.add("GET", "/sessions", self.show, needs=Ability.ACT, title="Disputed sessions")
        self._pages.add("POST", "/sessions/{proposal}/{version}/{number}", self.settle, needs=Ability.ACT)

    async def show(self, request: web.Request) -> web.Response:
        """A page of them, the oldest first."""
        return await self._page(request)

    async def _page(self, request: web.Request, mistake: str = "") -> web.Response:
        page = page_number(request)
        disputes, more = await self._pages.service(Education).disputes(page)
        return self._pages.page(
            request, "sessions.html", status=400 if mistake else 200, mistake=mistake, key=new_key(),
            disputes=disputes, page=page, more=more, day=_day,
            names=request[OFFICER].may(Ability.CONTACT),
        )  # fmt: skip

    async def settle(self, request: web.Request) -> web.StreamResponse:
        """Keeps what the desk found out; both sides are told."""
        fields = await form(request)
        took_place = FOUND.get(str(fields.get("took_place", "")))
        if took_place is None:
            return await self._page(request, "Say whether it took place.")
        proposal, version, number = (number_of(request, each) for each in ("proposal", "version", "number"))
        try:
            await self._pages.service(Education).settle(
                proposal, (version, number), took_place=took_place, key=key_of(fields)
            )
        except ServiceRefused as refusal:
            return await self._page(request, mistake_of(refusal))
        raise web.HTTPSeeOther(f"{self._pages.base}/sessions")


def _day(iso: str) -> str:
    return f"{(on := date.fromisoformat(iso)).day} {on:%b %Y}"
