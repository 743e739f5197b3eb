"""The real service for browser tests: `onedoor serve --demo` in a process of its own, which may be killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from fasteners import InterProcessLock

from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.queue import Pool
from bot.settings import ROOT, read_settings
from tests.watches import rest

PATIENCE: Final = 60.0
"""Seconds after which a test gives up waiting for a start; no test measures time by it."""
TRAINING: Final = 240.0
"""Seconds that a missing model may take on a busy machine; `make test` has trained it before."""


@dataclass
class Onedoor:
    """The service, with the departments' stand-ins, the demo's data and the demo phone.

    Args:
        url: where it listens, without a slash at the end; the same after a start anew.
        pool: connections of the test's to its database.
        environment: its settings.
        log: the file that it writes to.
    """

    url: str
    pool: Pool
    environment: dict[str, str]
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Starts it; `ready` waits until it answers."""
        with self.log.open("ab") as log:
            # Not asyncio's: Rasa, if another test has imported it, leaves a policy that can't start one.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.command", "serve", "--demo"],
                cwd=self.log.parent, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    async def ready(self) -> None:
        """Waits until it is ready; fails with what it wrote if it ended instead."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            while True:
                assert self._process.poll() is None, self.log.read_text()
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals) -> None:
        """Ends it: by SIGTERM as an operator, by SIGKILL as a power cut."""
        if self._process is not None:
            self._process.send_signal(how)
            await asyncio.to_thread(self._process.wait, PATIENCE)

    async def booked(self, ubrn: str) -> tuple[str, str, int] | None:
        """What the department has booked for a referral: hospital, the slot's holder, the reference."""
        row = await self.pool.fetchrow(
            "SELECT p.name, s.booked_by, a.id FROM ers.appointment a JOIN ers.slot s ON s.id = a.slot_id"
            " JOIN ers.service v ON v.id = a.service_id JOIN ers.provider p USING (ods)"
            " WHERE a.ubrn = $1 AND a.status = 'booked'",
            ubrn,
        )
        return None if row is None else (row["name"], row["booked_by"], row["id"])

    async def forget_bookings(self) -> None:
        """Takes back what earlier tests booked, so that each finds every referral as it was."""
        await self.pool.execute("UPDATE ers.appointment SET status = 'cancelled' WHERE status <> 'cancelled'")
        await self.pool.execute("UPDATE ers.slot SET booked_by = NULL, held_by = NULL, held_until = NULL")
        await self.pool.execute("UPDATE ers.referral SET state = 'NOT_BOOKED', version = version + 1")


@pytest.fixture(scope="session")
async def running_onedoor(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Onedoor]:
    """The service on a fresh database and a free port, once for the run."""
    settings = read_settings()
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with InterProcessLock(settings.models_dir / "training.lock"):
        # In a process of its own: Rasa stays out of this one.
        command = [sys.executable, "-m", "bot.command", "train", "--if-needed"]
        await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=True, timeout=TRAINING)
    name = f"onedoor_browser_{os.getpid()}"
    database = await create_database(server_url, name, template=template)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ONEDOOR_", "TWILIO_"))}
    environment = {
        **kept,
        "DATABASE_URL": database,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "ONEDOOR_MODELS_DIR": str(settings.models_dir.resolve()),
    }
    pool = await connect_pool(database, size=2)
    await rest(pool)
    log = tmp_path_factory.mktemp("onedoor") / "service.log"
    onedoor = Onedoor(f"http://127.0.0.1:{port}", pool, environment, log)
    onedoor.start()
    try:
        await onedoor.ready()
        yield onedoor
    finally:
        await onedoor.end(signal.SIGTERM)
        await close_pool(pool)
        await drop_database(server_url, name)


@pytest.fixture
async def onedoor(running_onedoor: Onedoor) -> Onedoor:
    """The running service, with no referral booked."""
    await running_onedoor.forget_bookings()
    return running_onedoor
