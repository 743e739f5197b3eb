"""Plans that were sent: each line is agreed, or talked over with a reason that the citizen reads."""

from aiohttp import web

from actions.care.client import Care
from actions.care.staff.forms import DeskPage, Sent, mistake_of
from actions.sdk import ServiceRefused
from bot.officers import Ability


class Plans(DeskPage):
    """The list, and a plan."""

    template = "care_plans.html"

    def add(self) -> None:
        """Adds the pages."""
        number = r"{id:\d{1,18}}"
        self.pages.add("GET", "/plans", self.all, needs=Ability.ACT, title="Care")
        self.pages.add("GET", f"/plans/{number}", self.one, needs=Ability.ACT)
        self.pages.add("POST", rf"/plans/{number}/lines/{{line:\d{{1,18}}}}", self.decide, needs=Ability.ACT)

    async def all(self, request: web.Request) -> web.Response:
        """Those that wait, the longest first."""
        return self.show(request, plans=await self.pages.service(Care).sent_plans())

    async def one(self, request: web.Request) -> web.Response:
        """A plan with its lines."""
        return await self._one(request, "")

    async def _one(self, request: web.Request, mistake: str) -> web.Response:
        try:
            plan = await self.pages.service(Care).sent_plan(int(request.match_info["id"]))
        except ServiceRefused:
            raise web.HTTPNotFound from None
        worth = plan.budget.pence + plan.budget.contribution
        page = _Plan(self.pages)
        return page.show(request, mistake, plan=plan, worth=worth, left=worth - plan.version.yearly)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """A line is agreed, or to be talked over; with the last one the plan is agreed."""
        sent = await Sent.read(request)
        plan, line = int(request.match_info["id"]), int(request.match_info["line"])
        call = self.pages.service(Care).decide_line(plan, line, sent.decision, sent.key)
        if mistake := await mistake_of(call):
            return await self._one(request, mistake)
        raise web.HTTPSeeOther(f"{self.pages.base}/plans/{plan}#line-{line}")


class _Plan(DeskPage):
    template = "care_plan.html"
