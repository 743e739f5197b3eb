"""The trained model, a database with the demo's data, Twilio's double, and the service itself."""

import itertools
import os
from collections.abc import AsyncIterator

import pytest
from fasteners import InterProcessLock

import bot.process
from bot.commands.serve import load_demo_data
from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.engine.engine import Engine
from bot.engine.training import find_model, train
from bot.queue import Pool
from bot.settings import read_settings
from tests.channels.sms.double import TwilioDouble
from tests.service.running import Service, running
from tests.watches import rest

_numbers = itertools.count()


@pytest.fixture(scope="session")
def model() -> None:
    """The trained model of the packs as they are now."""
    settings = read_settings()
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with InterProcessLock(settings.models_dir / "training.lock"):
        if not find_model(settings).current:
            train(settings)


@pytest.fixture(scope="session")
def engine(model: None) -> Engine:
    """One engine for all tests: it keeps nothing between turns."""
    return Engine(find_model(read_settings()).path)


@pytest.fixture(scope="session")
async def demo_template(server_url: str, template: str) -> AsyncIterator[str]:
    """The name of a database with the demo's data, to copy."""
    name = f"onedoor_service_{os.getpid()}"
    url = await create_database(server_url, name, template=template)
    pool = await connect_pool(url, size=2)
    await load_demo_data(pool)
    await rest(pool)
    await close_pool(pool)
    yield name
    await drop_database(server_url, name)


@pytest.fixture
async def database_url(server_url: str, demo_template: str) -> AsyncIterator[str]:
    """The address of a fresh database with the demo's data."""
    name = f"{demo_template}_{next(_numbers)}"
    yield await create_database(server_url, name, template=demo_template)
    await drop_database(server_url, name)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connections to `database_url`."""
    pool = await connect_pool(database_url, size=4)
    yield pool
    await close_pool(pool)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
def loaded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that starts finds the engine loaded: a second of each test is saved."""
    monkeypatch.setattr(bot.process, "Engine", lambda _: engine)


@pytest.fixture
async def service(database_url: str, twilio: TwilioDouble, loaded: None) -> AsyncIterator[Service]:
    """The service with the demo's departments."""
    async with running(database_url, twilio) as service:
        yield service
