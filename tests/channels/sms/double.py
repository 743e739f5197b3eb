"""A double of Twilio: its message API as a server, and its signed calls to our webhooks."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

ALLOWED = frozenset({"To", "From", "MessagingServiceSid", "Body", "StatusCallback"})


@dataclass
class Media:
    """A picture that Twilio has of a text.

    Args:
        data: its bytes.
        missing: how often it is not there yet.
        status: of the answer, once it is there.
        location: where the answer sends the caller on to; `cdn` is the double's own.
    """

    data: bytes
    missing: int = 0
    status: int = 200
    location: str | None = None


@dataclass
class Sent:
    """A message Twilio was given."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    created_at: datetime
    received_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def json(self, account_sid: str) -> dict[str, object]:
        """What Twilio's API says of it."""
        service = self.sender.startswith("MG")
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": f"{self.created_at:%a, %d %b %Y %H:%M:%S} +0000",
            "date_sent": None,
            "date_updated": f"{self.created_at:%a, %d %b %Y %H:%M:%S} +0000",
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": None if service else self.sender,
            "messaging_service_sid": self.sender if service else None,
            "num_media": "0",
            "num_segments": "0" if service else "1",
            "price": None,
            "price_unit": "GBP",
            "sid": self.sid,
            "status": "accepted" if service else "queued",
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}.json",
        }


