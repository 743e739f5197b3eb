"""One turn, engine and database: the time of `Turns.run` in conversations of ten to ten thousand messages."""

import gc
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Final

from aiohttp import web

from bot.commands.serve import load_demo_data
from bot.database import close_pool, connect_pool, migrate
from bot.engine.runtime import packs
from bot.inbox import Arrival, accept
from bot.packs import histories
from bot.process import Process, open_process
from bot.services import stand_in_addresses
from bot.settings import read_settings
from channels.app import stand_ins
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.place import Place, free_port
from tools.bench.words import CHOOSE, JOURNEY, STRUCTURED

SIZES: Final = (10, 100, 1_000, 10_000)
"""Earlier messages in a conversation, in and out together."""
ROUNDS: Final = 200
"""Timed turns of each kind in each conversation."""
WARM_UP: Final = 20
"""Turns before the count begins: the snapshot's tail is full, statements are prepared."""
OWN_NUMBERS: Final = 500
"""Behind those of the demonstration's citizens, whose numbers are on record."""
FLATNESS: Final = 1.2
"""The longest conversation's time over the shortest's."""

_OLD_IN: Final = """
WITH old AS (
    INSERT INTO inbound
        (conversation_id, channel, channel_message_id, text, received_at, due_at, done_at, attempts)
    SELECT $1, 'sms', gen_random_uuid(), 'which hospitals are near me', at, at, at, 1
    FROM generate_series(1, $2::int) AS n, LATERAL (SELECT now() - n * interval '1 hour' AS at) AS time
    RETURNING id, received_at
), said AS (
    INSERT INTO outbound (conversation_id, inbound_id, channel, language, text, status, created_at, handed_at)
    SELECT $1, id, 'sms', 'en', 'What is your postcode? We use it to work out how far each hospital is.',
           'delivered', received_at, received_at FROM old
)
INSERT INTO turn_record (inbound_id, conversation_id, intent, outcome, milliseconds)
SELECT id, $1, 'choose_hospital', 'asked', 5 FROM old
"""


@dataclass(frozen=True)
class _Kind:
    """A kind of message.

    Args:
        name: in figures.
        what: in words.
        target: milliseconds for the p50.
        way: said once, at the start.
        words: said in turn, and timed.
        between: said after each, untimed, to come back to where it began; or nothing.
        read: whether the classifier must have read it.
    """

    name: str
    what: str
    target: float
    way: tuple[str, ...]
    words: tuple[str, ...]
    between: str | None
    read: bool


KINDS: Final = (
    _Kind("free", "free text", 8.0, (), CHOOSE, "leave", read=True),
    _Kind("structured", "structured answer", 5.0, JOURNEY, STRUCTURED, None, read=False),
)


@dataclass
class _Talk:
    """One conversation of a kind and a size, with its milliseconds by the clock and of the processor."""

    process: Process
    kind: _Kind
    size: int
    address: str
    id: int = 0
    said: int = 0
    times: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    async def say(self, text: str, *, read: bool | None = None) -> tuple[float, float]:
        """One message and its turn, which then leave the tables again; gives both of the turn's times."""
        pool = self.process.pool
        accepted = await accept(pool, Arrival("sms", self.address, str(uuid.uuid4()), text))
        self.id = accepted.conversation_id
        began, worked = perf_counter(), process_time()
        await self.process.turns.run(accepted.conversation_id)
        took = (perf_counter() - began) * 1000, (process_time() - worked) * 1000
        record = await pool.fetchrow(
            "SELECT intent, outcome FROM turn_record WHERE inbound_id = $1", accepted.inbound_id
        )
        if record is None or record["outcome"] in {"failed", "unclear", "waiting"}:
            raise BenchError(f"A turn ended {record and record['outcome']}: “{text}”.")
        if read is not None and (record["intent"] is not None) != read:
            raise BenchError(f"The classifier was {'not ' if read else ''}asked about “{text}”.")
        await pool.execute("DELETE FROM inbound WHERE id = $1", accepted.inbound_id)
        return took

    async def turn(self) -> tuple[float, float]:
        """The next of the words, timed both ways."""
        text = self.kind.words[self.said % len(self.kind.words)]
        self.said += 1
        took = await self.say(text, read=self.kind.read)
        if self.kind.between is not None:
            await self.say(self.kind.between)
        return took

    async def prepare(self) -> None:
        """Comes to where the words are said, and gives the conversation its past."""
        for text in self.kind.way:
            await self.say(text)
        for _ in range(WARM_UP):
            await self.turn()
        await self.process.pool.execute(_OLD_IN, self.id, self.size // 2)


@asynccontextmanager
async def demo_process(place: Place) -> AsyncIterator[Process]:
    """The process of `onedoor serve --demo` on a fresh database, without its queue and its pages."""
    async with place.database() as url, AsyncExitStack() as stack:
        await migrate(url, histories(packs()))
        pool = await connect_pool(url, size=4)
        stack.push_async_callback(close_pool, pool)
        await load_demo_data(pool)
        app, port = web.Application(), free_port()
        addresses = stand_in_addresses(f"http://127.0.0.1:{port}")
        for path, service in stand_ins(pool, addresses).items():
            app.add_subapp(path, service)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield await open_process(stack, read_settings(), url, addresses)


async def measure(place: Place) -> list[Figure]:
    """Times turns; the sizes come in a random order, so that what else the machine does hits all alike."""
    rounds = max(5, int(ROUNDS * place.share))
    order = random.Random(7)  # noqa: S311
    async with demo_process(place) as process:
        talks = [
            _Talk(process, kind, size, f"+447700900{number:03}")
            for number, (kind, size) in enumerate(((k, s) for k in KINDS for s in SIZES), OWN_NUMBERS)
        ]
        for talk in talks:
            await talk.prepare()
        await process.pool.execute("ANALYZE")
        gc.collect()
        for _ in range(rounds):
            for talk in order.sample(talks, len(talks)):
                took, worked = await talk.turn()
                talk.times.append(took)
                talk.processor.append(worked)
    return [figure for kind in KINDS for figure in _figures(kind, [t for t in talks if t.kind is kind])]


def _figures(kind: _Kind, talks: Sequence[_Talk]) -> list[Figure]:
    figures = []
    for talk in talks:
        after = f"turn, {kind.what}, after {talk.size:,} messages"
        name = f"turns.{kind.name}.{talk.size}"
        figures += [
            Figure(f"{name}.p50", f"{after}, p50", median(talk.times), "ms", kind.target),
            Figure(f"{name}.p95", f"{after}, p95", percentile(talk.times, 0.95), "ms"),
            Figure(
                f"{name}.cpu",
                f"{after}, processor time of it in the process, p50",
                median(talk.processor),
                "ms",
            ),
        ]
    ratio = median(talks[-1].times) / median(talks[0].times)
    what = f"turn, {kind.what}, {SIZES[-1]:,} over {SIZES[0]} messages, p50"
    return [*figures, Figure(f"turns.{kind.name}.ratio", what, ratio, "x", FLATNESS)]
