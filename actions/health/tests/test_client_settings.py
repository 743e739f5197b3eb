"""Another e-RS by settings alone: its address, the headers that it asks for, and who may see everything."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from actions.health.client import Ers
from actions.health.connection import headers
from actions.health.service import DEMO_REFERRALS, application
from actions.health.staff.operator import Operator
from actions.health.tests.conftest import refusal
from bot.engine.runtime import packs
from bot.services import Services
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

KNEE = DEMO_REFERRALS[0]
TOKEN = "a-token-of-another-place"


@dataclass
class Elsewhere:
    """An e-RS behind a gateway: it lets nobody in without the token, and keeps the headers that came."""

    url: str = ""
    came: list[dict[str, str]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)


@pytest.fixture
async def elsewhere(demo: Pool, clock: Clock) -> AsyncIterator[Elsewhere]:
    found = Elsewhere()

    @web.middleware
    async def gateway(request: web.Request, handler: Handler) -> web.StreamResponse:
        found.came.append(dict(request.headers))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            found.answered.append(401)
            raise web.HTTPUnauthorized
        response = await handler(request)
        found.answered.append(response.status)
        return response

    app = web.Application(middlewares=[gateway])
    app.add_subapp("/api/v9/referrals", application(demo, clock=clock, keys={TOKEN}))
    server = TestServer(app)
    await server.start_server()
    found.url = str(server.make_url("/api/v9/referrals"))
    yield found
    await server.close()


def client(session: aiohttp.ClientSession) -> Ers:
    """As handlers and watches get it: made of pack.yml and the settings, with a stand-in served here too."""
    here = {"ONEDOOR_HEALTH_URL": "http://127.0.0.1:9/ers", "ONEDOOR_HEALTH_KEY": "of-the-stand-in"}
    found = Services(packs(), session, here).client(Ers)
    assert isinstance(found, Ers)
    return found


async def test_another_e_rs_by_settings_alone(
    elsewhere: Elsewhere, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("URL", elsewhere.url + "/"), ("KEY", TOKEN), ("API_KEY", "k-1"), ("ORGANISATION", "X26"),
        ("BUSINESS_FUNCTION", "REFERRING_CLINICIAN"), ("ON_BEHALF_OF", "555"),
        ("HEADERS", "XAPI_FQDN: api.example | X-Region: north: east "),
    ):  # fmt: skip
        monkeypatch.setenv(f"ONEDOOR_HEALTH_{name}", value)
    ers = client(session)
    referral = await ers.referral(KNEE.ubrn, KNEE.access_code, KNEE.birth_year)
    [service, *_] = await ers.search(clinic_type="KNEE", postcode=referral.postcode)
    page = await ers.slots(service.id, count=2)
    assert page.next == 2
    last = await ers.slots(service.id, count=2, page=page.next)
    held = await ers.hold(last.slots[0].id, KNEE.ubrn, "k1")
    booked = await ers.book(KNEE.ubrn, referral.version, held.slot.id, "k2")
    listed = (await ers.referral_by_ubrn(KNEE.ubrn)).shortlist
    assert [each.id for each in listed] == [service.id]
    await ers.cancel(KNEE.ubrn, booked.version, "PATIENT_ILL", "k3")
    assert (await ers.changes(0)).changes
    assert set(elsewhere.answered) <= {200, 201}
    for came in elsewhere.came:
        assert came["Authorization"] == f"Bearer {TOKEN}"
        assert came["apikey"] == "k-1"
        assert came["nhsd-end-user-organisation-ods"] == "X26"
        assert came["nhsd-ers-business-function"] == "REFERRING_CLINICIAN"
        assert came["nhsd-ers-on-behalf-of-user-id"] == "555"
        assert (came["XAPI_FQDN"], came["X-Region"]) == ("api.example", "north: east")


async def test_without_the_token_nothing_is_had(
    elsewhere: Elsewhere, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEDOOR_HEALTH_URL", elsewhere.url)
    code = await refusal(client(session).referral_by_ubrn(KNEE.ubrn))
    assert code == "HTTP_401"
    # What we would show to the stand-in is nobody else's to see.
    sent = {name.lower() for name in elsewhere.came[0]}
    assert not {"authorization", "apikey", "nhsd-ers-business-function"} & sent


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({}, {}),
        ({"key": "", "headers": ""}, {}),
        ({"key": "a"}, {"Authorization": "Bearer a"}),
        ({"headers": "A: 1|B-c:2 | "}, {"A": "1", "B-c": "2"}),
        ({"something": "else"}, {}),
    ],
)
def test_headers_of_settings(written: dict[str, str], found: dict[str, str]) -> None:
    assert headers(written) == found


@pytest.mark.parametrize("written", ["A", "A B: 1", ": 1", "A: 1 | B", "Ä: 1", "A:1\nB:2\r\nC: 3"])
def test_headers_that_are_written_wrong(written: str) -> None:
    with pytest.raises(ValueError, match="setting “headers” of the health pack"):
        headers({"headers": written})


async def test_every_call_needs_the_key(demo: Pool, clock: Clock, session: aiohttp.ClientSession) -> None:
    async with TestServer(application(demo, clock=clock, keys={"right", "other"})) as server:
        url = str(server.make_url("")).rstrip("/")
        for key, let_in in (
            ("right", True),
            ("other", True),
            ("wrong", False),
            ("", False),
            ("rïght", False),
        ):
            ers = Ers(url, session, settings={"key": key})
            desk = Operator(url, session, settings={"key": key})
            day = clock.now.date()
            calls = {
                "changes": ers.changes(0),
                "waits": ers.long_waits(clock.now),
                "wanting": ers.wanting("1"),
                "create": ers.create(KNEE.ubrn, specialty="X", clinic_type="X", service_ids=["1"], key="k1"),
                "list": desk.listed(),
                "move": desk.move(KNEE.ubrn, "ATTENDED", "k2"),
                "again": desk.begin_again("999999999999", "k3"),
                "free": desk.free("1", clock.now, "k4"),
                "clinic": desk.cancel_clinic("1", day, "k5"),
                "referral": ers.referral_by_ubrn(KNEE.ubrn),
                "appointment": ers.appointment("70001"),
                "services": ers.search(clinic_type="KNEE", postcode="LS6 2CV"),
                "slots": ers.slots("1"),
                "permit": ers.permit(KNEE.ubrn, "+447700900999", day, "k6"),
                "permissions": ers.permissions(KNEE.ubrn),
                "phone": ers.referrals_of("+447700900999"),
            }
            for name, call in calls.items():
                assert (await refusal(call) != "NOT_AUTHORISED") is let_in, (key, name)
