"""The gateway: notices handed over in time, a reply past a bulk, the API's rate, memory that stays."""

import asyncio
import time
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final

import aiohttp
import jwt

from bot.batches import add_batch
from bot.database import close_pool, connect_pool
from bot.keys import installation_secret, new_key, open_department
from bot.notices import Notice, Notices, Words
from bot.queue import Pool
from bot.settings import Settings
from bot.spreadsheet import Row
from bot.templates import Template, save
from bot.urgency import Urgency
from tests.channels.sms.double import TwilioDouble
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.load import Load
from tools.bench.place import Place, Service

LATENCY: Final = 0.1
"""Seconds the double takes to answer."""

RATE: Final = 100
SECONDS: Final = 300.0
HANDED: Final = 2.0
"""Seconds from creation until the sender has it, for 99 of 100."""
CITIZENS: Final = 800

BULK: Final = 100_000
REPLIES: Final = 30
OVERTAKES: Final = 1_000.0
"""Milliseconds until a reply is handed over while the bulk waits."""

API_RATE: Final = 200
API_SECONDS: Final = 60.0
GROWTH: Final = 1.1
"""Memory at the end of the notices against after their first tenth."""
MANY: Final = 2_000_000_000


async def measure(place: Place) -> list[Figure]:
    """Three loads on one service of one process, with a double that takes 100 ms."""
    figures: list[Figure] = []
    async with TwilioDouble() as twilio, place.database() as url:
        twilio.latency = LATENCY
        async with place.service({"DATABASE_URL": url, **twilio.settings()}, "--demo") as service:
            pool = await connect_pool(url, size=12)
            try:
                template, token = await _prepare(pool)
                figures += await _notices(place, pool, service)
                figures += await _api(place, service, template, token)
                figures += await _overtaking(place, pool, service, twilio, template)
            finally:
                await close_pool(pool)
    return figures


async def _prepare(pool: Pool) -> tuple[Template, tuple[str, str]]:
    """A department without limits, a template and a key."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    async with pool.acquire() as connection:
        service_id = await open_department(connection, "reports")
        await connection.execute("UPDATE department SET per_minute = $1, per_day = $1", MANY)
        template = await save(
            connection, department="reports", channel="sms", name="bench", urgency=Urgency.URGENT, by="bench",
            body={"en": "Your bins go on ((day)).", "cy": "Bydd eich biniau'n mynd ddydd ((day))."},
        )  # fmt: skip
        key = await new_key(
            connection, await installation_secret(pool, settings), "reports", "bench", "normal"
        )
    return template, (str(service_id), key[-36:])


async def _notices(place: Place, pool: Pool, service: Service) -> list[Figure]:
    """A hundred a second for five minutes, stored by us and handed over by the service."""
    notices, load, early = Notices(), Load(), 0.0
    seconds = SECONDS * place.share

    async def make(number: int, counts: bool) -> None:  # noqa: ARG001
        nonlocal early
        words = Words(f"Notice {number}")
        notice = Notice(
            "reports", "sms", f"+4477009{number % CITIZENS:05}", {"en": words, "cy": words},
            urgency=Urgency.URGENT, language="en", reference="notices",
        )  # fmt: skip
        async with pool.acquire() as connection, connection.transaction():
            await notices.make(connection, notice, now=datetime.now(UTC))
        if number == int(RATE * seconds / 10):
            early = service.memory()

    await load.run(RATE, seconds, make)
    await _all_handed(pool, "notices")
    late = await _waited(pool, "notices")
    return [
        Figure("gateway.handed.p50", f"notices at {RATE} a second, created to handed over, p50",
               median(late), "s"),
        Figure("gateway.handed.p99", f"notices at {RATE} a second, created to handed over, p99",
               percentile(late, 0.99), "s", HANDED),
        Figure("gateway.growth", f"memory after {seconds:.0f} s of them against after a tenth",
               service.memory() / early, "x", GROWTH),
        Figure("gateway.memory", "memory of the one process then", service.memory(), "MB"),
    ]  # fmt: skip


async def _api(place: Place, service: Service, template: Template, token: tuple[str, str]) -> list[Figure]:
    """Two hundred requests a second, each with a token of its own as Notify's clients make them."""
    load, answers = Load(), list[float]()
    issuer, secret = token
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as session:

        async def post(number: int, counts: bool) -> None:
            headers = {
                "Authorization": "Bearer "
                + jwt.encode({"iss": issuer, "iat": int(time.time())}, secret, algorithm="HS256")
            }
            body: dict[str, Any] = {
                "phone_number": f"07700900{300 + number % 700}", "template_id": str(template.id),
                "personalisation": {"day": "Tuesday"}, "reference": f"api {number}",
            }  # fmt: skip
            began = perf_counter()
            async with session.post(
                f"{service.url}/v2/notifications/sms", json=body, headers=headers
            ) as answer:
                if answer.status != 201:
                    raise BenchError(f"the API answered {answer.status}")
                await answer.read()
            if counts:
                answers.append((perf_counter() - began) * 1000)

        began = perf_counter()
        await load.run(API_RATE, API_SECONDS * place.share, post)
        rate = len(load.late) / (perf_counter() - began)
    return [
        Figure("api.seconds_for_each_200", "the API took 200 messages in (the target's rate is 1 s)",
               API_RATE / rate, "s", 1.02),
        Figure("api.answer.p50", f"API at {API_RATE} a second, answered, p50", median(answers), "ms"),
        Figure("api.answer.p99", f"API at {API_RATE} a second, answered, p99",
               percentile(answers, 0.99), "ms"),
        Figure("api.late.p99", "  the load generator itself late, p99", percentile(load.late, 0.99), "ms"),
    ]  # fmt: skip


