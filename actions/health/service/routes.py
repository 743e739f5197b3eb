"""The stand-in e-Referral Service's addresses, below where it is mounted.

| call | published as |
|---|---|
| `POST ReferralRequest/$ers.retrievePatientReferral` | ours: e-RS has no call for patients |
| `GET ReferralRequest/<UBRN>` | A005 |
| `POST ReferralRequest/<UBRN>/$ers.changeShortlist` | A031 |
| `POST ReferralRequest/<UBRN>/$ers.cancelAppointment` | ours: A022 is the provider's |
| `POST HealthcareService/$ers.searchHealthcareServicesForPatient` | A010, with our `comparison` |
| `GET HealthcareService/<id>` | ours, after the R4 call of that name |
| `GET Slot` | A015 |
| `POST Slot/<id>/$hold`, `POST Slot/<id>/$release` | ours: kept five minutes while a citizen reads back |
| `POST Appointment` | A016, with `Idempotency-Key` |
| `GET Appointment/<id>` | A038 |
| `POST Communication` | ours: which treatment a patient prefers, for the clinician |
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
from aiohttp import web

from actions.health.service import bookings, requests, resources, store
from actions.health.service.keys import once
from actions.health.service.outcomes import Refusal, missing, outcomes, respond
from actions.health.service.places import locate
from actions.health.service.proofs import prove

type Clock = Callable[[], datetime]

_POOL: web.AppKey[store.Pool] = web.AppKey("pool")
_CLOCK: web.AppKey[Clock] = web.AppKey("clock")

ROOT = "/FHIR/STU3"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(pool: "asyncpg.Pool[asyncpg.Record]", *, clock: Clock = _utc_now) -> web.Application:
    """The stand-in, to be mounted at `/ers` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        clock: the time; tests move it.
    """
    app = web.Application(middlewares=[outcomes])
    app[_POOL] = pool
    app[_CLOCK] = clock
    app.add_routes(
        [
            web.post(ROOT + "/ReferralRequest/$ers.retrievePatientReferral", retrieve_as_patient),
            web.get(ROOT + "/ReferralRequest/{ubrn}", retrieve),
            web.post(ROOT + "/ReferralRequest/{ubrn}/$ers.changeShortlist", change_shortlist),
            web.post(ROOT + "/ReferralRequest/{ubrn}/$ers.cancelAppointment", cancel),
            web.post(ROOT + "/HealthcareService/$ers.searchHealthcareServicesForPatient", search),
            web.get(ROOT + "/HealthcareService/{id}", retrieve_service),
            web.get(ROOT + "/Slot", slots),
            web.post(ROOT + "/Slot/{id}/$hold", hold),
            web.post(ROOT + "/Slot/{id}/$release", release),
            web.post(ROOT + "/Appointment", appoint),
            web.get(ROOT + "/Appointment/{id}", retrieve_appointment),
            web.post(ROOT + "/Communication", communicate),
        ]
    )
    return app


def _tools(request: web.Request) -> tuple[store.Pool, datetime]:
    return request.app[_POOL], request.app[_CLOCK]()


async def retrieve_as_patient(request: web.Request) -> web.Response:
    """A citizen's referral for their reference, access code and year of birth."""
    pool, now = _tools(request)
    proof = requests.proof(await requests.body(request))
    await prove(pool, proof.ubrn, proof.access_code, proof.birth_year, now)
    return await _referral(pool, proof.ubrn)


async def _referral(pool: store.Pool, ubrn: str) -> web.Response:
    # One snapshot: its state and its appointment are read one after the other.
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        return respond(await bookings.referral(connection, ubrn))


async def retrieve(request: web.Request) -> web.Response:
    """A referral by its UBRN (A005)."""
    pool, _ = _tools(request)
    return await _referral(pool, requests.ubrn(request))


