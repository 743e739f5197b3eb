"""Fixtures that all tests share: a real PostgreSQL, and a fresh, migrated database for each test."""

import asyncio
import atexit
import itertools
import logging
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import aiohttp
import asyncpg
import pytest
import structlog
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from actions.sdk.service import Service
from bot.database import (
    History,
    close_pool,
    connect_pool,
    create_database,
    drop_database,
    migrate,
    start_embedded,
)
from bot.engine.runtime import packs
from bot.packs import histories

TIMEOUT: Final = Service.timeout
MEMORY: Final = Path("/dev/shm")
ROOM: Final = 4 * 1024**3
"""Bytes, for the databases of one process of tests."""
_CONVERSATION: Final = re.compile(r"test_conversation\[([^:]+): ")
"""A whole conversation's test: the name of its script is before the first colon."""
_numbers = itertools.count()


def _drop(_: object, __: str, ___: "structlog.types.EventDict") -> "structlog.types.EventDict":
    raise structlog.DropEvent


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """Python's own loop in every test: what is imported may bring uvloop, which hears no time-out's alarm.

    The hook that pytest-asyncio has for it since 1.4 would put the loop's name into that of every test.
    """
    return asyncio.DefaultEventLoopPolicy()


@pytest.fixture(scope="session", autouse=True)
def _patient() -> Iterator[None]:
    """Departments may be as slow as a busy machine makes them, but where a test is about that."""
    Service.timeout = aiohttp.ClientTimeout(total=60, connect=60)
    yield
    Service.timeout = TIMEOUT


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time-outs that citizens have."""
    monkeypatch.setattr(Service, "timeout", TIMEOUT)


@pytest.fixture(autouse=True)
def _quiet_logs() -> None:
    """Each test begins with the same logs, whatever the one before configured: none, but to be captured."""
    structlog.configure(processors=[_drop], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """A file's tests go to one process, as they share what it set up; conversations script by script."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        script = _CONVERSATION.match(test)
        return f"{file} {script[1]}" if script else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    """Shares tests out by file, for `--dist loadscope`."""
    return FileScheduling(config, log)


def all_histories() -> list[History]:
    """The core's migration history and that of each department's stand-in that has one."""
    return histories(packs())


@pytest.fixture(scope="session")
def server_url() -> str:
    """The address of a PostgreSQL for this run of the tests.

    Not in pytest's own folder: the next pytest to start takes away the right to look into that, and
    PostgreSQL, which runs as another user where the tests are root's, would end.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    folder = Path(tempfile.mkdtemp(prefix="onedoor-tests-", dir=_memory()))
    # Before PostgreSQL's own end of process, so run after it: the last registered is the first run.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url = start_embedded(folder)
    asyncio.run(_spare_the_disk(url))
    return url


def _memory() -> str | None:
    """A folder in memory, where there is one with room: each test copies a database of some 60 MB."""
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return str(MEMORY) if there else None


async def _spare_the_disk(url: str) -> None:
    """No test takes the power away: what is killed is a process of ours, never PostgreSQL or the machine."""
    connection = await asyncpg.connect(url)
    try:
        for setting in ("fsync", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {setting} = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(server_url: str) -> str:
    """The name of a migrated, empty database to copy."""
    name = f"onedoor_template_{os.getpid()}"
    await migrate(await create_database(server_url, name), all_histories())
    return name


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """The address of a fresh database with every table and no row."""
    name = f"onedoor_test_{os.getpid()}_{next(_numbers)}"
    yield await create_database(server_url, name, template=template)
    await drop_database(server_url, name)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to `database_url`."""
    pool = await connect_pool(database_url, size=8)
    yield pool
    await close_pool(pool)
