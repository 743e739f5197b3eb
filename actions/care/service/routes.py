"""The addresses of the care service that the assistant and the pages call; desk.py has those of the desk.

| call | what |
|---|---|
| `POST proofs` | who a reference, a code and a year of birth belong to |
| `POST sessions`, `POST sessions/find`, `POST sessions/end` | signs in on the pages, says who is, signs out |
| `GET people?phone=…` | whose number it is, and for whom its owner may act |
| `GET citizens/<reference>` | a citizen, their budget and what it comes to |
| `GET citizens/<reference>/plan`, `POST …/plan/lines`, `…/plan/lines/<line>`, `…/<line>/remove`, `…/plan/send` | the plan |
| `GET citizens/<reference>/payees`, `…/spends`, `POST …/spends/look`, `…/spends`, `…/spends/<id>/withdraw`, `…/<id>/receipt` | payments |
| `GET`, `POST citizens/<reference>/helpers`, `POST …/helpers/<id>/end` | who else may pay |
| `POST citizens/<reference>/holding` | another way of holding the money |
| `GET citizens/<reference>/statement?month=2026-03` | a monthly statement |
| `POST citizens/<reference>/surplus` | what a surplus is for |
| `GET`, `POST citizens/<reference>/review` | the yearly review |
| `GET events?after=…` | what happened, for the watch |

Every call shows a key, and what changes something an `Idempotency-Key`. docs/decisions/0022-care.md has the
reasons.
"""  # noqa: E501

from collections.abc import Awaitable, Callable
from datetime import datetime

import asyncpg
from aiohttp import web
from pydantic import Field

from actions.care.service import (
    desk,
    events,
    helpers,
    holdings,
    people,
    plans,
    postings,
    reviews,
    sessions,
    spends,
    statements,
    surpluses,
)
from actions.care.service.numbers import Number
from actions.care.service.tools import (
    TOOLS,
    Clock,
    Tools,
    answer_spend,
    change,
    digest,
    keyed,
    number,
    position,
    reference,
    utc_now,
)
from actions.sdk import Ledger
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem, answer, read, service_application

EFFECTS: dict[str, postings.Effect] = {
    "hold": spends.held, "post": spends.posted, "void": spends.voided, "refund": spends.refunded,
    "move": holdings.moved, "reclaim": surpluses.taken,
}  # fmt: skip


class Proof(Body):
    """What a citizen's letter says."""

    reference: str = Field(pattern="^[0-9]{8}$")
    code: str = Field(min_length=1, max_length=40)
    year: int = Field(ge=1880, le=2100)


class Given(Body):
    """The token of a sign-in."""

    token: str = Field(min_length=1, max_length=200)


class Words(Body):
    """A citizen's own words."""

    words: str = Field(pattern=r"\S", max_length=300)


class Receipt(Body):
    """Where the picture of a receipt is."""

    url: str = Field(pattern="^https?://", max_length=500)


class Slot(Body):
    """A time for a review."""

    slot: Number


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    keys: frozenset[str] = frozenset(),
    clock: Clock = utc_now,
    ledger: Callable[[], Ledger],
) -> web.Application:
    """The service, to be mounted at `/departments/care` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        keys: of those who may call; nobody may without one.
        clock: the time; tests move it.
        ledger: gives a client of the ledger.
    """
    app = service_application()
    app.middlewares.append(keyed)
    kept = frozenset(digest(key) for key in keys if key)
    app[TOOLS] = Tools(pool, clock, ledger, postings.Postings(pool, ledger, clock, EFFECTS), kept)
    who = r"/citizens/{reference:[0-9]{8}}"
    app.add_routes(
        [
            web.post("/proofs", prove),
            web.post("/sessions", sign_in),
            web.post("/sessions/find", signed_in),
            web.post("/sessions/end", sign_out),
            web.get("/people", find_people),
            web.get(who, citizen),
            web.get(who + "/plan", plan),
            web.post(who + "/plan/lines", add_line),
            web.post(who + r"/plan/lines/{id:\d{1,19}}", change_line),
            web.post(who + r"/plan/lines/{id:\d{1,19}}/remove", remove_line),
            web.post(who + "/plan/send", send_plan),
            web.get(who + "/payees", payees),
            web.get(who + "/spends", all_spends),
            web.post(who + "/spends/look", look),
            web.post(who + "/spends", spend),
            web.post(who + r"/spends/{id:\d{1,19}}/withdraw", withdraw),
            web.post(who + r"/spends/{id:\d{1,19}}/receipt", keep_receipt),
            web.get(who + "/helpers", all_helpers),
            web.post(who + "/helpers", allow_helper),
            web.post(who + r"/helpers/{id:\d{1,19}}/end", end_helper),
            web.post(who + "/holding", ask_holding),
            web.get(who + "/statement", statement),
            web.post(who + "/surplus", explain_surplus),
            web.get(who + "/review", review),
            web.post(who + "/review", book_review),
            web.get("/events", happened),
            *desk.routes(),
        ]
    )
    return app


