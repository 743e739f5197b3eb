"""The desk: 200 officers and 5,000 open cases; a message on the officer's screen, the queue, races."""

import asyncio
import hashlib
import secrets
import uuid
from contextlib import AsyncExitStack, suppress
from time import perf_counter
from typing import Final

import aiohttp

from bot.database import close_pool, connect_pool
from bot.desk.ownership import TakenError, take
from bot.queue import Pool
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.load import Load
from tools.bench.place import Place

OFFICERS: Final = 200
CASES: Final = 5_000
TALKING: Final = 20
"""Officers who speak with a citizen on the web; the others have the list open."""
RATE: Final = 5
SECONDS: Final = 20.0
PAGES: Final = 200
RACES: Final = 1_000
SCREEN: Final = 300.0
"""Milliseconds, p95."""
PAGE: Final = 100.0
"""Milliseconds, p95."""

_OFFICERS: Final = """
INSERT INTO officer (email, name, role, desks, on_duty, seen_at)
SELECT 'officer' || n || '@onedoor.example', 'Officer ' || n, 'officer', ARRAY['front', 'health', 'reports'],
    true, now() FROM generate_series(1, $1) n RETURNING id
"""
_CASES: Final = """
INSERT INTO escalation (department, reason, priority, solve_by, reply_by, created_at)
SELECT (ARRAY['front', 'health', 'reports'])[1 + n % 3], 'decision', 5, now() + n * interval '1 minute',
    now() + interval '9 hours', now() - n * interval '1 minute' FROM generate_series(1, $1) n RETURNING id
"""
_SESSION: Final = """
INSERT INTO officer_session (officer_id, token, csrf, method) VALUES ($1, $2, 'bench', 'openid')
"""


class _Screen:
    """An officer's page of a case: its socket, and the part that it fetches when that says so."""

    def __init__(self, session: aiohttp.ClientSession, base: str, case_id: int) -> None:
        self._session, self._base, self._case = session, base, case_id
        self.awaited: dict[str, asyncio.Future[float]] = {}

    async def watch(self) -> None:
        url = f"{self._base}/desk/live?case={self._case}"
        async with self._session.ws_connect(url, origin=self._base) as socket:
            async for _ in socket:
                async with self._session.get(f"{self._base}/desk/cases/{self._case}/part") as answer:
                    shown = await answer.text()
                for text in [text for text in self.awaited if text in shown]:
                    self.awaited.pop(text).set_result(perf_counter())


