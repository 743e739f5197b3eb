"""Signing in by an OpenID provider: a real one, on a local port."""

import threading
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import oidc_provider_mock
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import audit
from bot.queue import Pool
from bot.settings import Settings
from channels.announcer import Announcer
from channels.desk.application import application
from channels.pages import add_pages
from tests.channels.desk.conftest import Desk


@pytest.fixture
def provider() -> Iterator[str]:
    """An OpenID provider that anybody may use as anybody."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"
    assert threading.active_count() < 100


class Browser:
    """A browser that follows where it is sent, to the provider and back."""

    def __init__(self, session: aiohttp.ClientSession, desk: str) -> None:
        self.session, self.desk = session, desk

    async def go(self, url: str, method: str = "GET", **more: object) -> tuple[int, str]:
        async with self.session.request(method, url, allow_redirects=False, **more) as answer:  # type: ignore[arg-type]
            return answer.status, answer.headers.get("Location", "")

    async def sign_in(self, subject: str) -> str:
        """Goes the whole way; gives where it ends."""
        _, to = await self.go(f"{self.desk}/openid?next=/desk/cases")
        if "/authorize" not in to:
            return to
        _, back = await self.go(to, "POST", data={"sub": subject})
        assert urlsplit(back).path == "/desk/openid/back"
        _, end = await self.go(f"{self.desk}/openid/back?{urlsplit(back).query}")
        return end


@pytest.fixture
async def browser(pool: Pool, database_url: str, provider: str) -> AsyncIterator[Browser]:
    announcer = Announcer(database_url)
    await announcer.start()
    settings = Settings.model_validate(
        {
            "public_url": "http://onedoor.example", "oidc_issuer": provider, "oidc_client_id": "onedoor",
            "oidc_client_secret": "s3cret",
        }
    )  # fmt: skip
    root = web.Application()
    add_pages(root, https=False)
    root.add_subapp("/desk", application(pool, settings, announcer, demo=False))
    jar = aiohttp.CookieJar(unsafe=True)
    async with TestServer(root) as server, aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Browser(session, str(server.make_url("/desk")))
    await announcer.stop()


async def user(provider: str, subject: str, **claims: object) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{provider}/users/{subject}", json=claims) as answer,
    ):
        assert answer.status < 300


async def test_an_officer_comes_in_by_a_verified_address_and_is_known_from_then_on(
    browser: Browser, provider: str, desk: Desk
) -> None:
    await desk.officer("leader", name="lee")
    await user(provider, "u1", email="Lee@onedoor.example", email_verified=True)
    assert await browser.sign_in("u1") == "/desk/cases"
    # The provider asks for its own second factor, so a leader is in at once.
    assert (await browser.go(f"{browser.desk}/cases"))[0] == 200
    await user(provider, "u1", email="other@onedoor.example", email_verified=True)
    browser.session.cookie_jar.clear()
    assert await browser.sign_in("u1") == "/desk/cases"
    assert [entry.action for entry in await audit.look(desk.pool, audit.Asked())] == ["sign-in", "sign-in"]


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "lee@onedoor.example", "email_verified": False},
        {"email": "lee@onedoor.example"},
        {"email": "nobody@onedoor.example", "email_verified": True},
        {},
    ],
)
async def test_others_stay_outside(
    browser: Browser, provider: str, desk: Desk, claims: dict[str, object]
) -> None:
    await desk.officer("leader", name="lee")
    await user(provider, "u2", **claims)
    assert await browser.sign_in("u2") == "/desk/sign-in?openid=unknown"
    assert (await browser.go(f"{browser.desk}/cases"))[0] == 303


async def test_a_second_identity_opens_nothing(browser: Browser, provider: str, desk: Desk) -> None:
    await desk.officer("leader", name="lee")
    for subject, end in (("u3", "/desk/cases"), ("u4", "/desk/sign-in?openid=unknown")):
        await user(provider, subject, email="lee@onedoor.example", email_verified=True)
        assert await browser.sign_in(subject) == end
        browser.session.cookie_jar.clear()


async def test_what_another_browser_began_is_not_finished_here(
    browser: Browser, provider: str, desk: Desk
) -> None:
    await desk.officer("leader", name="lee")
    await user(provider, "u5", email="lee@onedoor.example", email_verified=True)
    _, to = await browser.go(f"{browser.desk}/openid")
    _, back = await browser.go(to, "POST", data={"sub": "u5"})
    query = urlsplit(back).query
    code = parse_qs(query)["code"][0]
    for wrong in (f"code={code}&state=x", f"code={code}", "", "state=&code="):
        assert (await browser.go(f"{browser.desk}/openid/back?{wrong}"))[1] == "/desk/sign-in?openid=failed"
    browser.session.cookie_jar.clear()
    assert (await browser.go(f"{browser.desk}/openid/back?{query}"))[1] == "/desk/sign-in?openid=failed"


async def test_a_code_that_is_not_one(browser: Browser) -> None:
    _, to = await browser.go(f"{browser.desk}/openid")
    state = parse_qs(urlsplit(to).query)["state"][0]
    end = await browser.go(f"{browser.desk}/openid/back?state={state}&code=nonsense")
    assert end == (303, "/desk/sign-in?openid=failed")
