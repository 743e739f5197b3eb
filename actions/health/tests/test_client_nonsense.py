"""An answer that is not as FHIR and e-RS have it is no answer: it is never half believed."""

import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from yarl import URL

from actions.health import reading
from actions.health.client import Ers
from actions.health.service import DEMO_REFERRALS
from actions.health.tests.test_service_input import GOOD, SEARCH, mangled
from actions.sdk.service import Json, parse

# What a reader may raise: Service.call takes these for nonsense.
EXPECTED = (LookupError, TypeError, ValueError)

SERVICES: dict[str, tuple[str, Callable[[Json], object]]] = {
    "referral": (f"ReferralRequest/{DEMO_REFERRALS[4].ubrn}", reading.referral),
    "appointment": ("Appointment/70001", reading.appointment),
    "service": ("HealthcareService/11001", reading.service),
    "slots": (
        "Slot?schedule.actor:HealthcareService=11001&_include=Slot:schedule&_count=3",
        reading.slot_page,
    ),
}


@pytest.fixture(scope="module")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("name", SERVICES)
async def test_a_mangled_answer_is_read_or_is_nonsense(
    shared_url: str, session: aiohttp.ClientSession, name: str
) -> None:
    path, read = SERVICES[name]
    async with session.get(URL(f"{shared_url}/FHIR/STU3/{path}", encoded=True)) as response:
        answer = parse(await response.read())
    whole = read(answer)
    nonsense = 0
    for changed in mangled(answer):
        try:
            read(changed)
        except EXPECTED:
            nonsense += 1
    assert nonsense > 100
    assert read(answer) == whole


async def test_a_mangled_list_of_services_is_read_or_is_nonsense(
    shared_url: str, session: aiohttp.ClientSession
) -> None:
    url = URL(f"{shared_url}/FHIR/STU3/{SEARCH}", encoded=True)
    headers = {"Content-Type": "application/fhir+json"}
    async with session.post(url, data=json.dumps(GOOD[SEARCH]), headers=headers) as response:
        answer = parse(await response.read())
    assert isinstance(answer, dict)
    assert isinstance(answer["entry"], list)
    del answer["entry"][1:]
    [service] = reading.services(answer)
    assert service.provider.name
    nonsense = 0
    for changed in mangled(answer):
        try:
            reading.services(changed)
        except EXPECTED:
            nonsense += 1
    assert nonsense > 500


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"{}", None),
        (b"<html>", None),
        (b"[" * 100_000, None),
        (b'{"resourceType": "OperationOutcome", "issue": []}', None),
        (
            b'{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "d",'
            b' "details": {"coding": [{"code": "NO_RELATIONSHIP"}]},'
            b' "extension": [{"url": "elsewhere", "valueString": "x"},'
            b' {"url": "urn:onedoor:ers:until", "valueInstant": "2026-01-01T00:00:00Z"}]}]}',
            ("NO_RELATIONSHIP", "d", {"until": "2026-01-01T00:00:00Z"}),
        ),
    ],
)
def test_what_an_error_says(raw: bytes, read: object) -> None:
    assert reading.outcome(raw) == read


@pytest.mark.parametrize(
    ("status", "code"), [(409, "VERSION_CONFLICT"), (412, "VERSION_CONFLICT"), (422, "HTTP_422")]
)
async def test_an_error_without_an_outcome_still_has_a_code(
    session: aiohttp.ClientSession, status: int, code: str
) -> None:
    refused = Ers("http://127.0.0.1:1", session).refusal(status, b"<html>")
    assert (refused.status, refused.code) == (status, code)