async def measure(place: Place) -> list[Figure]:
    """All officers connected, twenty of them talking; then the pages, then the races."""
    screens_took: list[float] = []
    pages: list[float] = []
    load = Load()
    async with (
        place.database() as url,
        place.service({"DATABASE_URL": url}, "--demo") as service,
        AsyncExitStack() as stack,
    ):
        pool = await connect_pool(url, size=8)
        stack.push_async_callback(close_pool, pool)
        officers = [row["id"] for row in await pool.fetch(_OFFICERS, OFFICERS)]
        cases = [row["id"] for row in await pool.fetch(_CASES, CASES)]
        await pool.execute("ANALYZE")
        sessions = [await _session(stack, pool, officer) for officer in officers]
        citizens, screens = [], []
        for officer, session in zip(officers[:TALKING], sessions, strict=False):
            citizen, case_id = await _citizen(stack, service.url, pool)
            async with pool.acquire() as connection, connection.transaction():
                await take(connection, case_id, officer, None)
            screen = _Screen(session, service.url, case_id)
            task = asyncio.create_task(screen.watch())
            stack.callback(task.cancel)
            citizens.append(citizen)
            screens.append(screen)
        for session in sessions[TALKING:]:
            task = asyncio.create_task(_list(session, service.url))
            stack.callback(task.cancel)
        await asyncio.sleep(2)

        async def send(number: int, counts: bool) -> None:
            at = number % TALKING
            text = uuid.uuid4().hex
            seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
            screens[at].awaited[text] = seen
            began = perf_counter()
            await citizens[at].send_json({"type": "say", "id": uuid.uuid4().hex, "text": text})
            took = (await seen - began) * 1000
            if counts:
                screens_took.append(took)

        await load.run(RATE, SECONDS * place.share, send)
        for number in range(max(20, int(PAGES * place.share))):
            began = perf_counter()
            async with sessions[number % OFFICERS].get(f"{service.url}/desk/cases") as answer:
                if answer.status != 200 or "data-row" not in await answer.text():
                    raise BenchError(f"the list was answered {answer.status}")
            pages.append((perf_counter() - began) * 1000)
        doubles = await _races(pool, officers, cases[: max(50, int(RACES * place.share))])
        memory = service.memory()
    what = f"desk, {OFFICERS} officers and {CASES:,} open cases"
    screen = f"{what}: a message on the officer's screen"
    return [
        Figure("desk.screen.p50", f"{screen}, p50", median(screens_took), "ms"),
        Figure("desk.screen.p95", "  the same, p95", percentile(screens_took, 0.95), "ms", SCREEN),
        Figure("desk.page.p50", f"{what}: the queue's page, p50", median(pages), "ms"),
        Figure("desk.page.p95", "  the same, p95", percentile(pages, 0.95), "ms", PAGE),
        Figure("desk.doubles", "cases that two officers got, of those raced for", doubles, "", 0),
        Figure("desk.memory", "memory of the one process, after the desk", memory, "MB"),
    ]  # fmt: skip


async def _session(stack: AsyncExitStack, pool: Pool, officer: int) -> aiohttp.ClientSession:
    """A signed-in browser."""
    token = secrets.token_urlsafe(32)
    await pool.execute(_SESSION, officer, hashlib.sha256(token.encode()).digest())
    limit = aiohttp.ClientTimeout(total=60)
    return await stack.enter_async_context(
        aiohttp.ClientSession(headers={"Cookie": f"onedoor-desk={token}"}, timeout=limit)
    )


async def _list(session: aiohttp.ClientSession, base: str) -> None:
    """An officer with the list open, whose page is fetched anew when the socket says so."""
    async with session.ws_connect(f"{base}/desk/live", origin=base) as socket:
        async for _ in socket:
            async with session.get(f"{base}/desk/cases") as answer:
                await answer.read()


async def _citizen(
    stack: AsyncExitStack, base: str, pool: Pool
) -> tuple[aiohttp.ClientWebSocketResponse, int]:
    """A citizen on the web who has asked for a person, and the case."""
    jar = aiohttp.CookieJar(unsafe=True)
    session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
    async with session.get(f"{base}/") as page:
        page.raise_for_status()
    socket = await stack.enter_async_context(session.ws_connect(f"{base}/chat/socket", origin=base))
    newest = await pool.fetchval("SELECT coalesce(max(id), 0) FROM escalation")
    await socket.send_json({"type": "say", "id": uuid.uuid4().hex, "text": "a person please"})
    for _ in range(400):
        found = await pool.fetchval("SELECT id FROM escalation WHERE id > $1", newest)
        if found is not None:
            stack.callback(asyncio.create_task(_drain(socket)).cancel)
            return socket, int(found)
        await asyncio.sleep(0.05)
    raise BenchError("No case came of asking for a person.")


async def _drain(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


async def _races(pool: Pool, officers: list[int], cases: list[int]) -> int:
    """Four officers at once for each case; how often more than one got it."""

    async def attempt(case_id: int, officer: int) -> bool:
        async with pool.acquire() as connection, connection.transaction():
            with suppress(TakenError):
                await take(connection, case_id, officer, None)
                return True
        return False

    doubles = 0
    for number, case_id in enumerate(cases):
        four = [officers[(number + each) % len(officers)] for each in range(4)]
        got = await asyncio.gather(*(attempt(case_id, officer) for officer in four))
        doubles += sum(got) != 1
    return doubles
