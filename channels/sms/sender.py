"""Carries texts to citizens: through Twilio, or to the telephone in the demo's browser."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.outbox import EVEN_STOPPED, Outgoing, SendError, record_receipt
from bot.queue import Pool
from bot.settings import Settings
from channels.sms.segments import prepare

TWILIO: Final = "twilio"
DEMO_PHONE: Final = "demo phone"

OPTED_OUT: Final = "21610"
PERMANENT: Final = frozenset(
    {"21211", "21408", OPTED_OUT, "21614", "21617", "30004", "30005", "30006", "30007"}
)
"""Twilio's errors that another try can't mend: https://www.twilio.com/docs/api/errors"""

MENDABLE: Final = frozenset({"20003", "20429", "21212", "21603", "21606", "21701", "21703", "30001", "30003",
                             "30008"})  # fmt: skip
"""Errors that pass, and those of our own account (token, sender, service): an operator can mend them
within the hours in which we try again, and no citizen's answer is lost for it."""

TIMEOUT: Final = 10.0
"""Seconds for one call of Twilio, connecting included."""

CLOCKS_APART: Final = timedelta(minutes=2)
TRIAL: Final = "Sent from your Twilio trial account - "
"""What Twilio puts before each text of an account that is not paid for."""


class _HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Twilio's client on a session of ours, with time-outs, and with nothing in the log.

    The library hands aiohttp `timeout=None`, which is no limit at all, logs addresses with numbers, and
    gives the account's token in a way that aiohttp 4 will not take.
    """

    session: aiohttp.ClientSession | None

    def __init__(self, timeout: float) -> None:
        super().__init__(pool_connections=False, timeout=timeout)

    async def request(self, method: str, url: str, **rest: Any) -> Response:
        if self.session is None:
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
            )
        rest["timeout"] = self.timeout
        if (auth := rest.pop("auth", None)) is not None:
            rest["headers"] = {**rest["headers"], "Authorization": aiohttp.encode_basic_auth(*auth)}
        return await super().request(method, url, **rest)

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Logs nothing: the body is a citizen's answer and the address has their number."""

    def log_response(self, status_code: int, response: object) -> None:
        """Logs nothing."""


class TwilioSender:
    """Hands texts to Twilio's API, and finds those that a crash left without a record."""

    name: str = TWILIO

    def __init__(self, pool: Pool, settings: Settings, *, timeout: float = TIMEOUT) -> None:
        """Prepares a sender; no call is made yet.

        Args:
            pool: the process's connections.
            settings: with Twilio's account set up (`settings.twilio`).
            timeout: seconds for one call of Twilio.
        """
        token = settings.twilio_auth_token
        assert settings.twilio_account_sid is not None
        assert settings.twilio_from is not None
        assert token is not None
        self._pool = pool
        self._callback = f"{settings.base_url}/sms/twilio/status?message="
        service = settings.twilio_from.startswith("MG")
        self._from = {"messaging_service_sid" if service else "from_": settings.twilio_from}
        self._http = _HttpClient(timeout)
        self._client = Client(settings.twilio_account_sid, token.get_secret_value(), http_client=self._http)
        if settings.twilio_api_url is not None:
            self._client.api.base_url = str(settings.twilio_api_url).rstrip("/")

    async def send(self, message: Outgoing) -> str:
        """Hands the message over and gives Twilio's id of it.

        Raises:
            SendError: it was not taken. When the carrier says that the number has opted out, the
                conversation is marked so.
        """
        try:
            sent = await self._ask(
                self._client.messages.create_async(
                    to=message.to,
                    body=prepare(message.text),
                    status_callback=f"{self._callback}{message.id}",
                    **self._from,
                )
            )
        except SendError as error:
            if error.code == OPTED_OUT:
                await _mark_opted_out(self._pool, message.conversation_id)
            raise
        if not isinstance(sent.sid, str):
            raise SendError("nonsense", permanent=False)
        return sent.sid

    async def find(self, message: Outgoing) -> str | None:
        """Twilio's id of a message that was perhaps handed over and not recorded.

        Twilio keeps no reference of ours that it can be asked for. A message is ours when it went to
        the same number, with the same words, after ours was stored, and is not recorded as another's
        (the same sentence may well be said twice). Twilio's filter by date is by the day of sending,
        which a message that still waits does not have: the date is compared here.

        Raises:
            SendError: Twilio can't be asked now.
        """
        row = await self._pool.fetchrow(
            "SELECT created_at, sender_message_id FROM outbound WHERE id = $1", message.id
        )
        if row is None:
            return None
        if row["sender_message_id"] is not None:  # a receipt was here before us
            return str(row["sender_message_id"])
        body = prepare(message.text)
        candidates = [
            str(sent.sid)
            for sent in await self._ask(
                self._client.messages.list_async(to=message.to, limit=50, page_size=50)
            )
            if str(sent.body or "").removeprefix(TRIAL) == body
            and _utc(sent.date_created) >= row["created_at"] - CLOCKS_APART
        ]
        recorded = await self._pool.fetch(
            "SELECT sender_message_id FROM outbound"
            " WHERE sender = $1 AND sender_message_id = ANY($2::text[])",
            TWILIO,
            candidates,
        )
        others = {known["sender_message_id"] for known in recorded}
        return next((sid for sid in candidates if sid not in others), None)

    async def close(self) -> None:
        """Closes the connections to Twilio."""
        await self._http.close()

    @staticmethod
    async def _ask[T](call: Awaitable[T]) -> T:
        """Awaits a call of Twilio's library and tells its errors apart.

        Raises:
            SendError: with Twilio's code, or the HTTP status where there is none.
        """
        try:
            return await call
        except (TwilioRestException, TwilioServiceException) as error:
            code = str(error.code)[:20]
            refused = error.status == 400 and code not in MENDABLE
            raise SendError(code, permanent=code in PERMANENT or refused) from None
        except (aiohttp.ClientError, OSError):  # a TimeoutError is an OSError
            raise SendError("no-answer", permanent=False) from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise SendError("nonsense", permanent=False) from None


class DemoPhoneSender:
    """Stands in for Twilio and the carrier in the demo: a text is on the telephone when it is recorded."""

    name: str = DEMO_PHONE

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def send(self, message: Outgoing) -> str:
        """Puts the message on the telephone, with the receipts a carrier would send.

        Raises:
            SendError: the telephone has texted STOP, as the carrier would say.
        """
        sid = f"DM{message.id:032x}"
        async with self._pool.acquire() as connection, connection.transaction():
            stopped = await connection.fetchval(
                "SELECT opted_out_at IS NOT NULL FROM conversation WHERE id = $1", message.conversation_id
            )
            if stopped and EVEN_STOPPED not in message.details:
                raise SendError(OPTED_OUT, permanent=True)
            await connection.execute(
                "UPDATE outbound SET sender = $2, sender_message_id = $3, handed_at = now() WHERE id = $1",
                message.id,
                self.name,
                sid,
            )
            for state in ("sent", "delivered"):
                await record_receipt(connection, message.id, state)
        return sid

    async def find(self, message: Outgoing) -> str | None:
        """The id of a message that is on the telephone."""
        sid: str | None = await self._pool.fetchval(
            "SELECT sender_message_id FROM outbound WHERE id = $1 AND sender = $2", message.id, self.name
        )
        return sid


async def _mark_opted_out(pool: Pool, conversation_id: int) -> None:
    await pool.execute(
        "UPDATE conversation SET opted_out_at = coalesce(opted_out_at, now()) WHERE id = $1", conversation_id
    )


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
