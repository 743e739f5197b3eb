"""The socket: messages both ways as they happen, for browsers with JavaScript."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.queue import Pool
from bot.transcript import Cursor, Line, read
from channels.pages import Language, page_language, strings
from channels.webchat.browser import Browser, Browsers
from channels.webchat.chat import Chat, RefusedError
from channels.webchat.limits import Limit
from channels.webchat.view import View, message_id, numbered

log = structlog.get_logger()

LARGEST_FRAME: Final = 16 * 1024
"""Bytes. 300 characters take 3,600 at most; the rest is for the friendly answer to a long paste."""
MOST_BAD_FRAMES: Final = 5
MOST_SOCKETS: Final = 8
"""Of one browser at a time, in this process."""
BATCH: Final = 50
LEFT: Final = 4001
"""Closes the sockets of a browser that left: the page must not come back by itself."""


class Sockets:
    """All sockets of this process."""

    def __init__(self, chat: Chat, reads: Limit) -> None:
        self.chat = chat
        self.reads = reads
        self._open: dict[str, set[web.WebSocketResponse]] = {}
        self.browsers: Browsers

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/socket?after=<cursor>&lang=<language>`.

        In: `{"type": "say", "id": …, "text": …}` and `{"type": "seen", "upto": "out-…"}`.
        Out: `line`, `thinking` and `error`.
        """
        browser = self.browsers.known(request)
        # A page elsewhere can open a socket to us with our cookie; its browser tells us whose page it is.
        if browser is None or self.browsers.own_origin(request) is not True:
            raise web.HTTPForbidden
        if not self.reads.allows(browser.address) or len(self._open.get(browser.address, ())) >= MOST_SOCKETS:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        try:
            after = Cursor.parse(request.query.get("after", "0-0"))
        except ValueError:
            raise web.HTTPBadRequest from None
        socket = web.WebSocketResponse(heartbeat=25, compress=False, max_msg_size=LARGEST_FRAME, timeout=5)
        await socket.prepare(request)
        mine = self._open.setdefault(browser.address, set())
        mine.add(socket)
        try:
            await _Talk(self, socket, browser, language=page_language(request), after=after).run()
        finally:
            mine.discard(socket)
            if not mine:
                self._open.pop(browser.address, None)
        return socket

    async def close(self, address: str | None = None) -> None:
        """Closes the sockets of a browser that left; without an address all, because we go down."""
        groups = self._open.values() if address is None else [self._open.get(address, set())]
        code = WSCloseCode.GOING_AWAY if address is None else LEFT
        sockets = [socket for group in groups for socket in group]
        await asyncio.gather(*(socket.close(code=code) for socket in sockets))


class _BadFrameError(Exception):
    """A frame that our page does not send."""


class _Talk:
    """One socket's talk: one task reads frames, another sends lines."""

    def __init__(
        self,
        sockets: Sockets,
        socket: web.WebSocketResponse,
        browser: Browser,
        *,
        language: Language,
        after: Cursor,
    ) -> None:
        self._chat = sockets.chat
        self._reads = sockets.reads
        self._socket = socket
        self._browser = browser
        self._language: Language = language
        self._cursor = after
        self._sending: asyncio.Task[None] | None = None
        self._conversation: int | None = None
        self._bad = 0

    async def run(self) -> None:
        """Until the browser goes away, or is sent away."""
        try:
            conversation = await self._chat.find(self._browser)
            if conversation is not None:
                self._begin_sending(conversation.id)
            async for message in self._socket:
                if message.type is WSMsgType.ERROR:
                    break  # too large a frame, or not a frame: aiohttp has said so and closed
                await self._take(message)
        except ConnectionError:
            pass  # the browser went away while we answered
        except Exception as error:
            await self._fail(error)
        finally:
            if self._sending is not None:
                self._sending.cancel()
                with suppress(asyncio.CancelledError):
                    await self._sending

    async def _take(self, message: WSMessage) -> None:
        try:
            await self._do(_frame(message))
        except _BadFrameError:
            self._bad += 1
            await self._error("broken", strings(self._language)["error_broken"])
            if self._bad >= MOST_BAD_FRAMES:
                await self._socket.close(code=WSCloseCode.POLICY_VIOLATION)

    async def _do(self, frame: dict[str, object]) -> None:
        if not self._reads.allows(self._browser.address):
            raise _BadFrameError
        match frame:
            case {"type": "say", "id": str(own_id), "text": str(text)}:
                try:
                    accepted = await self._chat.write(self._browser, own_id, text, self._language)
                except RefusedError as refused:
                    await self._error(refused.code, refused.sentence, own_id)
                else:
                    self._begin_sending(accepted.conversation_id)
            case {"type": "seen", "upto": str(key)} if key.startswith("out-"):
                number = key.removeprefix("out-")
                if not (number.isascii() and number.isdecimal()) or int(number[:20]) >= 2**63:
                    raise _BadFrameError
                if self._conversation is not None:
                    await self._chat.seen(self._conversation, int(number))
            case _:
                raise _BadFrameError

    async def _error(self, code: str, sentence: str, own_id: str | None = None) -> None:
        frame = {"type": "error", "code": code, "text": sentence}
        await self._socket.send_json(frame if own_id is None else {**frame, "id": own_id})

    def _begin_sending(self, conversation_id: int) -> None:
        if self._sending is None or self._sending.done():
            self._conversation = conversation_id
            self._sending = asyncio.create_task(self._send(conversation_id))

    async def _send(self, conversation_id: int) -> None:
        """Sends what comes after the cursor, now and whenever there is news."""
        try:
            with self._chat.announcer.subscribe(conversation_id) as subscription:
                view = View(self._language)
                await _catch_up(view, self._chat.pool, conversation_id, self._cursor)
                while not self._socket.closed:
                    lines = await read(self._chat.pool, conversation_id, after=self._cursor, limit=BATCH)
                    await self._show(view, lines)
                    if len(lines) < BATCH:
                        await subscription.news()
        except Exception as error:
            await self._fail(error)

    async def _fail(self, error: Exception) -> None:
        """Sends the page away; it keeps what was typed, comes back, and sends it again under the same id."""
        log.warning("socket.failed", error=type(error).__name__)
        await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _show(self, view: View, lines: Iterable[Line]) -> None:
        waiting = False
        for shown in view.show(lines):
            line = shown.line
            self._cursor = self._cursor.past(line)
            waiting = line.status == "waiting"
            await self._socket.send_json(
                {
                    "type": "line",
                    "key": line.key,
                    "speaker": line.speaker,
                    "text": line.text,
                    "lang": line.language,
                    "id": message_id(line) or None,
                    "options": [{"label": numbered(o), "value": o.value} for o in line.options],
                    "html": view.html(shown),
                    "cursor": str(self._cursor),
                }
            )
        if waiting:
            await self._socket.send_json({"type": "thinking"})


async def _catch_up(view: View, pool: Pool, conversation_id: int, cursor: Cursor) -> None:
    """Shows the view what the page has already, so that it knows what was offered last."""
    last = await read(pool, conversation_id, after=None, limit=10)
    for _ in view.show(line for line in last if cursor.past(line) == cursor):
        pass


def _frame(message: WSMessage) -> dict[str, object]:
    """The frame's content.

    Raises:
        _BadFrameError: it is not text, not JSON, or not an object.
    """
    if message.type is not WSMsgType.TEXT:
        raise _BadFrameError
    try:
        content = json.loads(message.data)
    except (ValueError, RecursionError):
        raise _BadFrameError from None
    if not isinstance(content, dict):
        raise _BadFrameError
    return content
