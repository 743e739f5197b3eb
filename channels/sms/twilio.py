"""Twilio's calls to us: a text that came in, and what became of one that went out."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import asyncpg
import structlog
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bot.inbox import Arrival
from bot.metrics import ARRIVALS
from bot.outbox import record_receipt
from bot.queue import Pool
from bot.refusal import clean
from bot.settings import Settings
from channels.sms.optout import Choice, choice
from channels.sms.receiving import receive
from channels.sms.sender import TWILIO

log = structlog.get_logger()

MAX_BODY: Final = 64 * 1024
"""Bytes of a call. Twilio's longest has 1,600 characters and ten addresses of pictures."""

MAX_FIELDS: Final = 200
READ_SECONDS: Final = 5.0
"""Time for a call's body to arrive. Twilio itself waits 15 s for the answer."""

MAX_PICTURES: Final = 10
MAX_ADDRESS: Final = 2_000

EMPTY_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

FORM: Final = "application/x-www-form-urlencoded"
SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
COUNT: Final = re.compile(r"[0-9]{1,3}")
OUR_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
ERROR_CODE: Final = re.compile(r"[0-9]{1,6}")

STATES: Final = {
    "accepted": "accepted",
    "scheduled": "scheduled",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "partially_delivered": "undelivered",
    "undelivered": "undelivered",
    "canceled": "failed",
    "failed": "failed",
}
"""Twilio's word for the state of a message, and ours: https://www.twilio.com/docs/messaging/api/message-resource"""

OPT_OUT_TYPES: Final[dict[str, Choice | None]] = {"STOP": "out", "START": "in", "HELP": None}
"""What Advanced Opt-Out says it did, and then our own words do not count; an unknown word says nothing."""

REFUSALS: Final = {
    "not-set-up": (403, "Twilio is not set up here."),
    "signature": (403, "The signature is missing or not ours."),
    "too-long": (413, "The body is too long."),
    "too-slow": (408, "The body took too long to arrive."),
    "notify-not-set-up": (403, "GOV.UK Notify's calls are not set up here."),
    "token": (403, "The bearer token is missing or wrong."),
    "bad-json": (400, "The body can't be read as a JSON object."),
    "not-a-form": (415, f"The body must be {FORM}."),
    "bad-form": (400, "The body can't be read as a form in UTF-8."),
    "bad-field": (400, "A field is missing or not of its kind."),
    "unknown": (404, "There is no such message."),
    "later": (503, "It can't be stored now."),
}


