"""Short lives of the service for crash tests: each is forked, everything imported, and dies where it is told.

Run as `python -m tests.service.lives`, its settings in the environment. A line in is the name of one of
`POINTS`, or `none` for a life that goes on; lines out are the life's process id and, when it has ended,
its wait status. Nothing of this is in the product: the points are functions of it, wrapped in the life.
"""

import asyncio
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

import bot.command
import bot.process
from bot.database import History
from bot.engine.encoder import Encoder
from bot.engine.engine import Engine
from bot.engine.runtime import dialogue
from bot.engine.training import find_model
from bot.logs import configure_logs
from bot.settings import Settings, read_settings
from channels.app import senders
from channels.sms.twilio import application


@dataclass(frozen=True)
class Point:
    """Where a life ends: before or after a call of a function, as the module that calls it sees it."""

    where: str
    name: str
    before: bool = False


POINTS: Final = {
    "stored, not committed": Point("bot.inbox", "enqueue"),
    "stored": Point("channels.sms.twilio", "receive"),
    "claimed": Point("bot.turn:Turns", "_answer", before=True),
    "department answered": Point("bot.flows.machine:Machine", "call"),
    "engine answered": Point("bot.turn:Turns", "_respond"),
    "written, not committed": Point("bot.turn", "_say"),
    "committed": Point("bot.turn:Turns", "_commit"),
    "about to hand over": Point("bot.outbox:Delivery", "_send", before=True),
    "handed over, not recorded": Point("channels.sms.sender:TwilioSender", "send"),
    "recorded": Point("bot.outbox:Delivery", "_handed"),
}
"""The five steps of a turn (see `bot.turn.Turns`), before and after each one's commit."""


def die_at(point: Point) -> None:
    """Makes this process kill itself, as nothing can prevent, when it comes to a point."""
    module, _, inside = point.where.partition(":")
    holder = importlib.import_module(module)
    holder = getattr(holder, inside) if inside else holder
    static = isinstance(vars(holder).get(point.name), staticmethod)
    run = getattr(holder, point.name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        if point.before:
            os.kill(os.getpid(), signal.SIGKILL)
        await run(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(holder, point.name, staticmethod(wrapped) if static else wrapped)


def put_off_threads() -> None:
    """The encoder starts a thread, which a fork would lose: each life starts its own when it needs it."""
    load, encode = Encoder.__init__, Encoder.encode
    kept = Path(tempfile.mkdtemp(prefix="onedoor-lives-"))

    def keep(self: Encoder, folder: Path) -> None:
        shutil.copytree(folder, kept, dirs_exist_ok=True)

    def start(self: Encoder, sentences: Sequence[str]) -> Any:
        load(self, kept)
        Encoder.encode = encode  # type: ignore[method-assign]
        return encode(self, sentences)

    Encoder.__init__ = keep  # type: ignore[method-assign]
    Encoder.encode = start  # type: ignore[method-assign]


async def live(settings: Settings, url: str) -> None:
    """The service: its webhooks on the port of the settings, its turns and its sender."""
    async with AsyncExitStack() as stack:
        process = await bot.process.open_process(stack, settings, url, {})
        app = web.Application()
        app.add_subapp("/sms", application(process.pool, settings))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port, reuse_address=True).start()
        await bot.process.start_workers(
            stack, process, {"turns", "senders"}, lambda: senders(stack, process.pool, settings)
        )
        await asyncio.Event().wait()


async def migrated(_: str, __: Iterable[History]) -> None:
    """The database of the test is migrated already: each life starts half a second sooner."""


def say(what: object) -> None:
    """Tells the test."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    """Forks a life for each line."""
    settings = read_settings()
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    configure_logs(settings.log_level)
    put_off_threads()
    engine = Engine(find_model(settings).path)
    for name, stand_in in {"Engine": lambda _: engine, "migrate": migrated}.items():
        setattr(bot.process, name, stand_in)
    dialogue()
    gc.freeze()
    say("ready")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            if (point := POINTS.get(line.strip())) is not None:
                die_at(point)
            asyncio.run(live(settings, url))
            os._exit(0)
        say(child)
        say(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
