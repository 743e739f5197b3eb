"""The web chat: from a frame in to the reply's frame out, through real sockets of many browsers."""

import asyncio
import uuid
from collections import deque
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Final

import aiohttp

from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.load import Load
from tools.bench.place import Place
from tools.bench.start import MEMORY
from tools.bench.words import talk

RATE: Final = 10
SECONDS: Final = 20.0
BROWSERS: Final = 40
"""So that none comes near the limit of 15 messages a minute."""
REPLY: Final = 60.0
"""Milliseconds, p95."""


class _Browser:
    """A page with JavaScript: a cookie, a socket, and the replies that are awaited on it."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session, self._socket = session, socket
        self._awaited: deque[asyncio.Future[float]] = deque()
        self._turn = 0

    @classmethod
    async def open(cls, stack: AsyncExitStack, base: str) -> "_Browser":
        jar = aiohttp.CookieJar(unsafe=True)  # the service has an address here and no name
        limit = aiohttp.ClientTimeout(total=60)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, timeout=limit))
        async with session.get(f"{base}/") as page:
            page.raise_for_status()
        socket = await stack.enter_async_context(session.ws_connect(f"{base}/chat/socket", origin=base))
        browser = cls(session, socket)
        reading = asyncio.create_task(browser._read())
        stack.callback(reading.cancel)
        return browser

    async def _read(self) -> None:
        async for message in self._socket:
            frame = message.json()
            if frame["type"] == "error" and self._awaited:
                self._awaited.popleft().set_exception(BenchError(f"refused: {frame['code']}"))
            elif frame["type"] == "line" and frame["speaker"] == "assistant" and self._awaited:
                self._awaited.popleft().set_result(perf_counter())

    async def say(self, citizen: int) -> float:
        """Sends one frame; gives the milliseconds until the reply's."""
        text = talk(citizen, self._turn)
        self._turn += 1
        reply: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited.append(reply)
        began = perf_counter()
        await self._socket.send_json({"type": "say", "id": uuid.uuid4().hex, "text": text})
        return (await reply - began) * 1000


async def measure(place: Place) -> list[Figure]:
    """Ten messages a second from forty browsers."""
    times: list[float] = []
    load = Load()
    async with (
        place.database() as url,
        place.service({"DATABASE_URL": url}, "--demo") as service,
        AsyncExitStack() as stack,
    ):
        browsers = [await _Browser.open(stack, service.url) for _ in range(BROWSERS)]

        async def send(number: int, counts: bool) -> None:
            citizen = number % BROWSERS
            took = await browsers[citizen].say(citizen)
            if counts:
                times.append(took)

        await load.run(RATE, SECONDS * place.share, send)
        memory = service.memory()
    what = f"web chat at {RATE} a second, frame in to reply out"
    return [
        Figure("webchat.p50", f"{what}, p50", median(times), "ms"),
        Figure("webchat.p95", f"{what}, p95", percentile(times, 0.95), "ms", REPLY),
        Figure(
            "webchat.late.p99", "  the load generator itself late, p99", percentile(load.late, 0.99), "ms"
        ),
        Figure("webchat.memory", "memory of the one process, after the web chat", memory, "MB", MEMORY),
    ]