async def change_shortlist(request: web.Request) -> web.Response:
    """A referral's shortlist (A031)."""
    pool, now = _tools(request)
    ubrn, version = requests.ubrn(request), requests.version(request)
    services = requests.shortlist(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await bookings.change_shortlist(connection, ubrn, version, services)

    asked = f"shortlist {ubrn} {services}"
    return respond((await once(pool, requests.key(request), asked, now, work))[1])


async def cancel(request: web.Request) -> web.Response:
    """A patient's cancellation of an appointment."""
    pool, now = _tools(request)
    ubrn, version = requests.ubrn(request), requests.version(request)
    reason, comment = requests.cancellation(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await bookings.cancel(connection, ubrn, version, reason, comment)

    asked = f"cancel {ubrn} {reason} {comment}"
    return respond((await once(pool, requests.key(request), asked, now, work))[1])


async def search(request: web.Request) -> web.Response:
    """Services for a patient (A010)."""
    pool, now = _tools(request)
    asked = requests.search(await requests.body(request))
    if asked.clinic_type is None:
        raise Refusal(422, "MISSING_VALUE", "clinicType is needed.")
    if asked.postcode is None and (asked.sort_by == "DISTANCE" or asked.distance_limit is not None):
        raise Refusal(422, "MISSING_VALUE", "A distance needs a postcode.")
    place = None if asked.postcode is None else locate(asked.postcode)
    age, gender = None, None
    if asked.ubrn is not None:
        async with pool.acquire() as connection:
            patient = await store.referral(connection, asked.ubrn)
        if patient is None:
            raise Refusal(422, "REFERENCE_NOT_FOUND", "There is no such referral.")
        age, gender = now.year - patient["birth_year"], patient["gender"]
    criteria = store.Criteria(
        clinic_type=asked.clinic_type,
        specialty=asked.specialty,
        place=place,
        distance_limit=asked.distance_limit,
        wait_limit=asked.wait_limit,
        age=age,
        gender=gender,
        sort_by=asked.sort_by,
    )
    return respond(resources.service_list(await store.search(pool, criteria, now)))


async def retrieve_service(request: web.Request) -> web.Response:
    """One service."""
    pool, now = _tools(request)
    row = await store.service(pool, requests.number(request), now)
    if row is None:
        raise missing("service")
    return respond(resources.healthcare_service(row))


async def slots(request: web.Request) -> web.Response:
    """A service's free slots (A015), a page at a time."""
    pool, now = _tools(request)
    page = requests.page(request)
    if not await store.service_exists(pool, page.service_id):
        raise Refusal(422, "REFERENCE_NOT_FOUND", "There is no such service.")
    total, rows = await store.free_slots(pool, page, now)
    # Relative, so that nobody's Host header finds its way into an answer.
    numbers = {"self": page.number}
    if page.number > 1:
        numbers["previous"] = page.number - 1
    if page.count * page.number < total:
        numbers["next"] = page.number + 1
    links = {
        relation: "Slot?" + request.rel_url.update_query({"page": str(number)}).raw_query_string
        for relation, number in numbers.items()
    }
    include = "Slot:schedule" in request.query.getall("_include", [])
    return respond(
        resources.slot_bundle(rows, service_id=page.service_id, total=total, links=links, include=include)
    )


async def hold(request: web.Request) -> web.Response:
    """Keeps a slot for a referral. Again by the same referral, it keeps the new one instead."""
    pool, now = _tools(request)
    slot_id, ubrn = requests.number(request), requests.holder(await requests.body(request))
    requests.key(request)  # a hold repeated is the same hold: the key only has to be a key
    async with pool.acquire() as connection, connection.transaction():
        return respond(await bookings.hold(connection, slot_id, ubrn, now))


async def release(request: web.Request) -> web.Response:
    """Gives a held slot back."""
    pool, _ = _tools(request)
    slot_id, ubrn = requests.number(request), requests.holder(await requests.body(request))
    async with pool.acquire() as connection, connection.transaction():
        return respond(await bookings.release(connection, slot_id, ubrn))


async def appoint(request: web.Request) -> web.Response:
    """Books or defers (A016): 201, or 200 with the same answer for a key that was answered before."""
    pool, now = _tools(request)
    status, wanted = requests.appointment(await requests.body(request))
    do = bookings.book if status == "booked" else bookings.defer

    async def work(connection: store.Connection) -> resources.Resource:
        return await do(connection, wanted, now)

    asked = f"{status} {replace(wanted, version=0)}"
    new, answer = await once(pool, requests.key(request), asked, now, work)
    return respond(answer, status=201 if new else 200)


async def retrieve_appointment(request: web.Request) -> web.Response:
    """An appointment by its id (A038)."""
    pool, _ = _tools(request)
    row = await store.appointment(pool, requests.number(request))
    if row is None:
        raise missing("appointment")
    return respond(resources.appointment(row))


async def communicate(request: web.Request) -> web.Response:
    """A patient's preference, kept with the referral; the same key again keeps nothing more."""
    pool, now = _tools(request)
    ubrn, words = requests.communication(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        row = await store.keep_preference(connection, ubrn, words, now)
        if row is None:
            raise Refusal(422, "REFERENCE_NOT_FOUND", "There is no such referral.")
        return resources.communication(row)

    new, answer = await once(pool, requests.key(request), f"preference {ubrn} {words}", now, work)
    return respond(answer, status=201 if new else 200)
