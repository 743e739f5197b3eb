"""The stage that all conversations of a run share."""

from collections.abc import AsyncIterator

import pytest

from bot.conversations.stage import Stage
from bot.engine.training import find_model
from bot.logs import configure_logs
from bot.settings import read_settings


@pytest.fixture(scope="session")
async def stage(server_url: str) -> AsyncIterator[Stage]:
    configure_logs("error")
    settings = read_settings()
    if not find_model(settings).path.exists():
        pytest.fail("There is no model yet: run `onedoor train`, or `make test`, which does.")
    async with Stage.open(settings, server_url) as stage:
        yield stage
