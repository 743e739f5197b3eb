"""`onedoor serve`: starts the roles of this process, says where to go, and stops cleanly."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from time import monotonic

import asyncpg
import uvloop
from aiohttp import web

from actions.sdk.ledger import Ledger
from bot.database import start_embedded
from bot.engine.runtime import packs
from bot.engine.training import find_model
from bot.logs import configure_logs
from bot.places import load_demo
from bot.problems import Problem
from bot.services import stand_in_addresses
from bot.settings import Settings

DRAIN = 10.0
"""Seconds for requests under way when the service is stopped."""


def serve(settings: Settings, *, demo: bool, roles: set[str], workers: int) -> int:
    """Runs the service until it is told to stop.

    Args:
        settings: of the installation.
        demo: with the departments' stand-ins, their data and the demo phone.
        roles: of `edge`, `turns` and `senders`.
        workers: processes that do turns and senders' work, this one among them.

    Raises:
        Problem: it can't start; the text says why and what to do.
    """
    from bot.process import ROLES

    if unknown := roles - set(ROLES):
        raise Problem(f"There is no role {min(unknown)}: --role takes any of {', '.join(ROLES)}.")
    if not 1 <= workers <= 64:
        raise Problem("--workers takes a number from 1 to 64.")
    configure_logs(settings.log_level)
    if not find_model(settings).path.exists():
        raise Problem("There is no model yet: run `onedoor train`, or `make setup`, which does.")
    if not find_model(settings).current:
        _say("The model is older than the packs: run `onedoor train` to teach it what has changed.")
    uvloop.run(_serve(settings, demo=demo, roles=roles, workers=workers))
    return 0


async def _serve(settings: Settings, *, demo: bool, roles: set[str], workers: int) -> None:
    from bot.process import open_process, start_workers
    from channels.announcer import Announcer
    from channels.app import application, pictures, senders
    from channels.desk.demo import load_officers

    began = monotonic()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    async with AsyncExitStack() as stack:
        if settings.database_url is None:
            _say("Starting the embedded PostgreSQL.")
            url = start_embedded(settings.data_dir)
        else:
            url = settings.database_url.get_secret_value()
        _say("Loading the model and bringing the database up to date.")
        local = f"http://127.0.0.1:{settings.port}"
        defaults = stand_in_addresses(local, demo=demo)
        with told_plainly():
            process = await open_process(stack, settings, url, defaults)
        if demo:
            await load_demo_data(process.pool)
            await load_officers(process.pool)
            play_demo(stack, process.pool)
        if "edge" in roles:
            announcer = Announcer(url)
            await announcer.start()
            stack.push_async_callback(announcer.stop)

            async def ready() -> bool:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(2):
                        return process.worker.alive and await process.pool.fetchval("SELECT true")
                return False

            app = application(process.pool, settings, announcer, demo=demo, ready=ready)
            await _listen(stack, app, settings)
        await start_workers(
            stack, process, roles, lambda: senders(stack, process.pool, settings),
            pictures(stack, process.pool, settings),
        )  # fmt: skip
        _start_others(stack, workers - 1, {**defaults, "DATABASE_URL": url})
        _say(_welcome(settings, demo=demo, roles=roles, seconds=monotonic() - began))
        await stopping.wait()
        _say("Stopping: finishing what has begun.")


async def load_demo_data(pool: object) -> None:
    """Fills the stand-ins with their invented data, as it should be today.

    A stand-in that has `demo_money(today)` gives the accounts and transfers that its department begins with:
    they go to the ledger, which does not listen yet.
    """
    import importlib

    today = datetime.now(UTC).date()
    await load_demo(pool)
    services = {
        pack.name: importlib.import_module(f"{pack.package}.service")
        for pack in packs().packs.values()
        if pack.stand_in
    }
    for service in services.values():
        await service.load_demo(pool, today)
    if (ledger := services.get(str(Ledger.served_by))) is not None:
        money = [service.demo_money(today) for service in services.values() if hasattr(service, "demo_money")]
        await ledger.load_money(pool, today, money)


def play_demo(stack: AsyncExitStack, pool: object) -> None:
    """Lets the stand-ins' teams work, where a pack's service has a `simulate`."""
    import importlib

    for pack in packs().packs.values():
        if not pack.stand_in:
            continue
        simulate = getattr(importlib.import_module(f"{pack.package}.service"), "simulate", None)
        if simulate is not None:
            task = asyncio.create_task(simulate(pool, lambda: datetime.now(UTC)), name=f"{pack.name} demo")
            stack.callback(task.cancel)


async def _listen(stack: AsyncExitStack, app: web.Application, settings: Settings) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Problem(f"Port {settings.port} is taken. Set PORT to another, such as PORT=8081.") from None
        raise Problem(f"Can't listen on {settings.host}:{settings.port}: {error.strerror}.") from None


@contextmanager
def told_plainly() -> Iterator[None]:
    """A database that can't be reached is a sentence, not a traceback."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Problem(f"The database can't be reached ({reason}). Is DATABASE_URL right?") from None
    except asyncpg.PostgresError as error:
        # Its own text may quote what is stored; the kind of error tells an operator enough.
        raise Problem(f"The database refused us ({type(error).__name__}). Is DATABASE_URL right?") from None


def _start_others(stack: AsyncExitStack, number: int, environment: dict[str, str]) -> None:
    """Starts further processes for turns and senders; one that dies is started again."""

    async def keep() -> None:
        while True:
            other = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.command", "serve", "--role", "turns,senders",
                env={**os.environ, **environment},
            )  # fmt: skip
            try:
                await other.wait()
                _say("A worker process ended by itself; starting another.")
                await asyncio.sleep(1)
            finally:
                if other.returncode is None:
                    other.terminate()
                    await other.wait()

    async def stop(task: "asyncio.Task[None]") -> None:
        task.cancel()
        await asyncio.wait([task], timeout=DRAIN + 5)

    for at in range(number):
        stack.push_async_callback(stop, asyncio.create_task(keep(), name=f"process {at + 2}"))


def _welcome(settings: Settings, *, demo: bool, roles: set[str], seconds: float) -> str:
    base = settings.base_url
    if "edge" not in roles:
        return f"Working after {seconds:.1f} s."
    lines = [f"Ready after {seconds:.1f} s.", f"  Web chat    {base}/"]
    if demo:
        lines += [
            f"  Demo phone  {base}/demo/phone",
            f"  Who to be   {base}/demo",
            f"  The desk    {base}/desk",
        ]
    return "\n".join([*lines, "Ctrl+C stops it."])


def _say(text: str) -> None:
    print(text, flush=True)
