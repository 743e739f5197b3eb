"""The addresses of what the delegated channel adds for one referral; all ours.

| call | what for |
|---|---|
| `POST ReferralRequest/$ers.retrievePatientReferral` | a citizen's referral for what proves it theirs |
| `POST ReferralRequest/<UBRN>/$ers.cancelAppointment` | a patient cancels; A022 is the provider's |
| `POST ReferralRequest/<UBRN>/$ers.rebook` | moves a booking to another slot in one step |
| `POST Slot/<id>/$hold`, `POST Slot/<id>/$release` | kept five minutes while a citizen reads back |
| `POST Communication` | which treatment a patient prefers, for the clinician |
| `POST …/$ers.wantEarlier`, `…/$ers.stopWanting`, `GET …/$ers.earlier` | the list for earlier times |
| `POST …/$ers.permit`, `…/$ers.revoke`, `GET …/$ers.permissions` | carers who may act for the patient |
| `GET …/$ers.talkSlots`, `GET …/$ers.talk`, `POST …/$ers.bookTalk`, `…/$ers.cancelTalk` | a nurse rings |
| `POST QuestionnaireResponse` | what a patient says after the visit |
"""

from aiohttp import web

from actions.health.service import (
    bookings,
    carers,
    claims,
    orders,
    parameters,
    requests,
    resources,
    results,
    store,
    talks,
    wishes,
)
from actions.health.service.keys import once
from actions.health.service.outcomes import respond
from actions.health.service.proofs import prove
from actions.health.service.shared import ROOT, done, slot_page, told, tools


async def retrieve_as_patient(request: web.Request) -> web.Response:
    """A citizen's referral for their reference, access code and year of birth."""
    pool, now = tools(request)
    proof = requests.proof(await requests.body(request))
    await prove(pool, proof.ubrn, proof.access_code, proof.birth_year, now)
    return await told(request, proof.ubrn)


