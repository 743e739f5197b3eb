"""The childcare service's addresses, below where it is mounted, and who may call them.

| call | what | who |
|---|---|---|
| `GET openapi.json` | the description of all this | anybody |
| `GET providers`, `GET providers/<number>` | providers near a place, or by name | anybody |
| `POST provider/session` | a provider signs in | anybody |
| `GET provider`, `DELETE provider/session` | who it is; signs out | the provider |
| `GET provider/bookings` | its bookings | the provider |
| `POST provider/bookings/<id>/attendance`, `/agreement`, `/cancel` | its decisions | the provider |
| `POST families/prove`, `POST families/known` | who somebody is | Onedoor |
| `GET families/<reference>`, and `/bookings`, `/credit`, `/events` below it | what a family has | Onedoor |
| `POST families/<reference>/confirm` | nothing has changed | Onedoor |
| `POST quotes`, `POST bookings` | what a booking would come from; books | Onedoor |
| `POST bookings/<id>/cancel`, `POST bookings/<id>/ask` | the family's decisions | Onedoor |
| `POST children/<id>/own-money`, `POST payments` | the family's own money | Onedoor, the bank |
| `GET notices` | what families are to be told | Onedoor |

Besides those of the awards (`award_routes`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import asyncpg
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from actions.childcare.service import credit_calls, family_calls, provider_calls
from actions.childcare.service.award_routes import AWARD_ROUTES
from actions.childcare.service.openapi import document
from actions.childcare.service.settling import settling
from actions.childcare.service.tools import PROVIDER, TOOLS, WORKER, Clock, Tools, secret_digest
from actions.childcare.service.worker import Worker
from actions.sdk import Ledger, ServiceDown, ServiceRefused
from actions.sdk.serving import Problem, service_application

log = structlog.get_logger()


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    ledger: Callable[[], Ledger],
    keys: frozenset[str] = frozenset(),
    clock: Clock = _utc_now,
) -> web.Application:
    """The service, to be mounted at `/departments/childcare` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        ledger: gives the client of the credits ledger.
        keys: of those who may ask about families; nobody may without one.
        clock: the time; tests move it.
    """
    app = service_application()
    app.middlewares.extend([_told, _let_in])
    app[TOOLS] = Tools(pool, clock, ledger, frozenset(secret_digest(key) for key in keys if key))
    app[WORKER] = Worker(pool, clock, ledger)
    app.cleanup_ctx.extend([settling, app[WORKER].running])
    app.add_routes((*ROUTES, *AWARD_ROUTES))
    return app


async def openapi(request: web.Request) -> web.Response:
    """The description of the API."""
    return web.json_response(document(request.path.removesuffix("/openapi.json") or "/"))


_OPEN: Final = (openapi, provider_calls.search, provider_calls.provider)
"""What anybody may call."""
_PROVIDERS: Final = (
    provider_calls.me, provider_calls.sign_out, provider_calls.mine, provider_calls.attendance,
    provider_calls.agreement, provider_calls.cancel,
)  # fmt: skip
"""What a provider may call about itself. Everything else wants one of our own keys, signing in with a code
too: the pages count who tries that."""

ROUTES: Final = (
    web.get("/openapi.json", openapi),
    web.get("/providers", provider_calls.search),
    web.get("/providers/{number}", provider_calls.provider),
    web.post("/provider/session", provider_calls.sign_in),
    web.delete("/provider/session", provider_calls.sign_out),
    web.get("/provider", provider_calls.me),
    web.get("/provider/bookings", provider_calls.mine),
    web.post("/provider/bookings/{id}/attendance", provider_calls.attendance),
    web.post("/provider/bookings/{id}/agreement", provider_calls.agreement),
    web.post("/provider/bookings/{id}/cancel", provider_calls.cancel),
    web.post("/families/prove", family_calls.prove_family),
    web.post("/families/known", family_calls.known_family),
    web.get("/families/{reference}", family_calls.family),
    web.get("/families/{reference}/bookings", family_calls.booked),
    web.get("/families/{reference}/credit", credit_calls.credit),
    web.get("/families/{reference}/events", credit_calls.events),
    web.post("/families/{reference}/confirm", credit_calls.confirm),
    web.post("/quotes", family_calls.quote),
    web.post("/bookings", family_calls.book),
    web.post("/bookings/{id}/cancel", family_calls.cancel),
    web.post("/bookings/{id}/ask", family_calls.ask_to_confirm),
    web.post("/children/{id}/own-money", family_calls.add_own_money),
    web.post("/payments", family_calls.paid_in),
    web.get("/notices", credit_calls.told),
)


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong is told as a problem too."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        raise Problem(404, "NOT_FOUND", "There is nothing at this address.") from None
    except web.HTTPMethodNotAllowed as error:
        response = Problem(405, "METHOD_NOT_ALLOWED", "This address takes another method.").response()
        response.headers["Allow"] = error.headers["Allow"]
        return response
    except ServiceDown:
        # What was begun is kept: the same request finishes it, or the next look does.
        response = Problem(503, "LEDGER_DOWN", "The ledger does not answer: try again.").response()
        response.headers["Retry-After"] = "30"
        return response
    except ServiceRefused as refusal:
        log.error("childcare.ledger_refused", code=refusal.code)
        raise Problem(409, "LEDGER", "The ledger refused.") from None


@web.middleware
async def _let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets in who shows the key that an address wants."""
    call = request.match_info.handler
    if call in _OPEN or request.match_info.http_exception is not None:
        return await handler(request)
    tools = request.app[TOOLS]
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    key = key.strip()[:200]
    if kind.casefold() == "bearer" and key:
        if call in _PROVIDERS:
            if (number := await provider_calls.who(tools, key)) is not None:
                request[PROVIDER] = number
                return await handler(request)
        elif secret_digest(key) in tools.keys:
            return await handler(request)
    response = Problem(401, "UNAUTHORISED", "Send the key as Authorization: Bearer …").response()
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
