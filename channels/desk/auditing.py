"""The page of the audit, for those who look after those who look."""

from datetime import date

from aiohttp import web

from bot import audit
from bot.officers import Ability, Officer
from bot.queue import Pool
from channels.desk.rules import OFFICER, Routes, desk_page


class AuditPage:
    """Shows the audit; that it was looked at is audited too."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, routes: Routes) -> None:
        """Adds the route, with what it needs."""
        routes.add("GET", "/audit", self.show, needs=Ability.AUDIT)

    async def show(self, request: web.Request) -> web.Response:
        """`GET /desk/audit?officer=3&action=case.&case=17&since=2026-11-01&until=…&before=900`."""
        officer: Officer = request[OFFICER]
        query = request.query
        asked = audit.Asked(
            _number(query.get("officer")), query.get("action", "").strip()[:60] or None,
            _number(query.get("case")), _day(query.get("since")), _day(query.get("until")),
            _number(query.get("before")),
        )  # fmt: skip
        entries = await audit.look(self._pool, asked)
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.append(connection, officer.id, "audit.viewed", "audit", None, {})
        officers = await self._pool.fetch("SELECT id, name FROM officer ORDER BY name")
        more = entries[-1].id if len(entries) == audit.PAGE else None
        kept = {name: value for name, value in query.items() if name != "before" and value}
        return desk_page(
            request, "audit.html", entries=entries, asked=asked, officers=officers, more=more, kept=kept
        )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
