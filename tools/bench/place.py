"""Where measurements are made: a throw-away PostgreSQL, databases on it, and the service as a process."""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, perf_counter

import aiohttp

from bot.database import create_database, drop_database, start_embedded
from bot.engine.training import find_model
from bot.settings import ROOT, read_settings
from tools.bench.figure import BenchError

READY_SECONDS = 120.0
"""How long a service may take to be ready before the measurement is given up."""
_numbers = itertools.count(1)


class Place:
    """One run's temporary folder and the PostgreSQL server in it; nothing of the installation is touched."""

    def __init__(self, folder: Path, *, share: float = 1.0) -> None:
        """Prepares; the server starts when the first database is asked for.

        Args:
            folder: temporary, the caller removes it.
            share: of the full time that measurements take: 1, or 0.1 for a quick look.
        """
        self.folder = folder
        self.share = share
        self._server: str | None = None

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The address of a fresh, empty database, dropped at the end."""
        if self._server is None:
            self._server = await asyncio.to_thread(start_embedded, self.folder)
        name = f"onedoor_bench_{os.getpid()}_{next(_numbers)}"
        url = await create_database(self._server, name)
        try:
            yield url
        finally:
            await drop_database(self._server, name)

    @asynccontextmanager
    async def service(self, environment: Mapping[str, str], *arguments: str) -> AsyncIterator["Service"]:
        """`onedoor serve` as a process of its own, ready; stopped at the end.

        Args:
            environment: its settings, beside the port and the folder of models.
            arguments: of `onedoor serve`.

        Raises:
            BenchError: it did not become ready.
        """
        service = Service(self.folder, environment, arguments)
        try:
            await service.ready()
            yield service
        finally:
            await asyncio.to_thread(service.stop)

    @asynccontextmanager
    async def alone(
        self,
        module: str,
        port: int,
        *arguments: str,
        ready: str,
        environment: Mapping[str, str] | None = None,
    ) -> AsyncIterator[str]:
        """One department's service as a process of its own, ready; gives its address.

        Args:
            module: what Python runs, which listens on the loopback.
            port: where it listens.
            arguments: of the module.
            ready: the path of something that anybody may GET.
            environment: beside that of this process.

        Raises:
            BenchError: it did not start.
        """
        address, began = f"http://127.0.0.1:{port}", monotonic()
        with (self.folder / f"{module}-{port}.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: ASYNC220  (started once, before anything is measured)
                [sys.executable, "-m", module, *arguments], stdout=log, stderr=log,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        try:
            async with aiohttp.ClientSession() as session:
                while True:
                    try:
                        async with session.get(f"{address}/{ready}") as answer:
                            await answer.read()
                            break
                    except aiohttp.ClientError:
                        if process.poll() is not None or monotonic() - began > READY_SECONDS:
                            raise BenchError(f"{module} did not start.") from None
                        await asyncio.sleep(0.1)
            yield address
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)


class Service:
    """The process, from exec to end."""

    def __init__(self, folder: Path, environment: Mapping[str, str], arguments: tuple[str, ...]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.seconds = 0.0
        """From exec to the first 200 of `/readyz`."""
        ours = ("ONEDOOR_", "TWILIO_", "DATABASE_URL", "HOST", "PORT")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own = {
            "PORT": str(port), "PYTHONPATH": str(ROOT), "ONEDOOR_PUBLIC_URL": self.url,
            "ONEDOOR_MODELS_DIR": str(read_settings().models_dir.resolve()),
        }  # fmt: skip
        self._log = folder / f"service-{port}.log"
        self._began = monotonic()
        # Started in the temporary folder, where no onedoor.env is; its log goes to a file as in production.
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.command", "serve", *arguments],
                env={**inherited, **own, **environment}, cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip

    async def ready(self) -> None:
        """Asks `/readyz` every 20 ms until it says yes.

        Raises:
            BenchError: the process ended, or took too long.
        """
        limit = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=limit) as session:
            while monotonic() - self._began < READY_SECONDS:
                if self._process.poll() is not None:
                    break
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            self.seconds = monotonic() - self._began
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(0.02)
        last = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
        raise BenchError(f"The service did not become ready:\n{last}")

    def memory(self) -> float:
        """Megabytes (10⁶ bytes) of the process that are in memory now (RSS)."""
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, check=True, timeout=10
        )
        return int(told.stdout) * 1024 / 1e6

    def stop(self) -> None:
        """Ends it as an operator would, and waits."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def free_port() -> int:
    """A port of the loopback that nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def check_model() -> None:
    """Looks whether there is a trained model.

    Raises:
        BenchError: there is none; the text says how to get it.
    """
    if not find_model(read_settings()).path.exists():
        raise BenchError("There is no model yet: run `make train` (or `.venv/bin/onedoor train`) first.")


async def timed_get(
    session: aiohttp.ClientSession, url: str, params: Mapping[str, str] | None = None
) -> tuple[float, str]:
    """A GET that must be answered 200: how many milliseconds it took, and the text.

    Raises:
        BenchError: it was answered otherwise.
    """
    began = perf_counter()
    async with session.get(url, params=params) as answer:
        text = await answer.text()
        if answer.status != 200:
            raise BenchError(f"GET was answered {answer.status}")
    return (perf_counter() - began) * 1000, text
