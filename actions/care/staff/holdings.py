"""Other ways of holding the money, as citizens asked for them."""

from aiohttp import web

from actions.care.client import Care
from actions.care.staff.forms import DeskPage, Sent, mistake_of
from bot.officers import Ability


class Holdings(DeskPage):
    """The page."""

    template = "care_holdings.html"

    def add(self) -> None:
        """Adds the page and its form."""
        self.pages.add("GET", "/holdings", self.all, needs=Ability.ACT)
        self.pages.add("POST", r"/holdings/{id:\d{1,18}}", self.decide, needs=Ability.ACT)

    async def all(self, request: web.Request) -> web.Response:
        """What waits, the longest first."""
        return await self._all(request, "")

    async def _all(self, request: web.Request, mistake: str) -> web.Response:
        return self.show(request, mistake, holdings=await self.pages.service(Care).waiting_holdings())

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """It is agreed, and the money moves; or not, with the reason."""
        sent = await Sent.read(request)
        call = self.pages.service(Care).decide_holding(int(request.match_info["id"]), sent.decision, sent.key)
        if mistake := await mistake_of(call):
            return await self._all(request, mistake)
        raise web.HTTPSeeOther(f"{self.pages.base}/holdings")
