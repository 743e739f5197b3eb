"""The demo phone: a handset in the browser that stands for a citizen's, where there is no Twilio."""

import asyncio
import hashlib
import re
import secrets
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.inbox import Arrival
from bot.queue import Pool
from bot.refusal import clean
from bot.settings import ROOT, Settings
from channels.sms.optout import choice
from channels.sms.receiving import receive
from channels.sms.texts import read_texts

COOKIE: Final = "onedoor_demo_phone"
STATIC: Final = Path(__file__).parent / "static"

FIRST: Final = "+447700900"
DRAMA: Final = re.compile(r"(?:\+44|0044|44|0)(7700900[0-9]{3})")
"""Numbers that Ofcom keeps free for drama: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama"""

MAX_FORM: Final = 64 * 1024
MAX_TEXT: Final = 1_600
"""Characters that Twilio takes in one message."""

KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
ANSWER_SECONDS: Final = 3.0
"""How long a page without scripts waits for the answer before it is shown."""

WRONG_NUMBER: Final = "Enter one of Ofcom's numbers for drama, from 07700 900000 to 07700 900999."
OUR_NUMBER: Final = "That is Onedoor's own number. Enter another."
TOO_LONG: Final = "A text can have 1,600 characters at most."

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def demo_application(pool: Pool, settings: Settings) -> web.Application:
    """The telephone, to be mounted at `/demo` in the demo only: whoever opens it may be any drama number.

    `GET /demo/phone` is the page, `GET /demo/phone/texts` the same as JSON, `POST /demo/phone/text` and
    `POST /demo/phone/number` its forms.
    """
    phone = _Phone(pool, settings)
    app = web.Application()
    app.router.add_get("/phone", phone.page)
    app.router.add_get("/phone/texts", phone.texts)
    app.router.add_post("/phone/text", phone.send)
    app.router.add_post("/phone/number", phone.choose)
    app.router.add_get("/static/{version}/{name}", phone.static)
    app.on_response_prepare.append(_secure)
    return app


