"""The application at `/v2`: who asks, what is asked, and every answer and error in Notify's form."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from aiohttp import web

from bot.keys import AuthError, Key, authenticate, installation_secret, token_of
from bot.notices import Notices
from bot.queue import Pool
from bot.settings import Settings
from bot.templates import with_language
from channels.notify.errors import KINDS, ApiError, invalid
from channels.notify.openapi import document
from channels.notify.reading import Reading, told, zulu
from channels.notify.schemas import LIST_QUERY, mistakes
from channels.notify.sending import Sending, Sent, filled
from channels.sms.segments import measure

log = structlog.get_logger()

MOST_BODY: Final = 512 * 1024
"""Bytes of a request."""
READ_SECONDS: Final = 10.0
PENCE: Final = 100

type Handler = Callable[[web.Request, Key], Awaitable[web.StreamResponse]]


def application(
    pool: Pool, settings: Settings, *, clock: Callable[[], datetime] | None = None, demo: bool = False
) -> web.Application:
    """The API, to be mounted at `/v2`.

    Args:
        pool: the process's connections.
        settings: of the installation.
        clock: the time, where it is not the wall's.
        demo: whether e-mails go to the demo's mailbox where there is no mail server.
    """
    carried = settings.carried | {"email"} if demo else settings.carried
    api = _Api(pool, settings, clock or (lambda: datetime.now(UTC)), carried)
    app = web.Application(middlewares=[_in_notifys_form])
    open_to_all = web.get("/openapi.json", api.openapi)
    app.add_routes(
        [
            open_to_all,
            *(
                web.post(f"/notifications/{channel}", api.sends(channel))
                for channel in ("sms", "email", "letter")
            ),
            web.get("/notifications", api.asked(api.notifications)),
            web.get("/notifications/{id}", api.asked(api.notification)),
            web.get("/notifications/{id}/pdf", api.asked(api.letter)),
            web.get("/templates", api.asked(api.templates)),
            web.get("/template/{id}", api.asked(api.template)),
            web.get("/template/{id}/version/{version}", api.asked(api.template)),
            web.post("/template/{id}/preview", api.asked(api.preview)),
            web.get("/received-text-messages", api.asked(api.received)),
        ]
    )
    return app


@web.middleware
async def _in_notifys_form(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Makes every error one that Notify's clients can read; none holds what was sent."""
    try:
        return await handler(request)
    except ApiError as error:
        return error.response()
    except AuthError as error:
        return ApiError(error.status, error.message).response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        message = (
            "The requested URL was not found on the server" if error.status == 404 else str(error.reason)
        )
        response = ApiError(error.status, message, kind=KINDS.get(error.status)).response()
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.error("notify.not_stored", error=type(error).__name__)
        return ApiError(503, "Try again later").response()
    except Exception as error:  # whatever it is, no department sees a traceback
        log.error("notify.failed", error=type(error).__name__)
        return ApiError(500, "Internal server error").response()


