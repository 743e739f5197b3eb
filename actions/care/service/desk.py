"""The addresses that the desk calls, for officers' decisions.

| call | what |
|---|---|
| `GET desk/plans`, `GET desk/plans/<id>`, `POST desk/plans/<id>/lines/<line>` | plans that were sent |
| `GET desk/spends?state=asked`, `POST desk/spends/<id>`, `POST desk/spends/<id>/refund` | what was asked for |
| `POST desk/payments` | a run of payments |
| `GET desk/holdings`, `POST desk/holdings/<id>` | other ways of holding |
| `GET desk/surpluses`, `POST citizens/<reference>/surplus/notice`, `POST desk/surpluses/<id>/leave`, `…/take` | surpluses |
"""  # noqa: E501

from datetime import datetime
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from actions.care.service import holdings, plans, spends, surpluses
from actions.care.service.numbers import Number
from actions.care.service.plans import Decision
from actions.care.service.tools import TOOLS, answer_spend, change, number, reference
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem, answer, read

LISTS: Final = frozenset({"asked", "held", "paid"})


class Run(Body):
    """Which payments are made, by whom."""

    spends: Annotated[list[Number], Field(min_length=1, max_length=200)]
    officer: str = Field(pattern=r"^officer:\d{1,18}$")


class Correction(Body):
    """Why a payment was wrong."""

    reason: str = Field(pattern=r"\S", max_length=300)
    officer: str = Field(pattern=r"^officer:\d{1,18}$")


def routes() -> list[web.RouteDef]:
    """The addresses."""
    one = r"{id:\d{1,19}}"
    return [
        web.get("/desk/plans", sent_plans),
        web.get(f"/desk/plans/{one}", sent_plan),
        web.post(rf"/desk/plans/{one}/lines/{{line:\d{{1,19}}}}", decide_line),
        web.get("/desk/spends", waiting_spends),
        web.post(f"/desk/spends/{one}", decide_spend),
        web.post(f"/desk/spends/{one}/refund", put_back),
        web.post("/desk/payments", pay),
        web.get("/desk/holdings", waiting_holdings),
        web.post(f"/desk/holdings/{one}", decide_holding),
        web.get("/desk/surpluses", all_surpluses),
        web.post(r"/citizens/{reference:[0-9]{8}}/surplus/notice", notice_surplus),
        web.post(f"/desk/surpluses/{one}/leave", leave_surplus),
        web.post(f"/desk/surpluses/{one}/take", take_surplus),
    ]


async def sent_plans(request: web.Request) -> web.Response:
    """The plans that wait."""
    return answer({"plans": list(await plans.sent(request.app[TOOLS].pool))})


async def sent_plan(request: web.Request) -> web.Response:
    """One of them."""
    tools = request.app[TOOLS]
    return answer(await plans.version_for_desk(tools.pool, number(request), tools.clock()))


async def decide_line(request: web.Request) -> web.Response:
    """A line is agreed, or to be talked over."""
    version, line = number(request), number(request, "line")
    decision = await read(request, Decision)

    async def work(connection: Connection, now: datetime) -> Json:
        return await plans.decide(connection, version, line, decision, now)

    return answer({"reference": await change(request, decision, work)})


async def waiting_spends(request: web.Request) -> web.Response:
    """The spends in a state: asked for, held, or paid."""
    state = request.query.get("state", "asked")
    if state not in LISTS:
        raise Problem(422, "INVALID", f"“state” is one of {', '.join(sorted(LISTS))}.", field="state")
    return answer({"spends": list(await spends.for_desk(request.app[TOOLS].pool, state))})


async def decide_spend(request: web.Request) -> web.Response:
    """A spend is agreed or refused."""
    one, decision = number(request), await read(request, Decision)

    async def work(connection: Connection, now: datetime) -> Json:
        await spends.decide(connection, one, decision, now)
        return None

    await change(request, decision, work)
    return answer(await answer_spend(request.app[TOOLS], one))


async def put_back(request: web.Request) -> web.Response:
    """A payment that was wrong is put back."""
    one, correction = number(request), await read(request, Correction)

    async def work(connection: Connection, now: datetime) -> Json:
        await spends.put_back(connection, one, correction.officer, correction.reason, now)
        return None

    await change(request, correction, work)
    return answer(await answer_spend(request.app[TOOLS], one))


async def pay(request: web.Request) -> web.Response:
    """A run of payments."""
    tools, run = request.app[TOOLS], await read(request, Run)

    async def work(connection: Connection, now: datetime) -> Json:
        return list(await spends.pay(connection, run.spends, run.officer, now))

    numbers = await change(request, run, work)
    assert isinstance(numbers, list)
    for each in numbers:
        assert isinstance(each, int)
        await tools.postings.send(each, "post")
    return answer({"paid": numbers})


async def waiting_holdings(request: web.Request) -> web.Response:
    """The other ways of holding that were asked for."""
    return answer({"holdings": list(await holdings.asked(request.app[TOOLS].pool))})


async def decide_holding(request: web.Request) -> web.Response:
    """Another way of holding is agreed or refused."""
    tools, one, decision = request.app[TOOLS], number(request), await read(request, Decision)
    who = await holdings.citizen_of(tools.pool, one)
    accounts = await holdings.accounts_of(tools.ledger(), who)

    async def work(connection: Connection, now: datetime) -> Json:
        await holdings.decide(connection, one, decision, accounts, now)
        return None

    await change(request, decision, work)
    await tools.postings.send(one, "move")
    state = await tools.pool.fetchval("SELECT state FROM care.choice WHERE id = $1", one)
    if state == "asked":
        raise Problem(409, "NOT_NOW", "Money went meanwhile: decide again.", state=state)
    return answer({"state": state})


async def all_surpluses(request: web.Request) -> web.Response:
    """Notices that run, and budgets with money that nothing is planned for."""
    tools = request.app[TOOLS]
    return answer(await surpluses.for_desk(tools.pool, tools.clock()))


async def notice_surplus(request: web.Request) -> web.Response:
    """Notice is given."""
    who, new = reference(request), await read(request, surpluses.NewSurplus)

    async def work(connection: Connection, now: datetime) -> Json:
        return {"id": await surpluses.notice(connection, who, new, now)}

    return answer(await change(request, new, work))


async def leave_surplus(request: web.Request) -> web.Response:
    """The money stays."""
    one, end = number(request), await read(request, surpluses.End)

    async def work(connection: Connection, now: datetime) -> Json:
        await surpluses.leave(connection, one, end, now)
        return {"state": "left"}

    return answer(await change(request, end, work))


async def take_surplus(request: web.Request) -> web.Response:
    """A surplus is taken back, its notice being over."""
    tools, one, end = request.app[TOOLS], number(request), await read(request, surpluses.End)
    who = await surpluses.citizen_of(tools.pool, one)
    accounts = await holdings.accounts_of(tools.ledger(), who)

    async def work(connection: Connection, now: datetime) -> Json:
        await surpluses.take(connection, one, end, accounts, now)
        return None

    await change(request, end, work)
    await tools.postings.send(one, "reclaim")
    row = await tools.pool.fetchrow("SELECT state, taken FROM care.surplus WHERE id = $1", one)
    assert row is not None
    if row["state"] != "taken":
        raise Problem(409, "NOT_NOW", "Money went meanwhile: decide again.", state=row["state"])
    return answer({"state": row["state"], "taken": row["taken"]})
