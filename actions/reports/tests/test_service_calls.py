"""Each call of the Open311 service, in both formats, as the standard has it."""

import pytest

from actions.reports.tests.conftest import KEY, LEEDS, Api
from tests.departments import Clock

SERVICE = [
    "service_code", "service_name", "description", "metadata", "type", "keywords", "group",
    "place", "danger", "near", "days", "private",
]  # fmt: skip
REQUEST = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip
ATTRIBUTE = [
    "variable", "code", "datatype", "required", "datatype_description", "order", "description", "values",
]  # fmt: skip

POTHOLE = {"service_code": "pothole", **LEEDS, "attribute[size]": "plate"}


async def test_the_media_type_is_that_of_the_format(api: Api) -> None:
    answer = await api.get("services")
    assert answer.media_type == {
        "xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8",
    }[api.format]  # fmt: skip
    assert api.format == "json" or answer.raw.startswith('<?xml version="1.0" encoding="utf-8"?>')


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("discovery", "discovery"),
        ("services", "services"),
        ("services/pothole", "service_definition"),
        ("requests", "service_requests"),
        ("servicerequestupdates", "service_request_updates"),
        ("nothing", "errors"),
    ],
)
async def test_the_outermost_element(xml: Api, path: str, root: str) -> None:
    assert (await xml.get(path)).root == root


async def test_discovery(api: Api) -> None:
    found = (await api.get("discovery")).content
    assert list(found) == ["changeset", "contact", "key_service", "endpoints"]
    [endpoint] = found["endpoints"]
    assert endpoint == {
        "specification": "http://wiki.open311.org/GeoReport_v2", "url": "/open311/v2",
        "changeset": found["changeset"], "type": "production", "formats": ["text/xml", "application/json"],
    }  # fmt: skip


async def test_services(api: Api) -> None:
    found = {each["service_code"]: each for each in (await api.get("services")).content}
    assert all(list(each) == SERVICE for each in found.values())
    assert found["pothole"] == {
        "service_code": "pothole", "service_name": "Pothole", "description": "A hole in the road.",
        "metadata": "true", "type": "realtime",
        "keywords": "pothole,hole in the road,burst my tyre on the road", "group": "Streets and roads",
        "place": "point", "danger": None, "near": "100", "days": "5", "private": "false",
    }  # fmt: skip
    assert found["street_light"]["metadata"] == "false"
    assert found["gas_smell"]["danger"] == "gas"
    assert found["gas_smell"]["private"] == "true"  # at somebody's home
    assert found["rude_answer"]["type"] == "batch"


async def test_services_in_welsh(api: Api) -> None:
    found = (await api.get("services", locale="cy")).content[0]
    assert (found["service_name"], found["group"]) == ("Twll yn y ffordd", "Strydoedd a ffyrdd")


async def test_a_definition(api: Api) -> None:
    found = (await api.get("services/pothole")).content
    assert list(found) == ["service_code", "attributes"]
    size, depth = found["attributes"]
    assert list(size) == ATTRIBUTE
    assert (size["code"], size["datatype"], size["required"], size["order"], size["variable"]) == (
        "size", "singlevaluelist", "true", "1", "true",
    )  # fmt: skip
    assert size["description"] == "How big is it?"
    assert size["values"][0] == {"key": "plate", "name": "Smaller than a dinner plate"}
    assert (depth["datatype"], depth["required"], depth["order"], depth["values"]) == (
        "number",
        "false",
        "2",
        [],
    )
    welsh = (await api.get("services/pothole", locale="cy")).content["attributes"][0]
    assert (welsh["description"], welsh["values"][0]["name"]) == ("Pa mor fawr yw e?", "Llai na phlât cinio")


async def test_a_report_and_what_is_told_of_it(api: Api) -> None:
    posted = await api.post(
        "requests",
        {**POTHOLE, "description": "Deep hole", "address_string": "Cardigan Road", "zipcode": "LS6 1AA",
         "first_name": "Maya", "phone": "07700 900123", "email": "maya@example.com",
         "media_url": "https://photos.example.com/1.jpg", "account_id": "a1"},
    )  # fmt: skip
    assert posted.status == 200
    [made] = posted.content
    assert list(made) == ["service_request_id", "service_notice", "account_id"]
    assert made["account_id"] == "a1"
    answer = await api.get(f"requests/{made['service_request_id']}")
    [found] = answer.content
    assert list(found) == REQUEST
    notice = "This goes to Leeds City Council (Highways repairs), as the place is in their area."
    assert found == {
        "service_request_id": made["service_request_id"], "status": "open", "status_notes": None,
        "service_name": "Pothole", "service_code": "pothole", "description": "Deep hole",
        "agency_responsible": "Leeds City Council", "service_notice": notice,
        "requested_datetime": "2026-03-02T10:00:00Z", "updated_datetime": "2026-03-02T10:00:00Z",
        "expected_datetime": "2026-03-09T10:00:00Z", "address": "Cardigan Road", "address_id": None,
        "zipcode": "LS6 1AA", "lat": "53.8008", "long": "-1.5491",
        "media_url": "https://photos.example.com/1.jpg",
    }  # fmt: skip
    assert made["service_notice"] == notice
    for secret in ("Maya", "900123", "maya@", "a1<", '"a1"', "plate"):
        assert secret not in answer.raw


