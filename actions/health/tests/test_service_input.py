"""What the stand-in says to hostile and mistaken requests: an OperationOutcome, and never a 500."""

import copy
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from yarl import URL

from actions.health import fhir
from actions.health.service import DEMO_REFERRALS
from actions.sdk.service import Json

KNEE = DEMO_REFERRALS[0]

PROOF = "ReferralRequest/$ers.retrievePatientReferral"
SEARCH = "HealthcareService/$ers.searchHealthcareServicesForPatient"
SHORTLIST = f"ReferralRequest/{KNEE.ubrn}/$ers.changeShortlist"
CANCEL = f"ReferralRequest/{KNEE.ubrn}/$ers.cancelAppointment"
REBOOK = f"ReferralRequest/{KNEE.ubrn}/$ers.rebook"
# Of a referral that does not exist, so that nothing comes of what is understood.
NOBODY = "ReferralRequest/999999999998/$ers."


def parameters(**values: Json) -> Json:
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, **value} for name, value in values.items() if isinstance(value, dict)],
    }


def listed(*ids: str) -> Json:
    items: list[Json] = [{"item": fhir.identified(fhir.SERVICE_ID, each)} for each in ids]
    return {"resourceType": "List", "entry": items}


OUR_CRITERIA: dict[str, Json] = {
    fhir.OURS + "latitude": {"valueDecimal": 53.8},
    fhir.OURS + "longitude": {"valueDecimal": -1.55},
    fhir.OURS + "condition": {"valueString": "Knee pain"},
    fhir.OURS + "need": {"valueCode": "STEP_FREE"},
}
CRITERIA = parameters(
    priority={"valueCoding": {"code": "ROUTINE"}},
    specialty={"valueCoding": {"code": "ORTHOPAEDICS"}},
    clinicType={"valueCoding": {"code": "KNEE"}},
    postcode={"valueString": "LS6 2CV"},
    distanceLimit={"valueUnsignedInt": 30},
    indicativeAppointmentWaitTimeLimit={"valueUnsignedInt": 300},
    ageAndGenderAppropriate={"valueBoolean": True},
    **OUR_CRITERIA,
)
BY: dict[str, Json] = {fhir.OURS + "by": {"valueCode": "carer"}}
SLOT: dict[str, Json] = {"slot": {"valueReference": {"reference": "Slot/1"}}, **BY}
SERVICE: Json = {"valueIdentifier": {"system": fhir.SERVICE_ID, "value": "11001"}}
# A good request to each address that takes one. The versions and slots are out of date, so that none
# of them changes anything.
GOOD: dict[str, Json] = {
    PROOF: parameters(
        ubrn={"valueString": "999999999998"},
        accessCode={"valueString": KNEE.access_code},
        birthYear={"valueUnsignedInt": KNEE.birth_year},
    ),
    SEARCH: parameters(
        sortBy={"valueCoding": {"code": "IWT"}},
        patient={"valueIdentifier": {"system": fhir.UBRN, "value": KNEE.ubrn}},
        searchCriteria={"resource": CRITERIA},
    ),
    SHORTLIST: parameters(shortlist={"resource": listed("11001", "11002")}),
    CANCEL: parameters(reason={"valueCoding": {"code": "PATIENT_ILL"}}, comment={"valueString": "Ill"}),
    "Slot/1/$hold": parameters(referral={"valueReference": {"reference": f"ReferralRequest/{KNEE.ubrn}"}}),
    "Slot/1/$release": parameters(referral={"valueReference": {"reference": f"ReferralRequest/{KNEE.ubrn}"}}),
    "Appointment": {
        "resourceType": "Appointment",
        "status": "proposed",
        "incomingReferral": [{"reference": f"ReferralRequest/{KNEE.ubrn}/_history/9"}],
        "slot": [{"reference": "Slot/1"}],
        "participant": [{"actor": fhir.identified(fhir.SERVICE_ID, "11001"), "status": "accepted"}],
        "comment": "None suits",
        "extension": [{"url": fhir.OURS + "by", "valueCode": "patient"}],
    },
    REBOOK: parameters(**SLOT),
    NOBODY + "wantEarlier": parameters(
        service=SERVICE, before={"valueInstant": "2026-05-01T09:00:00Z"}, **BY
    ),
    NOBODY + "stopWanting": parameters(**BY),
    NOBODY + "permit": parameters(phone={"valueString": "+447700900500"}, until={"valueDate": "2026-12-31"}),
    NOBODY + "revoke": parameters(phone={"valueString": "+447700900500"}),
    NOBODY + "bookTalk": parameters(**SLOT),
    NOBODY + "cancelTalk": parameters(**BY),
    "ReferralRequest/$ers.referralsOfPhone": parameters(phone={"valueString": "+447700900101"}),
    "QuestionnaireResponse": {
        "resourceType": "QuestionnaireResponse",
        "basedOn": [{"reference": "ReferralRequest/999999999998"}],
        "status": "completed",
        "item": [
            {"linkId": "how", "answer": [{"valueInteger": 2}]},
            {"linkId": "asked", "answer": [{"valueString": "1"}]},
        ],
    },
    "Communication": {
        "resourceType": "Communication",
        "status": "completed",
        "basedOn": [{"reference": "ReferralRequest/999999999998"}],
        "category": [fhir.concept("CommunicationCategory", "TREATMENT_PREFERENCE")],
        "payload": [{"contentString": "I would wait."}],
    },
    "ReferralRequest/$ers.createReferral": parameters(
        patient={"valueIdentifier": {"system": fhir.UBRN, "value": "999999999998"}},
        intentionToAddReferralLetter={"valueCoding": {"code": "NOT_NEEDED"}},
        firstReminderLetterFollowUpDays={"valueUnsignedInt": 0},
        shortlist={"resource": {**fhir.node(listed("11001")), "contained": [CRITERIA]}},
    ),
    NOBODY + "demoMove": parameters(state={"valueCode": "TRIAGE_RESPONSE"}, advice={"valueString": "Rest."}),
    NOBODY + "demoBeginAgain": parameters(),
    "HealthcareService/1/$ers.demoFreeSlot": parameters(start={"valueInstant": "2026-05-01T09:00:00Z"}),
    "HealthcareService/1/$ers.demoCancelClinic": parameters(date={"valueDate": "2026-05-01"}),
}
# These ask for nothing but who acts, or nothing at all: there is little to be wrong with.
SHORT = {NOBODY + name for name in ("stopWanting", "cancelTalk", "demoBeginAgain")}


