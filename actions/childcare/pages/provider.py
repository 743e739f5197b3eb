"""A provider's own page: it signs in, confirms that children came, agrees to a part of a sum, or cancels."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from actions.childcare.pages.frame import Frame
from actions.childcare.pages.reader import MOST, PAGE, Reader
from actions.childcare.pages.session import Sessions
from actions.sdk import ServiceRefused
from actions.sdk.service import Json
from channels.tries import Tries

_AMOUNT: Final = re.compile(r"£? ?(?P<pounds>\d{1,4})(?:\.(?P<pence>\d{2}))?")
_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9]{4,8}")
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LONGEST_CODE: Final = 40

# What each button does: the call, what it sends, and whether the amount is sent with it.
_BUTTONS: Final[Mapping[str, tuple[str, Json]]] = {
    "all": ("attendance", {}), "part": ("attendance", {}), "cancel": ("cancel", {}),
    "agree": ("agreement", {"agree": True}), "decline": ("agreement", {"agree": False}),
}  # fmt: skip
_TOLD: Final = frozenset(
    {
        "ALREADY_CONFIRMED", "ALREADY_CANCELLED", "HOLD_EXPIRED", "NOT_YET", "NOT_AGREED", "STRUCK_OFF",
        "AMOUNT_OVER_HOLD", "ALREADY_AGREED", "BOOKING_NOT_FOUND",
    }
)  # fmt: skip
"""Refusals that a provider can do something about, each with a sentence `refused_<code>`."""


@dataclass(frozen=True)
class Own:
    """Answers providers.

    Args:
        client: gives a client of the service.
        frame: renders.
        sessions: keeps their tokens.
        tries: counts those to sign in.
    """

    client: Callable[[], Reader]
    frame: Frame
    sessions: Sessions
    tries: Tries

    async def bookings(self, request: web.Request) -> web.Response:
        """A provider's bookings; the form to sign in for who is not."""
        token = self.sessions.token(request)
        if token is None:
            return self._sign_in_page(request)
        return await self._own(request, token)

    async def _own(
        self, request: web.Request, token: str, status: int = 200, **told: object
    ) -> web.Response:  # fmt: skip
        client, every = self.client(), request.query.get("which") == "all"
        before = request.query.get("before", "")
        older = int(before) if _ID.fullmatch(before) else None
        try:
            provider = await client.me(token)
            bookings = (
                await client.mine(token, waiting=False, before=older)
                if every
                else await client.waiting(token)
            )
        except ServiceRefused as refusal:
            if refusal.status != 401:
                raise
            response = self._sign_in_page(request, wrong="signed_out")
            self.sessions.forget(response)
            return response
        return self.frame.page(
            request, "childcare_own.html", status, provider=provider, bookings=bookings, every=every,
            mark=self.sessions.mark(token), new_key=lambda: secrets.token_urlsafe(24),
            several=[] if every else [each for each in bookings if each.may_confirm],
            older=bookings[-1].id if every and len(bookings) == PAGE else None,
            **{"wrong": (), "done": request.query.get("done") == "1", **told},
        )  # fmt: skip

    def _sign_in_page(
        self, request: web.Request, status: int = 200, wrong: str | None = None
    ) -> web.Response:
        return self.frame.page(request, "childcare_sign_in.html", status, wrong=wrong)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Takes the form: number and code. Five wrong tries lock it for half an hour, 100 the network."""
        form = await _form(request)
        if not self.sessions.is_ours(request, None, ""):
            raise web.HTTPForbidden
        number, code = form.get("number", "").strip().upper(), form.get("code", "")[:_LONGEST_CODE].strip()
        if not _NUMBER.fullmatch(number) or not code.isprintable() or not code:
            return self._sign_in_page(request, 422, "wrong_form")
        if not await self.tries.another(request):
            return self._sign_in_page(request, 429, "too_many")
        try:
            token = await self.client().sign_in(number, code)
        except ServiceRefused as refusal:
            if refusal.code not in ("PROOF_FAILED", "LOCKED"):
                raise
            return self._sign_in_page(request, 401, "locked" if refusal.code == "LOCKED" else "wrong_code")
        await self.tries.forgive(request)
        response = self.frame.back(request, "/provider")
        self.sessions.remember(response, token)
        return response

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """Ends the sign-in, here and at the service."""
        form, token = await _form(request), self.sessions.token(request)
        if not self.sessions.is_ours(request, token, form.get("mark", "")):
            raise web.HTTPForbidden
        if token is not None:
            try:
                await self.client().sign_out(token)
            except ServiceRefused as refusal:
                if refusal.status != 401:
                    raise
        response = self.frame.back(request, "/provider")
        self.sessions.forget(response)
        return response

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Takes what a provider decides about a booking; sent twice, it is done once."""
        form, token = await _form(request), self.sessions.token(request)
        if token is None:
            return self.frame.back(request, "/provider")
        if not self.sessions.is_ours(request, token, form.get("mark", "")):
            raise web.HTTPForbidden
        number, button, key = int(request.match_info["id"]), form.get("button", ""), form.get("key", "")
        if button not in _BUTTONS or not _KEY.fullmatch(key):
            raise web.HTTPUnprocessableEntity
        what, body = _BUTTONS[button]
        if button == "part":
            pence = _pence(form.get("amount", ""))
            if pence is None:
                return await self._own(request, token, 422, wrong=[("wrong_amount", number)])
            body = {"amount": pence}
        try:
            await self.client().decide(token, number, what, body, key)
        except ServiceRefused as refusal:
            if refusal.status == 401:
                return self.frame.back(request, "/provider")
            if refusal.code not in _TOLD:
                raise
            return await self._own(request, token, 409, wrong=[(f"refused_{refusal.code}", number)])
        return self.frame.back(request, "/provider", done="1")

    async def came(self, request: web.Request) -> web.StreamResponse:
        """Confirms at once that the children who are marked came all week; what can't be is told for each."""
        form, token = await _form(request), self.sessions.token(request)
        if token is None:
            return self.frame.back(request, "/provider")
        if not self.sessions.is_ours(request, token, form.get("mark", "")):
            raise web.HTTPForbidden
        if not _KEY.fullmatch(key := form.get("key", "")):
            raise web.HTTPUnprocessableEntity
        numbers = [int(name[5:]) for name in form if name.startswith("came-") and _ID.fullmatch(name[5:])]
        if not numbers:
            return await self._own(request, token, 422, wrong=[("none_marked", None)])
        wrong: list[tuple[str, int]] = []
        for number in numbers[:MOST]:
            try:
                await self.client().decide(token, number, "attendance", {}, f"{key}-{number}")
            except ServiceRefused as refusal:
                if refusal.status == 401:
                    return self.frame.back(request, "/provider")
                if refusal.code not in _TOLD:
                    raise
                wrong.append((f"refused_{refusal.code}", number))
        if wrong:
            return await self._own(request, token, 409, wrong=wrong)
        return self.frame.back(request, "/provider", done="1")


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of a form; files are none."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _pence(said: str) -> int | None:
    """Pence from “12.50”; None for what is no amount above nothing."""
    match = _AMOUNT.fullmatch(said.strip())
    pence = int(match["pounds"]) * 100 + int(match["pence"] or 0) if match else 0
    return pence or None
