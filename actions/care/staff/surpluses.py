"""Surpluses: notice is given, what citizens say is read, and the money is left or taken with a reason."""

from aiohttp import web

from actions.care.client import Care
from actions.care.pounds import pence_of
from actions.care.staff.forms import DeskPage, Sent, mistake_of
from bot.officers import Ability


class SurplusPages(DeskPage):
    """The page."""

    template = "care_surpluses.html"

    def add(self) -> None:
        """Adds the page and its forms."""
        number = r"{id:\d{1,18}}"
        self.pages.add("GET", "/surpluses", self.all, needs=Ability.ACT)
        self.pages.add("POST", r"/surpluses/notice/{reference:[0-9]{8}}", self.notice, needs=Ability.ACT)
        self.pages.add("POST", rf"/surpluses/{number}/{{how:leave|take}}", self.end, needs=Ability.ACT)

    async def all(self, request: web.Request) -> web.Response:
        """The notices that run, and where one might be given."""
        return await self._all(request, "")

    async def _all(self, request: web.Request, mistake: str) -> web.Response:
        return self.show(request, mistake, found=await self.pages.service(Care).surpluses())

    async def notice(self, request: web.Request) -> web.StreamResponse:
        """30 days' notice is given."""
        sent = await Sent.read(request)
        pence = pence_of(sent.text("amount"))
        if pence is None:
            return await self._all(request, "Give the amount in pounds, such as 250 or 250.50.")
        call = self.pages.service(Care).notice_surplus(
            request.match_info["reference"], pence, sent.officer, sent.key
        )
        return await self._done(request, await mistake_of(call))

    async def end(self, request: web.Request) -> web.StreamResponse:
        """The money stays, or is taken."""
        sent = await Sent.read(request)
        how = "leave" if request.match_info["how"] == "leave" else "take"
        call = self.pages.service(Care).end_surplus(int(request.match_info["id"]), how, sent.end, sent.key)  # type: ignore[arg-type]
        return await self._done(request, await mistake_of(call))

    async def _done(self, request: web.Request, mistake: str) -> web.StreamResponse:
        if mistake:
            return await self._all(request, mistake)
        raise web.HTTPSeeOther(f"{self.pages.base}/surpluses")
