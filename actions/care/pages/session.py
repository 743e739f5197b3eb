"""Who is signed in on the public pages: a token of the service in a cookie, and a token for each form."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from channels.origin import own_origin

_TOKEN: Final = re.compile(r"[A-Za-z0-9_.~-]{1,200}")


@dataclass(frozen=True)
class Session:
    """Somebody who proved whose budget it is.

    Args:
        reference: the citizen's.
        token: the service knows by it that they did.
    """

    reference: str
    token: str

    @property
    def csrf(self) -> str:
        """What their forms carry; the token can't be made from it."""
        return hmac.digest(self.token.encode(), b"form", hashlib.sha256).hex()


class Sessions:
    """Makes and reads the cookies: there is nothing in them to sign.

    Args:
        public_url: of the installation; with https the cookie travels on https only.
    """

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._netloc, self._secure = parts.netloc, parts.scheme == "https"
        # With the prefix no subdomain can plant a cookie of this name.
        self.cookie = "__Host-onedoor-care" if self._secure else "onedoor-care"

    def token(self, request: web.Request) -> str | None:
        """The token of a browser; None where it has none that could be one."""
        value = request.cookies.get(self.cookie, "")
        return value if _TOKEN.fullmatch(value) else None

    def keep(self, response: web.StreamResponse, token: str) -> None:
        """Gives a browser its token."""
        response.set_cookie(
            self.cookie, token, httponly=True, samesite="Lax", secure=self._secure, path="/"
        )  # fmt: skip

    def end(self, response: web.StreamResponse) -> None:
        """Takes it away."""
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
