"""The addresses of what concerns many referrals at once; all ours.

| call | what for |
|---|---|
| `GET $ers.changes` | what happened since a number |
| `GET ReferralRequest/$ers.longWaits` | who waits longer than they may |
| `GET Slot/<id>/$wanting` | who would have a slot that is free |
| `POST ReferralRequest/$ers.referralsOfPhone` | the referrals of whoever has a mobile number |

The last is asked for in a citizen's turn, as a referral is.
"""

from aiohttp import web

from actions.health.service import (
    carers,
    changes,
    claims,
    offers,
    orders,
    parameters,
    requests,
    store,
    waits,
)
from actions.health.service.outcomes import respond
from actions.health.service.shared import ROOT, tools


async def read_changes(request: web.Request) -> web.Response:
    """What happened, after visits that are over were recorded."""
    pool, now = tools(request)
    page = orders.changes_page(request)
    await offers.record_visits(pool, now)
    return respond(parameters.changes(*await changes.read(pool, page)))


async def long_waits(request: web.Request) -> web.Response:
    """Who waits too long."""
    pool, _ = tools(request)
    page = orders.waits_page(request)
    rows = await waits.long_waits(pool, page)
    return respond(parameters.long_waits(rows, full=len(rows) == page.count))


async def wanting(request: web.Request) -> web.Response:
    """Who would have a slot."""
    pool, now = tools(request)
    return respond(parameters.wanting(await store.wanting(pool, requests.number(request), now)))


async def referrals_of_phone(request: web.Request) -> web.Response:
    """Somebody's referrals, and those they may act for."""
    pool, now = tools(request)
    phone = orders.phone(await requests.body(request))
    found = []
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        for ubrn, for_another in await carers.referrals_of(connection, phone, now):
            row = await store.referral(connection, ubrn)
            assert row is not None
            found.append(await claims.told(connection, row, now, for_another=for_another))
    return respond(parameters.referrals(found))


ROUTES = (
    web.get(ROOT + "/$ers.changes", read_changes),
    web.get(ROOT + "/ReferralRequest/$ers.longWaits", long_waits),
    web.get(ROOT + "/Slot/{id}/$wanting", wanting),
    web.post(ROOT + "/ReferralRequest/$ers.referralsOfPhone", referrals_of_phone),
)