async def _secure(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


class _Phone:
    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._onedoor = settings.demo_number
        self._base_url = settings.base_url
        self._files = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.is_file()}
        self._version = hashlib.sha256(b"".join(v for _, v in sorted(self._files.items()))).hexdigest()[:16]
        self._templates = Environment(
            loader=FileSystemLoader(ROOT / "templates" / "pages"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def page(self, request: web.Request) -> web.Response:
        """The handset."""
        number = _chosen(request) or await self._free_number()
        return await self._show(number)

    async def texts(self, request: web.Request) -> web.Response:
        """The texts as JSON; unchanged ones are not sent again."""
        number = _chosen(request)
        if number is None:
            raise web.HTTPForbidden(text="Open /demo/phone first.")
        response = web.json_response(await read_texts(self._pool, number))
        response.headers["Cache-Control"] = "no-cache"
        response.etag = hashlib.sha256(response.body if isinstance(response.body, bytes) else b"").hexdigest()
        if any(tag.value == response.etag.value for tag in request.if_none_match or () if response.etag):
            return web.Response(status=304, headers={"ETag": response.headers["ETag"]})
        return response

    async def send(self, request: web.Request) -> web.Response:
        """Texts Onedoor. The form's `key` makes a form that is sent twice one text."""
        number, form = await self._form(request)
        text, key = clean(form.get("text", "")), form.get("key", "")
        json = "application/json" in request.headers.get("Accept", "")
        if len(text) > MAX_TEXT:
            if json:
                return web.json_response({"error": TOO_LONG}, status=400)
            return await self._show(number, text=text, text_error=TOO_LONG)
        if text.strip():
            if not KEY.fullmatch(key):
                key = secrets.token_urlsafe(12)
            arrival = Arrival("sms", number, f"demo {number} {key}", text, to_address=self._onedoor)
            accepted = await receive(self._pool, arrival, choice(text))
            if not json:
                await self._answered(accepted.inbound_id)
        if json:
            return web.json_response(await read_texts(self._pool, number))
        raise web.HTTPSeeOther("/demo/phone#text")

    async def choose(self, request: web.Request) -> web.Response:
        """Makes the handset another one: of the number given, or a new one."""
        number, form = await self._form(request)
        wanted = form.get("number", "")
        match = DRAMA.fullmatch(re.sub(r"[\s().-]", "", wanted))
        if "new" in form:
            chosen = await self._free_number()
        elif match is None:
            return await self._show(number, entered=wanted[:50], number_error=WRONG_NUMBER)
        elif f"+44{match[1]}" == self._onedoor:
            return await self._show(number, entered=wanted[:50], number_error=OUR_NUMBER)
        else:
            chosen = f"+44{match[1]}"
        response = web.HTTPSeeOther("/demo/phone")
        self._remember(response, chosen)
        raise response

    async def static(self, request: web.Request) -> web.Response:
        """The page's style sheet and script, under an address that changes with them."""
        body = self._files.get(request.match_info["name"])
        if body is None or request.match_info["version"] != self._version:
            raise web.HTTPNotFound
        return web.Response(
            body=body,
            content_type="text/css" if request.match_info["name"].endswith(".css") else "text/javascript",
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )

    async def _show(
        self, number: str, *, entered: str = "", number_error: str = "", text: str = "", text_error: str = ""
    ) -> web.Response:
        html = self._templates.get_template("demo_phone.html").render(
            number=number,
            shown=_national(number),
            onedoor=_national(self._onedoor),
            texts=await read_texts(self._pool, number),
            key=secrets.token_urlsafe(12),
            entered=entered or _national(number),
            number_error=number_error,
            text=text,
            text_error=text_error,
            version=self._version,
            max_text=MAX_TEXT,
        )
        status = 400 if number_error or text_error else 200
        response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
        self._remember(response, number)
        return response

    def _remember(self, response: web.StreamResponse, number: str) -> None:
        response.set_cookie(
            COOKIE,
            number,
            path="/demo",
            httponly=True,
            samesite="Strict",
            secure=self._base_url.startswith("https:"),
        )

    async def _form(self, request: web.Request) -> tuple[str, dict[str, str]]:
        """The number of the handset and the fields, if the form is one of our own page.

        Raises:
            web.HTTPForbidden: another site sent it, or the page was never opened.
        """
        number = _chosen(request)
        origin = request.headers.get("Origin", "")
        ours = {f"{request.scheme}://{request.host}", self._origin()}
        if number is None or origin not in ours:
            raise web.HTTPForbidden(text="Open /demo/phone and try again.")
        if (request.content_length or 0) > MAX_FORM:
            raise web.HTTPRequestEntityTooLarge(max_size=MAX_FORM, actual_size=request.content_length or 0)
        try:
            fields = await request.post()
        except (ValueError, LookupError, web.RequestPayloadError):
            raise web.HTTPBadRequest(text="The form can't be read.") from None
        return number, {name: value for name, value in fields.items() if isinstance(value, str)}

    def _origin(self) -> str:
        parts = urlsplit(self._base_url)
        return f"{parts.scheme}://{parts.netloc}"

    async def _free_number(self) -> str:
        """A drama number that nobody has texted from yet; when all have, any."""
        rows = await self._pool.fetch(
            "SELECT address FROM conversation WHERE channel = 'sms' AND starts_with(address, $1)", FIRST
        )
        taken = {row["address"] for row in rows} | {self._onedoor}
        numbers = [f"{FIRST}{n:03}" for n in range(1_000)]
        free = [number for number in numbers if number not in taken]
        return secrets.choice(free or [number for number in numbers if number != self._onedoor])

    async def _answered(self, inbound_id: int) -> None:
        """Waits for the answer to be on the handset, for so long; no connection is held meanwhile."""
        for _ in range(int(ANSWER_SECONDS / 0.1)):
            if await self._pool.fetchval(
                "SELECT done_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbound o"
                " WHERE o.inbound_id = i.id AND o.status IN ('created', 'handing'))"
                " FROM inbound i WHERE i.id = $1",
                inbound_id,
            ):
                return
            await asyncio.sleep(0.1)


def _chosen(request: web.Request) -> str | None:
    number = request.cookies.get(COOKIE, "")
    return number if number.startswith("+44") and DRAMA.fullmatch(number) else None


def _national(number: str) -> str:
    """`+447700900123` as it is written at home, `07700 900123`; anything else as it is."""
    return f"0{number[3:7]} {number[7:]}" if DRAMA.fullmatch(number) else number
