"""Onedoor's Open311 GeoReport v2 service: its addresses, below where it is mounted.

| call | from |
|---|---|
| `GET discovery` | Open311 |
| `GET services`, `GET services/<code>` | GeoReport v2 |
| `GET requests`, `GET requests/<id>`, `POST requests` | GeoReport v2 |
| `GET tokens/<token>` | GeoReport v2 |
| `GET servicerequestupdates`, `POST servicerequestupdates` | mySociety |
| `POST requests/<id>/support`, `POST requests/<id>/unsupport` | ours |

Each with `.xml` or `.json` at its end. docs/open311.md has all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from aiohttp import web

from actions.reports.service import nodes, ranges, reading, reports, store, supporters, updates
from actions.reports.service.categories import Category, categories
from actions.reports.service.keys import Connection, Keys, Pool
from actions.reports.service.once import Answer, asked, once
from actions.reports.service.reading import Fields
from actions.reports.service.refusals import format_of, refusals, refuse
from actions.reports.service.responsible import Areas, no_areas
from actions.reports.service.writing import Node, respond, respond_many

type Clock = Callable[[], datetime]


@dataclass(frozen=True)
class _Tools:
    """What every call needs."""

    pool: Pool
    clock: Clock
    keys: Keys
    areas: Areas
    known: dict[str, Category]
    jurisdiction: str | None
    address: str | None
    contact: str


_TOOLS: web.AppKey[_Tools] = web.AppKey("tools")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    clock: Clock = _utc_now,
    keys: frozenset[str] = frozenset(),
    areas: Areas = no_areas,
    known: dict[str, Category] | None = None,
    jurisdiction: str | None = None,
    address: str | None = None,
    contact: str = "",
) -> web.Application:
    """The service, to be mounted at `/open311/v2` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        clock: the time; tests move it.
        keys: API keys beside those of the database; they may do everything.
        areas: gives the areas that a latitude and longitude are in, the lowest level first.
        known: the categories by code; those of categories.yml when None.
        jurisdiction: the only `jurisdiction_id` that is served; any when None.
        address: the public address of the service, for its discovery; its path when None.
        contact: whom developers ask, for its discovery.
    """
    app = web.Application(middlewares=[refusals])
    app[_TOOLS] = _Tools(
        pool, clock, Keys(pool, keys), areas, categories() if known is None else known,
        jurisdiction, address and address.rstrip("/"), contact,
    )  # fmt: skip
    ending = ".{format:xml|json}"
    one = "/requests/{id:[^/]{1,64}?}"
    app.add_routes(
        [
            web.get("/discovery" + ending, discovery),
            web.get("/services" + ending, services),
            web.get("/services/{code:[^/]{1,100}?}" + ending, service),
            web.get("/requests" + ending, problems),
            web.post("/requests" + ending, report),
            web.get(one + ending, problem),
            web.post(one + "/support" + ending, support),
            web.post(one + "/unsupport" + ending, unsupport),
            web.get("/tokens/{token:[^/]{1,64}?}" + ending, token),
            web.get("/servicerequestupdates" + ending, list_updates),
            web.post("/servicerequestupdates" + ending, update),
        ]
    )
    return app


def _check_jurisdiction(tools: _Tools, fields: Fields) -> None:
    asked_for = fields.get("jurisdiction_id")
    if asked_for and tools.jurisdiction is not None and asked_for != tools.jurisdiction:
        raise refuse(404, "jurisdiction_unknown", value=asked_for)


def _query(request: web.Request) -> tuple[_Tools, Fields]:
    tools, fields = request.app[_TOOLS], reading.query(request)
    _check_jurisdiction(tools, fields)
    return tools, fields


async def _form(request: web.Request) -> tuple[_Tools, Fields]:
    tools, fields = request.app[_TOOLS], await reading.form(request)
    _check_jurisdiction(tools, fields)
    return tools, fields


async def _sees_private(tools: _Tools, fields: Fields) -> bool:
    sender = await tools.keys.find(fields.get("api_key"))
    return sender is not None and sender.sees_private


async def discovery(request: web.Request) -> web.Response:
    """What is served here, and where."""
    tools, _ = _query(request)
    address = tools.address or request.path.rpartition("/")[0]
    return respond(format_of(request), "discovery", nodes.discovery(address, tools.contact))


async def services(request: web.Request) -> web.Response:
    """The categories."""
    tools, fields = _query(request)
    language = fields.language
    return await respond_many(
        format_of(request), "services", tools.known.values(), lambda each: nodes.service(each, language)
    )


async def service(request: web.Request) -> web.Response:
    """A category's questions."""
    tools, fields = _query(request)
    code = request.match_info["code"]
    if code not in tools.known:
        raise refuse(404, "service_unknown", value=code)
    made = nodes.definition(tools.known[code], fields.language)
    return respond(format_of(request), "service_definition", made)


