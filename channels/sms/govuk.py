"""Carries texts through GOV.UK Notify's REST API, and takes its calls: receipts, and texts that came in."""

import hmac
import json
import re
import time
from datetime import datetime
from typing import Any, Final

import aiohttp
import asyncpg
import jwt
import structlog
from aiohttp import web

from bot.inbox import Arrival
from bot.metrics import ARRIVALS
from bot.outbox import Outgoing, SendError, record_receipt
from bot.queue import Pool
from bot.refusal import clean
from bot.settings import NOTIFY_KEY, Settings
from channels.sms.optout import choice
from channels.sms.receiving import receive
from channels.sms.segments import prepare
from channels.sms.sender import CLOCKS_APART
from channels.sms.twilio import OUR_NUMBER, PHONE, RefusedError, answering, read_body

log = structlog.get_logger()

NOTIFY: Final = "govuk notify"
LONGEST: Final = 918
"""Characters of a text that Notify takes."""
TIMEOUT: Final = 10.0
"""Seconds for one call of Notify, connecting included."""

STATES: Final = {
    "created": "accepted",
    "sending": "sending",
    "pending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "temporary-failure": "undelivered",
    "permanent-failure": "undelivered",
    "technical-failure": "failed",
}
"""Notify's word for the state of a text, and ours: docs/sources.md. `sent` is said of texts abroad."""

ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotifySender:
    """Hands texts to GOV.UK Notify, and finds by our reference those that a crash left without a record."""

    name: str = NOTIFY

    def __init__(self, pool: Pool, settings: Settings, *, timeout: float = TIMEOUT) -> None:
        """Prepares a sender; no call is made yet.

        Args:
            pool: the process's connections.
            settings: with Notify's key and template (`settings.notify_sender`).
            timeout: seconds for one call.
        """
        assert settings.notify_sender_key is not None
        key = NOTIFY_KEY.fullmatch(settings.notify_sender_key.get_secret_value())
        assert key is not None
        self._pool = pool
        self._service, self._secret = key[1], key[2]
        self._template = str(settings.notify_sender_template)
        self._url = str(settings.notify_sender_url).rstrip("/") + "/v2/notifications"
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Outgoing) -> str:
        """Hands the message over and gives Notify's id of it.

        Raises:
            SendError: it was not taken.
        """
        text = prepare(message.text)
        if len(text) > LONGEST:
            raise SendError("too-long", permanent=True)
        answer = await self._ask(
            "POST",
            f"{self._url}/sms",
            json={
                "phone_number": message.to,
                "template_id": self._template,
                "personalisation": {"body": text},
                "reference": str(message.id),
            },
        )
        return _id(answer)

    async def find(self, message: Outgoing) -> str | None:
        """Notify's id of a message that was perhaps handed over and not recorded.

        A reference is the number of a row, which a restored database may give again: the telephone and
        the time must fit too.

        Raises:
            SendError: Notify can't be asked now.
        """
        created = await self._pool.fetchval("SELECT created_at FROM outbound WHERE id = $1", message.id)
        if created is None:
            return None
        answer = await self._ask("GET", self._url, params={"reference": str(message.id)})
        try:
            for each in answer["notifications"]:
                at = datetime.fromisoformat(each["created_at"])
                if each["phone_number"] == message.to and at >= created - CLOCKS_APART:
                    return _id(each)
        except (KeyError, TypeError, ValueError):
            raise SendError("nonsense", permanent=False) from None
        return None

    async def close(self) -> None:
        """Closes the connections to Notify."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, url: str, **rest: Any) -> Any:
        """Calls Notify and tells its errors apart.

        Raises:
            SendError: with Notify's own name of the error, or the HTTP status.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
            )
        token = jwt.encode({"iss": self._service, "iat": int(time.time())}, self._secret, algorithm="HS256")
        try:
            async with self._session.request(
                method, url, timeout=self._timeout, allow_redirects=False,
                headers={"Authorization": f"Bearer {token}"}, **rest,
            ) as answer:  # fmt: skip
                status, body = answer.status, await answer.read()
        except (aiohttp.ClientError, OSError):  # a TimeoutError is an OSError
            raise SendError("no-answer", permanent=False) from None
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if status in (200, 201):
            if not isinstance(found, dict):
                raise SendError("nonsense", permanent=False)
            return found
        # A wrong number is a ValidationError; a trial service or a lost template, which an operator can
        # mend while we try again, is a BadRequestError.
        wrong = status == 400 and _error(found) == "ValidationError"
        raise SendError("ValidationError" if wrong else str(status), permanent=wrong)


