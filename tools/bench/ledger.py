"""The credits ledger: durable transfers a second over HTTP, and balances and a look through at a million."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic, perf_counter
from typing import Final
from uuid import UUID

import aiohttp
import asyncpg

from actions.credits.service import verify
from actions.sdk.ledger import NewAccount, NewTransfer, account_json, ledger_id, transfer_json
from bot.database import History, close_pool, connect_pool, migrate
from bot.packs import PACKS_FOLDER
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.place import Place, free_port, timed_get

TRANSFERS: Final = 1_000_000
FEW: Final = 1_000
CHAIN: Final = 2_000
"""Transfers that are made at one time, and so in one statement: as many as one may have."""
LOOKS: Final = 500
BALANCE: Final = 5.0
"""Milliseconds for a balance, for 95 of 100."""
RATE: Final = 1_000
"""Transfers a second that are to be on the disk."""
SECONDS: Final = 20.0
CALLERS: Final = 64
"""Each asks for its next transfer when the last is on the disk."""
ACCOUNTS: Final = 1_000
KEY: Final = "bench"
POT: Final = ledger_id("bench", "pot")
LARGE: Final = ledger_id("bench", "account", 0)
SMALL: Final = ledger_id("bench", "account", 1)


async def measure(place: Place) -> list[Figure]:
    """The figures of the ledger, over HTTP on a process of its own."""
    many = int(TRANSFERS * place.share)
    async with place.database() as url:
        filled = await _fill(url, many)
        port = free_port()
        service = place.alone(
            "actions.credits.service", port, ready="openapi.json",
            environment={"DATABASE_URL": url, "PORT": str(port), "ONEDOOR_CREDITS_KEY": KEY},
        )  # fmt: skip
        async with service as address, _session() as session:
            figures = [filled, *await _balances(address, session)]
            figures += await _statement(address, session)
            for name, what, side in (
                ("spread", f"between {ACCOUNTS:,} accounts", _spread),
                ("one", "all from one account that has a limit", _from_one),
            ):
                figures += await _transfers(url, address, session, SECONDS * place.share, name, what, side)
        return [*figures, await _verify(url)]


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CALLERS), headers={"Authorization": f"Bearer {KEY}"}
    )


async def _fill(url: str, many: int) -> Figure:
    """A million transfers on one account, a thousand on another, made as the service makes them."""
    await migrate(url, [History("credits", PACKS_FOLDER / "credits" / "service" / "migrations")])
    connection = await asyncpg.connect(url, command_timeout=600)
    for setting in ("fsync", "synchronous_commit"):
        if await connection.fetchval(f"SHOW {setting}") != "on":
            raise BenchError(f"{setting} is not on: what is measured would not be durable.")
    accounts = [NewAccount(ledger_id("bench", "account", at), "bench", "bench") for at in range(ACCOUNTS)]
    accounts.append(NewAccount(POT, "pot", "bench", "debits"))
    at = datetime.now(UTC) - timedelta(days=365)
    await _call(connection, "open($1::text::json, $2)", [account_json(each) for each in accounts], at)
    began = perf_counter()
    for begin in range(0, many, CHAIN):
        chain = [
            transfer_json(NewTransfer(
                ledger_id("bench", "fill", number), "posted", LARGE, SMALL if number < FEW else POT, 1_000,
                code="bench", reference=f"bench:{number // 10}", by="bench",
            ))
            for number in range(begin, min(begin + CHAIN, many))
        ]  # fmt: skip
        await _call(
            connection, "apply(json_build_array($1::text::json), $2)", chain,
            at + timedelta(days=360) * (begin / many),
        )  # fmt: skip
    taken = perf_counter() - began
    await connection.execute("VACUUM ANALYZE credits.journal, credits.account")
    await connection.close()
    return Figure("ledger.fill.seconds_for_each_1000", f"1,000 transfers in chains of {CHAIN:,}",
                  taken / many * 1000, "s")  # fmt: skip


async def _call(
    connection: "asyncpg.Connection[asyncpg.Record]", call: str, rows: Sequence[object], at: datetime
) -> None:
    query = f"SELECT problem::text FROM credits.{call}"  # noqa: S608
    if problem := await connection.fetchval(query, json.dumps(rows), at):
        raise BenchError(f"The ledger refused: {problem}")


async def _balances(address: str, session: aiohttp.ClientSession) -> list[Figure]:
    """Of both accounts by turns, so that whatever else the machine does is in both."""
    times: dict[UUID, list[float]] = {LARGE: [], SMALL: []}
    for at in range(LOOKS + 20):
        for account, taken in times.items():
            one, _ = await timed_get(session, f"{address}/accounts/{account}")
            if at >= 20:
                taken.append(one)
    return [
        Figure("ledger.balance.p50", "balance of the account with all transfers, p50",
               median(times[LARGE]), "ms"),
        Figure("ledger.balance.p95", "balance of the account with all transfers, p95",
               percentile(times[LARGE], 0.95), "ms", BALANCE),
        Figure("ledger.balance.times", f"  over that of one with {FEW:,}, p50",
               median(times[LARGE]) / median(times[SMALL]), "x", 1.5),
    ]  # fmt: skip


async def _statement(address: str, session: aiohttp.ClientSession) -> list[Figure]:
    """Of as many transfers as one may have, on the account with all of them."""
    account = json.loads((await timed_get(session, f"{address}/accounts/{LARGE}"))[1])
    opened, times = datetime.fromisoformat(account["opened_at"]), []
    chains = account["debits_posted"] // 1_000 // CHAIN
    for at in range(45):
        # Each chain has one time; this is that of one of them, in the midst.
        since = opened + timedelta(days=360) * ((at % chains) / chains) - timedelta(seconds=1)
        until = since + timedelta(seconds=2)
        params = {"since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        taken, text = await timed_get(session, f"{address}/accounts/{LARGE}/statement", params)
        if text.count('"number"') != CHAIN:
            raise BenchError("The statement is not what was made at that time.")
        times.append(taken)
    return [Figure("ledger.statement.p95", f"a statement of that account with {CHAIN:,} transfers, p95",
                   percentile(times[5:], 0.95), "ms")]  # fmt: skip


def _spread(number: int) -> tuple[UUID, UUID]:
    return (
        ledger_id("bench", "account", number * 7 % ACCOUNTS),
        ledger_id("bench", "account", (number * 7 + 1 + number % 500) % ACCOUNTS),
    )


def _from_one(number: int) -> tuple[UUID, UUID]:
    return POT, ledger_id("bench", "account", number % ACCOUNTS)


async def _transfers(
    url: str,
    address: str,
    session: aiohttp.ClientSession,
    seconds: float,
    name: str,
    what: str,
    side: Callable[[int], tuple[UUID, UUID]],
) -> list[Figure]:
    numbers, answers, ends = count(), list[float](), monotonic() + seconds + 2
    counts_from = ends - seconds

    async def caller() -> None:
        while (now := monotonic()) < ends:
            number = next(numbers)
            debit, credit = side(number)
            made = NewTransfer(
                ledger_id("bench", name, number), "posted", debit, credit, 1, code="bench",
                reference=f"bench:{name}:{number}", by="bench",
            )  # fmt: skip
            began = perf_counter()
            async with session.post(
                f"{address}/transfers", json={"transfers": [transfer_json(made)]}
            ) as answer:
                await answer.read()
                if answer.status != 200:
                    raise BenchError(f"POST was answered {answer.status}")
            if now >= counts_from:
                answers.append((perf_counter() - began) * 1000)

    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(caller())
    connection = await asyncpg.connect(url)
    kept = await connection.fetchval(
        "SELECT count(*) FROM credits.journal WHERE reference ^@ $1", f"bench:{name}:"
    )
    await connection.close()
    if kept != next(numbers):
        raise BenchError("What was answered is not what the journal has.")
    return [
        Figure(f"ledger.{name}.seconds_for_each_1000", f"1,000 transfers {what} (the target's rate is 1 s)",
               RATE / (len(answers) / seconds), "s", 1.0),
        Figure(f"ledger.{name}.p50", f"  POST with {CALLERS} callers, answered, p50", median(answers), "ms"),
        Figure(f"ledger.{name}.p99", f"  POST with {CALLERS} callers, answered, p99",
               percentile(answers, 0.99), "ms"),
    ]  # fmt: skip


async def _verify(url: str) -> Figure:
    pool = await connect_pool(url, size=2)
    began = perf_counter()
    found = await verify(pool)
    taken = perf_counter() - began
    await close_pool(pool)
    if found.wrong is not None:
        raise BenchError(found.wrong)
    return Figure("ledger.verify.seconds_for_each_million",
                  f"`onedoor ledger verify` of {found.rows:,} rows, for each million",
                  taken / found.rows * 1e6, "s")  # fmt: skip