async def _overtaking(
    place: Place, pool: Pool, service: Service, twilio: TwilioDouble, template: Template
) -> list[Figure]:
    """Replies to citizens who write while a bulk of 100,000 goes out."""
    await pool.execute("UPDATE outbound SET status = 'failed' WHERE status IN ('created', 'retry')")
    rows = [
        Row(at, f"+4479{at:08}", {"day": "Tuesday"}, "en") for at in range(1, int(BULK * place.share) + 1)
    ]
    async with pool.acquire() as connection, connection.transaction():
        batch_id = await add_batch(connection, template, "bench", rows)
    await asyncio.sleep(3)
    times = []
    for at in range(REPLIES):
        before, citizen = len(twilio.messages), f"+44770090{1000 + at}"
        began = perf_counter()
        status, _ = await twilio.text(service.url, citizen, "hello")
        if status != 200:
            raise BenchError(f"the webhook was answered {status}")
        async with asyncio.timeout(30):
            while not any(sent.to == citizen for sent in twilio.messages[before:]):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        times.append((perf_counter() - began) * 1000)
        await asyncio.sleep(0.3)
    made = await pool.fetchval("SELECT made FROM batch WHERE id = $1", batch_id)
    total = await pool.fetchval("SELECT total FROM batch WHERE id = $1", batch_id)
    if made >= total:
        raise BenchError("The bulk was over before the replies were measured.")
    return [
        Figure("bulk.reply.p50", f"a reply while a bulk of {total:,} waits, text in to handed over, p50",
               median(times), "ms"),
        Figure("bulk.reply.max", f"a reply while a bulk of {total:,} waits, the slowest of {REPLIES}",
               max(times), "ms", OVERTAKES),
    ]  # fmt: skip


async def _all_handed(pool: Pool, reference: str) -> None:
    async with asyncio.timeout(60):
        while await pool.fetchval(  # noqa: ASYNC110
            "SELECT count(*) FROM outbound WHERE reference = $1 AND handed_at IS NULL", reference
        ):
            await asyncio.sleep(0.2)


async def _waited(pool: Pool, reference: str) -> list[float]:
    rows = await pool.fetch(
        "SELECT extract(epoch FROM handed_at - created_at)::float AS seconds FROM outbound"
        " WHERE reference = $1",
        reference,
    )
    return [row["seconds"] for row in rows]