@dataclass
class Raw:
    """Sends whatever it is told to, and insists on an OperationOutcome for every error."""

    url: str
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(
        default_factory=lambda: {"Content-Type": fhir.MEDIA_TYPE, "If-Match": 'W/"9"'}
    )

    async def send(
        self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        url = URL(f"{self.url}/FHIR/STU3/{path}", encoded=True)
        async with self.session.request(
            method, url, data=data, headers={**self.headers, **(headers or {})}
        ) as response:
            body = await response.json(content_type=fhir.MEDIA_TYPE)
            if response.status < 400:
                return response.status, body["resourceType"]
            assert body["resourceType"] == "OperationOutcome"
            [issue] = body["issue"]
            assert issue["severity"] == "error"
            [coding] = issue["details"]["coding"]
            return response.status, coding["code"]


@pytest.fixture(scope="module")
async def raw(shared_url: str) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(shared_url, session)


@pytest.mark.parametrize("path", GOOD)
async def test_the_good_requests_are_understood(raw: Raw, path: str) -> None:
    status, _ = await raw.send("POST", path, json.dumps(GOOD[path]).encode())
    assert status in {200, 401, 404, 409, 422}


BAD_BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"null", 400),
    (b"[]", 400),
    (b'"Parameters"', 400),
    (b"\xff\xfe\x00", 400),
    (b"\x00" * 100, 400),
    (b'{"resourceType": NaN}', 400),
    (b"[" * 60_000, 400),
    (b'{"a":' * 10_000, 400),
    (b"9" * 60_000, 400),
    (b'{"resourceType": "Patient"}', 400),
    (b'{"resourceType": "Parameters"}', 400),
    (b'{"resourceType": "Appointment"}', 400),
    (b" " * (64 * 1024 + 1), 413),
]


