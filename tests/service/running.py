"""The service as tests run it: the real process, queue, web server and Twilio's library, in this process."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from bot.process import Process, open_process, start_workers
from bot.queue import Pool
from bot.services import stand_in_addresses
from bot.settings import Settings
from channels.announcer import Announcer
from channels.app import application, pictures, senders
from tests.channels.sms.double import Sent, TwilioDouble

PUBLIC: Final = "https://onedoor.example"
"""The address Twilio knows; the signature is over it, wherever the service really listens."""
PATIENCE: Final = 45.0
"""Seconds after which a test gives up waiting; no test measures time by it."""
# Behind those of the demonstration's citizens, whose numbers are on record.
_numbers = itertools.count(400)


def new_number() -> str:
    """A telephone number that no other test of this run has."""
    return f"+447700900{next(_numbers)}"


def make_settings(url: str, twilio: TwilioDouble, **more: Any) -> Settings:
    """Settings of a service on a database, sending through a double of Twilio."""
    values: dict[str, Any] = {"DATABASE_URL": url, "secret_key": "s" * 32, **twilio.settings(), **more}
    return Settings(_env_file=None, **{"public_url": PUBLIC, **values})  # type: ignore[call-arg, unused-ignore]


async def until[T](look: Callable[[], T | None]) -> T:
    """Waits for something to be so, and gives it."""
    async with asyncio.timeout(PATIENCE):
        while (found := look()) is None:  # noqa: ASYNC110  (what it looks at tells nobody)
            await asyncio.sleep(0.01)
        return found


def signed(url: str, fields: dict[str, str], token: str) -> dict[str, str]:
    """The header with which Twilio signs a call, made by Twilio's own library."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, fields)}


@dataclass
class Service:
    """A service that is running.

    Args:
        process: its engine, database and clients.
        twilio: where its texts go.
        at: where it listens.
        session: for calling it.
    """

    process: Process
    twilio: TwilioDouble
    at: str
    session: aiohttp.ClientSession
    _heard: dict[str, int] = field(default_factory=dict)

    @property
    def pool(self) -> Pool:
        """Its database."""
        return self.process.pool

    async def hook(self, path: str, fields: dict[str, str]) -> int:
        """Calls a webhook as Twilio does and gives the status."""
        headers = signed(PUBLIC + path, fields, self.twilio.auth_token)
        async with self.session.post(self.at + path, data=fields, headers=headers) as answer:
            return answer.status

    async def text(self, sender: str, body: str, sid: str | None = None, **more: str) -> None:
        """A text of a citizen arrives; returns when it is stored."""
        assert await self.hook("/sms/twilio", self.twilio.inbound(sender, body, sid, **more)) == 200

    def texts(self, to: str) -> list[Sent]:
        """All texts that Twilio was given for a number."""
        return [sent for sent in self.twilio.messages if sent.to == to]

    async def next(self, to: str) -> str:
        """The next text to a number that this was not asked for yet."""
        place = self._heard.get(to, 0)
        sent = await until(lambda: next(iter(self.texts(to)[place:]), None))
        self._heard[to] = place + 1
        return sent.body

    async def ask(self, sender: str, body: str, **more: str) -> str:
        """Texts and waits for the one answer."""
        await self.text(sender, body, **more)
        return await self.next(sender)

    async def say(self, sender: str, *bodies: str) -> str:
        """Texts one after the other, each after the answer to the one before; gives the last answer."""
        answer = ""
        for body in bodies:
            answer = await self.ask(sender, body)
        return answer

    async def receipt(self, sent: Sent, status: str, code: str | None = None) -> int:
        """Twilio tells what became of a text."""
        path = sent.callback.removeprefix(PUBLIC)
        return await self.hook(path, self.twilio.status(sent, status, code))


@asynccontextmanager
async def running(url: str, twilio: TwilioDouble, *, health: str | None = None) -> AsyncIterator[Service]:
    """Starts a service as `onedoor serve --demo` does, on a free port.

    Args:
        url: its database, with the demo's data.
        twilio: where its texts go.
        health: another address for the hospitals' department than its stand-in.
    """
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        defaults = stand_in_addresses(base) | ({"ONEDOOR_HEALTH_URL": health} if health else {})
        settings = make_settings(url, twilio)
        async with AsyncExitStack() as stack:
            process = await open_process(stack, settings, url, defaults)
            announcer = Announcer(url)
            await announcer.start()
            stack.push_async_callback(announcer.stop)

            async def ready() -> bool:
                return process.worker.alive

            app = application(process.pool, settings, announcer, demo=True, ready=ready)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.SockSite(runner, listening).start()
            carriers = senders(stack, process.pool, settings)
            fetch = pictures(stack, process.pool, settings)
            await start_workers(stack, process, {"turns", "senders"}, lambda: carriers, fetch)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            yield Service(process, twilio, base, session)
