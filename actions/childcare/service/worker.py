"""Works on what takes long, beside the calls: award runs, what is left over, notices; also after a crash."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import asyncpg
import structlog
from aiohttp import web

from actions.childcare.service import keeping, leftovers, notices, payments, runs, shortage
from actions.childcare.service.checking import check
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.paying import pay
from actions.childcare.service.recording import record
from actions.sdk import Ledger, ServiceDown, ServiceRefused
from actions.sdk.serving import Pool

log = structlog.get_logger()

IDLE: Final = 2.0
"""Seconds between looks when there is nothing to do."""


class Worker:
    """One of those that work on a department's long tasks; there may be one in each process.

    Args:
        pool: the database.
        clock: the time.
        ledger: gives the client of the ledger.
        lease: see `runs.keep`.
    """

    def __init__(
        self,
        pool: Pool,
        clock: Callable[[], datetime],
        ledger: Callable[[], Ledger],
        lease: timedelta = runs.LEASE,
    ) -> None:
        self._pool, self._clock, self._ledger, self._lease = pool, clock, ledger, lease
        self._me = uuid4()
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Says that there is something to do."""
        self._news.set()

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Works while an application runs: for its `cleanup_ctx`."""
        task = asyncio.create_task(self._work(), name="childcare worker")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await runs.release(self._pool, self._me)

    async def _work(self) -> None:
        while True:
            self._news.clear()
            busy = False
            for step in (self.run, self.rest):
                try:
                    busy |= await step()
                except ServiceDown as error:
                    log.info("childcare.ledger_down", reason=error.reason)
                except ServiceRefused as error:
                    log.error("childcare.ledger_refuses", code=error.code)
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                    log.warning("childcare.not_worked", reason=type(error).__name__)
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), IDLE)

    async def run(self) -> bool:
        """Takes a run one stage on; whether there was one.

        Raises:
            ServiceDown: the ledger did not answer.
            ServiceRefused: it refuses what nothing explains.
        """
        run = await runs.claim(self._pool, self._me, self._lease)
        if run is None:
            return False
        now = self._clock()
        mine, today = (self._pool, run, self._me, self._lease), now.astimezone(LONDON).date()
        match run["state"]:
            case "checking":
                await check(*mine, today)
            case "recording":
                await record(*mine, now, today)
            case _:
                try:
                    await pay(*mine, now, self._ledger())
                except (ServiceDown, ServiceRefused):
                    await runs.keep(
                        self._pool, run["id"], self._me, self._lease,
                        problem="The ledger does not answer just now. It goes on by itself when it does.",
                    )  # fmt: skip
                    raise
        return True

    async def rest(self) -> bool:
        """Does some of the rest of what is due; whether there may be more.

        Raises:
            ServiceDown: the ledger did not answer.
            ServiceRefused: it refuses what nothing explains.
        """
        now = self._clock()
        await notices.prepare(self._pool, now)
        ledger = self._ledger()
        worked = await payments.tell(self._pool, ledger)
        worked |= await shortage.look(self._pool, ledger, now)
        worked |= await keeping.look(self._pool, now)
        return await leftovers.look(self._pool, ledger, now) or worked