async def cancel(request: web.Request) -> web.Response:
    """A patient's cancellation of an appointment."""
    _, now = tools(request)
    ubrn, version = requests.ubrn(request), requests.version(request)
    reason, comment, by = requests.cancellation(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await bookings.cancel(connection, ubrn, version, reason, comment, by, now)

    return await done(request, f"cancel {ubrn} {reason} {comment} {by}", work)


async def rebook(request: web.Request) -> web.Response:
    """A booking's move to another slot."""
    _, now = tools(request)
    ubrn, version = requests.ubrn(request), requests.version(request)
    slot_id, by = orders.slot(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await bookings.rebook(connection, ubrn, version, slot_id, by, now)

    return await done(request, f"rebook {ubrn} {slot_id} {by}", work)


async def hold(request: web.Request) -> web.Response:
    """Keeps a slot for a referral. Again by the same referral, it keeps the new one instead."""
    pool, now = tools(request)
    slot_id, ubrn = requests.number(request), requests.holder(await requests.body(request))
    requests.key(request)  # a hold repeated is the same hold: the key only has to be a key
    async with pool.acquire() as connection, connection.transaction():
        return respond(await claims.hold(connection, slot_id, ubrn, now))


async def release(request: web.Request) -> web.Response:
    """Gives a held slot back."""
    pool, _ = tools(request)
    slot_id, ubrn = requests.number(request), requests.holder(await requests.body(request))
    async with pool.acquire() as connection, connection.transaction():
        return respond(await claims.release(connection, slot_id, ubrn))


async def communicate(request: web.Request) -> web.Response:
    """A patient's preference, kept with the referral; the same key again keeps nothing more."""
    pool, now = tools(request)
    ubrn, words, by = requests.communication(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        await claims.lock(connection, ubrn, gone=422)
        await carers.acts(connection, ubrn, "tell preference", by, now)
        return resources.communication(await store.keep_preference(connection, ubrn, words, now))

    new, answer = await once(pool, requests.key(request), f"preference {ubrn} {words} {by}", now, work)
    return respond(answer, status=201 if new else 200)


async def want_earlier(request: web.Request) -> web.Response:
    """A wish for an earlier appointment."""
    _, now = tools(request)
    wish = orders.wish(requests.ubrn(request), await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return parameters.wish(await wishes.want(connection, wish, now))

    return await done(request, f"want {wish}", work)


async def stop_wanting(request: web.Request) -> web.Response:
    """The end of such a wish."""
    _, now = tools(request)
    ubrn, by = requests.ubrn(request), orders.acting(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        await wishes.stop(connection, ubrn, by, now)
        return parameters.NOTHING

    return await done(request, f"stop wanting {ubrn} {by}", work)


async def earlier(request: web.Request) -> web.Response:
    """A referral's wish, if it has one."""
    pool, _ = tools(request)
    return respond(parameters.wish(await wishes.of(pool, requests.ubrn(request))))


async def permit(request: web.Request) -> web.Response:
    """A carer's permission."""
    _, now = tools(request)
    ubrn = requests.ubrn(request)
    phone, until = orders.permission(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return parameters.permission(await carers.permit(connection, ubrn, phone, until, now))

    return await done(request, f"permit {ubrn} {phone} {until}", work)


async def revoke(request: web.Request) -> web.Response:
    """The end of such a permission."""
    _, now = tools(request)
    ubrn, phone = requests.ubrn(request), orders.phone(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        await carers.revoke(connection, ubrn, phone, now)
        return parameters.NOTHING

    return await done(request, f"revoke {ubrn} {phone}", work)


async def permissions(request: web.Request) -> web.Response:
    """The permissions that are in force."""
    pool, now = tools(request)
    return respond(parameters.permissions(await carers.permitted(pool, requests.ubrn(request), now)))


async def talk_slots(request: web.Request) -> web.Response:
    """Times to talk with a nurse, a page at a time."""
    pool, _ = tools(request)
    page = requests.page_of(request, await talks.service_for(pool, requests.ubrn(request)))
    return respond(await slot_page(request, page, include=False))


async def book_talk(request: web.Request) -> web.Response:
    """Books such a time."""
    _, now = tools(request)
    ubrn = requests.ubrn(request)
    slot_id, by = orders.slot(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return await talks.book(connection, ubrn, slot_id, by, now)

    return await done(request, f"talk {ubrn} {slot_id} {by}", work)


async def talk(request: web.Request) -> web.Response:
    """The talk that is booked, if one is."""
    pool, now = tools(request)
    row = await store.talk(pool, requests.ubrn(request), now)
    return respond(parameters.appointment(None if row is None else resources.appointment(row)))


async def cancel_talk(request: web.Request) -> web.Response:
    """Gives it up."""
    _, now = tools(request)
    ubrn, by = requests.ubrn(request), orders.acting(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        await talks.cancel(connection, ubrn, by, now)
        return parameters.NOTHING

    return await done(request, f"cancel talk {ubrn} {by}", work)


async def tell_outcome(request: web.Request) -> web.Response:
    """What a patient says after the visit; the same key again keeps nothing more."""
    pool, now = tools(request)
    said = orders.said(await requests.body(request))

    async def work(connection: store.Connection) -> resources.Resource:
        return resources.questionnaire_response(await results.keep(connection, said, now))

    new, answer = await once(pool, requests.key(request), f"outcome {said}", now, work)
    return respond(answer, status=201 if new else 200)


_REFERRAL = ROOT + "/ReferralRequest/{ubrn}/$ers."

ROUTES = (
    web.post(ROOT + "/ReferralRequest/$ers.retrievePatientReferral", retrieve_as_patient),
    web.post(_REFERRAL + "cancelAppointment", cancel),
    web.post(_REFERRAL + "rebook", rebook),
    web.post(ROOT + "/Slot/{id}/$hold", hold),
    web.post(ROOT + "/Slot/{id}/$release", release),
    web.post(ROOT + "/Communication", communicate),
    web.post(_REFERRAL + "wantEarlier", want_earlier),
    web.post(_REFERRAL + "stopWanting", stop_wanting),
    web.get(_REFERRAL + "earlier", earlier),
    web.post(_REFERRAL + "permit", permit),
    web.post(_REFERRAL + "revoke", revoke),
    web.get(_REFERRAL + "permissions", permissions),
    web.get(_REFERRAL + "talkSlots", talk_slots),
    web.get(_REFERRAL + "talk", talk),
    web.post(_REFERRAL + "bookTalk", book_talk),
    web.post(_REFERRAL + "cancelTalk", cancel_talk),
    web.post(ROOT + "/QuestionnaireResponse", tell_outcome),
)