async def prove(request: web.Request) -> web.Response:
    """Who the three belong to."""
    tools, proof = request.app[TOOLS], await read(request, Proof)
    return answer(await people.proved(tools.pool, proof.reference, proof.code, proof.year, tools.clock()))


async def sign_in(request: web.Request) -> web.Response:
    """Signs in who the three belong to."""
    tools, proof = request.app[TOOLS], await read(request, Proof)
    await people.proved(tools.pool, proof.reference, proof.code, proof.year, tools.clock())
    return answer({"token": await sessions.begin(tools.pool, proof.reference, tools.clock())}, 201)


async def signed_in(request: web.Request) -> web.Response:
    """Who is signed in."""
    tools, given = request.app[TOOLS], await read(request, Given)
    return answer(await sessions.find(tools.pool, given.token, tools.clock()))


async def sign_out(request: web.Request) -> web.Response:
    """Signs out."""
    await sessions.end(request.app[TOOLS].pool, (await read(request, Given)).token)
    return web.Response(status=204)


async def find_people(request: web.Request) -> web.Response:
    """Whose number it is."""
    return answer(await people.by_phone(request.app[TOOLS].pool, request.query.get("phone", "")[:20]))


async def citizen(request: web.Request) -> web.Response:
    """A citizen with all that their budget comes to."""
    tools, who = request.app[TOOLS], reference(request)
    row = await people.citizen(tools.pool, who)
    budget = await people.budget(tools.pool, who, tools.clock())
    return answer({
        **people.person(row), "phone": row["phone"], "budget": people.budget_json(budget),
        "position": await position(tools, who), "surplus": await surpluses.running(tools.pool, who),
        "as_of": tools.clock().isoformat(),
    })  # fmt: skip


async def plan(request: web.Request) -> web.Response:
    """A citizen's plan."""
    tools = request.app[TOOLS]
    return answer(await plans.plan(tools.pool, reference(request), tools.clock()))


async def _change_plan(
    request: web.Request, asked: object, work: Callable[[Connection, datetime], Awaitable[None]]
) -> web.Response:
    async def done(connection: Connection, now: datetime) -> Json:
        await work(connection, now)
        return await plans.plan(connection, reference(request), now)

    return answer(await change(request, asked, done))


async def add_line(request: web.Request) -> web.Response:
    """A new line."""
    who, line = reference(request), await read(request, plans.NewLine)
    return await _change_plan(request, line, lambda connection, now: plans.add(connection, who, line, now))


async def change_line(request: web.Request) -> web.Response:
    """Another line in the place of one."""
    who, one, line = reference(request), number(request), await read(request, plans.NewLine)
    return await _change_plan(
        request, line, lambda connection, now: plans.change(connection, who, one, line, now)
    )


async def remove_line(request: web.Request) -> web.Response:
    """A line less."""
    who, one = reference(request), number(request)
    return await _change_plan(request, "", lambda connection, now: plans.remove(connection, who, one, now))


async def send_plan(request: web.Request) -> web.Response:
    """The plan goes to the desk."""
    who = reference(request)
    return await _change_plan(request, "", lambda connection, now: plans.send(connection, who, now))


async def payees(request: web.Request) -> web.Response:
    """Whom a citizen pays."""
    return answer({"payees": list(await spends.payees(request.app[TOOLS].pool, reference(request)))})


async def all_spends(request: web.Request) -> web.Response:
    """What a citizen has paid."""
    return answer({"spends": list(await spends.of_citizen(request.app[TOOLS].pool, reference(request), 20))})


async def look(request: web.Request) -> web.Response:
    """What a payment would need; nothing is done."""
    tools, wanted = request.app[TOOLS], await read(request, spends.NewSpend)
    async with tools.pool.acquire() as connection:
        return answer(await spends.look(connection, reference(request), wanted, tools.clock()))


