"""The page of canned replies: a desk's ready sentences, in both languages."""

from aiohttp import web

from bot import audit
from bot.desk.replies import ReplyError, canned, keep, remove
from bot.officers import Ability, Officer
from bot.queue import Pool
from channels.desk.listing import reach
from channels.desk.rules import OFFICER, Routes, desk_page
from channels.sms.segments import measure


class CannedReplies:
    """Shows and changes them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.add("GET", "/replies", self.show, needs=Ability.REPLIES)
        routes.add("POST", "/replies", self.keep, needs=Ability.REPLIES)

    async def show(self, request: web.Request) -> web.Response:
        """The replies of the officer's desks."""
        return await self._page(request)

    async def _page(
        self, request: web.Request, mistake: str | None = None, typed: dict[str, str] | None = None
    ) -> web.Response:
        officer: Officer = request[OFFICER]
        desks = sorted(reach(officer))
        return desk_page(
            request, "replies.html", desks=desks, mistake=mistake, typed=typed or {}, measure=measure,
            replies=[reply for desk in desks for reply in await canned(self._pool, desk)],
            status=400 if mistake else 200,
        )  # fmt: skip

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Keeps or removes one."""
        officer: Officer = request[OFFICER]
        form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        desk = form.get("desk", "")
        if desk not in reach(officer):
            raise web.HTTPForbidden
        number = form.get("remove", "")
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                if number.isascii() and number.isdecimal() and len(number) < 19:
                    await remove(connection, desk, int(number))
                    await audit.append(connection, officer.id, "reply.removed", "reply", int(number), {})
                else:
                    kept = await keep(
                        connection, desk, form.get("name", ""), form.get("en", ""), form.get("cy", "")
                    )
                    await audit.append(connection, officer.id, "reply.kept", "reply", kept, {})
        except ReplyError as error:
            return await self._page(request, str(error), form)
        raise web.HTTPSeeOther("/desk/replies")
