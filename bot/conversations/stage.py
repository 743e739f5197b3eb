"""Where scripts are played: the trained model, the departments' stand-ins over HTTP, a database each time."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from typing import Any, Final, Self

import aiohttp
from aiohttp import web
from PIL import Image

from bot.commands.serve import load_demo_data
from bot.database import close_pool, connect_pool, create_database, drop_database, migrate
from bot.engine.engine import Engine
from bot.engine.runtime import packs
from bot.engine.training import find_model
from bot.hours import Hours
from bot.notices import Notices
from bot.packs import histories
from bot.photos import Photos
from bot.problems import Problem
from bot.process import Process
from bot.queue import Pool
from bot.services import Services, stand_in_addresses
from bot.settings import Settings
from bot.turn import Turns
from bot.worker import Worker
from channels.app import stand_ins

NEVER_QUIET: Final = Hours(quiet_from=time(0), quiet_until=time(0))
"""Scripts go on at night as by day."""

_numbers = itertools.count()


class ScriptClock:
    """The time, moved on by what a script asks for; and whether departments answer at that time."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.departments_down = False

    def __call__(self) -> datetime:
        """Now, with what was moved on."""
        return datetime.now(UTC) + self.ahead


def _answering(clock: ScriptClock) -> Any:
    """The stand-ins answer while the script says so."""

    @web.middleware
    async def answer(request: web.Request, handler: Any) -> web.StreamResponse:
        if clock.departments_down:
            raise web.HTTPServiceUnavailable
        response: web.StreamResponse = await handler(request)
        return response

    return answer


class Said:
    """Watches which responses are put into words, so that a script can name them by their keys."""

    def __init__(self) -> None:
        self.rendered: list[tuple[str, str, str]] = []
        """Key, language and text, in order."""

    def watch(self, stack: AsyncExitStack) -> None:
        """Begins; the stack ends it."""
        wording = packs().wording
        render = wording.render

        def watched(key: str, language: str, channel: str, values: Any) -> str:
            text = render(key, language, channel, values)
            self.rendered.append((key, language, text))
            return text

        wording.render = watched  # type: ignore[method-assign]
        stack.callback(setattr, wording, "render", render)  # perhaps another's, which goes on watching


class Stage:
    """One for many conversations: the engine is loaded once, the demo's data is made once and copied."""

    def __init__(self, settings: Settings, server: str, template: str, engine: Engine) -> None:
        self._settings, self._server, self._template, self._engine = settings, server, template, engine
        self._next: asyncio.Task[tuple[str, str]] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, server: str) -> AsyncIterator[Self]:
        """Loads the model and makes the database that conversations start from.

        Args:
            settings: of the installation.
            server: the address of a PostgreSQL where databases can be made.

        Raises:
            Problem: there is no model.
        """
        model = find_model(settings).path
        if not model.exists():
            raise Problem("There is no model yet: run `onedoor train`.")
        name = f"onedoor_scripts_{os.getpid()}"
        await drop_database(server, name)
        url = await create_database(server, name)
        try:
            await migrate(url, histories(packs()))
            pool = await connect_pool(url, size=2)
            await load_demo_data(pool)
            await close_pool(pool)  # a database that somebody is connected to can't be copied
            stage = cls(settings, server, name, Engine(model))
            yield stage
            await stage._drop_next()
        finally:
            await drop_database(server, name)

    async def _copy(self) -> tuple[str, str]:
        name = f"{self._template}_{next(_numbers)}"
        return name, await create_database(self._server, name, template=self._template)

    async def _drop_next(self) -> None:
        if self._next is not None:
            await drop_database(self._server, (await self._next)[0])

    @asynccontextmanager
    async def process(self, clock: ScriptClock) -> AsyncIterator[Process]:
        """A process for one conversation, its database as nobody has used it yet."""
        name, url = await (self._next or asyncio.create_task(self._copy()))
        self._next = asyncio.create_task(self._copy())  # while this conversation is played
        async with AsyncExitStack() as stack:
            stack.push_async_callback(drop_database, self._server, name)
            pool = await connect_pool(url, size=4)
            stack.push_async_callback(close_pool, pool)
            worker = await Worker.start(url)
            stack.push_async_callback(worker.stop)
            # Closed after the stand-ins, which call one another to their end.
            session = await stack.enter_async_context(aiohttp.ClientSession())
            app = web.Application(middlewares=[_answering(clock)])
            addresses: dict[str, str] = {}
            for path, service in stand_ins(pool, addresses, clock=clock).items():
                app.add_subapp(path, service)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            addresses |= stand_in_addresses(f"http://127.0.0.1:{runner.addresses[0][1]}")
            services = Services(packs(), session, addresses)
            notices = Notices(NEVER_QUIET)
            turns = Turns(
                pool,
                self._engine,
                services,
                worker,
                clock=clock,
                notices=notices,
                photos=Photos(pool, self._settings),
            )
            yield Process(self._settings, url, pool, worker, turns, services, notices)


async def keep_picture(pool: Pool, conversation_id: int) -> dict[str, str]:
    """A picture as a message brings it once it was fetched and kept: one white point.

    Args:
        pool: the process's connections.
        conversation_id: whose.
    """
    made = BytesIO()
    Image.new("RGB", (1, 1), "white").save(made, "JPEG")
    photo = await pool.fetchval(
        "INSERT INTO picture (conversation_id, type, width, height, bytes)"
        " VALUES ($1, 'image/jpeg', 1, 1, $2) RETURNING id",
        conversation_id, made.getvalue(),
    )  # fmt: skip
    return {"type": "image/jpeg", "photo": str(photo)}
