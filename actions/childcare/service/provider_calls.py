"""The calls about providers, open to all, and those of a provider about its own bookings."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.childcare.service import bookings, decisions, holds, providers
from actions.childcare.service.rules import Amount, Number
from actions.childcare.service.tools import (
    PROVIDER,
    SERVICE,
    TOOLS,
    Tools,
    number_in,
    provider_in,
    secret_digest,
)
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem, answer, idempotency_key, once, prove, read

SIGNED_IN: Final = timedelta(hours=8)
"""For so long a provider's sign-in lasts."""
NO_YEAR: Final = 0
"""A provider proves itself with number and code alone."""


class Query(BaseModel):
    """What is looked for; every value is a text of the address."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lat: Annotated[float, Field(ge=49, le=61)] | None = None
    long: Annotated[float, Field(ge=-9, le=3)] | None = None
    said: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    kind: Literal["nursery", "childminder", "playgroup", "club", "holiday_club"] | None = None
    age: Annotated[int, Field(ge=0, le=240)] | None = None
    day: Annotated[int, Field(ge=0, le=6)] | None = None
    speaks: Annotated[str, Field(pattern="^[a-z]{2,3}$")] | None = None
    free: bool = False
    order: Literal["near", "price", "rating"] = "near"
    most: Annotated[int, Field(ge=1, le=50)] = 12


class SignIn(Body):
    """What a provider signs in with."""

    number: Number
    code: Annotated[str, Field(min_length=1, max_length=40)]


class Attendance(Body):
    """What is due for a booking whose child came, in pence; nothing said, all of it."""

    amount: Amount | None = None


class Agreement(Body):
    """Whether a provider agrees to its part of a sum that is split."""

    agree: bool


async def search(request: web.Request) -> web.Response:
    """Registered providers near a place; or those whose names are said, also who is no longer registered."""
    tools, asked = request.app[TOOLS], _query(request)
    if asked.said is not None:
        found = await providers.named(tools.pool, asked.said)
        told: list[Json] = [
            {**providers.told(row, tools.today), "named": "whole" if whole else "part"}
            for row, whole in found[: asked.most]
        ]
        return answer({"providers": told})
    if (asked.lat is None) != (asked.long is None):
        raise Problem(422, "INVALID", "“lat” and “long” come together.", field="lat")
    wanted = providers.Wanted(
        asked.lat, asked.long, asked.kind, asked.age, asked.day, asked.speaks, asked.free, asked.order,
        asked.most,
    )  # fmt: skip
    rows = await providers.search(tools.pool, wanted, tools.today)
    return answer({"providers": [providers.told(row, tools.today) for row in rows]})


def _query(request: web.Request) -> Query:
    given = dict(request.query)
    if len(given) < len(request.query) or any("\0" in value for value in given.values()):
        raise Problem(422, "INVALID", "Each parameter is given once, without the character NUL.", field="")
    try:
        return Query.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Problem(422, "INVALID", f"{field}: {first['msg']}", field=field) from None


async def provider(request: web.Request) -> web.Response:
    """One provider, registered or not."""
    tools = request.app[TOOLS]
    row = await providers.find(tools.pool, provider_in(request))
    if row is None:
        raise Problem(404, "PROVIDER_NOT_FOUND", "There is no such provider.")
    return answer(providers.told(row, tools.today))


# --- who a provider is ----------------------------------------------------------------------------


async def who(tools: Tools, given: str) -> str | None:
    """The number of the provider whose key, or whose sign-in, this is; None for nobody's."""
    found: str | None = await tools.pool.fetchval(
        """SELECT number FROM childcare.provider WHERE key_digest = $1
           UNION ALL
           SELECT provider FROM childcare.provider_session WHERE token_digest = $1 AND until > $2""",
        secret_digest(given[:200]), tools.clock(),
    )  # fmt: skip
    return found


