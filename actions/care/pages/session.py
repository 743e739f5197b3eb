"""Who is signed in on the public pages: a signed cookie that ends by itself, and a token for each form."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from channels.origin import own_origin

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = 200


@dataclass(frozen=True)
class Session:
    """Somebody who proved whose budget it is.

    Args:
        reference: the citizen's.
        nonce: the same as long as they stay signed in.
        csrf: what their forms carry.
    """

    reference: str
    nonce: str
    csrf: str


class Sessions:
    """Makes and reads the cookies.

    Args:
        secret: they are signed with it.
        public_url: of the installation; with https the cookie travels on https only.
    """

    def __init__(self, secret: bytes, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._secret, self._netloc, self._secure = secret, parts.netloc, parts.scheme == "https"
        # With the prefix no subdomain can plant a cookie of this name.
        self.cookie = "__Host-onedoor-care" if self._secure else "onedoor-care"

    def _sign(self, what: str) -> str:
        return hmac.new(self._secret, what.encode(), hashlib.sha256).hexdigest()

    def find(self, request: web.Request, now: datetime) -> Session | None:
        """Who asks; None for nobody, or who was silent for too long."""
        value = request.cookies.get(self.cookie, "")
        reference, _, rest = value.partition(".")
        until, _, rest = rest.partition(".")
        nonce, _, proof = rest.partition(".")
        signed = f"{reference}.{until}.{nonce}"
        if len(value) > LONGEST or not hmac.compare_digest(proof.encode(), self._sign(signed).encode()):
            return None
        if now.timestamp() > int(until):
            return None
        return Session(reference, nonce, self._sign(f"form.{nonce}"))

    def keep(
        self, response: web.StreamResponse, reference: str, now: datetime, nonce: str | None = None
    ) -> None:
        """Signs somebody in, or keeps them signed in from now on."""
        until = int((now + IDLE).timestamp())
        signed = f"{reference}.{until}.{nonce or secrets.token_urlsafe(16)}"
        response.set_cookie(
            self.cookie, f"{signed}.{self._sign(signed)}", httponly=True, samesite="Lax",
            secure=self._secure, path="/",
        )  # fmt: skip

    def end(self, response: web.StreamResponse) -> None:
        """Signs them out."""
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Lax", secure=self._secure)

    def check(self, request: web.Request, session: Session | None, given: str) -> None:
        """Comes back if a form is of our page.

        Raises:
            web.HTTPForbidden: it is not.
        """
        ours = own_origin(request, self._netloc or request.host)  # “null” is no address
        if session is None:
            if ours is not True:  # every browser of today says it with a form
                raise web.HTTPForbidden
        elif ours is False or not hmac.compare_digest(given.encode(), session.csrf.encode()):
            raise web.HTTPForbidden