def _error(found: Any) -> str | None:
    try:
        return str(found["errors"][0]["error"])
    except (KeyError, TypeError, IndexError):
        return None


def _id(answer: Any) -> str:
    found = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not ID.fullmatch(found):
        raise SendError("nonsense", permanent=False)
    return found


def add_notify(app: web.Application, pool: Pool, settings: Settings) -> None:
    """Adds Notify's call-backs, `POST /sms/notify/status` and `POST /sms/notify/received`, to `/sms`."""
    hooks = _Webhooks(pool, settings)
    app.router.add_post("/notify/status", answering(hooks.status))
    app.router.add_post("/notify/received", answering(hooks.received))


class _Webhooks:
    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        token = settings.notify_sender_token
        self._token = token.get_secret_value().encode() if token else None

    async def status(self, request: web.Request) -> web.Response:
        """Keeps a receipt. One that comes before our own record of the hand-over brings Notify's id."""
        fields = await self._verified(request)
        notify_id, reference = fields.get("id"), fields.get("reference")
        word = fields.get("status")
        state = STATES.get(word) if isinstance(word, str) else None
        if not _fits(ID, notify_id) or not _fits(OUR_NUMBER, reference) or state is None:
            raise RefusedError("bad-field")
        outbound_id = int(str(reference))
        code = str(word) if state in ("undelivered", "failed") else None
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                known = await connection.fetchval(
                    "UPDATE outbound SET sender = coalesce(sender, $3),"
                    " handed_at = coalesce(handed_at, now()),"
                    " sender_message_id = coalesce(sender_message_id, $2)"
                    " WHERE id = $1 AND channel = 'sms' AND coalesce(sender, $3) = $3"
                    " RETURNING sender_message_id",
                    outbound_id, notify_id, NOTIFY,
                )  # fmt: skip
                if known != notify_id:
                    raise RefusedError("unknown")
                await record_receipt(connection, outbound_id, state, code)
        except asyncpg.UniqueViolationError:  # Notify's id is that of another of our messages
            raise RefusedError("unknown") from None
        log.info("sms.receipt", message=outbound_id, state=state, code=code)
        return web.Response(status=204)

    async def received(self, request: web.Request) -> web.Response:
        """Stores a text; the same id again is the same text."""
        fields = await self._verified(request)
        notify_id, text = fields.get("id"), fields.get("message")
        number = fields.get("source_number")
        address = "+" + number.removeprefix("+") if isinstance(number, str) else ""
        if not _fits(ID, notify_id) or not PHONE.fullmatch(address) or not isinstance(text, str):
            raise RefusedError("bad-field")
        text = clean(text)
        to = fields.get("destination_number")
        to = "+" + to.removeprefix("+") if isinstance(to, str) else ""
        arrival = Arrival(
            "sms", address, str(notify_id), text, to_address=to if PHONE.fullmatch(to) else None
        )
        accepted = await receive(self._pool, arrival, choice(text))
        ARRIVALS.labels("sms", "new" if accepted.new else "again").inc()
        log.info(
            "sms.arrived", inbound=accepted.inbound_id, conversation=accepted.conversation_id,
            new=accepted.new,
        )  # fmt: skip
        return web.Response(status=204)

    async def _verified(self, request: web.Request) -> dict[str, Any]:
        """The fields of a call that shows our token.

        Raises:
            RefusedError: it does not, or is no JSON object.
        """
        if self._token is None:
            raise RefusedError("notify-not-set-up")
        shown = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(shown, b"Bearer " + self._token):
            raise RefusedError("token")
        try:
            fields = json.loads(await read_body(request))
        except (ValueError, RecursionError):
            raise RefusedError("bad-json") from None
        if not isinstance(fields, dict):
            raise RefusedError("bad-json")
        return fields


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
