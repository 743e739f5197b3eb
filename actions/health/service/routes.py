"""The stand-in e-Referral Service's addresses, below where it is mounted: here e-RS's own.

| call | published as |
|---|---|
| `GET ReferralRequest/<UBRN>` | A005 |
| `POST HealthcareService/$ers.searchHealthcareServicesForPatient` | A010, with our `comparison` |
| `POST ReferralRequest/$ers.createReferral` | A011 |
| `POST ReferralRequest/<UBRN>/$ers.changeShortlist` | A031 |
| `GET Slot` | A015 |
| `POST Appointment` | A016, with `Idempotency-Key` |
| `GET Appointment/<id>` | A038 |
| `GET HealthcareService/<id>` | ours, after the R4 call of that name |

The others are ours: those of one referral in `delegation`, those that see all of them in `overview`, and
the operator's, who moves the demonstration on, in `operating`.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
from aiohttp import web

from actions.health.service import (
    bookings,
    creation,
    delegation,
    operating,
    orders,
    overview,
    requests,
    resources,
    search,
    store,
)
from actions.health.service.keys import once
from actions.health.service.outcomes import Refusal, missing, outcomes, respond
from actions.health.service.places import locate
from actions.health.service.shared import CLOCK, KEYS, POOL, ROOT, needs_key, slot_page, told, tools


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    clock: Callable[[], datetime] = _utc_now,
    keys: Collection[str] | None = None,
) -> web.Application:
    """The stand-in, to be mounted at `/ers` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        clock: the time; tests move it.
        keys: of those who may call; None lets everybody.
    """
    app = web.Application(middlewares=[outcomes, needs_key])
    app[POOL] = pool
    app[CLOCK] = clock
    app[KEYS] = None if keys is None else frozenset(keys)
    app.add_routes(
        [
            web.post(ROOT + "/ReferralRequest/$ers.createReferral", create),
            web.post(ROOT + "/ReferralRequest/{ubrn}/$ers.changeShortlist", change_shortlist),
            web.post(ROOT + "/HealthcareService/$ers.searchHealthcareServicesForPatient", find),
            web.get(ROOT + "/HealthcareService/{id}", retrieve_service),
            web.get(ROOT + "/Slot", slots),
            web.post(ROOT + "/Appointment", appoint),
            web.get(ROOT + "/Appointment/{id}", retrieve_appointment),
            *delegation.ROUTES,
            *overview.ROUTES,
            *operating.ROUTES,
            # Last, as it takes whatever is left there.
            web.get(ROOT + "/ReferralRequest/{ubrn}", retrieve),
        ]
    )
    return app


async def retrieve(request: web.Request) -> web.Response:
    """A referral by its UBRN (A005)."""
    return await told(request, requests.ubrn(request))


async def create(request: web.Request) -> web.Response:
    """A referral and its shortlist (A011): 201, or 200 for a key that was answered before."""
    pool, now = tools(request)
    new = orders.new(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await creation.create(connection, new, now)

    made, answer = await once(pool, requests.key(request), f"create {new}", now, work)
    return respond(answer, status=201 if made else 200)


async def change_shortlist(request: web.Request) -> web.Response:
    """A referral's shortlist (A031)."""
    pool, now = tools(request)
    ubrn, version = requests.ubrn(request), requests.version(request)
    services = orders.shortlist(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await bookings.change_shortlist(connection, ubrn, version, list(services), now)

    asked = f"shortlist {ubrn} {list(services)}"
    return respond((await once(pool, requests.key(request), asked, now, work))[1])


async def find(request: web.Request) -> web.Response:
    """Services for a patient (A010)."""
    pool, now = tools(request)
    asked = requests.search(await requests.body(request))
    if asked.clinic_type is None:
        raise Refusal(422, "MISSING_VALUE", "clinicType is needed.")
    place = asked.at
    if place is None and asked.postcode is not None:
        place = locate(asked.postcode)
    if place is None and (asked.sort_by == "DISTANCE" or asked.distance_limit is not None):
        raise Refusal(422, "MISSING_VALUE", "A distance needs a postcode.")
    age, gender = None, None
    if asked.ubrn is not None:
        patient = await store.referral(pool, asked.ubrn)
        if patient is None:
            raise Refusal(422, "REFERENCE_NOT_FOUND", "There is no such referral.")
        age, gender = now.year - patient["birth_year"], patient["gender"]
    criteria = search.Criteria(
        clinic_type=asked.clinic_type,
        specialty=asked.specialty,
        place=place,
        distance_limit=asked.distance_limit,
        wait_limit=asked.wait_limit,
        age=age,
        gender=gender,
        sort_by=asked.sort_by,
        needs=asked.needs,
        condition=asked.condition,
    )
    return respond(resources.service_list(await search.search(pool, criteria, now)))


async def retrieve_service(request: web.Request) -> web.Response:
    """One service."""
    pool, now = tools(request)
    row = await search.service(pool, requests.number(request), now)
    if row is None:
        raise missing("service")
    return respond(resources.healthcare_service(row))


async def slots(request: web.Request) -> web.Response:
    """A service's free slots (A015), a page at a time."""
    pool, _ = tools(request)
    page = requests.page(request)
    if not await store.service_exists(pool, page.service_id):
        raise Refusal(422, "REFERENCE_NOT_FOUND", "There is no such service.")
    include = "Slot:schedule" in request.query.getall("_include", [])
    return respond(await slot_page(request, page, include=include))


async def appoint(request: web.Request) -> web.Response:
    """Books or defers (A016): 201, or 200 with the same answer for a key that was answered before."""
    pool, now = tools(request)
    status, wanted = requests.appointment(await requests.body(request))
    do = bookings.book if status == "booked" else bookings.defer

    async def work(connection: store.Connection) -> resources.Resource:
        return await do(connection, wanted, now)

    asked = f"{status} {replace(wanted, version=0)}"
    new, answer = await once(pool, requests.key(request), asked, now, work)
    return respond(answer, status=201 if new else 200)


async def retrieve_appointment(request: web.Request) -> web.Response:
    """An appointment by its id (A038)."""
    pool, _ = tools(request)
    row = await store.appointment(pool, requests.number(request))
    if row is None:
        raise missing("appointment")
    return respond(resources.appointment(row))
