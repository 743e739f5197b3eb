"""An award run of a hundred thousand families: checked, written down, paid by a ledger in its own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final

import aiohttp
from aiohttp import web

from actions.childcare.award_client import Awards, Got
from actions.childcare.service import application, weights
from actions.childcare.service.ledger import WORD
from actions.childcare.service.rule import ELEMENTS
from actions.sdk import Ledger
from bot.database import close_pool, connect_pool, migrate
from bot.engine.runtime import packs
from bot.packs import histories
from bot.queue import Pool
from tools.bench.figure import BenchError, Figure
from tools.bench.place import Place, free_port

FAMILIES: Final = 100_000
RUN: Final = 120.0
"""Seconds for all of it: the check of the file, and the run."""
PATIENCE: Final = 900
"""Seconds after which it is given up."""
KEY: Final = "bench"
HEADING: Final = (
    "family,parent,year of birth,code,child,born,low income,training,working tax credit,"
    "nursery education grant,sure start grant"
)
TODAY: Final = datetime.now(UTC).date()
PERIOD: Final = TODAY + timedelta(days=30), TODAY + timedelta(days=120)
EXPIRES: Final = PERIOD[1] + timedelta(days=30)


async def measure(place: Place) -> list[Figure]:
    """The figures of the first run of a department: no family and no account is known yet."""
    many = int(FAMILIES * place.share)
    data = families(many)
    children = data.count(b"\n") - 1
    async with place.database() as url:
        await migrate(url, histories(packs()))
        pool, port = await connect_pool(url, size=8), free_port()
        await _first_weights(pool)
        service = place.alone(
            "actions.credits.service", port, ready="openapi.json",
            environment={"DATABASE_URL": url, "PORT": str(port), "ONEDOOR_CREDITS_KEY": KEY},
        )  # fmt: skip
        async with service as address, _department(pool, address) as (awards, ledger):
            began = perf_counter()
            run = await awards.send("families.csv", data, PERIOD, EXPIRES, by="officer:1", key="run")
            run = await _until(awards, run["id"], "ready", "broken")
            checked = perf_counter()
            await awards.start(run["id"], "officer:1")
            run = await _until(awards, run["id"], "done")
            paid = perf_counter()
            await _is_all_there(ledger, run, children)
            asked = perf_counter()
            await awards.what_if(PERIOD[0], PERIOD[0], 3000, 1500, {})
            worked_out = perf_counter()
            books = await awards.books()
            if books["differences"]:
                raise BenchError(f"The books differ: {books['differences']}")
            reconciled = perf_counter()
        await close_pool(pool)
    return [
        Figure("awards.run.seconds", f"an award run of {many:,} families with {children:,} children",
               paid - began, "s", RUN * place.share),
        Figure("awards.check.seconds", "  of it the check of the file", checked - began, "s"),
        Figure("awards.what_if.seconds", "what if, over all of them", worked_out - asked, "s"),
        Figure("awards.books.seconds", "the books beside the ledger's", reconciled - worked_out, "s"),
    ]  # fmt: skip


def families(many: int) -> bytes:
    """A file: one child in four families of five, else two; three in ten are poor, one in ten is in training.

    A child of three or four has the nursery education grant, two in three have something of the working tax
    credit, and one in five lives where there is a Sure Start grant.
    """
    lines = [HEADING]
    for number in range(many):
        poor, learns = ("yes" if number % 10 < 3 else "no"), ("yes" if number % 10 == 5 else "no")
        for child in range(2 if number % 5 == 4 else 1):
            at = number + child * 7
            born = TODAY - timedelta(days=200 + at % 1_500)
            neg = "96.40" if born < TODAY - timedelta(days=1_095) else ""
            wtc = f"{100 + at % 300}.{at % 100:02}" if at % 3 or not neg else ""
            ssg = "24.00" if at % 5 == 0 else ""
            cells = (
                5_000_000_000 + number, "Ann", 1990, f"STONE {1_000 + number % 9_000}", f"Bo {child}", born,
                poor, learns, wtc, neg, ssg,
            )  # fmt: skip
            lines.append(",".join(map(str, cells)))
    return "\n".join([*lines, ""]).encode()


async def _first_weights(pool: Pool) -> None:
    async with pool.acquire() as connection:
        yesterday = TODAY - timedelta(days=1)
        await weights.add(connection, TODAY, 2_500, 1_000, "officer:1", "The first", yesterday)


@asynccontextmanager
async def _department(pool: Pool, ledger: str) -> AsyncIterator[tuple[Awards, Ledger]]:
    """The department's service in this process, and clients of it and of the ledger."""
    async with aiohttp.ClientSession() as session:
        bank = Ledger(ledger, session, settings={"key": KEY})
        app = application(pool, ledger=lambda: bank, keys=frozenset({KEY}))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield Awards(f"http://127.0.0.1:{port}", session, settings={"key": KEY}), bank
        finally:
            await runner.cleanup()


async def _until(awards: Awards, number: int, *states: str) -> Got:
    """Looks as an officer's page does."""
    run = await _found(awards, number)
    for _ in range(PATIENCE):
        if run["state"] in states:
            break
        await asyncio.sleep(1)
        run = await _found(awards, number)
    if run["state"] not in states or run["state"] == "broken":
        raise BenchError(f"It is {run['state']}: {run['problem']}, {run['broken']} rows")
    return run


async def _found(awards: Awards, number: int) -> Got:
    return next(each for each in await awards.runs() if each["id"] == number)


async def _is_all_there(ledger: Ledger, run: Got, children: int) -> None:
    if run["done"] != children:
        raise BenchError(f"{run['done']} of {children} children were awarded.")
    accounts = sum(
        each.accounts
        for each in await ledger.totals(f"{WORD}.")
        if each.code.removeprefix(f"{WORD}.") in ELEMENTS
    )
    if accounts < children:
        raise BenchError("The ledger lacks accounts.")