async def test_the_answers_to_questions_are_for_teams(api: Api) -> None:
    made = (await api.post("requests", {
        "service_code": "flytipping", **LEEDS, "attribute[what][]": ["bags", "tyres"],
        "attribute[seen]": "2026-03-01T20:00:00Z",
    })).content[0]  # fmt: skip
    assert (await api.problem(made["service_request_id"]))["answers"] == [
        {"code": "what", "value": "bags"}, {"code": "what", "value": "tyres"},
        {"code": "seen", "value": "2026-03-01T20:00:00Z"},
    ]  # fmt: skip
    [public] = (await api.get(f"requests/{made['service_request_id']}", extensions="true")).content
    assert "answers" not in public


async def test_a_batch_service_gives_a_token_for_the_reference(api: Api) -> None:
    posted = await api.post("requests", {
        "service_code": "rude_answer", "address_string": "Hyde Park Surgery", "description": "They shouted.",
    })  # fmt: skip
    [made] = posted.content
    assert list(made) == ["token", "service_notice", "account_id"]
    [found] = (await api.get(f"tokens/{made['token']}")).content
    assert found["token"] == made["token"]
    assert (await api.problem(found["service_request_id"]))["description"] == "They shouted."
    missing = await api.get("tokens/nothing")
    assert (missing.status, missing.reasons) == (404, ["token_unknown"])


async def test_updates_both_ways(api: Api, clock: Clock) -> None:
    reference = await api.report()
    clock.forward(hours=2)
    posted = await api.update(
        reference, "IN_PROGRESS", description="We are on it.", description_cy="Rydym wrthi.", update_id="77"
    )
    assert posted.status == 200
    [made] = posted.content
    assert list(made) == ["update_id"]
    [found] = (await api.get("servicerequestupdates")).content
    assert found == {
        "update_id": made["update_id"], "service_request_id": reference, "status": "in_progress",
        "updated_datetime": "2026-03-02T12:00:00Z", "description": "We are on it.", "media_url": None,
    }  # fmt: skip
    [welsh] = (await api.get("servicerequestupdates", locale="cy")).content
    assert welsh["description"] == "Rydym wrthi."
    problem = await api.problem(reference)
    assert (problem["status"], problem["state"], problem["status_notes"]) == (
        "open", "in_progress", "We are on it.",
    )  # fmt: skip
    assert problem["updated_datetime"] == "2026-03-02T12:00:00Z"
    again = await api.update(reference, "FIXED", update_id="77")
    assert (again.status, again.reasons) == (400, ["update_repeated"])
    assert (await api.problem(reference))["state"] == "in_progress"


async def test_support_and_its_end(api: Api) -> None:
    reference = await api.report(account_id="maya")
    for account, number in (("tom", "2"), ("tom", "2"), ("maya", "2"), ("ann", "3")):
        [found] = (await api.post(f"requests/{reference}/support", {"account_id": account})).content
        assert found == {"service_request_id": reference, "supporters": number}
    for account, number in (("tom", "2"), ("tom", "2"), ("maya", "2"), ("nobody", "2")):
        [found] = (await api.post(f"requests/{reference}/unsupport", {"account_id": account})).content
        assert found["supporters"] == number
    assert (await api.problem(reference))["supporters"] == "2"


async def test_near_a_place_the_nearest_first(api: Api) -> None:
    far = await api.report(lat="53.8026")
    near = await api.report(lat="53.8009")
    await api.report(lat="53.8108")
    other = await api.report(service_code="flytipping", lat="53.8017")
    found = (await api.get("requests", **LEEDS, radius="250")).content
    assert [each["service_request_id"] for each in found] == [near, other, far]
    assert [each["distance"] for each in found] == ["11", "100", "200"]
    assert {each["supporters"] for each in found} == {"1"}
    assert list(found[0])[: len(REQUEST)] == REQUEST
    alike = (await api.get("requests", **LEEDS, radius="250", service_code="street_light")).content
    assert [each["service_request_id"] for each in alike] == [near, far]


async def test_what_is_private_is_answered_only_to_a_team(api: Api) -> None:
    reference = (await api.post("requests", {
        "service_code": "gas_smell", "address_string": "1 High Street", **LEEDS,
    })).content[0]["service_request_id"]  # fmt: skip
    await api.update(reference, "investigating")
    for path, params in (
        ("requests", {}), ("requests", {"service_request_id": reference}),
        ("servicerequestupdates", {}), ("servicerequestupdates", {"service_request_id": reference}),
    ):  # fmt: skip
        assert (await api.get(path, **params)).content == []
        assert len((await api.get(path, **params, api_key=KEY)).content) == 1
    # Nobody is asked whether somebody else's home is theirs.
    assert (await api.get("requests", **LEEDS, api_key=KEY)).content == []
    hidden = await api.get(f"requests/{reference}")
    assert (hidden.status, hidden.reasons) == (404, ["problem_unknown"])
