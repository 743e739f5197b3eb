"""Which browser this is: a secret number in a signed cookie, and proof that a form came from our page."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from channels.origin import own_origin

KEPT_FOR: Final = 30 * 24 * 3600
"""Seconds for which a browser keeps the cookie after its last visit."""


@dataclass(frozen=True)
class Browser:
    """A browser that holds a secret of ours.

    Args:
        secret: 18 random bytes; only ever in the cookie.
        new: this visit is its first, so the cookie is still to be set.
    """

    secret: bytes
    new: bool

    @property
    def address(self) -> str:
        """What the database knows it by: nobody who reads the database can make the cookie from it."""
        return hashlib.sha256(self.secret).hexdigest()


class Browsers:
    """Knows browsers by their cookies."""

    def __init__(self, key: bytes, base_url: str) -> None:
        """Prepares.

        Args:
            key: the installation's; see `bot.keys.installation_secret`.
            base_url: the public address. With https the cookie travels on https only.
        """
        self._key = key
        parts = urlsplit(base_url)
        self._netloc = parts.netloc
        self._secure = parts.scheme == "https"
        # With the prefix no subdomain can plant a cookie of this name.
        self.cookie = "__Host-onedoor" if self._secure else "onedoor"

    def known(self, request: web.Request) -> Browser | None:
        """The browser of this request, if its cookie is one that we signed."""
        encoded, _, signature = request.cookies.get(self.cookie, "").partition(".")
        try:
            secret = base64.b64decode(encoded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(secret) != 18 or not _same(signature, self._mark(b"cookie", secret)):
            return None
        return Browser(secret, new=False)

    def meet(self, request: web.Request) -> Browser:
        """The browser of this request, known or new. Nothing is stored for a new one."""
        return self.known(request) or Browser(secrets.token_bytes(18), new=True)

    def remember(self, response: web.StreamResponse, browser: Browser) -> None:
        """Sets the cookie, or prolongs it.

        `Lax`, not `Strict`: with `Strict` a browser that follows a link to us from an email sends no
        cookie, is taken for a new one, and its conversation is lost to the citizen.
        """
        secret = base64.urlsafe_b64encode(browser.secret).decode()
        value = f"{secret}.{self._mark(b'cookie', browser.secret)}"
        response.set_cookie(
            self.cookie, value, max_age=KEPT_FOR, httponly=True, samesite="Lax", secure=self._secure, path="/"
        )

    def forget(self, response: web.StreamResponse) -> None:
        """Takes the cookie away."""
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Lax", secure=self._secure)

    def token(self, browser: Browser) -> str:
        """What a form of this browser's must bring back."""
        return self._mark(b"form", browser.secret)

    def is_token(self, browser: Browser, given: str) -> bool:
        """Whether a form brought back what it was given."""
        return _same(given, self.token(browser))

    def own_origin(self, request: web.Request) -> bool | None:
        """Whether the page that sent this is ours; None when the browser does not say."""
        return own_origin(request, self._netloc)

    def _mark(self, purpose: bytes, secret: bytes) -> str:
        mark = hmac.digest(self._key, purpose + b"\0" + secret, "sha256")
        return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