class TwilioDouble:
    """Stands where Twilio stands: takes messages as its API does and posts signed webhooks.

    Give the system under test `settings()`; then read `messages`, and set at any time:

    - `latency`: seconds before the API answers;
    - `fail_with`: `(HTTP status, Twilio's code)` for every call until it is None again;
    - `lose_answers`: the message is taken and the connection cut before the answer;
    - `nonsense`: the answer is not what Twilio says;
    - `opted_out`: numbers that get error 21610.

    `add_media` makes it have a picture, which its API gives to who shows the account's credentials.
    `calls` has every call of the API with its fields, `peers` the client's end of each connection.
    """

    def __init__(self, *, account_sid: str = "AC" + "0" * 32, auth_token: str = "double" * 5) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.messages: list[Sent] = []
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.latency = 0.0
        self.fail_with: tuple[int, int] | None = None
        self.lose_answers = False
        self.nonsense = False
        self.opted_out: set[str] = set()
        self.peers: set[tuple[str, int]] = set()
        self.epoch = datetime.now(UTC)
        self._at_work = 0
        self._idle = asyncio.Event()
        self.media: dict[str, Media] = {}
        self.url = ""
        self.cdn = ""
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        app.router.add_post(path, self._create)
        app.router.add_get(path, self._list)
        media = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{{message}}/Media/{{media}}"
        app.router.add_get(media, self._give_media)
        app.router.add_get("/cdn/{media}", self._give_from_cdn)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.cdn = f"http://localhost:{port}"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self, sender: str = "+447700900001") -> dict[str, str]:
        """The environment variables that point Onedoor at this double."""
        return {
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_FROM": sender,
            "TWILIO_API_URL": self.url,
        }

    def sign(self, url: str, params: Mapping[str, str]) -> dict[str, str]:
        """The header of a call of `url`, the public address, written from Twilio's description.

        https://www.twilio.com/docs/usage/security: the address, then each field's name and value in
        the order of the names; HMAC-SHA1 under the account's token.
        """
        data = url + "".join(name + params[name] for name in sorted(params))
        digest = hmac.new(self.auth_token.encode(), data.encode(), hashlib.sha1).digest()
        return {"X-Twilio-Signature": base64.b64encode(digest).decode()}

    async def post(
        self, public_url: str, params: Mapping[str, str], at: str | None = None
    ) -> tuple[int, str]:
        """Calls a webhook as Twilio does.

        Args:
            public_url: the address Twilio knows and signs.
            params: the form's fields.
            at: where the server really listens (`http://127.0.0.1:1234`) if that is elsewhere.

        Returns:
            The HTTP status and the body.
        """
        assert self._session is not None
        parts = urlsplit(public_url)
        url = public_url if at is None else f"{at}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        headers = self.sign(public_url, params)
        async with self._session.post(url, data=dict(params), headers=headers) as answer:
            return answer.status, await answer.text()

    def inbound(self, sender: str, text: str, sid: str | None = None, **more: str) -> dict[str, str]:
        """The fields Twilio sends for a text from a citizen."""
        sid = sid or new_sid()
        return {
            "ToCountry": "GB", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "",
            "FromZip": "", "SmsSid": sid, "FromState": "", "SmsStatus": "received", "FromCity": "",
            "Body": text, "FromCountry": "GB", "To": "+447700900001", "ToZip": "", "NumSegments": "1",
            "MessageSid": sid, "AccountSid": self.account_sid, "From": sender, "ApiVersion": "2010-04-01",
            **more,
        }  # fmt: skip

    async def text(
        self, base_url: str, sender: str, text: str, *, at: str | None = None, sid: str | None = None
    ) -> tuple[int, str]:
        """Posts a citizen's text to `{base_url}/sms/twilio`."""
        return await self.post(f"{base_url}/sms/twilio", self.inbound(sender, text, sid), at)

    async def receipt(
        self, sent: Sent, status: str, error_code: str | None = None, *, at: str | None = None
    ) -> tuple[int, str]:
        """Posts what became of a message to the call-back address that came with it."""
        return await self.post(sent.callback, self.status(sent, status, error_code), at)

    def status(self, sent: Sent, status: str, error_code: str | None = None) -> dict[str, str]:
        """The fields Twilio sends for a receipt."""
        fields = {
            "SmsSid": sent.sid, "SmsStatus": status, "MessageStatus": status, "To": sent.to,
            "MessageSid": sent.sid, "AccountSid": self.account_sid, "From": sent.sender,
            "ApiVersion": "2010-04-01",
        }  # fmt: skip
        return fields | ({"ErrorCode": error_code} if error_code else {})

    def add_media(self, media: Media) -> str:
        """Has a picture, and gives the address that a webhook tells of it."""
        sid = "ME" + secrets.token_hex(16)
        self.media[sid] = media
        return f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages/{new_sid()}/Media/{sid}"

    def with_media(self, sender: str, text: str, *urls: str, kind: str = "image/jpeg") -> dict[str, str]:
        """The fields Twilio sends for a text with pictures."""
        media = {f"MediaUrl{n}": url for n, url in enumerate(urls)}
        kinds = {f"MediaContentType{n}": kind for n in range(len(urls))}
        return self.inbound(sender, text, NumMedia=str(len(urls)), **media, **kinds)

    async def _give_media(self, request: web.Request) -> web.Response:
        self.calls.append(("media", {}))
        media = self.media.get(request.match_info["media"])
        if (refusal := self._refusal(request)) is not None:
            return _error(*refusal)
        if media is None or media.missing > 0:
            if media is not None:
                media.missing -= 1
            return _error(404, 20404)
        if media.location is not None:
            own = f"{self.cdn}/cdn/{request.match_info['media']}"
            return web.Response(
                status=307, headers={"Location": own if media.location == "cdn" else media.location}
            )
        return web.Response(status=media.status, body=media.data, content_type="image/jpeg")

    async def _give_from_cdn(self, request: web.Request) -> web.Response:
        """As a store of files does: a signed address, and credentials are refused."""
        self.calls.append(("cdn", {}))
        if "Authorization" in request.headers:
            return web.Response(status=400)
        return web.Response(body=self.media[request.match_info["media"]].data)

    async def idle(self) -> None:
        """Waits until calls whose caller has gone are finished too."""
        await self._idle.wait()

    async def _create(self, request: web.Request) -> web.Response:
        self._at_work += 1
        self._idle.clear()
        try:
            return await self._take(request)
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._idle.set()

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.calls.append(("create", form))
        await asyncio.sleep(self.latency)
        if (refusal := self._refusal(request) or self._wrong_field(form)) is not None:
            return _error(*refusal)
        sender = form.get("MessagingServiceSid") or form["From"]
        now = datetime.now(UTC).replace(microsecond=0)
        sent = Sent(new_sid(), form["To"], sender, form["Body"], form.get("StatusCallback", ""), now)
        self.messages.append(sent)
        if self.lose_answers and request.transport is not None:
            request.transport.abort()
        if self.nonsense:
            return web.Response(status=201, text="<html>It works!</html>", content_type="text/html")
        return web.json_response(sent.json(self.account_sid), status=201)

    async def _list(self, request: web.Request) -> web.Response:
        self.calls.append(("list", dict(request.query)))
        await asyncio.sleep(self.latency)
        if (refusal := self._refusal(request)) is not None:
            return _error(*refusal)
        size = int(request.query.get("PageSize", "50"))
        found = [m for m in reversed(self.messages) if m.to == request.query.get("To", m.to)][:size]
        return web.json_response(
            {
                "messages": [m.json(self.account_sid) for m in found],
                "page": 0, "page_size": size, "start": 0, "end": max(0, len(found) - 1),
                "uri": request.path_qs, "first_page_uri": request.path_qs, "next_page_uri": None,
                "previous_page_uri": None,
            }
        )  # fmt: skip

    def _refusal(self, request: web.Request) -> tuple[int, int] | None:
        if request.transport is not None:
            self.peers.add(request.transport.get_extra_info("peername"))
        expected = "Basic " + base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if not hmac.compare_digest(request.headers.get("Authorization", ""), expected):
            return 401, 20003
        return self.fail_with

    def _wrong_field(self, form: Mapping[str, str]) -> tuple[int, int] | None:
        callback = urlsplit(form.get("StatusCallback", ""))
        wrong = [
            (form.get("To", "") in self.opted_out, 21610),
            (not form.get("To", "").startswith("+"), 21211),
            (not form.get("Body"), 21602),
            (len(form.get("Body", "")) > 1600, 21617),
            (("From" in form) == ("MessagingServiceSid" in form), 21603),
            (callback.scheme not in ("http", "https") or not callback.hostname, 21609),
            (not ALLOWED.issuperset(form), 20001),
        ]
        return next(((400, code) for is_so, code in wrong if is_so), None)


def new_sid() -> str:
    """An id as Twilio gives to each message."""
    return "SM" + secrets.token_hex(16)


def _error(status: int, code: int) -> web.Response:
    return web.json_response(
        {
            "code": code,
            "message": f"The double refuses this with {code}",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
        status=status,
    )
