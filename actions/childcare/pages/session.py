"""A provider's sign-in in its browser: a token of the service in a cookie, and proof that a form is ours."""

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from channels.origin import own_origin

LASTS: Final = 8 * 3600
"""Seconds: as long as the service takes the token for."""


class Sessions:
    """Keeps tokens in cookies: 256 random bits, that nobody can guess and the service knows again."""

    def __init__(self, public_url: str | None, base: str) -> None:
        """Prepares.

        Args:
            public_url: the address people reach us at. With https the cookie travels on https only.
            base: the path of the pages, which alone get the cookie.
        """
        parts = urlsplit(public_url or "")
        self._netloc, self._secure, self._base = parts.netloc, parts.scheme == "https", base
        # With the prefix no subdomain can plant a cookie of this name; it is for all paths then.
        self._cookie = "__Host-onedoor-childcare" if self._secure else "onedoor-childcare"
        self._path = "/" if self._secure else base

    def token(self, request: web.Request) -> str | None:
        """The token of a request's browser."""
        return request.cookies.get(self._cookie) or None

    def remember(self, response: web.StreamResponse, token: str) -> None:
        """Gives a browser its token."""
        response.set_cookie(
            self._cookie, token, max_age=LASTS, httponly=True, samesite="Strict", secure=self._secure,
            path=self._path,
        )  # fmt: skip

    def forget(self, response: web.StreamResponse) -> None:
        """Takes it away."""
        # As it was given: a browser takes no cookie with the prefix `__Host-` that lacks “Secure”.
        response.del_cookie(
            self._cookie, path=self._path, httponly=True, samesite="Strict", secure=self._secure
        )

    def mark(self, token: str) -> str:
        """What a form of this browser's must bring back; the token can't be made from it."""
        return hmac.digest(token.encode(), b"form", hashlib.sha256).hex()

    def is_ours(self, request: web.Request, token: str | None, given: str) -> bool:
        """Whether a form comes from our page: its origin, and for who is signed in its mark.

        Args:
            request: with the form.
            token: of who is signed in; None before, when there is nobody's session to misuse.
            given: the mark in the form.
        """
        if own_origin(request, self._netloc) is False:
            return False
        return token is None or hmac.compare_digest(given.encode(errors="replace"), self.mark(token).encode())
