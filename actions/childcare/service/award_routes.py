"""The calls of the department's own staff about awards; all of them want one of our own keys.

| call | what |
|---|---|
| `GET award-runs`, `GET award-runs/<id>` | runs, and how far each has come |
| `POST award-runs?name=…&from=…&until=…&expires=…&by=…` | sends a file of families, to be checked |
| `GET award-runs/<id>/rows?after=…&which=broken` | its rows, or only those that are wrong |
| `POST award-runs/<id>/start`, `POST award-runs/<id>/give-up` | makes it into awards, or puts it aside |
| `GET weights`, `POST weights` | the versions of the weights; a new one, from a day to come |
| `GET what-if?…` | what awards of a time would have been with other weights |
| `GET books`, `POST payments-in` | each funder's books beside the ledger's; what one paid in |
| `GET changes` | what will change for families within the month |
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import Field

from actions.childcare.service import notices, payments, runs, weights
from actions.childcare.service.changes import changes_due
from actions.childcare.service.ledger import Funder
from actions.childcare.service.reconciliation import reconcile
from actions.childcare.service.rule import ELEMENTS
from actions.childcare.service.run_file import MOST_BYTES
from actions.childcare.service.tools import SERVICE, TOOLS, WORKER, number_in
from actions.childcare.service.what_if import MOST, what_if
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem, answer, idempotency_key, once, read

type By = Annotated[str, Field(pattern=r"^[a-z]+:[0-9]{1,18}$")]
type Weight = Annotated[int, Field(ge=0, le=10_000)]


class Who(Body):
    """Who asks for something."""

    by: By


class NewWeights(Who):
    """Weights in hundredths of a per cent, and the first day they hold for."""

    day: Annotated[date, Field(alias="from")]
    low_income: Weight
    training: Weight
    why: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]


class NewPayment(Who):
    """What a funder paid in, in pence, with its own reference of it."""

    funder: Literal["wtc", "neg", "ssg", "equity"]
    amount: Annotated[int, Field(gt=0, le=payments.MOST)]
    reference: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]


# --- award runs -----------------------------------------------------------------------------------


async def list_runs(request: web.Request) -> web.Response:
    """The newest runs."""
    return answer({"runs": [runs.told(row) for row in await runs.newest(request.app[TOOLS].pool)]})


async def one_run(request: web.Request) -> web.Response:
    """A run, and once it was checked what it comes to."""
    tools, number = request.app[TOOLS], number_in(request)
    row = await runs.find(tools.pool, number)
    known = row["state"] not in ("checking", "given_up")
    sums = await runs.sums(tools.pool, number, awarded=row["state"] == "done") if known else None
    return answer({**runs.told(row), "sums": sums})


async def send_file(request: web.Request) -> web.Response:
    """Keeps a file of families, to be checked at once."""
    tools = request.app[TOOLS]
    name, by = _text(request, "name", 200), _text(request, "by", 40)
    period = _day(request, "from"), _day(request, "until")
    expires, now = _day(request, "expires"), tools.clock()
    data = bytearray()
    async for chunk in request.content.iter_any():
        data += chunk
        if len(data) > MOST_BYTES:
            raise Problem(413, "TOO_LARGE", f"A file has at most {MOST_BYTES // 2**20} MB: split it.")

    async def work(connection: Connection) -> Json:
        return await runs.create(connection, name, bytes(data), period, expires, by, now)

    asked = f"run {name} {period} {expires} {hashlib.sha256(data).hexdigest()}"
    new, number = await once(tools.pool, SERVICE, idempotency_key(request), asked, now, work)
    request.app[WORKER].wake()
    return answer(runs.told(await runs.find(tools.pool, int(str(number)))), 201 if new else 200)


async def list_rows(request: web.Request) -> web.Response:
    """Rows of a run, some at a time."""
    tools, number = request.app[TOOLS], number_in(request)
    await runs.find(tools.pool, number)
    after = request.query.get("after", "0")
    if not after.isascii() or not after.isdecimal() or len(after) > 9:
        raise Problem(422, "INVALID", "“after” is the number of a row.", field="after")
    broken = request.query.get("which") == "broken"
    rows = await runs.rows(tools.pool, number, int(after), broken=broken)
    return answer({"rows": [dict(row) for row in rows], "more": len(rows) == runs.PAGE})


async def start_run(request: web.Request) -> web.Response:
    """Makes a checked file into awards."""
    tools, number, given = request.app[TOOLS], number_in(request), await read(request, Who)
    async with tools.pool.acquire() as connection, connection.transaction():
        await runs.start(connection, number, given.by, tools.clock())
    request.app[WORKER].wake()
    return answer(runs.told(await runs.find(tools.pool, number)))


async def give_up_run(request: web.Request) -> web.Response:
    """Puts a file aside that was not made into awards."""
    tools, number = request.app[TOOLS], number_in(request)
    await read(request, Who)
    async with tools.pool.acquire() as connection, connection.transaction():
        await runs.give_up(connection, number, tools.clock())
    return answer(runs.told(await runs.find(tools.pool, number)))


# --- weights --------------------------------------------------------------------------------------


async def list_weights(request: web.Request) -> web.Response:
    """The versions of the weights, and which holds today."""
    tools = request.app[TOOLS]
    now = await weights.on(tools.pool, tools.today)
    versions: list[Json] = [
        {
            "version": each.weights.version, "from": each.weights.from_date.isoformat(),
            "low_income": each.weights.low_income, "training": each.weights.training, "by": each.by,
            "why": each.why, "made_on": each.made_on.isoformat(),
        }
        for each in await weights.versions(tools.pool)
    ]  # fmt: skip
    return answer({"versions": versions, "now": now.version if now else None})


async def add_weights(request: web.Request) -> web.Response:
    """Adds a version; families whom it concerns are told before it holds."""
    tools, given = request.app[TOOLS], await read(request, NewWeights)
    now, today = tools.clock(), tools.today

    async def work(connection: Connection) -> Json:
        made = await weights.add(
            connection, given.day, given.low_income, given.training, given.by, given.why, today
        )
        await notices.changed(connection, now)
        return made.version

    asked = f"weights {given.day} {given.low_income} {given.training} {given.why}"
    new, version = await once(tools.pool, SERVICE, idempotency_key(request), asked, now, work)
    return answer({"version": version}, 201 if new else 200)


async def work_out_again(request: web.Request) -> web.Response:
    """What awards of a time would have been."""
    tools = request.app[TOOLS]
    low_income, training = _number(request, "low_income", 0), _number(request, "training", 0)
    changed = {each: _number(request, each, -MOST) for each in ELEMENTS if each in request.query}
    since, until = _day(request, "since"), _day(request, "until")
    return answer(await what_if(tools.pool, since, until, low_income, training, changed))


# --- books ----------------------------------------------------------------------------------------


async def list_books(request: web.Request) -> web.Response:
    """Each funder's books, beside the ledger's."""
    tools = request.app[TOOLS]
    return answer(await reconcile(tools.pool, tools.ledger()))


async def pay_in(request: web.Request) -> web.Response:
    """Notes what a funder paid in."""
    tools, given = request.app[TOOLS], await read(request, NewPayment)
    funder: Funder = given.funder
    now = tools.clock()

    async def work(connection: Connection) -> Json:
        return await payments.note(connection, funder, given.amount, given.reference, given.by, now)

    asked = f"payment {given.funder} {given.amount} {given.reference}"
    new, made = await once(tools.pool, SERVICE, idempotency_key(request), asked, now, work)
    request.app[WORKER].wake()
    return answer(made, 201 if new else 200)


# --- families -------------------------------------------------------------------------------------


async def list_changes(request: web.Request) -> web.Response:
    """What will change for families within the month."""
    tools = request.app[TOOLS]
    found = await changes_due(tools.pool, tools.today)
    return answer({"changes": [{"family": each.family, **each.told()} for each in found]})


# --- what stands in a query ------------------------------------------------------------------------


def _given(query: Mapping[str, str], name: str) -> str:
    given = query.get(name, "")
    if not given:
        raise Problem(422, "INVALID", f"“{name}” is missing.", field=name)
    return given


def _text(request: web.Request, name: str, longest: int) -> str:
    given = _given(request.query, name)
    if len(given) > longest or not given.isprintable():
        raise Problem(422, "INVALID", f"“{name}” has at most {longest} characters.", field=name)
    return given


def _day(request: web.Request, name: str) -> date:
    try:
        return date.fromisoformat(_given(request.query, name))
    except ValueError:
        raise Problem(422, "INVALID", f"“{name}” is a day, as 2026-03-02.", field=name) from None


def _number(request: web.Request, name: str, least: int) -> int:
    given = _given(request.query, name)
    plain = given.removeprefix("-")
    if plain.isascii() and plain.isdecimal() and len(plain) < 9 and least <= int(given) <= MOST:
        return int(given)
    raise Problem(422, "INVALID", f"“{name}” is a whole number, {least} to {MOST}.", field=name)


AWARD_ROUTES: Final = (
    web.get("/award-runs", list_runs),
    web.post("/award-runs", send_file),
    web.get("/award-runs/{id}", one_run),
    web.get("/award-runs/{id}/rows", list_rows),
    web.post("/award-runs/{id}/start", start_run),
    web.post("/award-runs/{id}/give-up", give_up_run),
    web.get("/weights", list_weights),
    web.post("/weights", add_weights),
    web.get("/what-if", work_out_again),
    web.get("/books", list_books),
    web.post("/payments-in", pay_in),
    web.get("/changes", list_changes),
)
