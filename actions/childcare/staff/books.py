"""The funders' books at the desk: what each paid in and what became of it, held beside the ledger."""

from collections.abc import Mapping

from aiohttp import web

from actions.childcare.award_client import Awards
from actions.childcare.staff.forms import MistakeError, key_of, new_key, one_of, pence, text, who
from actions.childcare.staff.runs import NAMES
from actions.sdk import ServiceRefused
from bot.officers import Ability
from channels.desk.departments import StaffPages
from channels.desk.rules import form


class Books:
    """The page of the books.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds it."""
        self._pages.add("GET", "/books", self.show, needs=Ability.TEAM, title="Funders")
        self._pages.add("POST", "/payments-in", self.pay_in, needs=Ability.TEAM)

    @property
    def _awards(self) -> Awards:
        return self._pages.service(Awards)

    async def show(self, request: web.Request) -> web.Response:
        """The books, and the form for what a funder paid in."""
        return await self._show(request)

    async def _show(
        self, request: web.Request, mistake: str = "", typed: Mapping[str, str] | None = None
    ) -> web.Response:
        return self._pages.page(
            request, "books.html", books=await self._awards.books(), names=NAMES, mistake=mistake,
            typed=typed or {}, key=new_key(), status=400 if mistake else 200,
        )  # fmt: skip

    async def pay_in(self, request: web.Request) -> web.StreamResponse:
        """Notes what a funder paid in."""
        fields = await form(request)
        typed = {name: str(fields.get(name, "")) for name in ("funder", "amount", "reference")}
        try:
            await self._awards.pay_in(
                one_of(fields, "funder", "Who paid", NAMES), pence(fields, "amount", "How much"),
                text(fields, "reference", "Their reference")[:100], by=who(request), key=key_of(fields),
            )  # fmt: skip
        except MistakeError as mistake:
            return await self._show(request, str(mistake), typed)
        except ServiceRefused as refusal:
            return await self._show(request, refusal.diagnostics or refusal.code, typed)
        raise web.HTTPSeeOther(f"{self._pages.base}/books")