async def spend(request: web.Request) -> web.Response:
    """A payment."""
    who, wanted = reference(request), await read(request, spends.NewSpend)

    async def work(connection: Connection, now: datetime) -> Json:
        return await spends.make(connection, who, wanted, now)

    made = await change(request, wanted, work)
    assert isinstance(made, int)
    return answer(await answer_spend(request.app[TOOLS], made))


async def withdraw(request: web.Request) -> web.Response:
    """A payment that has not gone is taken back."""
    who, one = reference(request), number(request)

    async def work(connection: Connection, now: datetime) -> Json:
        await spends.withdraw(connection, who, one, now)
        return one

    await change(request, "", work)
    return answer(await answer_spend(request.app[TOOLS], one))


async def keep_receipt(request: web.Request) -> web.Response:
    """A picture of a receipt."""
    who, one, receipt = reference(request), number(request), await read(request, Receipt)

    async def work(connection: Connection, _now: datetime) -> Json:
        await spends.keep_receipt(connection, who, one, receipt.url)
        return one

    await change(request, receipt.url, work)
    return answer(await spends.one(request.app[TOOLS].pool, one))


async def all_helpers(request: web.Request) -> web.Response:
    """Who may pay for a citizen."""
    tools = request.app[TOOLS]
    return answer({"helpers": list(await helpers.of_citizen(tools.pool, reference(request), tools.clock()))})


async def allow_helper(request: web.Request) -> web.Response:
    """Somebody may pay for a citizen from now on."""
    who, helper = reference(request), await read(request, helpers.NewHelper)

    async def work(connection: Connection, now: datetime) -> Json:
        return {"id": await helpers.allow(connection, who, helper, now)}

    return answer(await change(request, helper, work))


async def end_helper(request: web.Request) -> web.Response:
    """Somebody may not any more."""
    who, one = reference(request), number(request)

    async def work(connection: Connection, now: datetime) -> Json:
        await helpers.end(connection, who, one, now)
        return {"id": one}

    return answer(await change(request, "", work))


async def ask_holding(request: web.Request) -> web.Response:
    """Another way of holding is asked for."""
    who, choice = reference(request), await read(request, holdings.NewChoice)

    async def work(connection: Connection, now: datetime) -> Json:
        return {"id": await holdings.ask(connection, who, choice, now)}

    return answer(await change(request, choice, work))


async def statement(request: web.Request) -> web.Response:
    """A statement of a month."""
    tools = request.app[TOOLS]
    month = statements.month_of(request.query.get("month", ""))
    return answer(
        await statements.statement(tools.pool, tools.ledger(), reference(request), month, tools.clock())
    )


async def explain_surplus(request: web.Request) -> web.Response:
    """What a surplus is for."""
    who, told = reference(request), await read(request, Words)

    async def work(connection: Connection, now: datetime) -> Json:
        await surpluses.explain(connection, who, told.words.strip(), now)
        return None

    await change(request, told.words, work)
    return answer({"surplus": await surpluses.running(request.app[TOOLS].pool, who)})


async def review(request: web.Request) -> web.Response:
    """The yearly review."""
    tools = request.app[TOOLS]
    return answer(await reviews.review(tools.pool, reference(request), tools.clock()))


async def book_review(request: web.Request) -> web.Response:
    """A time for it."""
    tools, who, slot = request.app[TOOLS], reference(request), await read(request, Slot)

    async def work(connection: Connection, now: datetime) -> Json:
        await reviews.book(connection, who, slot.slot, now)
        return None

    await change(request, slot.slot, work)
    return answer(await reviews.review(tools.pool, who, tools.clock()))


async def happened(request: web.Request) -> web.Response:
    """What happened since; asking for it is what keeps the department going.

    What the ledger was not asked because somebody died is asked now, and what the calendar brings is noted.
    """
    tools, now = request.app[TOOLS], request.app[TOOLS].clock()
    after = request.query.get("after", "")
    if not after.isascii() or not after.isdecimal() or len(after) > 18:
        raise Problem(422, "INVALID", "“after” is the number of an event.", field="after")
    await tools.postings.settle()
    async with tools.pool.acquire() as connection, connection.transaction():
        await reviews.tell_due(connection, now)
        await statements.tell_ready(connection, now)
    rows = await events.since(tools.pool, int(after))
    return answer({
        "events": [
            {
                "id": row["id"], "kind": row["kind"], "told": row["told"], "at": row["at"].isoformat(),
                "reference": row["citizen"], "name": row["given_name"], "phone": row["phone"],
                "language": row["language"],
            }
            for row in rows
        ]
    })  # fmt: skip
