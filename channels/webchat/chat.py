"""What the page and the socket both do with a conversation: find it, write to it, wait for an answer."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from bot.inbox import Accepted, Arrival, open_conversation, store
from bot.metrics import ARRIVALS
from bot.outbox import record_receipt
from bot.queue import Pool
from bot.refusal import answer, clean, find_refusal
from channels.announcer import Announcer
from channels.pages import Language, strings
from channels.webchat.browser import Browser
from channels.webchat.limits import WRITES

CHANNEL: Final = "webchat"
LONGEST: Final = 300
"""Characters of one message on the web, as in GOV.UK Chat."""

_MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_SEEN_AT_ONCE: Final = 50


class RefusedError(Exception):
    """A message was not stored, and why.

    Args:
        code: `empty`, `long`, `fast`, `broken`, or a kind of number that we refuse to keep.
        sentence: for the citizen, in the language of their page.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True)
class Conversation:
    """A browser's conversation and the language it is in."""

    id: int
    language: Language


class Chat:
    """The web chat's dealings with the inbox and the outbox."""

    def __init__(self, pool: Pool, announcer: Announcer) -> None:
        self.pool = pool
        self.announcer = announcer

    async def find(self, browser: Browser) -> Conversation | None:
        """The browser's conversation; None before it has written anything."""
        if browser.new:
            return None
        row = await self.pool.fetchrow(
            "SELECT id, language FROM conversation WHERE channel = $1 AND address = $2",
            CHANNEL,
            browser.address,
        )
        return None if row is None else Conversation(row["id"], row["language"])

    async def write(self, browser: Browser, message_id: str, text: str, language: Language) -> Accepted:
        """Stores what a citizen wrote, and makes their conversation if it is the first.

        Args:
            browser: whose.
            message_id: the page's own, 8 to 64 letters, digits, `-` and `_`. The same twice is the
                same message.
            text: as it was typed.
            language: of the page.

        Raises:
            RefusedError: it was not stored.
        """
        try:
            accepted = await self._write(browser, message_id, clean(text).strip(), language)
        except RefusedError as refused:
            ARRIVALS.labels(CHANNEL, refused.code).inc()
            raise
        ARRIVALS.labels(CHANNEL, "accepted" if accepted.new else "repeated").inc()
        self.announcer.wake(accepted.conversation_id)
        return accepted

    async def _write(self, browser: Browser, message_id: str, text: str, language: Language) -> Accepted:
        t = strings(language)
        if not _MESSAGE_ID.fullmatch(message_id):
            raise RefusedError("broken", t["error_broken"])
        if not text:
            raise RefusedError("empty", t["error_empty"])
        if len(text) > LONGEST:
            raise RefusedError("long", t["error_long"].format(most=LONGEST, over=len(text) - LONGEST))
        if (refusal := find_refusal(text)) is not None:
            raise RefusedError(refusal.kind.value, answer(refusal.kind.value, language))
        arrival = Arrival(
            CHANNEL,
            browser.address,
            f"{browser.address}:{message_id}",
            text,
            details={"page_language": language},
        )
        async with self.pool.acquire() as connection, connection.transaction():
            conversation_id = await open_conversation(connection, CHANNEL, browser.address, language)
            accepted = await store(connection, conversation_id, arrival)
            # Counted in the table, so that the limit is one for all processes. A refusal undoes the
            # storing; a repetition stores nothing and is never refused.
            if accepted.new and await connection.fetchval(
                "SELECT count(*) > $2 FROM (SELECT received_at FROM inbound WHERE conversation_id = $1"
                " AND kind <> 'resume' ORDER BY id DESC LIMIT $2 + 1) AS last"
                " WHERE received_at > now() - interval '1 minute'",
                conversation_id,
                WRITES,
            ):
                raise RefusedError("fast", t["error_fast"].format(most=WRITES))
        return accepted

    async def answered(self, accepted: Accepted, seconds: float) -> bool:
        """Waits until the turn of a message is done; False when it takes longer than so many seconds."""
        with self.announcer.subscribe(accepted.conversation_id) as subscription:
            try:
                async with asyncio.timeout(seconds):
                    while not await self.pool.fetchval(
                        "SELECT done_at IS NOT NULL FROM inbound WHERE id = $1", accepted.inbound_id
                    ):
                        await subscription.news()
            except TimeoutError:
                return False
        return True

    async def leave(self, browser: Browser) -> None:
        """Parts the conversation from its browser for good: the cookie, wherever a copy is, leads nowhere.

        What the conversation set going goes on.
        """
        await self.pool.execute(
            "UPDATE conversation SET address = 'left ' || gen_random_uuid()"
            " WHERE channel = $1 AND address = $2",
            CHANNEL,
            browser.address,
        )

    async def seen(self, conversation_id: int, upto: int) -> None:
        """Records that the browser showed the messages up to this one; another's number changes nothing."""
        async with self.pool.acquire() as connection:
            shown = await connection.fetch(
                "SELECT id FROM (SELECT id, status FROM outbound WHERE conversation_id = $1 AND id <= $2"
                " ORDER BY id DESC LIMIT $3) AS last WHERE status = 'sent' ORDER BY id",
                conversation_id,
                upto,
                _SEEN_AT_ONCE,
            )
            for row in shown:
                await record_receipt(connection, row["id"], "delivered")
