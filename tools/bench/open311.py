"""Open311: duplicates among a million problems, a thousand problems in XML, 200 reports a second."""

import asyncio
import random
import sys
from time import perf_counter
from typing import Final

import aiohttp
import asyncpg
import uvloop
from aiohttp import web

from actions.reports.service import application
from bot.database import History, connect_pool, migrate
from bot.packs import PACKS_FOLDER
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.load import Load
from tools.bench.place import Place, free_port, timed_get

PROBLEMS: Final = 1_000_000
SEARCHES: Final = 500
NEAREST: Final = 10.0
"""Milliseconds for the nearest duplicates, for 95 of 100."""
LISTS: Final = 40
LIST: Final = 150.0
"""Milliseconds for a thousand problems in XML."""
RATE: Final = 200
SECONDS: Final = 30.0
KEY: Final = "bench"
CITY: Final = (53.70, 53.90, -1.85, -1.40)
"""South, north, west, east: Leeds and Bradford, so that they lie closer than anywhere."""

# Five years of problems of 60 categories, one of ten still open.
_FILL: Final = """
INSERT INTO problem (category, state, description, lat, long, address, agency, agency_cy, notice, notice_cy,
                     private, requested_at, updated_at, expected_at)
SELECT CASE WHEN n % 60 = 0 THEN 'pothole' ELSE 'kind' || n % 60 END,
       CASE WHEN random() < 0.1 THEN 'open' ELSE 'fixed' END,
       'A problem that somebody described in a sentence or two & which is < one of very many.',
       53.70 + random() * 0.20, -1.85 + random() * 0.45, n || ' High Street',
       'Leeds City Council', 'Cyngor Dinas Leeds',
       'This goes to Leeds City Council (Highways repairs), as the place is in Leeds.',
       'Mae hyn yn mynd at Leeds City Council (Atgyweirio priffyrdd), gan fod y lle yn Leeds.', false,
       made, made, made + interval '7 days'
FROM (SELECT n, now() - random() * interval '1800 days' AS made FROM generate_series(1, $1::int) AS n) AS each
"""


async def measure(place: Place) -> list[Figure]:
    """The figures of issue 5, over HTTP on a process of its own."""
    rng = random.Random(5)  # noqa: S311
    async with place.database() as url:
        await _fill(url, int(PROBLEMS * place.share))
        port = free_port()
        service = place.alone("tools.bench.open311", port, url, str(port), ready="discovery.xml")
        async with service as address, aiohttp.ClientSession() as session:
            figures = await _nearest(address, session, rng)
            figures += await _lists(address, session)
            return figures + await _reports(place, address, rng)


async def _fill(url: str, number: int) -> None:
    await migrate(url, [History("reports", PACKS_FOLDER / "reports" / "service" / "migrations")])
    connection = await asyncpg.connect(url, command_timeout=600)
    await connection.execute(_FILL, number)
    await connection.execute("VACUUM ANALYZE problem")
    await connection.close()


def _somewhere(rng: random.Random) -> dict[str, str]:
    south, north, west, east = CITY
    return {"lat": f"{rng.uniform(south, north):.5f}", "long": f"{rng.uniform(west, east):.5f}"}


async def _nearest(address: str, session: aiohttp.ClientSession, rng: random.Random) -> list[Figure]:
    figures = []
    for name, what, more in (
        ("alike", "of one category within 250 m", {"service_code": "pothole", "status": "open"}),
        ("all", "of all categories within 250 m", {"status": "open"}),
    ):
        times = []
        for at in range(SEARCHES + 20):
            params = {**_somewhere(rng), "radius": "250", "page_size": "5", **more}
            taken, _ = await timed_get(session, f"{address}/requests.xml", params)
            if at >= 20:
                times.append(taken)
        figures += [
            Figure(f"open311.near.{name}.p50", f"nearest duplicates {what}, p50", median(times), "ms"),
            Figure(
                f"open311.near.{name}.p95", f"nearest duplicates {what}, p95", percentile(times, 0.95), "ms",
                NEAREST,
            ),
        ]  # fmt: skip
    return figures


async def _lists(address: str, session: aiohttp.ClientSession) -> list[Figure]:
    """A thousand problems, and how long another caller waits while they are read and written."""
    times, others = [], []
    for at in range(LISTS + 3):
        async with asyncio.TaskGroup() as group:
            many = group.create_task(timed_get(session, f"{address}/requests.xml", {"page_size": "1000"}))
            await asyncio.sleep(0.005)
            other = group.create_task(timed_get(session, f"{address}/discovery.xml", {}))
        taken, text = many.result()
        if text.count("<request>") != 1000:
            raise BenchError("GET requests did not give 1,000.")
        if at >= 3:
            times.append(taken)
            others.append(other.result()[0])
    return [
        Figure("open311.list.p50", "GET requests of 1,000 in XML, p50", median(times), "ms"),
        Figure("open311.list.p95", "GET requests of 1,000 in XML, p95", percentile(times, 0.95), "ms", LIST),
        Figure("open311.list.other.p95", "  another call meanwhile, p95", percentile(others, 0.95), "ms"),
    ]


async def _reports(place: Place, address: str, rng: random.Random) -> list[Figure]:
    load, answers = Load(), list[float]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as session:

        async def post(number: int, counts: bool) -> None:
            form = {
                "api_key": KEY, "service_code": "pothole", "attribute[size]": "plate", **_somewhere(rng),
                "description": f"A hole, the {number}th of them", "account_id": f"citizen {number}",
                "phone": "07700 900123",
            }  # fmt: skip
            began = perf_counter()
            async with session.post(
                f"{address}/requests.xml", data=form, headers={"Idempotency-Key": f"bench-{number}"}
            ) as answer:
                await answer.read()
                if answer.status != 200:
                    raise BenchError(f"POST was answered {answer.status}")
            if counts:
                answers.append((perf_counter() - began) * 1000)

        began = perf_counter()
        await load.run(RATE, SECONDS * place.share, post)
        rate = len(load.late) / (perf_counter() - began)
    return [
        Figure("open311.seconds_for_each_200", "200 reports taken in (the target's rate is 1 s)",
               RATE / rate, "s", 1.02),
        Figure("open311.post.p50", f"POST at {RATE} a second, answered, p50", median(answers), "ms"),
        Figure("open311.post.p99", f"POST at {RATE} a second, answered, p99",
               percentile(answers, 0.99), "ms"),
        Figure("open311.late.p99", "  the load generator itself late, p99",
               percentile(load.late, 0.99), "ms"),
    ]  # fmt: skip


async def _serve(url: str, port: int) -> None:
    pool = await connect_pool(url)
    runner = web.AppRunner(application(pool, keys=frozenset({KEY})), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
