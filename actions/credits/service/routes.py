"""The ledger's addresses, below where it is mounted.

| call | what |
|---|---|
| `POST accounts` | opens accounts, all or none |
| `GET accounts?holder=…`, `GET accounts/<id>` | accounts with their balances |
| `GET accounts/totals?code=…` | the balances of all accounts whose codes begin so, by code |
| `POST accounts/<id>/close` | closes one |
| `GET accounts/<id>/statement?since=…&until=…` | what came and went |
| `POST transfers` | makes transfers, all or none |
| `GET transfers?reference=…`, `GET transfers/<id>` | transfers |
| `GET openapi.json` | the description of all that |

docs/ledger.md has it for developers.
"""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from actions.credits.service import store
from actions.credits.service.commits import LATER, Busy, Commits
from actions.credits.service.openapi import document
from actions.credits.service.problems import refuse, refused
from actions.credits.service.schemas import LISTED, MOST, NewAccounts, NewTransfers
from actions.sdk.serving import Body, Pool, Problem, problems, read

log = structlog.get_logger()

type Clock = Callable[[], datetime | None]

LARGEST_BODY: Final = 2 * 1024 * 1024
"""Bytes: with it an answer stays below what the departments' client takes."""
SWEEP_EVERY: Final = 5.0
"""Seconds between looks for holds whose time is over, for the sake of those whom nobody looks at."""
_ID: Final = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


@dataclass(frozen=True)
class _Tools:
    """What every call needs."""

    pool: Pool
    clock: Clock
    keys: frozenset[bytes]
    commits: Commits


_TOOLS: web.AppKey[_Tools] = web.AppKey("tools")


def _of_the_database() -> None:
    """All processes have one clock then, and none can be ahead of the others."""


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    keys: frozenset[str] = frozenset(),
    clock: Clock = _of_the_database,
) -> web.Application:
    """The service, to be mounted at `/credits` or served by itself.

    Args:
        pool: the database, with the migrations of this pack.
        keys: of those who may call; nobody may without one.
        clock: the time, for scripts that move it on; what it says first holds, when it goes back.
    """
    app = web.Application(middlewares=[problems, _told, _keyed], client_max_size=LARGEST_BODY)
    # By their hash: how long a comparison takes then tells nothing of the key.
    kept = frozenset(_digest(key) for key in keys if key)
    app[_TOOLS] = _Tools(pool, clock, kept, Commits(pool, clock))
    app.cleanup_ctx.append(_sweeping)
    app.add_routes(
        [
            web.get("/openapi.json", openapi),
            web.post("/accounts", open_accounts),
            web.get("/accounts", accounts_of),
            web.get("/accounts/totals", totals),
            web.get("/accounts/{id}", account),
            web.post("/accounts/{id}/close", close),
            web.get("/accounts/{id}/statement", statement),
            web.post("/transfers", transfer),
            web.get("/transfers", referring),
            web.get("/transfers/{id}", find),
        ]
    )
    return app


async def _sweeping(app: web.Application) -> AsyncIterator[None]:
    """Ends holds whose time is over while the service runs, and at its end waits for what is under way."""
    tools = app[_TOOLS]

    async def sweep() -> None:
        while True:
            try:
                while await store.sweep(tools.pool, tools.clock()):
                    pass
            except LATER as error:
                log.warning("ledger.not_swept", reason=type(error).__name__)
            await asyncio.sleep(SWEEP_EVERY)

    task = asyncio.create_task(sweep(), name="ledger sweep")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await tools.commits.close()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong is told as a problem too."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        raise refuse("NOT_FOUND") from None
    except web.HTTPMethodNotAllowed as error:
        response = refuse("METHOD_NOT_ALLOWED").response()
        response.headers["Allow"] = error.headers["Allow"]
        return response
    except (Busy, *LATER) as error:
        log.warning("ledger.busy", reason=str(error) if isinstance(error, Busy) else type(error).__name__)
        raise refuse("BUSY") from None