class _Api:
    def __init__(
        self, pool: Pool, settings: Settings, clock: Callable[[], datetime], carried: frozenset[str]
    ) -> None:
        self._pool, self._settings, self._clock = pool, settings, clock
        self._secret: bytes | None = None
        self._notices = Notices(settings.hours, first=settings.default_language)
        self._sending = Sending(pool, self._notices, clock, carried, abroad=settings.texts_abroad)
        self._reading = Reading(pool, settings.base_url)
        self._from_number = settings.twilio_from or settings.demo_number

    def asked(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A route for those who have a key."""

        async def answer(request: web.Request) -> web.StreamResponse:
            if self._secret is None:
                self._secret = await installation_secret(self._pool, self._settings)
            token = token_of(request.headers.get("Authorization"))
            return await handler(request, await authenticate(self._pool, self._secret, token, self._clock()))

        return answer

    def sends(self, channel: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The route that sends by a channel."""

        async def send(request: web.Request, key: Key) -> web.StreamResponse:
            body = await _json(request)
            sent = await self._sending.send(key, channel, body, request.headers.get("Idempotency-Key"))
            log.info("notify.sent", message=sent.made.id, department=key.department, new=sent.made.new)
            return web.json_response(self._sent(channel, sent), status=201)

        return self.asked(send)

    def _sent(self, channel: str, sent: Sent) -> dict[str, Any]:
        made, content = sent.made, {"body": sent.made.text}
        if channel == "sms":
            content["from_number"] = self._from_number
        else:
            content["subject"] = made.subject or ""
        if channel == "email":
            content["from_email"] = parseaddr(self._settings.email_from or "")[1]
        parts = measure(made.text).segments if channel == "sms" else None
        held = made.due_at > self._clock()
        return {
            "id": str(made.public_id), "reference": sent.reference, "content": content,
            "uri": f"{self._settings.base_url}/v2/notifications/{made.public_id}",
            "template": self._reading.template_ref(sent.template.id, sent.template.version),
            "scheduled_for": zulu(made.due_at) if held else None, **self._cost(parts),
        }  # fmt: skip

    def _cost(self, segments: int | None) -> dict[str, Any]:
        """Parts of a text, and what they cost in pounds."""
        if segments is None:
            return {"segments": None, "cost": None}
        return {"segments": segments, "cost": round(segments * self._settings.segment_price / PENCE, 4)}

    async def notifications(self, request: web.Request, key: Key) -> web.StreamResponse:
        """A page of messages."""
        query = _query(request)
        return web.json_response(await self._reading.notifications(key, query))

    async def notification(self, request: web.Request, key: Key) -> web.StreamResponse:
        """One message."""
        return web.json_response(await self._reading.notification(key, _id(request)))

    async def letter(self, request: web.Request, key: Key) -> web.StreamResponse:
        """A letter's pages."""
        return web.Response(
            body=await self._reading.letter(key, _id(request)), content_type="application/pdf"
        )

    async def templates(self, request: web.Request, key: Key) -> web.StreamResponse:
        """Templates in use."""
        channel = request.query.get("type")
        if channel is not None and channel not in LIST_QUERY["template_type"]["enum"]:
            raise invalid("type is not one of [sms, email, letter]")
        return web.json_response(await self._reading.templates(key, channel))

    async def template(self, request: web.Request, key: Key) -> web.StreamResponse:
        """A template, or a version of it."""
        version = request.match_info.get("version")
        if version is not None and not (version.isdecimal() and version.isascii() and len(version) < 10):
            raise invalid("version is not an integer")
        found = await self._reading.template(key, _id(request), int(version) if version else None)
        return web.json_response(told(found))

    async def preview(self, request: web.Request, key: Key) -> web.StreamResponse:
        """What a message would be, in both languages, with what it would cost."""
        body = await _json(request) if request.can_read_body else {}
        if wrong := mistakes("preview", body):
            raise invalid(*wrong)
        template = await self._reading.template(key, _id(request))
        words = filled(template, body.get("personalisation") or {})
        both = with_language(words, None)
        parts = measure(both.body).segments if template.channel == "sms" else None
        return web.json_response(
            {
                "id": str(template.id), "type": template.channel, "version": template.version,
                "body": words["en"].body, "subject": words["en"].subject, "body_cy": words["cy"].body,
                "subject_cy": words["cy"].subject, "html": None, "postage": None, **self._cost(parts),
            }
        )  # fmt: skip

    async def received(self, request: web.Request, key: Key) -> web.StreamResponse:
        """Texts that came in."""
        return web.json_response(await self._reading.received(key, _older_than(request)))

    async def openapi(self, _: web.Request) -> web.StreamResponse:
        """The page that describes all this."""
        return web.json_response(document(self._settings.base_url))


async def _json(request: web.Request) -> Any:
    """The body of a request.

    Raises:
        ApiError: it is too long, too slow, or no JSON.
    """
    if (request.content_length or 0) > MOST_BODY:
        raise ApiError(413, f"The body is larger than {MOST_BODY // 1024} KB")
    try:
        async with asyncio.timeout(READ_SECONDS):
            data = await request.read()  # a body of unknown length is cut off by aiohttp at 1 MB
    except TimeoutError:
        raise ApiError(408, "The body took too long to arrive") from None
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise invalid("Invalid JSON supplied in POST data") from None


def _no_number(_: str) -> None:
    raise ValueError


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise invalid("id is not a valid UUID") from None


def _older_than(request: web.Request) -> UUID | None:
    text = request.query.get("older_than")
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise invalid("older_than is not a valid UUID") from None


def _query(request: web.Request) -> dict[str, Any]:
    """What a listing is narrowed to.

    Raises:
        ApiError: a word in it is not known.
    """
    given = request.query
    query: dict[str, Any] = {"older_than": _older_than(request)}
    if unknown := [name for name in given if name not in LIST_QUERY]:
        raise invalid(f"Additional properties are not allowed ({', '.join(unknown)} was unexpected)")
    for name, schema in (
        ("status", LIST_QUERY["status"]["items"]),
        ("template_type", LIST_QUERY["template_type"]),
    ):
        for value in given.getall(name, []):
            if value not in schema["enum"]:
                raise invalid(f"{name} {value[:40]} is not one of [{', '.join(schema['enum'])}]")
    if statuses := given.getall("status", []):
        query["status"] = statuses
    for name in ("template_type", "reference"):
        if name in given:
            query[name] = given[name].replace("\0", "")
    if "include_jobs" in given:
        query["include_jobs"] = given["include_jobs"].lower() == "true"
    return {name: value for name, value in query.items() if value is not None}
