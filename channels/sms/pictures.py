"""Pictures that come by text: fetched from Twilio after the text is stored, kept, and given to its turn."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog
from aiohttp import encode_basic_auth

from bot.inbox import release
from bot.internet import open_session
from bot.metrics import PICTURES
from bot.queue import Pool
from bot.settings import Settings
from channels.sms.redrawing import MOST_BYTES, TYPE, Drawn, PictureError, Trouble, redraw

log = structlog.get_logger()

WAIT: Final = timedelta(seconds=30)
"""After this the text has its turn, whether its pictures are there or not."""
WAITS: Final = "pictures"
"""In the details of a text, as what it waits for."""
GIVE_UP: Final = 20.0
"""Seconds for all tries of one picture."""
TRY_AGAIN: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries: Twilio may tell of a picture before it has it."""
TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=3)
MOST_REDIRECTS: Final = 3
DRAWN_AT_ONCE: Final = 2

_READ: Final = """
SELECT conversation_id, details FROM inbound
WHERE id = $1 AND done_at IS NULL AND attempts = 0 AND details ->> 'waits' = 'pictures'
"""
_LOCK: Final = "SELECT 1 FROM conversation WHERE id = $1 FOR NO KEY UPDATE"
_KEEP: Final = """
INSERT INTO picture (conversation_id, inbound_id, type, width, height, bytes)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_TELL: Final = "UPDATE inbound SET details = details || jsonb_build_object('media', $2::jsonb) WHERE id = $1"


def look_through(media: list[dict[str, str]]) -> tuple[list[dict[str, str]], bool]:
    """What came with a text, told apart by what it says it is; and whether any may be a picture."""
    told = [
        item if item["type"].startswith("image/") or item["type"] in ("", "application/octet-stream")
        else {"type": item["type"], "error": "not_a_picture"}
        for item in media
    ]  # fmt: skip
    return told, any("url" in item for item in told)


class Pictures:
    """Fetches the pictures of texts. A text is known by its number alone: a job may run twice or be lost."""

    def __init__(self, pool: Pool, settings: Settings, *, cdn: Collection[str] = ()) -> None:
        """Prepares it; no call is made yet.

        Args:
            pool: the process's connections.
            settings: with Twilio's account set up.
            cdn: origins that Twilio may send us on to besides its own: a double's.
        """
        assert settings.twilio_account_sid is not None
        assert settings.twilio_auth_token is not None
        self._pool = pool
        token = settings.twilio_auth_token.get_secret_value()
        self._credentials = {"Authorization": encode_basic_auth(settings.twilio_account_sid, token)}
        self._own = _origin(str(settings.twilio_api_url)) if settings.twilio_api_url else None
        self._cdn = frozenset(cdn)
        self._session: aiohttp.ClientSession | None = None
        self._drawing = asyncio.Semaphore(DRAWN_AT_ONCE)
        self._at_work: set[int] = set()

    async def close(self) -> None:
        """Closes the connections to Twilio."""
        if self._session is not None:
            await self._session.close()

    async def fetch(self, inbound_id: int) -> None:
        """Fetches what came with a text, keeps it, and lets the text have its turn.

        Args:
            inbound_id: the text; nothing is done when it has had its turn, or this process is at it.
        """
        if inbound_id in self._at_work:
            return
        self._at_work.add(inbound_id)
        try:
            await self._fetch(inbound_id)
        finally:
            self._at_work.discard(inbound_id)

    async def _fetch(self, inbound_id: int) -> None:
        row = await self._pool.fetchrow(_READ, inbound_id)
        if row is None:
            return
        media = row["details"]["media"]
        found = await asyncio.gather(*(self._picture(item) for item in media))
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK, row["conversation_id"])
            if await connection.fetchrow(f"{_READ} FOR UPDATE", inbound_id) is None:
                return  # its turn could wait no longer
            told = []
            for item, picture in zip(media, found, strict=True):
                if isinstance(picture, Drawn):
                    number = await connection.fetchval(
                        _KEEP, row["conversation_id"], inbound_id, TYPE, picture.width, picture.height,
                        picture.data,
                    )  # fmt: skip
                    told.append({"type": TYPE, "photo": str(number)})
                else:
                    told.append({"type": item["type"], "error": picture})
            await connection.execute(_TELL, inbound_id, told)
            await release(connection, row["conversation_id"], inbound_id)
        troubles = [picture for picture in found if not isinstance(picture, Drawn)]
        for result in ("kept",) * (len(found) - len(troubles)), troubles:
            for each in result:
                PICTURES.labels(each).inc()
        log.info("pictures.fetched", inbound=inbound_id, kept=len(found) - len(troubles), troubles=troubles)

    async def _picture(self, item: dict[str, Any]) -> Drawn | Trouble:
        if "url" not in item:
            trouble: Trouble = item.get("error", "gone")
            return trouble
        try:
            async with asyncio.timeout(GIVE_UP):
                data = await self._download(item["url"])
            async with self._drawing:
                return await asyncio.to_thread(redraw, data)
        except PictureError as error:
            return error.trouble
        except TimeoutError:
            return "gone"

    async def _download(self, url: str) -> bytes:
        """The bytes at an address of Twilio's, tried several times.

        Raises:
            PictureError: it is not there, not Twilio's, or too big.
        """
        if not self._is_twilios(url):
            log.warning("pictures.elsewhere", redirected=False)
            raise PictureError("gone")
        for pause in (*TRY_AGAIN, None):
            try:
                return await self._get(url)
            except (aiohttp.ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
                log.warning("pictures.unanswered", why=type(error).__name__)
            if pause is not None:
                await asyncio.sleep(pause)
        raise PictureError("gone")

    async def _get(self, url: str) -> bytes:
        """One try. The account's credentials go to Twilio's API only, never where it sends us on to."""
        if self._session is None:
            self._session = open_session(private=self._own is not None)
        headers = self._credentials
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session.get(
                url, headers=headers, allow_redirects=False, timeout=TIMEOUT
            ) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url, headers = urljoin(url, answer.headers.get("Location", "")), {}
                    if not self._is_cdn(url):
                        log.warning("pictures.elsewhere", redirected=True)
                        raise PictureError("gone")
                    continue
                answer.raise_for_status()
                return await _read(answer)
        raise PictureError("gone")

    def _is_twilios(self, url: str) -> bool:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.username or parts.password:
            return False
        if self._own is not None:
            return _origin(url) == self._own
        return parts.scheme == "https" and (
            host == "api.twilio.com" or (host.startswith("api.") and host.endswith(".twilio.com"))
        )

    def _is_cdn(self, url: str) -> bool:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if _origin(url) in self._cdn:
            return True
        bucket = host == "s3-external-1.amazonaws.com" and parts.path.startswith("/media.twiliocdn.com/")
        return parts.scheme == "https" and not parts.username and (bucket or host.endswith(".twiliocdn.com"))


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MOST_BYTES:
            raise PictureError("too_big")
    return bytes(body)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
