"""`onedoor chat`: talks in the terminal, through the same turn, tables and departments as everyone."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from aiohttp import web

from bot.commands.jsonlines import read_lines, text_of, write_line
from bot.commands.serve import load_demo_data
from bot.database import close_pool, connect_pool, create_database, drop_database, migrate, start_embedded
from bot.desk.cases import reasons_of
from bot.engine.runtime import packs
from bot.engine.training import find_model
from bot.inbox import Arrival, accept
from bot.logs import configure_logs
from bot.outbox import PULLED
from bot.packs import histories
from bot.problems import Problem
from bot.process import Process, open_process
from bot.refusal import clean
from bot.services import stand_in_addresses
from bot.settings import Settings
from channels.app import stand_ins
from channels.sms.segments import prepare

TERMINAL = "+447700900199"
CHANNELS = ("sms", "webchat", "terminal")


class _Clock:
    """The time, moved on by what lines ask for."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def chat(settings: Settings, *, json_lines: bool, explain: bool, database: str | None) -> int:
    """Talks until the input ends.

    Args:
        settings: of the installation.
        json_lines: JSON lines in and out, as docs/operator.md gives them.
        explain: whether to show what was understood and done.
        database: its address; a throw-away one with the demo's data when None.

    Raises:
        Problem: there is no model, or a line can't be read.
    """
    configure_logs("error")
    if not find_model(settings).path.exists():
        raise Problem("There is no model yet: run `onedoor train`.")
    asyncio.run(_chat(settings, json_lines=json_lines, explain=explain, database=database))
    return 0


async def _chat(settings: Settings, *, json_lines: bool, explain: bool, database: str | None) -> None:
    clock = _Clock()
    async with _database(settings, database) as url, AsyncExitStack() as stack:
        process = await open_chat(stack, settings, url, clock)
        if json_lines:
            lines = read_lines()
            while (line := await asyncio.to_thread(next, lines, None)) is not None:
                write_line(await _answer_line(process, clock, line))
            return
        print("Say what you need. Ctrl+D ends.", flush=True)
        while True:
            try:
                text = await asyncio.to_thread(input, "> ")
            except EOFError:
                return
            turn = await say(process, "terminal", TERMINAL, text)
            print("\n".join(turn["replies"]), flush=True)
            if explain:
                print(f"  [{turn['explained']}]", flush=True)


@asynccontextmanager
async def _database(settings: Settings, given: str | None) -> AsyncIterator[str]:
    """The database that was named, or a new one that is dropped at the end."""
    if given is not None:
        yield given
        return
    server = (
        settings.database_url.get_secret_value()
        if settings.database_url
        else start_embedded(settings.data_dir)
    )
    name = f"onedoor_chat_{os.getpid()}"
    await drop_database(server, name)
    url = await create_database(server, name)
    try:
        yield url
    finally:
        await drop_database(server, name)


async def open_chat(stack: AsyncExitStack, settings: Settings, url: str, clock: _Clock) -> Process:
    """A process with the stand-ins served on a free port, their data loaded."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    await migrate(url, histories(packs()))
    pool = await connect_pool(url, size=4)
    stack.push_async_callback(close_pool, pool)
    addresses: dict[str, str] = {}
    for path, service in stand_ins(pool, addresses, clock=clock).items():
        app.add_subapp(path, service)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    addresses |= stand_in_addresses(f"http://127.0.0.1:{port}")
    await load_demo_data(pool)
    return await open_process(stack, settings, url, addresses, clock=clock)


async def _answer_line(process: Process, clock: _Clock, line: dict[str, Any]) -> dict[str, Any]:
    hours = line.get("after_hours", 0)
    if not isinstance(hours, int | float) or isinstance(hours, bool) or not 0 <= hours <= 24 * 3660:
        raise Problem('"after_hours" is a number of hours, such as 26.')
    clock.ahead += timedelta(hours=hours)
    channel, sender = line.get("channel", "sms"), line.get("from", TERMINAL)
    if channel not in CHANNELS or not isinstance(sender, str):
        raise Problem(f'A line needs a "from" and a "channel" of {", ".join(CHANNELS)}.')
    turn = await say(process, channel, sender, text_of(line))
    return {name: turn[name] for name in ("replies", "flow", "understood", "confidence", "escalated")}


async def say(
    process: Process, channel: str, sender: str, text: str, media: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Sends one message through the inbox and the turn, and reads back what came of it.

    Args:
        process: from `open_chat`.
        channel: `sms`, `webchat` or `terminal`.
        sender: the citizen's address on it.
        text: the message.
        media: pictures that came with it and are kept: the `type` of each, and its id as `photo`.
    """
    kind, details = ("media", {"media": [dict(each) for each in media]}) if media else ("text", {})
    arrival = Arrival(channel, sender, str(uuid.uuid4()), clean(text), kind, details)  # type: ignore[arg-type]
    accepted = await accept(process.pool, arrival)
    await process.turns.run(accepted.conversation_id)
    out = await process.pool.fetch(
        "SELECT text FROM outbound WHERE inbound_id = $1 ORDER BY part", accepted.inbound_id
    )
    record = await process.pool.fetchrow(
        "SELECT * FROM turn_record WHERE inbound_id = $1", accepted.inbound_id
    )
    escalated = bool(await reasons_of(process.pool, accepted.inbound_id))
    assert record is not None
    replies = [row["text"] if channel in PULLED else prepare(row["text"]) for row in out]
    commands = [c["word"] or c["flow"] or c["command"].lower() for c in record["commands"]]
    return {
        "replies": replies, "flow": record["flow"], "escalated": escalated,
        "understood": record["intent"] or (commands[-1] if commands else "none"),
        "confidence": round(record["confidence"] or 1.0, 4),
        "explained": _explained(record, commands),
    }  # fmt: skip


def _explained(record: asyncpg.Record, commands: list[str]) -> str:
    """What was understood and done, on one line, with the time of each handler."""
    handlers = ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in record["handlers"])
    parts = [
        f"{record['intent']} {record['confidence']:.2f}" if record["intent"] else "no model asked",
        ", ".join(commands) or "no command",
        f"{record['flow'] or '-'}.{record['step'] or '-'}",
        record["outcome"],
        handlers,
        f"{record['milliseconds']:.1f} ms",
    ]
    return "; ".join(part for part in parts if part)
