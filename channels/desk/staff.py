"""The page of officers: who there is, what they may do, and new ones."""

from aiohttp import web

from bot import audit
from bot.desk.cases import desk_names
from bot.engine.runtime import packs
from bot.officers import ABILITIES, Ability, Officer, OfficerError, Role, add, all_officers, change, find
from bot.queue import Connection, Pool
from bot.signin.failures import Failures
from bot.signin.passwords import Passwords, keep
from bot.signin.renewal import first_password, renew
from channels.desk.listing import reach
from channels.desk.rules import OFFICER, Routes, desk_page, form

ABOVE: dict[Role, frozenset[Role]] = {
    "system": frozenset(ABILITIES),
    "administrator": frozenset({"officer", "leader", "administrator"}),
}
"""Whom a role may make and change: nobody above themselves."""


def manages(me: Officer, them: Officer) -> bool:
    """Whether somebody may change an officer, and give them a new password.

    Only who has every desk of theirs: who makes another's password could sign in as them.
    """
    return them.role in ABOVE[me.role] and (me.reach is None or them.desks <= me.reach)


class Staff:
    """The pages of officers."""

    def __init__(self, pool: Pool, passwords: Passwords, failures: Failures) -> None:
        """Prepares.

        Args:
            pool: the process's connections.
            passwords: hashes the first password.
            failures: forgotten when a password is given anew.
        """
        self._pool, self._passwords, self._failures = pool, passwords, failures

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.add("GET", "/officers", self.show, needs=Ability.OFFICERS)
        routes.add("POST", "/officers", self.make, needs=Ability.OFFICERS)
        routes.add("POST", r"/officers/{id:\d{1,18}}", self.change, needs=Ability.OFFICERS)
        routes.add("POST", r"/officers/{id:\d{1,18}}/reset", self.reset, needs=Ability.OFFICERS)

    async def show(self, request: web.Request) -> web.Response:
        """All that the one who looks may manage."""
        return await self._page(request)

    async def _page(
        self, request: web.Request, *, mistake: str | None = None, told: tuple[str, str] | None = None
    ) -> web.Response:
        officer: Officer = request[OFFICER]
        flows = [flow.id for flow in packs().flows.values() if not flow.small_talk and not flow.fleeting]
        return desk_page(
            request, "officers.html", mistake=mistake, told=told,
            officers=[
                (each, manages(officer, each)) for each in await all_officers(self._pool, officer.reach)
            ],
            roles=sorted(ABOVE[officer.role]), desks=sorted(reach(officer)), skills=["cy", *flows],
            status=400 if mistake else 200,
        )  # fmt: skip

    async def make(self, request: web.Request) -> web.StreamResponse:
        """A new officer; their first password is shown once."""
        me: Officer = request[OFFICER]
        fields = await form(request)
        role, desks = self._wanted(me, fields)
        first, hashed = await first_password(self._passwords)
        email = str(fields.get("email", ""))
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                number = await add(
                    connection, email, str(fields.get("name", "")), role, desks, _skills(fields)
                )
                await keep(connection, number, hashed, must_change=True)
                await audit.append(connection, me.id, "officer.made", "officer", number, {"role": role})
        except OfficerError as error:
            return await self._page(request, mistake=str(error))
        return await self._page(request, told=(email, first))

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Another role, other desks, more or fewer cases, or no more signing in."""
        me, fields = request[OFFICER], await form(request)
        role, desks = self._wanted(me, fields)
        most = str(fields.get("most_cases", ""))
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                them = await self._theirs(connection, me, int(request.match_info["id"]))
                await change(
                    connection, them.id, role, desks, _skills(fields),
                    most_cases=int(most) if most.isascii() and most.isdecimal() and len(most) < 4 else 0,
                    active=fields.get("active") == "1",
                )  # fmt: skip
                await audit.append(
                    connection, me.id, "officer.changed", "officer", them.id,
                    {"role": role, "desks": sorted(desks), "active": fields.get("active") == "1"},
                )  # fmt: skip
        except OfficerError as error:
            return await self._page(request, mistake=str(error))
        raise web.HTTPSeeOther("/desk/officers")

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """A new first password, and the second factor anew: for who lost theirs."""
        me: Officer = request[OFFICER]
        first, hashed = await first_password(self._passwords)
        async with self._pool.acquire() as connection, connection.transaction():
            them = await self._theirs(connection, me, int(request.match_info["id"]))
            await renew(connection, self._failures, them.id, them.email, hashed)
            await audit.append(connection, me.id, "officer.reset", "officer", them.id, {})
        return await self._page(request, told=(them.email, first))

    @staticmethod
    async def _theirs(connection: Connection, me: Officer, number: int) -> Officer:
        """The officer of a number, if they are mine to change."""
        them = await find(connection, number)
        if them is None or not manages(me, them):
            raise web.HTTPNotFound
        return them

    @staticmethod
    def _wanted(me: Officer, fields: object) -> tuple[Role, frozenset[str]]:
        """Role and desks as asked for, if they are mine to give."""
        values = fields.getall("desks", []) if hasattr(fields, "getall") else []
        role, desks = str(fields.get("role", "")), frozenset(str(each) for each in values)  # type: ignore[attr-defined]
        if role not in ABOVE[me.role] or not desks <= reach(me) & desk_names():
            raise web.HTTPForbidden
        return role, desks


def _skills(fields: object) -> frozenset[str]:
    values = fields.getall("skills", []) if hasattr(fields, "getall") else []
    known = {"cy", *packs().flows}
    return frozenset(str(each) for each in values) & known