@pytest.mark.parametrize("path", GOOD)
async def test_bodies_that_are_not_what_was_asked_for(raw: Raw, path: str) -> None:
    for body, status in BAD_BODIES:
        if path in SHORT and body == b'{"resourceType": "Parameters"}':
            status = 404  # noqa: PLW2901  (that is all there is to say)
        assert (await raw.send("POST", path, body))[0] == status, body[:40]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await raw.send("POST", path, b"a=b", form))[0] == 415


HOSTILE: list[Json] = [
    None, True, -1, 10**30, 0.5, "", "\x00", "a\x00b", "\ud800", "'; DROP TABLE ers.slot; --", "x" * 5000,
    "９" * 12, [], [None], {}, {"resourceType": "Parameters"}, [[[[]]]], {"system": 1, "code": {}},
]  # fmt: skip


def mangled(value: Json) -> Iterator[Json]:
    """Copies of `value` with each part of it in turn removed, or replaced by something hostile."""
    members: list[str] | range
    if isinstance(value, dict):
        members = list(value)
    elif isinstance(value, list):
        members = range(len(value))
    else:
        yield from HOSTILE
        return
    for member in members:
        changed = copy.copy(value)
        del changed[member]  # type: ignore[arg-type]
        yield changed
        for part in mangled(value[member]):  # type: ignore[index]
            changed = copy.copy(value)
            changed[member] = part  # type: ignore[index]
            yield changed
    yield from HOSTILE


@pytest.mark.parametrize("path", GOOD)
async def test_no_part_of_a_request_can_make_it_fail(raw: Raw, path: str) -> None:
    sent = 0
    for body in mangled(GOOD[path]):
        status, _ = await raw.send("POST", path, json.dumps(body).encode())
        assert status < 500, body
        sent += 1
    assert sent > (20 if path in SHORT else 100)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "ReferralRequest/11112222333", 400, "INVALID_VALUE"),
        ("GET", "ReferralRequest/%00", 400, "INVALID_VALUE"),
        ("GET", "ReferralRequest/999999999999", 404, "REFERENCE_NOT_FOUND"),
        ("GET", "HealthcareService/x", 400, "INVALID_VALUE"),
        ("GET", "HealthcareService/" + "9" * 19, 400, "INVALID_VALUE"),
        ("GET", "HealthcareService/999999999999999999", 404, "REFERENCE_NOT_FOUND"),
        ("GET", "Appointment/0", 404, "REFERENCE_NOT_FOUND"),
        ("GET", "Patient/1", 404, "HTTP_404"),
        ("GET", "%2e%2e/%2e%2e/etc/passwd", 404, "HTTP_404"),
        ("DELETE", "Appointment", 405, "HTTP_405"),
        ("GET", "Slot", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=x", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=999999", 422, "REFERENCE_NOT_FOUND"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&_count=0", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&_count=101", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&_count=-5", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&page=0", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&page=9999999", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&start=2026-01-01", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&start=ge2026-02-30", 400, "INVALID_VALUE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&status=busy", 422, "INVALID_CODE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&appointmentType=SOON", 422, "INVALID_CODE"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&start=ge9999-12-31&page=999999", 200, "Bundle"),
        ("GET", "Slot?schedule.actor:HealthcareService=11001&start=ge0001-01-01", 200, "Bundle"),
    ],
)
async def test_addresses(raw: Raw, method: str, path: str, status: int, code: str) -> None:
    assert await raw.send(method, path) == (status, code)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (SHORTLIST, {"If-Match": ""}, 400),
        (SHORTLIST, {"If-Match": "9"}, 400),
        (SHORTLIST, {"If-Match": 'W/"9999999999"'}, 400),
        (SHORTLIST, {"If-Match": 'W/"9"'}, 409),
        (CANCEL, {"If-Match": "*"}, 400),
        ("Appointment", {"Idempotency-Key": ""}, 400),
        ("Appointment", {"Idempotency-Key": "x" * 201}, 400),
        ("Appointment", {"Idempotency-Key": "caf\u00e9"}, 400),
        ("Slot/1/$hold", {"Idempotency-Key": "a b"}, 400),
        ("Appointment", {"Idempotency-Key": "x" * 200}, 409),
    ],
)
async def test_headers(raw: Raw, path: str, headers: dict[str, str], status: int) -> None:
    assert (await raw.send("POST", path, json.dumps(GOOD[path]).encode(), headers))[0] == status