async def sign_in(request: web.Request) -> web.Response:
    """Signs a provider in with its number and code; five wrong tries lock it for half an hour."""
    tools, given = request.app[TOOLS], await read(request, SignIn)
    row = await providers.find(tools.pool, given.number)
    kept = (row["code_digest"], NO_YEAR) if row else None
    now, token = tools.clock(), secrets.token_urlsafe(32)
    await prove(tools.pool, f"{SERVICE}-provider", given.number, (given.code, NO_YEAR), kept, now)
    await tools.pool.execute("DELETE FROM childcare.provider_session WHERE until < $1", now)
    await tools.pool.execute(
        "INSERT INTO childcare.provider_session (token_digest, provider, until) VALUES ($1, $2, $3)",
        secret_digest(token), given.number, now + SIGNED_IN,
    )  # fmt: skip
    return answer({"token": token, "until": (now + SIGNED_IN).isoformat()}, 201)


async def sign_out(request: web.Request) -> web.Response:
    """Ends a sign-in; a key stays."""
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    await request.app[TOOLS].pool.execute(
        "DELETE FROM childcare.provider_session WHERE token_digest = $1", secret_digest(token[:200])
    )
    return web.Response(status=204)


async def me(request: web.Request) -> web.Response:
    """The provider that asks."""
    tools = request.app[TOOLS]
    row = await providers.find(tools.pool, request[PROVIDER])
    assert row is not None
    return answer(providers.told(row, tools.today))


# --- its bookings ---------------------------------------------------------------------------------


async def mine(request: web.Request) -> web.Response:
    """A provider's bookings, the newest first: those that wait for it, or all."""
    which, before = request.query.get("which", "waiting"), request.query.get("before", "")
    if which not in ("waiting", "all") or (before and not (before.isascii() and before.isdecimal())):
        raise Problem(422, "INVALID", "“which” is waiting or all, “before” a number.", field="which")
    if len(before) > 18:
        raise Problem(422, "INVALID", "“before” is a booking's number.", field="before")
    rows = await bookings.of_provider(
        request.app[TOOLS].pool, request[PROVIDER], waiting=which == "waiting",
        before=int(before) if before else None,
    )  # fmt: skip
    return answer({"bookings": [bookings.told_provider(row, request.app[TOOLS].today) for row in rows]})


async def attendance(request: web.Request) -> web.Response:
    """A provider confirms that the child came: what is due is paid, the rest goes back."""
    given = await read(request, Attendance)

    async def work(connection: Connection, number: int) -> None:
        await decisions.attended(connection, number, request[PROVIDER], given.amount, _now(request))

    return await _decide(request, f"attended {given.amount}", work)


async def agreement(request: web.Request) -> web.Response:
    """A provider agrees to its part of a sum that is split between two, or does not."""
    given = await read(request, Agreement)

    async def work(connection: Connection, number: int) -> None:
        await decisions.agreed(connection, number, request[PROVIDER], given.agree, _now(request))

    return await _decide(request, f"agree {given.agree}", work)


async def cancel(request: web.Request) -> web.Response:
    """A provider cancels a booking: the money goes back to the family."""

    async def work(connection: Connection, number: int) -> None:
        await decisions.cancelled_by_provider(connection, number, request[PROVIDER], _now(request))

    return await _decide(request, "cancel", work)


def _now(request: web.Request) -> datetime:
    return request.app[TOOLS].clock()


async def _decide(
    request: web.Request, said: str, decide: Callable[[Connection, int], Awaitable[None]]
) -> web.Response:
    """Does what was decided once for its key, and brings the money to it, also where that was left before."""
    tools, number = request.app[TOOLS], number_in(request)

    async def work(connection: Connection) -> Json:
        await decide(connection, number)
        return None

    # A provider's keys are its own: it could use up those that the assistant will show for families.
    theirs = f"{SERVICE}-provider:{request[PROVIDER]}"
    await once(tools.pool, theirs, idempotency_key(request), f"{number} {said}", _now(request), work)
    row = await bookings.find(tools.pool, number)
    assert row is not None
    for each in await bookings.of_spend(tools.pool, row["spend"]):
        await holds.finish(tools.pool, tools.ledger, each["id"], _now(request))
    row = await bookings.find(tools.pool, number)
    assert row is not None
    if row["state"] == "expired":
        raise Problem(409, "HOLD_EXPIRED", "The money has gone back to the family.", state="expired")
    return answer(bookings.told_provider(row, tools.today))
