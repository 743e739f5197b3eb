"""The published page against the running service: schemathesis sends what the page allows, and more."""

import asyncio
import json
from typing import Any
from uuid import UUID

import aiohttp
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from actions.credits.tests.conftest import KEY, Bank

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
EXAMPLES = 40
"""Calls of each route, of each mode."""
ROUTES = 9


async def test_the_page_is_open_to_all_and_names_every_route(bank: Bank) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{bank.url}/openapi.json") as answer:
        page = await answer.json()
    assert page["openapi"] == "3.1.0"
    assert sum(len(each) for each in page["paths"].values()) == ROUTES
    assert page["servers"] == [{"url": "/credits"}]
    # Every reference leads somewhere.
    for name in {part.split('"')[0] for part in json.dumps(page).split("#/components/schemas/")[1:]}:
        assert name in page["components"]["schemas"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_the_service_does_what_its_page_says(bank: Bank, mode: GenerationMode) -> None:
    accounts = await bank.open(10**9), await bank.open()
    hold = await bank.hold(*accounts, 10**6)
    statuses = await asyncio.to_thread(fuzz, bank, mode, accounts, hold.id)
    assert sum(statuses.values()) >= ROUTES * 5
    if mode is GenerationMode.POSITIVE:
        # What the page allows is done where the ledger allows it.
        assert statuses.get(200, 0) > 40


def fuzz(bank: Bank, mode: GenerationMode, accounts: tuple[UUID, UUID], hold: UUID) -> dict[int, int]:
    """Calls every route with generated requests, the same each time; how often each status came."""
    page = schemathesis.openapi.from_url(f"{bank.url}/openapi.json")
    page.config.base_url = bank.url
    page.config.generation.update(modes=[mode])
    statuses: dict[int, int] = {}
    checks = [*CHECKS, *([negative_data_rejection] if mode is GenerationMode.NEGATIVE else [])]

    def call(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and sum(statuses.values()) % 2:
            _make_known(case, accounts, hold)
        response = case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, checks=checks)
        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1

    settings = hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for result in page.get_all_operations():
        strategy = result.ok().as_strategy(generation_mode=mode)  # type: ignore[union-attr]
        settings(hypothesis.given(case=strategy)(call))()
    return statuses


def _make_known(case: Any, accounts: tuple[UUID, UUID], hold: UUID) -> None:
    """Half of the calls are about accounts that are there, and one chain."""
    if case.path_parameters and case.path.startswith("/accounts"):
        case.path_parameters = {"id": str(accounts[1])}
    transfers = case.body.get("transfers", []) if isinstance(case.body, dict) else []
    for at, each in enumerate(transfers):
        each["linked"] = at < len(transfers) - 1
        if each["phase"] in ("posted", "pending"):
            each |= {"debit": str(accounts[0]), "credit": str(accounts[1]), "amount": 1}
        else:
            each |= {"debit": None, "credit": None, "amount": None, "of": str(hold)}
