"""The service killed in the midst of spending, and answers that are lost: each id spends once."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import aiohttp
import pytest

from actions.credits.service import verify
from actions.credits.tests.conftest import KEY, Bank, new
from actions.sdk import ServiceDown, ServiceRefused
from actions.sdk.ledger import Ledger, NewTransfer
from actions.sdk.serving import Pool
from bot.settings import ROOT

PATIENCE = 60
CALLERS = 12
KILLS = 4
EACH = 40
"""Transfers that each caller makes."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def life(url: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own; killed in the end, as nothing can prevent."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "actions.credits.service", cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "PORT": str(port), "ONEDOOR_CREDITS_KEY": KEY},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        assert await process.wait() == -signal.SIGKILL


class Caller:
    """Asks until it is answered, with the same ids."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.ledger = Ledger(f"http://127.0.0.1:{port}", session, settings={"key": KEY})
        self.lost = 0

    async def make(self, chain: list[NewTransfer]) -> str:
        while True:
            try:
                [first, *_] = await self.ledger.transfer(chain)
            except ServiceRefused as refused:
                return refused.code
            except ServiceDown:
                self.lost += 1
                self.ledger._circuit.reset()  # it would wait for half a minute
                await asyncio.sleep(0.05)
            else:
                return "new" if first.new else "again"


async def accounts(bank: Bank) -> tuple[UUID, UUID]:
    return await bank.open(1_000), await bank.open()


@pytest.mark.slow
async def test_killed_in_the_midst_of_spending(database_url: str, pool: Pool) -> None:
    port, rng = free_port(), random.Random(5)
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
        callers = [Caller(port, session) for _ in range(CALLERS)]
        bank = Bank(callers[0].ledger, "", session)
        got: list[tuple[NewTransfer, str]] = []

        async def spend(caller: Caller) -> None:
            for _ in range(EACH):
                hold = new(purse, shop, rng.randint(1, 9), "pending")
                got.append((hold, await caller.make([hold])))
                end = new(None, None, None, "post" if rng.random() < 0.7 else "void", of=hold.id)
                got.append((end, await caller.make([end])))

        async with life(database_url, port):
            await up(bank)
            purse, shop = await accounts(bank)
            spending = [asyncio.create_task(spend(caller)) for caller in callers]
            await journal(pool, 40)
        for _ in range(KILLS - 1):
            async with life(database_url, port):
                await journal(pool, rng.randint(20, 80))
        async with life(database_url, port):
            await asyncio.gather(*spending)
            told = await bank.ledger.account(purse)
            # It is asked once more, by who has forgotten that it was answered.
            for transfer, code in rng.sample(got, 20):
                again = await callers[1].make([transfer])
                known = {"new": "again", "again": "again", "NOT_ENOUGH": "REFUSED_BEFORE",
                         "HOLD_NOT_FOUND": "REFUSED_BEFORE", "REFUSED_BEFORE": "REFUSED_BEFORE"}  # fmt: skip
                assert again == known[code]
            assert await bank.ledger.account(purse) == told
    assert sum(caller.lost for caller in callers) >= KILLS
    found = await verify(pool)
    assert found.wrong is None
    # What was answered is there once, and nothing else is.
    rows = await pool.fetch(
        "SELECT id, phase, amount FROM credits.journal WHERE asked_by = '' AND phase <> 'refuse'"
        " AND id IS NOT NULL"
    )
    made = {transfer.id for transfer, code in got if code in ("new", "again")}
    assert {row["id"] for row in rows if row["phase"] != "posted"} == made
    spent = sum(row["amount"] for row in rows if row["phase"] == "post")
    assert (told.credits_posted, told.debits_posted, told.debits_pending) == (1_000, spent, 0)
    assert 900 < spent <= 1_000
    assert {code for _, code in got} <= {"new", "again", "NOT_ENOUGH", "REFUSED_BEFORE", "HOLD_NOT_FOUND"}


async def up(bank: Bank) -> None:
    while True:
        try:
            await bank.ledger.accounts("nobody")
        except ServiceDown:
            bank.ledger._circuit.reset()
            await asyncio.sleep(0.05)
        else:
            return


async def journal(pool: Pool, more: int) -> None:
    """Until the journal has so many rows more."""
    query = "SELECT coalesce(max(number), 0) FROM credits.journal"
    wanted = await pool.fetchval(query) + more
    while await pool.fetchval(query) < wanted:  # noqa: ASYNC110
        await asyncio.sleep(0.005)


@asynccontextmanager
async def deaf_road(upstream: int) -> AsyncIterator[int]:
    """A way to the service on which every answer is lost, though each question arrives and is done."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", upstream)
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(
            next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))[15:]
        )
        back.write(head + await reader.readexactly(size))
        await there.readuntil(b"\r\n\r\n")  # it was answered
        back.close()
        writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("size", [1, 3])
async def test_an_answer_that_is_lost_is_asked_for_again(bank: Bank, size: int) -> None:
    purse, shop = await accounts(bank)
    chain = [new(purse, shop, 10) for _ in range(size)]
    port = int(bank.url.rpartition(":")[2].partition("/")[0])
    async with deaf_road(port) as road:
        deaf = Ledger(f"http://127.0.0.1:{road}/credits", bank.session, settings={"key": KEY})
        for _ in range(2):
            with pytest.raises(ServiceDown):
                await deaf.transfer(chain)
    assert [each.new for each in await bank.ledger.transfer(chain)] == [False] * size
    assert await bank.balances(purse) == (0, 10 * size, 0, 1_000)


async def test_who_goes_before_the_answer_has_spent_all_the_same(bank: Bank) -> None:
    purse, shop = await accounts(bank)
    transfer = new(purse, shop, 10)
    asking = asyncio.create_task(bank.ledger.transfer([transfer]))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    # Whether or not it had arrived by then, it is done once.
    [made] = await bank.ledger.transfer([transfer])
    assert made.amount == 10
    assert await bank.balances(purse) == (0, 10, 0, 1_000)
