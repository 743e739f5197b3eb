"""The way to an OpenID provider and back."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken

from bot import audit
from bot.queue import Pool
from bot.settings import Settings
from bot.signin.openid import Begun, OpenId, OpenIdError, officer_of
from channels.desk.rules import BASE, PUBLIC, Gate, Routes
from channels.desk.signin import inside

log = structlog.get_logger()

COOKIE: Final = "onedoor-openid"
LASTS: Final = 600
"""Seconds that somebody may take at the provider."""


class OpenIdPages:
    """The two addresses of it."""

    def __init__(self, pool: Pool, gate: Gate, settings: Settings, secret: Callable[[], bytes]) -> None:
        """Prepares.

        Args:
            pool: the process's connections.
            gate: begins sessions.
            settings: with the provider.
            secret: gives the installation's.
        """
        self._pool, self._gate, self._settings, self._secret = pool, gate, settings, secret
        self._client: OpenId

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.app.cleanup_ctx.append(self._open)
        routes.add("GET", "/openid", self.begin, needs=PUBLIC)
        routes.add("GET", "/openid/back", self.back, needs=PUBLIC)

    async def _open(self, _app: web.Application) -> AsyncIterator[None]:
        settings = self._settings
        assert settings.oidc_issuer is not None
        assert settings.oidc_client_secret is not None
        known_by = settings.oidc_client_secret.get_secret_value()
        back = f"{settings.base_url}{BASE}/openid/back"
        async with aiohttp.ClientSession() as session:
            self._client = OpenId(
                str(settings.oidc_issuer), str(settings.oidc_client_id), known_by, back, session
            )
            yield

    @property
    def _box(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hmac.digest(self._secret(), b"openid sign-in", "sha256")))

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Sends the browser to the provider."""
        try:
            begun, url = await self._client.begin(inside(request.query.get("next", "")))
        except OpenIdError as error:
            log.warning("desk.openid_failed", why=str(error))
            raise web.HTTPSeeOther(f"{BASE}/sign-in?openid=away") from None
        answer = web.HTTPSeeOther(url)
        kept = self._box.encrypt(json.dumps(asdict(begun)).encode()).decode()
        secure = self._settings.base_url.startswith("https:")
        answer.set_cookie(
            COOKIE, kept, max_age=LASTS, httponly=True, samesite="Lax", secure=secure, path=f"{BASE}/openid"
        )
        raise answer

    def _begun(self, request: web.Request) -> Begun:
        """What this browser began, if that is what it comes back with."""
        kept = self._box.decrypt(request.cookies.get(COOKIE, "").encode(), ttl=LASTS)
        begun = Begun(**json.loads(kept))
        given = request.query.get("state", "")
        if not hmac.compare_digest(begun.state.encode(), given.encode(errors="replace")):
            raise OpenIdError("the state is another's")
        return begun

    async def back(self, request: web.Request) -> web.StreamResponse:
        """Takes who comes back in, if they are an officer."""
        try:
            begun = self._begun(request)
            person = await self._client.finish(begun, request.query.get("code", ""))
        except (InvalidToken, OpenIdError) as error:
            log.warning("desk.openid_failed", why=str(error) or "nothing was begun here")
            raise web.HTTPSeeOther(f"{BASE}/sign-in?openid=failed") from None
        async with self._pool.acquire() as connection, connection.transaction():
            officer_id = await officer_of(connection, person)
            if officer_id is None:
                await audit.append(connection, None, "sign-in.unknown", "officer", None, {})
                token = None
            else:
                previous = request.cookies.get(self._gate.cookie)
                token = await self._gate.sessions.begin(connection, officer_id, "openid", previous)
                await audit.append(connection, officer_id, "sign-in", "officer", officer_id, {"by": "openid"})
        answer = web.HTTPSeeOther((begun.next or BASE) if token else f"{BASE}/sign-in?openid=unknown")
        if token:
            self._gate.remember(answer, token)
        answer.del_cookie(COOKIE, path=f"{BASE}/openid")
        raise answer
