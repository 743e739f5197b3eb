"""Signing in by an OpenID provider: a real one, on a local port."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import oidc_provider_mock
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot import audit
from bot.queue import Pool
from bot.settings import Settings
from bot.signin.openid import OpenId, OpenIdError
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


class SlowProvider:
    """A provider that answers in pieces, and signs with whatever key is set."""

    def __init__(self) -> None:
        self.key, self.given = RSAKey.generate_key(2048, {"kid": "a"}), [""]
        self.keys_read, self.knows_us_by = 0, ""

    async def about(self, request: web.Request) -> web.StreamResponse:
        at = f"http://{request.host}"
        return await _in_pieces(
            request,
            {
                "issuer": at, "authorization_endpoint": f"{at}/a", "token_endpoint": f"{at}/t",
                "jwks_uri": f"{at}/k",
            },
        )  # fmt: skip

    async def keys(self, request: web.Request) -> web.StreamResponse:
        self.keys_read += 1
        return await _in_pieces(request, {"keys": [self.key.as_dict(private=False)]})

    async def token(self, request: web.Request) -> web.StreamResponse:
        self.knows_us_by = request.headers["Authorization"]
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": f"http://{request.host}", "aud": "one door", "sub": "u", "iat": now, "exp": now + 60,
            "nonce": self.given[0],
        }  # fmt: skip
        return await _in_pieces(
            request, {"id_token": jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)}
        )


async def _in_pieces(request: web.Request, answer: dict[str, object]) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    raw = json.dumps(answer).encode()
    for at in range(0, len(raw), 100):
        await response.write(raw[at : at + 100])
        await asyncio.sleep(0)
    return response


async def test_answers_in_pieces_and_a_provider_that_changes_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider, app = SlowProvider(), web.Application()
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", provider.about), web.get("/k", provider.keys),
            web.post("/t", provider.token),
        ]
    )  # fmt: skip
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        client = OpenId(str(server.make_url("")), "one door", "s3/cret", "http://back", session)

        async def finish() -> str:
            begun, _ = await client.begin("")
            provider.given[0] = begun.nonce
            return (await client.finish(begun, "code")).subject

        assert await finish() == "u"
        # RFC 6749, 2.3.1: form-encoded first.
        assert base64.b64decode(provider.knows_us_by.removeprefix("Basic ")) == b"one+door:s3%2Fcret"
        provider.key = RSAKey.generate_key(2048, {"kid": "b"})
        with pytest.raises(OpenIdError):
            await finish()  # a token of nonsense keys must not make us ask for ever
        monkeypatch.setattr("bot.signin.openid.ASKED_AGAIN", timedelta(0))
        assert await finish() == "u"
        assert provider.keys_read == 2
