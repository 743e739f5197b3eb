"""A double of GOV.UK Notify's API that checks what it is sent."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer


class NotifyDouble:
    """Takes texts as Notify does. `fail_with`: the status and error of every call until it is None again."""

    def __init__(self) -> None:
        self.service, self.secret, self.template = (str(uuid4()) for _ in range(3))
        self.texts: list[dict[str, Any]] = []
        self.fail_with: tuple[int, str] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v2/notifications/sms", self._take)
        app.router.add_get("/v2/notifications", self._list)
        self._server = TestServer(app)
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def settings(self) -> dict[str, str]:
        """Settings that point Onedoor at this double."""
        return {
            "notify_sender_key": f"onedoor-{self.service}-{self.secret}",
            "notify_sender_template": self.template,
            "notify_sender_url": str(self._server.make_url("")),
        }

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        right = set(body) == {"phone_number", "template_id", "personalisation", "reference"}
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if not right or body["template_id"] != self.template or set(body["personalisation"]) != {"body"}:
            return _error(400, "BadRequestError")
        if not body["phone_number"].startswith("+"):
            return _error(400, "ValidationError")
        text = {**body, "id": str(uuid4()), "created_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}
        self.texts.append(text)
        return web.json_response({"id": text["id"], "reference": body["reference"]}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        found = [each for each in self.texts if each["reference"] == request.query["reference"]]
        return web.json_response({"notifications": found, "links": {}})

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self.secret, algorithms=["HS256"], leeway=30)
        except jwt.InvalidTokenError:
            claims = {}
        if claims.get("iss") != self.service or "iat" not in claims:
            return _error(403, "AuthError")
        return _error(*self.fail_with) if self.fail_with else None


def _error(status: int, name: str) -> web.Response:
    body = {"status_code": status, "errors": [{"error": name, "message": "The double refuses this."}]}
    return web.json_response(body, status=status)
