"""The lists of cases: what waits, what is mine, my team's, put off, closed; the next one; search."""

from typing import Final

from aiohttp import web

from bot import audit
from bot.desk.cases import desk_names, reason
from bot.desk.queue import PAGE, View, counts, entries, take_next
from bot.desk.record import clock
from bot.desk.search import LONGEST, search
from bot.desk.work import present
from bot.officers import Ability, Officer
from bot.queue import Pool
from bot.turn import wall_clock
from channels.desk.rules import OFFICER, Routes, desk_page

VIEWS: Final[dict[str, str]] = {
    "waiting": "Waiting",
    "mine": "Mine",
    "team": "With colleagues",
    "snoozed": "Put off",
    "closed": "Closed",
}
FURTHEST: Final = 200
"""Pages of a list."""


def reach(officer: Officer) -> frozenset[str]:
    """The desks whose cases an officer sees."""
    return desk_names() if officer.reach is None else officer.reach


def page_number(request: web.Request) -> int:
    """`?page=`, from 1; nonsense is the first page."""
    asked = request.query.get("page", "1")
    return min(int(asked), FURTHEST) if asked.isascii() and asked.isdecimal() and int(asked[:6]) else 1


class Lists:
    """The pages that list cases."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.add("GET", "/cases", self.show, needs=Ability.SEE)
        routes.add("POST", "/cases/next", self.next, needs=Ability.ACT)
        routes.add("POST", "/duty", self.duty, needs=Ability.ACT)
        routes.add("GET", "/search", self.search, needs=Ability.SEE)

    async def show(self, request: web.Request) -> web.Response:
        """`GET /desk/cases?view=mine&desk=health&page=2`."""
        officer: Officer = request[OFFICER]
        asked = request.query.get("view", "waiting")
        view: View = asked if asked in VIEWS else "waiting"  # type: ignore[assignment]
        mine = sorted(reach(officer))
        chosen = request.query.get("desk", "")
        desks = [chosen] if chosen in mine else mine
        page, now = page_number(request), wall_clock()
        rows = await entries(self._pool, view, desks, officer.id, skip=(page - 1) * PAGE)
        return desk_page(
            request, "cases.html",
            views=VIEWS, view=view, counts=await counts(self._pool, desks, officer.id),
            rows=[(row, reason(row.reason), clock(row, now)) for row in rows],
            desks=mine, chosen=chosen if chosen in mine else "", page=page, more=len(rows) == PAGE, now=now,
            full=sum(1 for row in rows if row.state == "taken") >= officer.most_cases and view == "mine",
        )  # fmt: skip

    async def next(self, request: web.Request) -> web.Response:
        """Takes the next case; back to the list when none waits."""
        officer: Officer = request[OFFICER]
        async with self._pool.acquire() as connection, connection.transaction():
            await present(connection, officer.id)
            case_id = await take_next(connection, officer.id, reach(officer), officer.skills)
            if case_id is not None:
                await audit.append(
                    connection, officer.id, "case.taken", "escalation", case_id, {"next": True}
                )
        raise web.HTTPSeeOther(f"/desk/cases/{case_id}" if case_id else "/desk/cases?nothing=1")

    async def duty(self, request: web.Request) -> web.Response:
        """Goes on or off duty; what was taken stays taken."""
        officer, form = request[OFFICER], await request.post()
        on = form.get("on") == "1"
        async with self._pool.acquire() as connection, connection.transaction():
            await present(connection, officer.id, on_duty=on)
            await connection.execute(
                "UPDATE officer SET pulls = $2 WHERE id = $1", officer.id, on and form.get("pulls") == "1"
            )
            await audit.append(
                connection, officer.id, "duty.on" if on else "duty.off", "officer", officer.id, {}
            )
        raise web.HTTPSeeOther("/desk/cases")

    async def search(self, request: web.Request) -> web.Response:
        """`GET /desk/search?q=…`: in what the officer may see; audited without the words."""
        officer: Officer = request[OFFICER]
        words, now = request.query.get("q", "").strip()[:LONGEST], wall_clock()
        found = await search(
            self._pool, words, reach(officer), officer.id, contact=officer.may(Ability.CONTACT)
        ) if words else []  # fmt: skip
        if words:
            async with self._pool.acquire() as connection, connection.transaction():
                await audit.append(
                    connection, officer.id, "cases.searched", "officer", officer.id, {"found": len(found)}
                )
        return desk_page(
            request, "search.html", words=words,
            rows=[(row, reason(row.reason), clock(row, now)) for row in found], now=now,
        )  # fmt: skip
