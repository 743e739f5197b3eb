"""What the handlers share: the database, the time, who is let in, a referral and a page of slots."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from aiohttp import web

from actions.health.service import claims, resources, store
from actions.health.service.keys import once
from actions.health.service.outcomes import Handler, Refusal, respond
from actions.health.service.requests import key

POOL: Final[web.AppKey[store.Pool]] = web.AppKey("pool")
CLOCK: Final[web.AppKey[Callable[[], datetime]]] = web.AppKey("clock")
KEYS: Final[web.AppKey[frozenset[str] | None]] = web.AppKey("keys")

ROOT: Final = "/FHIR/STU3"


def tools(request: web.Request) -> tuple[store.Pool, datetime]:
    """The database and the time."""
    return request.app[POOL], request.app[CLOCK]()


@web.middleware
async def needs_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets those alone in who have a key, where the stand-in was given some."""
    keys = request.app[KEYS]
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ").encode(errors="replace")
    if keys is not None and not any(hmac.compare_digest(shown, each.encode()) for each in keys):
        raise Refusal(401, "NOT_AUTHORISED", "Every call needs the key of the installation.")
    return await handler(request)


async def done(
    request: web.Request, asked: str, work: Callable[[store.Connection], Awaitable[resources.Resource]]
) -> web.Response:
    """Does the work once for the request's key: 200, whether now or before.

    Args:
        request: with the key.
        asked: what is wanted, to tell a repeat from another request with a used key.
        work: what is done.
    """
    pool, now = tools(request)
    return respond((await once(pool, key(request), asked, now, work))[1])


async def told(request: web.Request, ubrn: str) -> web.Response:
    """A referral as it is now."""
    pool, now = tools(request)
    # One snapshot: its state and its appointment are read one after the other.
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        return respond(await claims.referral(connection, ubrn, now))


async def slot_page(request: web.Request, page: store.Page, *, include: bool) -> resources.Resource:
    """A page of free slots, with links to the pages around it.

    Args:
        request: whose address the links repeat.
        page: which.
        include: whether the schedule is wanted with them.
    """
    pool, now = tools(request)
    total, rows = await store.free_slots(pool, page, now)
    # Relative, so that nobody's Host header finds its way into an answer.
    numbers = {"self": page.number}
    if page.number > 1:
        numbers["previous"] = page.number - 1
    if page.count * page.number < total:
        numbers["next"] = page.number + 1
    links = {
        relation: f"{request.path.rpartition('/')[2]}?"
        + request.rel_url.update_query({"page": str(number)}).raw_query_string
        for relation, number in numbers.items()
    }
    return resources.slot_bundle(rows, service_id=page.service_id, total=total, links=links, include=include)
