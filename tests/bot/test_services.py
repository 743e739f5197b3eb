"""The departments' clients: where they call, and whom they show which key."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from actions.care.client import Care
from actions.sdk import Ledger
from bot.engine.runtime import packs
from bot.services import Services, own_key, stand_in_addresses

HERE = "http://127.0.0.1:8080"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def test_each_pack_has_a_key_of_its_own() -> None:
    keys = {own_key(pack) for pack in packs().packs.values()}
    assert len(keys) == len(packs().packs)


def key_of(services: Services, kind: type[Care] | type[Ledger]) -> str | None:
    return services.client(kind).settings["key"] or None


@pytest.mark.parametrize("demo", [True, False])
async def test_our_key_is_shown_to_our_own_service_only(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, demo: bool
) -> None:
    here = stand_in_addresses(HERE, demo=demo)
    if demo:
        assert key_of(Services(packs(), session, here), Care) == own_key(packs().packs["care"])
    monkeypatch.setenv("ONEDOOR_CARE_URL", "https://care.council.example")
    monkeypatch.setenv("ONEDOOR_CREDITS_URL", "https://credits.council.example")
    services = Services(packs(), session, here)
    assert (key_of(services, Care), key_of(services, Ledger)) == (None, None)
    monkeypatch.setenv("ONEDOOR_CARE_KEY", "the council's")
    assert key_of(Services(packs(), session, here), Care) == "the council's"
