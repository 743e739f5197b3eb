"""The page: the conversation, and the form that completes every journey without JavaScript."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web

from bot.transcript import Cursor, read
from channels.pages import Language, page_language, render, strings
from channels.webchat.browser import Browser, Browsers
from channels.webchat.chat import LONGEST, Chat, Conversation, RefusedError
from channels.webchat.limits import READS, Limit
from channels.webchat.view import View, numbered

RECENT: Final = 60
EARLIER: Final = 1_000
"""Lines on the page, and on the page with earlier messages."""
WAIT: Final = 2.0
"""Seconds for which a form's answer waits for the assistant's."""


@dataclass(frozen=True)
class Draft:
    """What goes back into the form: the text, and what was wrong with it."""

    text: str = ""
    error: str | None = None


@dataclass
class Page:
    """Answers what a browser asks of `/`, `/leave` and `/demo`."""

    chat: Chat
    default_language: Language
    demo_page: Callable[[], list[dict[str, str]]] | None
    abilities: Callable[[Language], Sequence[str]] | None
    reads: Limit = field(default_factory=lambda: Limit(READS))
    browsers: Browsers = field(init=False)

    async def show(self, request: web.Request) -> web.Response:
        """`GET /`: nothing is stored for someone who only looks."""
        browser = self.browsers.meet(request)
        self._count(browser)
        return await self._page(request, browser, await self.chat.find(browser), Draft())

    async def write(self, request: web.Request) -> web.Response:
        """`POST /`: stores the message, waits a little for the answer, and shows the conversation."""
        form = await _form(request)
        if self.browsers.own_origin(request) is False:
            raise web.HTTPForbidden
        browser = self.browsers.meet(request)
        self._count(browser)
        conversation = await self.chat.find(browser)
        language = page_language(request, conversation.language if conversation else self.default_language)
        typed, option = form.get("text", ""), form.get("option")
        said = typed if option is None else option
        if browser.new or not self.browsers.is_token(browser, form.get("token", "")):
            draft = Draft(typed or said, strings(language)["error_session"])
            return await self._page(request, browser, conversation, draft, status=403)
        try:
            accepted = await self.chat.write(browser, _message_id(form.get("id", ""), said), said, language)
        except RefusedError as refused:
            status = 429 if refused.code == "fast" else 422
            return await self._page(
                request, browser, conversation, Draft(said, refused.sentence), status=status
            )
        await self.chat.answered(accepted, WAIT)
        if option is not None and typed.strip():
            # A button was pressed with something typed beside it: that goes back into the form.
            conversation = await self.chat.find(browser)
            return await self._page(request, browser, conversation, Draft(typed))
        raise web.HTTPSeeOther(_here(request, language) + "#latest")

    async def leave(self, request: web.Request) -> tuple[Browser | None, web.Response]:
        """`POST /leave`: this computer forgets the conversation. Gives the browser that left."""
        form = await _form(request)
        browser = self.browsers.known(request)
        if browser is not None and (
            self.browsers.own_origin(request) is False
            or not self.browsers.is_token(browser, form.get("token", ""))
        ):
            raise web.HTTPForbidden
        if browser is not None:
            await self.chat.leave(browser)
        response = render("left.html", page_language(request, self.default_language), demo=self._demo)
        self.browsers.forget(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return browser, response

    async def demo(self, request: web.Request) -> web.Response:
        """`GET /demo`: whom one can be in the demo."""
        assert self.demo_page is not None
        return render(
            "demo.html", page_language(request, self.default_language), demo=True, referrals=self.demo_page()
        )

    @property
    def _demo(self) -> bool:
        return self.demo_page is not None

    def _count(self, browser: Browser) -> None:
        if not browser.new and not self.reads.allows(browser.address):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})

    async def _page(
        self,
        request: web.Request,
        browser: Browser,
        conversation: Conversation | None,
        draft: Draft,
        *,
        status: int = 200,
    ) -> web.Response:
        language = page_language(request, conversation.language if conversation else self.default_language)
        most = EARLIER if "earlier" in request.query else RECENT
        lines = []
        if conversation is not None:
            lines = await read(self.chat.pool, conversation.id, after=None, limit=most + 1)
        more, lines = len(lines) > most, lines[-most:]
        cursor = Cursor()
        for line in lines:
            cursor = cursor.past(line)
        view = View(language)
        latest = max(
            (at for at, line in enumerate(lines) if line.speaker == "citizen"), default=len(lines) - 1
        )
        shown = list(view.show(lines))
        items = [
            view.html(each, latest=at == latest, offering=each.line is view.offering)
            for at, each in enumerate(shown)
        ]
        response = render(
            "chat.html",
            language,
            status=status,
            items=items,
            more=more and most == RECENT,
            waiting=any(line.status == "waiting" for line in lines),
            offering=view.offering,
            numbered=numbered,
            cursor=cursor,
            draft=draft,
            longest=LONGEST,
            form_id=secrets.token_urlsafe(12),
            token=self.browsers.token(browser),
            here=_here(request, language),
            abilities=self.abilities(language) if self.abilities else (),
            demo=self._demo,
        )
        self.browsers.remember(response, browser)
        return response


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of a posted form; of a field that comes twice, the first.

    Raises:
        web.HTTPUnsupportedMediaType: it is not what a form of ours sends.
        web.HTTPBadRequest: it can't be read.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    body = await request.read()
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20, errors="replace")
    except ValueError:
        raise web.HTTPBadRequest from None
    return {name: values[0] for name, values in fields.items()}


def _message_id(form_id: str, text: str) -> str:
    """One form sent twice is one message; with another text, from the page before, it is another."""
    return f"{form_id}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _here(request: web.Request, language: Language) -> str:
    """The page's address, with its language if that was chosen."""
    return f"/?lang={language}" if "lang" in request.query else "/"