def with_criterion(name: str, value: Json) -> Json:
    sent = copy.deepcopy(GOOD[SEARCH])
    criteria = fhir.node(fhir.items(fhir.node(sent)["parameter"])[2])["resource"]
    members = fhir.items(fhir.node(criteria)["parameter"])
    # Without the point on the map, which goes before the postcode.
    members[:] = [
        each for each in members
        if fhir.node(each)["name"] != name and not str(fhir.node(each)["name"]).startswith(fhir.OURS)
    ]  # fmt: skip
    if value is not None:
        members.append({"name": name, **fhir.node(value)})
    return sent


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [
        ("priority", None, 400, "INVALID_VALUE"),
        ("priority", {"valueCoding": {"code": "SOON"}}, 422, "INVALID_CODE"),
        ("ageAndGenderAppropriate", None, 400, "INVALID_VALUE"),
        ("clinicType", None, 422, "MISSING_VALUE"),
        ("postcode", None, 422, "MISSING_VALUE"),
        ("postcode", {"valueString": "ZZ1 1AA"}, 422, "POSTCODE_UNKNOWN"),
        ("postcode", {"valueString": "LS1"}, 422, "POSTCODE_UNKNOWN"),
        ("clinicalTerm", {"valueCoding": {"code": "1003"}}, 422, "UNEXPECTED_FIELD"),
        ("namedClinician", {"valueIdentifier": {"value": "1"}}, 422, "UNEXPECTED_FIELD"),
        ("distanceLimit", {"valueUnsignedInt": -1}, 400, "INVALID_VALUE"),
        ("specialty", None, 200, "List"),
        ("distanceLimit", None, 200, "List"),
    ],
)
async def test_criteria(raw: Raw, name: str, value: Json, status: int, code: str) -> None:
    body = json.dumps(with_criterion(name, value)).encode()
    assert await raw.send("POST", SEARCH, body) == (status, code)


async def test_a_proof_cannot_be_guessed_from_what_is_refused(raw: Raw) -> None:
    for ubrn in (1, "11112222333", "x" * 12):
        sent = parameters(
            ubrn={"valueString": ubrn}, accessCode={"valueString": "x"}, birthYear={"valueUnsignedInt": 1}
        )
        assert await raw.send("POST", PROOF, json.dumps(sent).encode()) == (400, "INVALID_VALUE")


async def test_nothing_that_was_sent_is_answered_back(raw: Raw) -> None:
    url = URL(f"{raw.url}/FHIR/STU3/Slot?schedule.actor:HealthcareService=11001", encoded=True)
    async with raw.session.get(url, headers={"Host": "evil.example"}) as response:
        assert "evil" not in await response.text()
    marker = "<script>marker</script>"
    for path, body in GOOD.items():
        text = json.dumps(body).replace(KNEE.ubrn, marker).replace("999999999998", marker)
        async with raw.session.post(
            URL(f"{raw.url}/FHIR/STU3/{path}", encoded=True), data=text, headers=raw.headers
        ) as answer:
            assert "marker" not in await answer.text()
