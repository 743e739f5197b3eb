"""The stand-in inside the demonstration's one application, and when its database is in trouble."""

from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from actions.health.client import Ers
from actions.health.service import DEMO_REFERRALS, application
from actions.sdk.service import ServiceDown, ServiceRefused
from tests.departments import Clock

KNEE = DEMO_REFERRALS[0]

type Pool = asyncpg.Pool[asyncpg.Record]


@pytest.fixture
async def mounted(demo: Pool, clock: Clock) -> AsyncIterator[str]:
    """The address of an application that has the stand-in at `/ers`."""
    app = web.Application()
    app.add_subapp("/ers", application(demo, clock=clock))
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/ers"))
    await server.close()


async def test_it_works_where_it_is_mounted(mounted: str, session: aiohttp.ClientSession) -> None:
    ers = Ers(mounted, session, correlation="turn-1")
    referral = await ers.referral(KNEE.ubrn, KNEE.access_code, KNEE.birth_year)
    [service, *_] = await ers.search(clinic_type=referral.clinic_type.code, postcode=referral.postcode)
    page = await ers.slots(service.id, count=5)
    assert page.next == 2
    assert len((await ers.slots(service.id, count=5, page=page.next)).slots) == 5
    booked = await ers.book(referral.ubrn, referral.version, page.slots[0].id, "k1")
    assert booked.start == page.slots[0].start


async def test_an_address_that_is_not_there_has_an_outcome(
    mounted: str, session: aiohttp.ClientSession
) -> None:
    async with session.get(mounted + "/FHIR/STU3/Nothing") as response:
        assert response.status == 404
        assert (await response.json(content_type="application/fhir+json"))[
            "resourceType"
        ] == "OperationOutcome"


async def test_a_booking_is_201_and_its_repeat_200(mounted: str, session: aiohttp.ClientSession) -> None:
    ers = Ers(mounted, session)
    [service, *_] = await ers.search(clinic_type="KNEE", postcode="LS6 2CV")
    [slot] = (await ers.slots(service.id, count=1)).slots
    body = {
        "resourceType": "Appointment",
        "status": "booked",
        "slot": [{"reference": f"Slot/{slot.id}"}],
        "incomingReferral": [{"reference": f"ReferralRequest/{KNEE.ubrn}/_history/1"}],
    }
    answers = []
    for _ in range(3):
        async with session.post(
            mounted + "/FHIR/STU3/Appointment", json=body, headers={"Idempotency-Key": "k1"}
        ) as response:
            answers.append((response.status, await response.json(content_type=None)))
    assert [status for status, _ in answers] == [201, 200, 200]
    assert answers[0][1] == answers[1][1] == answers[2][1]


@pytest.mark.parametrize("trouble", ["no table", "no connection"])
async def test_trouble_with_the_database_is_told_and_says_nothing_of_the_citizen(
    mounted: str, session: aiohttp.ClientSession, demo: Pool, trouble: str
) -> None:
    if trouble == "no table":
        await demo.execute("DROP TABLE ers.wrong_proof")
    else:
        await demo.close()
    ers = Ers(mounted, session)
    with capture_logs() as logs, pytest.raises(ServiceDown) as caught:
        await ers.referral(KNEE.ubrn, KNEE.access_code, KNEE.birth_year)
    assert caught.value.reason == ("status 500" if trouble == "no table" else "status 503")
    assert [entry["event"] for entry in logs][-1] == "service.down"
    assert len(logs) == 2
    for secret in (KNEE.ubrn, KNEE.access_code, "KITE", str(KNEE.birth_year)):
        assert secret not in str(logs)


async def test_a_refusal_is_not_logged_with_what_was_sent(
    mounted: str, session: aiohttp.ClientSession
) -> None:
    ers = Ers(mounted, session)
    with capture_logs() as logs, pytest.raises(ServiceRefused) as caught:
        await ers.referral(KNEE.ubrn, "WRONG", KNEE.birth_year)
    assert KNEE.ubrn not in str(logs) + str(caught.value) + caught.value.diagnostics