@web.middleware
async def _keyed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers those who show a key; what the API is like anybody may know."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() == "bearer" and _digest(key.strip()[:200]) in request.app[_TOOLS].keys:
        return await handler(request)
    if request.match_info.handler is openapi:
        return await handler(request)
    response = refuse("UNAUTHORISED").response()
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _answer(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


def _list(name: str, told: Sequence[str]) -> web.Response:
    if len(told) > LISTED:
        raise refuse("TOO_MANY")
    return _answer(f'{{"{name}": [{", ".join(told)}]}}')


def _id(request: web.Request) -> UUID:
    given = request.match_info["id"]
    if not _ID.fullmatch(given):
        raise refuse("INVALID", "The id is a UUID.", field="id")
    return UUID(given)


def _parameter(request: web.Request, name: str) -> str:
    given = request.query.get(name, "")
    if [*request.query] != [name] or not _PLAIN.fullmatch(given):
        raise refuse(
            "INVALID", f"The query has “{name}”, of 1 to 200 characters, and nothing else.", field=name
        )
    return given


def _time(request: web.Request, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(request.query.get(name, ""))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise refuse("INVALID", f"“{name}” is a time with its zone: 2026-03-02T09:00:00Z", field=name)


async def _read[M: Body](request: web.Request, model: type[M]) -> M:
    """A body; what is wrong with one of several is told with its index."""
    if request.content_type != "application/json" or "Content-Encoding" in request.headers:
        raise refuse("INVALID", "The body is application/json, not compressed.", field="")
    try:
        return await read(request, model)
    except Problem as problem:
        path = str(problem.more.get("field", "")).split(".")
        if len(path) > 1 and path[1].isdecimal():
            tags = {"posted", "pending", "post", "void"}
            field = ".".join(part for part in path[2:] if part not in tags)
            raise refuse("INVALID", problem.detail, index=int(path[1]), field=field) from None
        raise refuse("INVALID", problem.detail, field=".".join(path)) from None


async def openapi(request: web.Request) -> web.Response:
    """The description of the API."""
    return web.json_response(document(request.path.removesuffix("/openapi.json") or "/"))


async def open_accounts(request: web.Request) -> web.Response:
    """Opens accounts."""
    tools, body = request.app[_TOOLS], await _read(request, NewAccounts)
    asked = json.dumps([each.model_dump() for each in body.accounts])
    row = await tools.pool.fetchrow(
        "SELECT problem::text, answer::text FROM credits.open($1::text::json, $2)", asked, tools.clock()
    )
    assert row is not None
    if row["problem"] is not None:
        raise refused(json.loads(row["problem"]))
    return _answer(row["answer"])


async def account(request: web.Request) -> web.Response:
    """One account."""
    tools = request.app[_TOOLS]
    found = await store.look(tools.pool, store.ACCOUNT, _id(request), tools.clock())
    if not found:
        raise refuse("ACCOUNT_NOT_FOUND")
    return _answer(found[0])


async def accounts_of(request: web.Request) -> web.Response:
    """All accounts of a holder."""
    tools, holder = request.app[_TOOLS], _parameter(request, "holder")
    return _list("accounts", await store.look(tools.pool, store.ACCOUNTS_OF, holder, tools.clock()))


async def totals(request: web.Request) -> web.Response:
    """What all accounts of some codes have together."""
    tools, code = request.app[_TOOLS], _parameter(request, "code")
    while await store.sweep(tools.pool, tools.clock()):
        pass
    rows = await tools.pool.fetch(store.TOTALS, code, LISTED + 1)
    return _list("totals", [json.dumps(dict(row)) for row in rows])


async def close(request: web.Request) -> web.Response:
    """Closes an account."""
    tools, which = request.app[_TOOLS], _id(request)
    if not await tools.pool.fetchval("SELECT credits.close($1, $2)", which, tools.clock()):
        raise refuse("ACCOUNT_NOT_FOUND")
    return await account(request)


async def statement(request: web.Request) -> web.Response:
    """An account's statement."""
    tools, which = request.app[_TOOLS], _id(request)
    since, until = _time(request, "since"), _time(request, "until")
    if len(request.query) > 2:
        raise refuse("INVALID", "The query has “since” and “until”, and nothing else.", field="")
    if until < since:
        raise refuse("INVALID", "“until” is not before “since”.", field="until")
    row = await tools.pool.fetchrow(store.STATEMENT, which, since, until)
    if row is None:
        raise refuse("ACCOUNT_NOT_FOUND")
    if len(row["transfers"]) > LISTED:
        raise refuse("TOO_MANY")
    head = {
        "account": str(which), "since": since.isoformat(), "until": until.isoformat(),
        "opening": row["opening"], "closing": row["closing"],
    }  # fmt: skip
    return _answer(f'{json.dumps(head)[:-1]}, "transfers": [{", ".join(row["transfers"])}]}}')


async def transfer(request: web.Request) -> web.Response:
    """Makes a chain of transfers."""
    body = (await _read(request, NewTransfers)).transfers
    for at, each in enumerate(body):
        if each.linked != (at < len(body) - 1):
            detail = f"A request is one chain of at most {MOST:,}: all of it is linked but the last."
            raise refuse("INVALID", detail, index=at, field="linked")
    chain = json.dumps([each.model_dump(exclude={"linked"}) for each in body])
    problem, answer = await request.app[_TOOLS].commits.apply(chain, len(body))
    if problem is not None:
        raise refused(json.loads(problem))
    return _answer(answer)


async def find(request: web.Request) -> web.Response:
    """One transfer."""
    tools = request.app[_TOOLS]
    found = await store.look(tools.pool, store.TRANSFER, _id(request), tools.clock())
    if not found:
        raise refuse("TRANSFER_NOT_FOUND")
    return _answer(found[0])


async def referring(request: web.Request) -> web.Response:
    """All transfers with a reference."""
    tools, reference = request.app[_TOOLS], _parameter(request, "reference")
    return _list("transfers", await store.look(tools.pool, store.REFERRING, reference, tools.clock()))
