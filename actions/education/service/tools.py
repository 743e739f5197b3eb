"""What every address of the service works with: the database, the time, the ledger, and who may call."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from actions.sdk import Ledger, ServiceDown
from actions.sdk.serving import Pool, Problem

PUBLIC: Final = "public"
"""A route whose name begins so is for everybody, as what all may know of schools; any other needs the key."""


@dataclass(frozen=True)
class Tools:
    """What a route works with.

    Args:
        pool: the database, with the migrations of this department.
        clock: the time.
        ledger: gives a client of the credits ledger.
        keys: of those who may call.
    """

    pool: Pool
    clock: Callable[[], datetime]
    ledger: Callable[[], Ledger]
    keys: frozenset[str]

    @property
    def now(self) -> datetime:
        """The time."""
        return self.clock()


TOOLS: Final = web.AppKey("tools", Tools)


def tools(request: web.Request) -> Tools:
    """Those of the application that answers a request."""
    return request.app[TOOLS]


@web.middleware
async def keyed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets in who shows a key: what is known of pupils is not for everybody."""
    route = request.match_info.route
    if not (route.name or "").startswith(PUBLIC) and request.match_info.http_exception is None:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if not any(hmac.compare_digest(shown, key.encode()) for key in request.app[TOOLS].keys):
            raise Problem(401, "KEY_WRONG", "Send Authorization: Bearer with a key of this service.")
    return await handler(request)


@web.middleware
async def ledger_down(request: web.Request, handler: Handler) -> web.StreamResponse:
    """While the ledger does not answer we do not either: whoever asks again later goes on where it was."""
    try:
        return await handler(request)
    except ServiceDown:
        raise web.HTTPServiceUnavailable from None
