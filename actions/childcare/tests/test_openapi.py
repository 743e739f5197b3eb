"""The published page against the running service: schemathesis sends what the page allows, and more."""

import asyncio
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from actions.childcare.service.invented_families import DEMO_FAMILIES
from actions.childcare.service.invented_providers import key_of
from actions.childcare.service.openapi import CALLS
from actions.childcare.service.routes import ROUTES
from actions.childcare.tests.conftest import KEY, MONDAY, Office

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 20
"""Calls of each route."""


async def test_the_page_is_open_to_all_and_names_every_route(office: Office) -> None:
    status, page = await office.call("GET", "openapi.json", who="")
    assert (status, page["openapi"]) == (200, "3.1.0")
    written = {(each.method.lower(), each.path) for each in ROUTES} - {("get", "/openapi.json")}
    assert written == set(CALLS)


@pytest.mark.slow
async def test_the_service_does_what_its_page_says(office: Office) -> None:
    [booking] = await office.booked(("XC1001", 4000), since=MONDAY)
    tried = await asyncio.to_thread(fuzz, office, booking)
    assert tried >= len(CALLS) * 5
    # Some orders named a family that is there: they were booked.
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.booking WHERE id > 40000") > 1


def fuzz(office: Office, booking: int) -> int:
    """Calls every route with generated requests, the same each time; how many calls there were."""
    page = schemathesis.openapi.from_url(f"{office.url}/openapi.json")
    page.config.base_url = office.url
    family = DEMO_FAMILIES[0]
    known = {"family": family.reference, "child": family.ids[0], "since": "2026-03-09", "until": "2026-03-13"}
    tried = 0

    def call(case: Any) -> None:
        nonlocal tried
        tried += 1
        if tried % 2:
            if isinstance(case.body, dict):
                case.body = {name: known.get(name, value) for name, value in case.body.items()}
            case.path_parameters = {
                name: {"id": booking, "reference": family.reference, "number": "XC1001"}[name]
                for name in case.path_parameters or {}
            }
            for share in case.body.get("shares", []) if isinstance(case.body, dict) else []:
                share |= {"provider": "XC1001", "amount": 100}
        who = CALLS[case.method.lower(), case.path].who
        key = key_of("XC1001") if who == "provider" else KEY
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    settings = hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for result in page.get_all_operations():
        strategy = result.ok().as_strategy()  # type: ignore[union-attr]
        settings(hypothesis.given(case=strategy)(call))()
    return tried