class RefusedError(Exception):
    """A call is not taken; its code is one of `REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def application(pool: Pool, settings: Settings) -> web.Application:
    """The webhooks, to be mounted at `/sms`: `POST /sms/twilio` and `POST /sms/twilio/status`."""
    hooks = _Webhooks(pool, settings)
    app = web.Application()
    app.router.add_post("/twilio", answering(hooks.inbound))
    app.router.add_post("/twilio/status", answering(hooks.status))
    return app


def answering(
    handle: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Makes a refusal an answer a machine can read, and a database that is away a `503`."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handle(request)
        except RefusedError as refused:
            code = refused.code
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.error("sms.not_stored", error=type(error).__name__)
            code = "later"
        ARRIVALS.labels("sms", "refused").inc()
        log.warning("sms.refused", reason=code, path=request.path)
        status, sentence = REFUSALS[code]
        return web.json_response({"error": code, "message": sentence}, status=status)

    return answer


class _Webhooks:
    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._base_url = settings.base_url
        token = settings.twilio_auth_token
        self._validator = RequestValidator(token.get_secret_value()) if settings.twilio and token else None

    async def inbound(self, request: web.Request) -> web.Response:
        """Stores a text and answers at once that we say nothing yet: the turn's answer is sent later."""
        fields = await self._verified(request)
        media = _media(fields)
        text = fields.get("Body")
        address, sid = fields.get("From", ""), fields.get("MessageSid", "")
        if not PHONE.fullmatch(address) or not SID.fullmatch(sid) or (text is None and not media):
            raise RefusedError("bad-field")
        text, to = clean(text or ""), fields.get("To", "")
        arrival = Arrival(
            "sms",
            address,
            sid,
            text,
            kind="media" if media else "text",
            details={"media": media} if media else {},
            to_address=to if PHONE.fullmatch(to) else None,
        )
        said = fields.get("OptOutType", "")
        chosen = OPT_OUT_TYPES[said] if said in OPT_OUT_TYPES else None if media else choice(text)
        accepted = await receive(self._pool, arrival, chosen)
        ARRIVALS.labels("sms", "new" if accepted.new else "again").inc()
        log.info(
            "sms.arrived", inbound=accepted.inbound_id, conversation=accepted.conversation_id,
            new=accepted.new, pictures=len(media), opted=chosen,
        )  # fmt: skip
        return web.Response(text=EMPTY_TWIML, content_type="text/xml")

    async def status(self, request: web.Request) -> web.Response:
        """Keeps a receipt. One that comes before our own record of the hand-over brings Twilio's id."""
        fields = await self._verified(request)
        numbers = request.query.getall("message", [])
        sid, error_code = fields.get("MessageSid", ""), fields.get("ErrorCode") or None
        state = STATES.get(fields.get("MessageStatus", ""))
        if (
            len(numbers) != 1
            or not OUR_NUMBER.fullmatch(numbers[0])
            or not SID.fullmatch(sid)
            or state is None
            or (error_code is not None and not ERROR_CODE.fullmatch(error_code))
        ):
            raise RefusedError("bad-field")
        outbound_id = int(numbers[0])
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                known = await connection.fetchval(
                    "UPDATE outbound SET sender = coalesce(sender, $3),"
                    " handed_at = coalesce(handed_at, now()),"
                    " sender_message_id = coalesce(sender_message_id, $2)"
                    " WHERE id = $1 AND channel = 'sms' RETURNING sender_message_id",
                    outbound_id,
                    sid,
                    TWILIO,
                )
                if known != sid:
                    raise RefusedError("unknown")
                await record_receipt(connection, outbound_id, state, error_code)
        except asyncpg.UniqueViolationError:  # Twilio's id is that of another of our messages
            raise RefusedError("unknown") from None
        log.info("sms.receipt", message=outbound_id, state=state, code=error_code)
        return web.Response(status=204)

    async def _verified(self, request: web.Request) -> MultiDict[str]:
        """The fields of a call that Twilio signed.

        The signature is over the public address of our settings, never over a header that anyone can
        send; Twilio's library tries it with and without the port.

        Raises:
            RefusedError: it is not Twilio's, or no form.
        """
        signature = request.headers.get("X-Twilio-Signature")
        if self._validator is None:
            raise RefusedError("not-set-up")
        if not signature:
            raise RefusedError("signature")
        body = await read_body(request)
        fields: MultiDict[str] | None = None
        try:
            text = body.decode()
            if request.content_type == FORM:
                fields = _form(text)
        except ValueError:
            raise RefusedError("bad-form") from None
        try:
            url = self._base_url + request.raw_path
            valid = self._validator.validate(url, text if fields is None else fields, signature)
        except (TypeError, ValueError):  # a JSON body without bodySHA256; an address that is none
            valid = False
        if not valid:
            raise RefusedError("signature")
        if fields is None:
            raise RefusedError("not-a-form")
        return fields


async def read_body(request: web.Request) -> bytes:
    """The body of a call, if it is short and comes soon.

    Raises:
        RefusedError: it is not.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.content.iter_chunked(16 * 1024):
                body += chunk
                if len(body) > MAX_BODY:
                    raise RefusedError("too-long")
    except TimeoutError:
        raise RefusedError("too-slow") from None
    except web.RequestPayloadError:  # says it is compressed, and is not
        raise RefusedError("bad-form") from None
    return bytes(body)


def _form(text: str) -> MultiDict[str]:
    """The fields as they were sent, spaces at the ends included: the signature is over them."""
    return MultiDict(
        parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    )


def _media(fields: MultiDict[str]) -> list[dict[str, str]]:
    """Where the pictures of a message are and what they say they are; nothing is fetched here."""
    count = fields.get("NumMedia", "0")
    if not COUNT.fullmatch(count) or int(count) > MAX_PICTURES:
        raise RefusedError("bad-field")
    media = [
        {"url": fields.get(f"MediaUrl{n}", ""), "type": fields.get(f"MediaContentType{n}", "")[:100]}
        for n in range(int(count))
    ]
    for item in media:
        if not item["url"].startswith(("https://", "http://")) or len(item["url"]) > MAX_ADDRESS:
            raise RefusedError("bad-field")
    return media
