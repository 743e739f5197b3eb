"""The published page against the running API: schemathesis sends what the page allows, and more."""

import asyncio
from typing import Any

import aiohttp
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

from tests.channels.notify.conftest import Office
from tests.channels.notify.test_bad_input import token

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 25
"""Calls of each route."""


async def test_the_page_is_open_to_all_and_names_every_route(office: Office) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{office.url}/v2/openapi.json") as answer:
        page = await answer.json()
    assert page["openapi"] == "3.1.0"
    assert len(page["paths"]) == 11


@pytest.mark.slow
async def test_the_api_does_what_its_page_says(office: Office) -> None:
    tried = await asyncio.to_thread(fuzz, office)
    assert tried >= 11 * 5
    # Half of the requests named a template that is there: some were sent.
    assert await office.pool.fetchval("SELECT count(*) FROM outbound") > 0


def fuzz(office: Office) -> int:
    """Calls every route with generated requests, the same each time; how many calls there were."""
    page = schemathesis.openapi.from_url(f"{office.url}/v2/openapi.json")
    page.config.base_url = office.url
    known = {"template_id": office.id("sms"), "phone_number": "07700900123"}
    tried = 0

    def call(case: Any) -> None:
        nonlocal tried
        tried += 1
        if isinstance(case.body, dict) and "phone_number" in case.body and tried % 2:
            values = {"name": "Maya", "day": "Tuesday"}
            case.body = {**case.body, **known, "personalisation": values}
        case.call_and_validate(headers={"Authorization": f"Bearer {token(office)}"}, checks=CHECKS)

    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for result in page.get_all_operations():
        strategy = result.ok().as_strategy()  # type: ignore[union-attr]
        settings(hypothesis.given(case=strategy)(call))()
    return tried
