"""Staff pages of the departments: each pack's own, at the desk, behind its sign-in, roles and reach."""

import importlib
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from actions.sdk import Service, ServiceDown
from bot import audit
from bot.engine.runtime import packs
from bot.officers import Ability, Officer
from bot.packs import Pack
from bot.queue import Pool
from bot.services import stand_in_addresses
from bot.settings import Settings
from channels.clients import Clients
from channels.desk.rules import BASE, OFFICER, Routes, desk_page
from channels.pages import environment


class StaffPages:
    """What a pack's `staff.add` is given: adds pages below `/desk/<pack>`, and what their handlers need."""

    def __init__(self, pool: Pool, routes: Routes, pack: Pack, clients: Clients) -> None:
        """Prepares.

        Args:
            pool: for the audit.
            routes: of the desk.
            pack: whose pages they are.
            clients: the departments'.
        """
        self._pool, self._routes, self._pack, self._clients = pool, routes, pack, clients

    @property
    def base(self) -> str:
        """The address that the pages' own addresses are below: `/desk/childcare`."""
        return f"{BASE}/{self._pack.name}"

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration, with the departments' stand-ins."""
        return self._routes.demo

    def add(
        self,
        method: str,
        path: str,
        handler: Handler,
        *,
        needs: Ability,
        title: str | None = None,
        largest: int | None = None,
        takes_away: bool = False,
    ) -> None:
        """Adds a page or a form.

        The officer is in `request[OFFICER]` (`channels.desk.rules`). A form's token was checked. A form is
        for those who may act, whatever its page takes: who looks on, as an auditor, changes nothing. It is in
        the audit before its handler begins and once more with what came of it, as a department that does not
        answer in time may have done it all the same.

        Args:
            method: of HTTP.
            path: below `base`, beginning with a slash.
            handler: what answers.
            needs: the ability it takes, besides working at the department's desk.
            title: of the link in the desk's navigation; None for no link.
            largest: bytes of its form, where it brings a file; its fields are had from
                `channels.desk.rules.form`.
            takes_away: whether a page is a file of many people's data, and so in the audit too.
        """
        full, acts = f"/{self._pack.name}{path}", method not in ("GET", "HEAD")

        async def within_reach(request: web.Request) -> web.StreamResponse:
            officer: Officer = request[OFFICER]
            if officer.reach is not None and self._pack.desk not in officer.reach:
                raise web.HTTPForbidden
            if takes_away:
                await self._keep(request, officer, full, "taken")
            if not acts:
                return await self._answer(request, handler)
            await self._keep(request, officer, full, "asked")
            outcome = "unanswered"
            try:
                response = await self._answer(request, handler)
                outcome = _outcome(response.status)
            except web.HTTPException as answer:
                outcome = _outcome(answer.status)
                raise
            finally:
                await self._keep(request, officer, full, outcome)
            return response

        rule = frozenset({needs, Ability.ACT}) if acts else needs
        self._routes.add(method, full, within_reach, needs=rule, largest=largest)
        if title is not None:
            self._routes.link(title, full, needs, self._pack.desk)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ServiceDown:
            return desk_page(request, "service_down.html", status=503, title=self._pack.title["en"])

    async def _keep(self, request: web.Request, officer: Officer, route: str, what: str) -> None:
        numbers = {name: value for name, value in request.match_info.items() if value.isdigit()}
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.append(
                connection, officer.id, f"{self._pack.name}.{what}", "staff_page", None,
                {"route": route, **numbers},
            )  # fmt: skip

    def page(
        self, request: web.Request, template: str, *, status: int = 200, **values: object
    ) -> web.Response:
        """A page from the pack's `staff/templates`; it extends `desk/base.html` and finds what those find.

        Args:
            request: what asks for it.
            template: its file.
            status: of HTTP.
            values: what it names; `base` is there already, and `may_act`: whether who looks
                may send its forms.
        """
        templates = _templates(self._pack.folder / "staff" / "templates")
        may_act = request[OFFICER].may(Ability.ACT)
        return desk_page(
            request, template, templates, status=status, base=self.base, may_act=may_act, **values
        )

    def service[S: Service](self, kind: type[S]) -> S:
        """The client of a department's service, or of the ledger.

        Raises:
            ServiceDown: it has no address yet.
        """
        try:
            client = self._clients.services.client(kind)
        except LookupError:
            raise ServiceDown("no address") from None
        assert isinstance(client, kind)
        return client


def _outcome(status: int) -> str:
    """What the audit says of a form that was answered so."""
    if status >= 500:
        return "unanswered"
    return "refused" if status >= 400 else "changed"


@cache
def _templates(folder: Path) -> Environment:
    shared = environment()
    assert shared.loader is not None
    return shared.overlay(loader=ChoiceLoader([FileSystemLoader(folder), shared.loader]))


def add_departments(
    app: web.Application, routes: Routes, pool: Pool, settings: Settings, *, demo: bool
) -> None:
    """Adds the staff pages of every pack that has a `staff` folder.

    Args:
        app: the desk's.
        routes: of the desk.
        pool: for the audit.
        settings: tells where the stand-ins are served.
        demo: whether they are.
    """
    clients = Clients(stand_in_addresses(f"http://127.0.0.1:{settings.port}", demo=demo))
    app.cleanup_ctx.append(clients.open)
    for pack in packs().packs.values():
        if (pack.folder / "staff" / "__init__.py").exists():
            module: Any = importlib.import_module(f"{pack.package}.staff")
            module.add(StaffPages(pool, routes, pack, clients))
