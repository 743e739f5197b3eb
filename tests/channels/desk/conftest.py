"""The desk on a free port, officers of every role, and browsers that may be signed in."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from actions.sdk import Case
from bot.desk.cases import escalate
from bot.inbox import Arrival, accept
from bot.officers import Role, add
from bot.queue import Pool
from bot.settings import Settings
from bot.signin.passwords import Passwords, keep
from channels.announcer import Announcer
from channels.desk.application import application
from channels.desk.rules import _ROUTES, Rule
from channels.pages import add_pages

PASSWORD = "correct-horse-battery"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The same function as ever, at costs that a test can pay a hundred times."""


@dataclass
class Browser:
    """A browser at the desk."""

    client: TestClient[web.Request, None]
    csrf: str = ""

    async def get(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.client.get(f"/desk{path}", allow_redirects=False, **more) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, **fields: Any) -> tuple[int, str]:
        """Sends a form as the desk's own page does."""
        origin = str(self.client.make_url("/")).rstrip("/")
        async with self.client.post(
            f"/desk{path}",
            data={"csrf": self.csrf, **fields},
            headers={"Origin": origin},
            allow_redirects=False,
        ) as answer:
            return answer.status, answer.headers.get("Location", "") or await answer.text()

    async def sign_in(self, email: str, password: str = PASSWORD) -> tuple[int, str]:
        found = await self.post("/sign-in", email=email, password=password)
        _, page = await self.get("/account/password")
        self.csrf = (re.findall(r'name="csrf" value="([^"]+)"', page) or [""])[0]
        return found


@dataclass
class Desk:
    """The desk as tests drive it."""

    pool: Pool
    app: web.Application
    rules: dict[tuple[str, str], Rule]
    new_browser: Callable[[], Awaitable[Browser]]

    async def officer(self, role: Role, *desks: str, name: str = "", must_change: bool = False) -> str:
        """Makes an officer and gives the e-mail address."""
        email = f"{name or role}@onedoor.example"
        async with self.pool.acquire() as connection, connection.transaction():
            number = await add(connection, email, (name or role).title(), role, desks or ("front",), ())
            await keep(connection, number, HASHER.hash(PASSWORD), must_change=must_change)
        return email

    async def signed_in(self, role: Role, *desks: str, name: str = "") -> Browser:
        browser = await self.new_browser()
        status, where = await browser.sign_in(await self.officer(role, *desks, name=name))
        assert (status, where) == (303, "/desk")
        return browser

    async def case(self, desk: str = "front", text: str = "Help", address: str = "+447700900321") -> int:
        """A citizen's case."""
        accepted = await accept(self.pool, Arrival("sms", address, f"m-{address}", text))
        async with self.pool.acquire() as connection, connection.transaction():
            number = await escalate(
                connection, accepted.conversation_id, accepted.inbound_id, desk, Case("asked_for_person")
            )
        assert number is not None
        return number


@pytest.fixture
async def desk(pool: Pool, database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    given = dict(getattr(request, "param", {}))
    demo = given.pop("demo", False)
    async with AsyncExitStack() as stack:
        announcer = Announcer(database_url)
        await announcer.start()
        stack.push_async_callback(announcer.stop)
        settings = Settings.model_validate(
            {"public_url": "http://onedoor.example", "desk_codes": False, **given}
        )
        root = web.Application()
        add_pages(root, https=False)
        app = application(pool, settings, announcer, demo=demo, passwords=Passwords(HASHER))
        root.add_subapp("/desk", app)
        server = await stack.enter_async_context(TestServer(root))

        async def new_browser() -> Browser:
            return Browser(await stack.enter_async_context(TestClient(server)))

        yield Desk(pool, app, app[_ROUTES].rules, new_browser)