async def problems(request: web.Request) -> web.Response:
    """The problems that are asked for."""
    tools, fields = _query(request)
    private = await _sees_private(tools, fields)
    wanted = ranges.read_wanted(fields, tools.clock(), private=private)
    return await _problems(request, tools, fields, wanted)


async def problem(request: web.Request) -> web.Response:
    """One problem, in a list."""
    tools, fields = _query(request)
    private = await _sees_private(tools, fields)
    wanted = store.Wanted(ids=(_problem_id(request),), private=private)
    return await _problems(request, tools, fields, wanted, needed=True)


async def _problems(
    request: web.Request, tools: _Tools, fields: Fields, wanted: store.Wanted, *, needed: bool = False
) -> web.Response:
    rows = await store.problems(tools.pool, wanted)
    if needed and not rows:
        raise refuse(404, "problem_unknown")
    language, extended = fields.language, fields.flag("extensions")

    def node(row: nodes.Row) -> Node:
        return nodes.problem(row, tools.known, language, extended=extended, keyed=wanted.private)

    return await respond_many(format_of(request), "service_requests", rows, node)


def _problem_id(request: web.Request) -> int:
    found = updates.read_id(request.match_info["id"])
    if found is None:
        raise refuse(404, "problem_unknown")
    return found


async def token(request: web.Request) -> web.Response:
    """The reference of what was reported for a token."""
    tools, _ = _query(request)
    asked_for = reading.clean(request.match_info["token"])
    found = await store.by_token(tools.pool, asked_for)
    if found is None:
        raise refuse(404, "token_unknown")
    answer = {"service_request_id": str(found), "token": asked_for}
    return respond(format_of(request), "service_requests", [answer])


async def report(request: web.Request) -> web.Response:
    """Takes a report."""
    tools, fields = await _form(request)
    sender, key = await tools.keys.need(fields.get("api_key"), "report"), reading.idempotency_key(request)
    sent = reports.read_report(fields, tools.known)
    # Before the transaction: no connection is held while somebody else is asked.
    areas = () if sent.place is None else tuple(await tools.areas(*sent.place))
    language, now = fields.language, tools.clock()

    async def work(connection: Connection) -> Answer:
        return await reports.report(connection, sent, areas, language, now)

    answer = await once(tools.pool, sender, key, asked("report", fields), now, work)
    return respond(format_of(request), "service_requests", [answer])


async def list_updates(request: web.Request) -> web.Response:
    """The updates that are asked for, oldest first."""
    tools, fields = _query(request)
    private = await _sees_private(tools, fields)
    wanted = ranges.read_wanted_updates(fields, tools.clock(), private=private)
    rows, language = await store.updates(tools.pool, wanted), fields.language
    return await respond_many(
        format_of(request), "service_request_updates", rows, lambda row: nodes.update(row, language)
    )


async def update(request: web.Request) -> web.Response:
    """Takes an update."""
    tools, fields = await _form(request)
    sender, key = await tools.keys.need(fields.get("api_key"), "team"), reading.idempotency_key(request)
    sent, now = updates.read_update(fields, tools.known), tools.clock()
    passed: updates.Passed | None = None
    if sent.category is not None:
        place = await store.place_of(tools.pool, sent.problem_id)
        areas = () if place is None else tuple(await tools.areas(*place))
        passed = updates.Passed(tools.known[sent.category], areas)

    async def work(connection: Connection) -> Answer:
        return await updates.update(connection, sender, sent, now, passed)

    answer = await once(tools.pool, sender, key, asked("update", fields), now, work)
    return respond(format_of(request), "service_request_updates", [answer])


async def support(request: web.Request) -> web.Response:
    """Lets somebody follow a problem."""
    return await _support(request, "support")


async def unsupport(request: web.Request) -> web.Response:
    """Takes somebody's id off a problem."""
    return await _support(request, "unsupport")


async def _support(request: web.Request, what: str) -> web.Response:
    tools, fields = await _form(request)
    sender, key = await tools.keys.need(fields.get("api_key"), "report"), reading.idempotency_key(request)
    problem_id, now = _problem_id(request), tools.clock()
    account_id = fields.text("account_id")
    if account_id is None:
        fields.fault("account_missing")
    fields.check()
    assert account_id is not None

    async def work(connection: Connection) -> Answer:
        if what == "support":
            return await supporters.support(connection, sender, problem_id, account_id, now)
        return await supporters.unsupport(connection, sender, problem_id, account_id)

    answer = await once(tools.pool, sender, key, asked(f"{what} {problem_id}", fields), now, work)
    return respond(format_of(request), "service_requests", [answer])
