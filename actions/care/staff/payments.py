"""Payments: those that were asked for, those that are held for the next run, and wrong ones put back."""

import re
from typing import Final

from aiohttp import web

from actions.care.client import Care
from actions.care.staff.forms import DeskPage, Sent, mistake_of
from bot.officers import Ability

MOST: Final = 200
"""Payments of one run."""
_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)


class Payments(DeskPage):
    """One page for all."""

    template = "care_payments.html"

    def add(self) -> None:
        """Adds the page and its forms."""
        number = r"{id:\d{1,18}}"
        self.pages.add("GET", "/payments", self.all, needs=Ability.ACT)
        self.pages.add("POST", f"/payments/{number}", self.decide, needs=Ability.ACT)
        self.pages.add("POST", "/payments/run", self.run, needs=Ability.ACT)
        self.pages.add("POST", f"/payments/{number}/back", self.back, needs=Ability.ACT)

    async def all(self, request: web.Request) -> web.Response:
        """What waits, the longest first, and what was paid of late."""
        return await self._all(request, "")

    async def _all(self, request: web.Request, mistake: str) -> web.Response:
        client = self.pages.service(Care)
        asked, held, paid = [await client.waiting_spends(state) for state in ("asked", "held", "paid")]
        return self.show(
            request, mistake, asked=asked, held=held, paid=paid, total=sum(each.pence for each in held)
        )

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """A payment that was asked for is agreed or refused."""
        sent = await Sent.read(request)
        call = self.pages.service(Care).decide_spend(int(request.match_info["id"]), sent.decision, sent.key)
        return await self._done(request, await mistake_of(call))

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Those that are ticked are paid."""
        sent = await Sent.read(request)
        given = sent.fields.getall("pay", []) if hasattr(sent.fields, "getall") else []
        numbers = [int(each) for each in given[:MOST] if _NUMBER.fullmatch(str(each))]
        if not numbers:
            return await self._all(request, "Tick the payments to make.")
        return await self._done(
            request, await mistake_of(self.pages.service(Care).pay(numbers, sent.officer, sent.key))
        )

    async def back(self, request: web.Request) -> web.StreamResponse:
        """A payment that was wrong is put back, by another transfer."""
        sent = await Sent.read(request)
        call = self.pages.service(Care).put_back(int(request.match_info["id"]), sent.end, sent.key)
        return await self._done(request, await mistake_of(call))

    async def _done(self, request: web.Request, mistake: str) -> web.StreamResponse:
        if mistake:
            return await self._all(request, mistake)
        raise web.HTTPSeeOther(f"{self.pages.base}/payments")
