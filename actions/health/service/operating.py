"""The addresses for the demonstration's operator, who is the clinic, the hospital and the GP; all ours.

| call | what for |
|---|---|
| `GET ReferralRequest/$ers.demoReferrals` | referrals in the order of their numbers |
| `POST ReferralRequest/<UBRN>/$ers.demoMove` | moves a referral on |
| `POST ReferralRequest/<UBRN>/$ers.demoBeginAgain` | puts a story back to its beginning |
| `POST HealthcareService/<id>/$ers.demoFreeSlot` | adds a free time |
| `POST HealthcareService/<id>/$ers.demoCancelClinic` | cancels a clinic of a day |
"""

from aiohttp import web

from actions.health.service import (
    claims,
    moves,
    offers,
    orders,
    parameters,
    requests,
    resources,
    store,
    stories,
)
from actions.health.service.outcomes import missing, respond
from actions.health.service.shared import ROOT, done, tools


async def listed(request: web.Request) -> web.Response:
    """Referrals, as a Bundle: each with its telephone, and the states that it can be moved to."""
    pool, now = tools(request)
    wanted = orders.listed(request)
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        rows = await moves.listed(connection, wanted.after, wanted.ubrn, wanted.count)
        found = [
            resources.staged(await claims.told(connection, row, now), row, moves.REACHABLE[row["state"]])
            for row in rows
        ]
    return respond(parameters.referrals(found))


async def move(request: web.Request) -> web.Response:
    """Moves a referral on."""
    _, now = tools(request)
    wanted = orders.move(requests.ubrn(request), await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await moves.move(connection, wanted, now)

    return await done(request, f"move {wanted}", work)


async def begin_again(request: web.Request) -> web.Response:
    """Puts a story back to its beginning."""
    _, now = tools(request)
    ubrn = requests.ubrn(request)
    orders.acting(await requests.body(request))  # nothing is asked for, but it is asked in FHIR

    async def work(connection: store.Connection) -> resources.Resource:
        await claims.lock(connection, ubrn)
        await stories.begin_again(connection, ubrn, now)
        return await claims.referral(connection, ubrn, now)

    return await done(request, f"begin again {ubrn}", work)


async def free_slot(request: web.Request) -> web.Response:
    """Adds a free time to a service."""
    pool, now = tools(request)
    service_id, start = requests.number(request), orders.start(await requests.body(request))
    if not await store.service_exists(pool, service_id):
        raise missing("service")

    async def work(connection: store.Connection) -> resources.Resource:
        return resources.slot(await offers.free(connection, service_id, start, now))

    return await done(request, f"free {service_id} {start}", work)


async def cancel_clinic(request: web.Request) -> web.Response:
    """Cancels a clinic of a day."""
    pool, now = tools(request)
    service_id, day = requests.number(request), orders.day(await requests.body(request))
    if not await store.service_exists(pool, service_id):
        raise missing("service")

    async def work(connection: store.Connection) -> resources.Resource:
        return parameters.cancelled(await offers.cancel_clinic(connection, service_id, day, now))

    return await done(request, f"cancel clinic {service_id} {day}", work)


ROUTES = (
    web.get(ROOT + "/ReferralRequest/$ers.demoReferrals", listed),
    web.post(ROOT + "/ReferralRequest/{ubrn}/$ers.demoMove", move),
    web.post(ROOT + "/ReferralRequest/{ubrn}/$ers.demoBeginAgain", begin_again),
    web.post(ROOT + "/HealthcareService/{id}/$ers.demoFreeSlot", free_slot),
    web.post(ROOT + "/HealthcareService/{id}/$ers.demoCancelClinic", cancel_clinic),
)
