"""Sending by the API: a request becomes a notice, once for its key, or a clear error."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from bot.keys import Key, is_member
from bot.notices import TEST, Made, Notice, Notices, TooLongError, TooManyError
from bot.outbox import record_receipt
from bot.queue import Connection, Pool
from bot.templates import MissingPersonalisation, Template, TemplateError, fill, read_template
from channels.notify.errors import RATE, ApiError, invalid, wrong
from channels.notify.recipients import check_address, check_email, check_phone
from channels.notify.schemas import mistakes

SIMULATED: Final = frozenset(
    {
        "+447700900000", "+447700900111", "+447700900222",
        *(f"simulate-delivered{each}@notifications.service.gov.uk" for each in ("", "-2", "-3")),
    }
)  # fmt: skip
"""To these nothing is sent, with any key: https://docs.notifications.service.gov.uk/rest-api.html"""

OUTCOMES: Final = {
    "+447700900002": ("failed", "permanent"),
    "+447700900003": ("undelivered", "30003"),
    "perm-fail@simulator.notify": ("failed", "permanent"),
    "temp-fail@simulator.notify": ("undelivered", "30003"),
}
"""What becomes of a test key's message; to anybody else it is delivered."""

LONGEST_KEY: Final = 200


@dataclass(frozen=True)
class Sent:
    """A notice and the template it was made from."""

    made: Made
    template: Template
    reference: str | None


class Sending:
    """Makes notices of requests."""

    def __init__(
        self,
        pool: Pool,
        notices: Notices,
        clock: Callable[[], datetime],
        carried: frozenset[str],
        *,
        abroad: bool,
    ) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            notices: makes them.
            clock: the time.
            carried: channels that something carries; the others can be tried with a test key.
            abroad: whether numbers of other countries are written to.
        """
        self._pool, self._notices, self._clock = pool, notices, clock
        self._carried, self._abroad = carried, abroad

    async def send(self, key: Key, channel: str, body: Any, idempotency_key: str | None) -> Sent:
        """Stores what a request asks for.

        Args:
            key: of the department.
            channel: `sms`, `email` or `letter`.
            body: the request's JSON.
            idempotency_key: the header of that name.

        Raises:
            ApiError: nothing was stored.
        """
        if found := mistakes(channel, body):
            raise invalid(*found)
        if idempotency_key is not None and not 0 < len(idempotency_key) <= LONGEST_KEY:
            raise invalid(f"The Idempotency-Key must have 1 to {LONGEST_KEY} characters")
        if channel not in self._carried and key.kind != TEST:
            raise wrong(f"This installation can’t send by {channel}; a test key shows what would be sent")
        template = await self._template(key, channel, UUID(body["template_id"]))
        personalisation = body.get("personalisation") or {}
        address = self._address(channel, body, personalisation)
        words = filled(template, personalisation)
        if key.kind == "team" and not await is_member(self._pool, key.department, address):
            raise wrong(
                "Can’t send to this recipient using a team-only API key "
                "(see https://www.notifications.service.gov.uk/using-notify/api-documentation)"
            )
        reference = body.get("reference")
        once = f"key:{idempotency_key}" if idempotency_key is not None else None
        if once is None and body.get("unique_reference") and reference:
            once = f"reference:{reference}"
        fingerprint = _fingerprint(channel, body)
        notice = Notice(
            key.department, channel, address, words, urgency=template.urgency, idempotency_key=once,  # type: ignore[arg-type]
            reference=reference, template=(template.id, template.version), language=body.get("language"),
            key_kind=TEST if address in SIMULATED else key.kind,
            due_at=_moment(body, "due_at"), expires_at=_moment(body, "expires_at"),
            details=_details(body, fingerprint if once else None),
        )  # fmt: skip
        made = await self._store(notice)
        if not made.new:
            await self._same(made, fingerprint)
        return Sent(made, template, reference)

    async def _store(self, notice: Notice) -> Made:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                made = await self._notices.make(connection, notice, now=self._clock())
                if made.new and notice.key_kind == TEST:
                    await self._simulate(connection, made, notice.address)
                return made
        except TooLongError as error:
            raise wrong(str(error)) from None
        except TooManyError as error:
            if error.span == "minute":
                raise ApiError(
                    429,
                    f"Exceeded rate limit for key type {str(notice.key_kind).upper()} of {error.limit}"
                    " requests per 60 seconds",
                    kind=RATE,
                ) from None
            raise ApiError(429, f"Exceeded send limits ({error.limit}) for today") from None

    @staticmethod
    async def _simulate(connection: Connection, made: Made, address: str) -> None:
        """What a test key's message comes to, as it would be told."""
        status, code = OUTCOMES.get(address, ("delivered", None))
        await record_receipt(connection, made.id, status, code)

    async def _same(self, made: Made, fingerprint: str) -> None:
        """That a key that was used before came with the same request.

        Raises:
            ApiError: it is another.
        """
        before = await self._pool.fetchval(
            "SELECT details ->> 'request' FROM outbound WHERE id = $1", made.id
        )
        if before is not None and before != fingerprint:
            raise ApiError(409, "This Idempotency-Key or reference was used with another request")

    async def _template(self, key: Key, channel: str, template_id: UUID) -> Template:
        template = await read_template(self._pool, key.department, template_id)
        if template is None:
            raise wrong("Template not found")
        if template.channel != channel:
            raise wrong(f"{template.channel} template is not suitable for {channel} notification")
        return template

    def _address(self, channel: str, body: Mapping[str, Any], personalisation: Mapping[str, Any]) -> str:
        try:
            match channel:
                case "sms":
                    return check_phone(body["phone_number"], abroad=self._abroad)
                case "email":
                    return check_email(body["email_address"])
                case _:
                    return check_address(personalisation)
        except ValueError as error:
            field = {"sms": "phone_number ", "email": "email_address "}.get(channel, "")
            raise invalid(f"{field}{error}") from None


def filled(template: Template, personalisation: Mapping[str, Any]) -> dict[str, Any]:
    """A template's words by language.

    Raises:
        ApiError: a value is missing, or the text becomes too long.
    """
    try:
        return dict(fill(template, personalisation))
    except (MissingPersonalisation, TemplateError) as error:
        raise wrong(str(error)) from None


def _details(body: Mapping[str, Any], fingerprint: str | None) -> dict[str, Any]:
    """What the channel needs besides the words, and what tells a repeated request from another."""
    details: dict[str, Any] = {"request": fingerprint} if fingerprint else {}
    if body.get("large_print"):
        details["large_print"] = True
    if body.get("one_click_unsubscribe_url"):
        details["unsubscribe"] = body["one_click_unsubscribe_url"]
    return details


def _moment(body: Mapping[str, Any], field: str) -> datetime | None:
    text = body.get(field)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{field} is not a date and time such as 2026-11-23T12:00:00Z") from None
    if moment.tzinfo is None:
        raise invalid(f"{field} needs a time zone, such as a Z at its end")
    return moment


def _fingerprint(channel: str, body: Any) -> str:
    written = json.dumps([channel, body], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()
