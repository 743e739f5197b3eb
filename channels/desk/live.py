"""The desk's web socket: says when a page has something new to fetch, and that its officer is there."""

import asyncio
from contextlib import suppress
from random import uniform
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from bot.desk import work
from bot.officers import Ability, Officer
from bot.queue import Pool
from channels.announcer import ANY_CASE, Announcer, Name, Subscription
from channels.desk.listing import reach
from channels.desk.rules import OFFICER, Routes

PRESENCE_EVERY: Final = 20.0
"""Seconds between two signs of life of an officer's page."""
TOGETHER: Final = (0.05, 0.05)
"""Seconds for which news of a case is gathered: a turn tells several times of itself."""
LISTS: Final = (0.05, 2.0)
"""The same for lists, which hear of every case and are many: each waits for a time of its own."""
RESTS: Final = (2.0, 8.0)
"""Seconds after which a list is told again at the soonest."""
MOST_SOCKETS: Final = 12
"""Pages of one officer that are told, in this process."""

_CONVERSATION: Final = """
SELECT conversation_id FROM escalation WHERE id = $1 AND department = ANY($2)
"""


class Live:
    """All sockets of the desk in this process."""

    def __init__(self, pool: Pool, announcer: Announcer) -> None:
        self._pool, self._announcer = pool, announcer
        self._open: dict[int, set[web.WebSocketResponse]] = {}

    def add(self, routes: Routes) -> None:
        """Adds the route."""
        routes.add("GET", "/live", self.serve, needs=Ability.SEE)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """`GET /desk/live?case=17`, or without a case for a list. Out: `{"type": "changed"}`; in: nothing."""
        officer: Officer = request[OFFICER]
        names: list[Name] = [ANY_CASE]
        case_id = None
        if asked := request.query.get("case"):
            if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
                raise web.HTTPBadRequest
            row = await self._pool.fetchrow(_CONVERSATION, int(asked), list(reach(officer)))
            if row is None:
                raise web.HTTPNotFound
            case_id = int(asked)
            names = [f"case {case_id}", *([row["conversation_id"]] if row["conversation_id"] else [])]
        if len(self._open.get(officer.id, ())) >= MOST_SOCKETS:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        # Listens before the page knows that it is open: what it fetches then lacks nothing.
        with self._announcer.subscribe(*names) as subscription:
            return await self._serve(request, officer.id, case_id, subscription)

    async def _serve(
        self, request: web.Request, officer_id: int, case_id: int | None, subscription: Subscription
    ) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=25, compress=False, max_msg_size=1024, timeout=5)
        await socket.prepare(request)
        mine = self._open.setdefault(officer_id, set())
        mine.add(socket)
        tasks = [
            asyncio.create_task(self._tell(socket, subscription, case_id is None)),
            asyncio.create_task(self._live(officer_id, case_id)),
        ]
        try:
            async for message in socket:
                if message.type is not WSMsgType.PING:
                    break  # our page sends nothing
        finally:
            mine.discard(socket)
            if not mine:
                self._open.pop(officer_id, None)
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError, ConnectionError):
                    await task
        return socket

    async def _tell(self, socket: web.WebSocketResponse, subscription: Subscription, is_list: bool) -> None:
        while not socket.closed:
            await subscription.news()
            await asyncio.sleep(uniform(*(LISTS if is_list else TOGETHER)))  # noqa: S311  (spreads work)
            await socket.send_json({"type": "changed"})
            if is_list:
                await asyncio.sleep(uniform(*RESTS))  # noqa: S311

    async def _live(self, officer_id: int, case_id: int | None) -> None:
        while True:
            await work.present(self._pool, officer_id)
            if case_id is not None:
                await work.look(self._pool, case_id, officer_id)
            await asyncio.sleep(PRESENCE_EVERY)

    async def close(self) -> None:
        """Closes all, because we go down."""
        sockets = [socket for group in self._open.values() for socket in group]
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in sockets))
