"""Committing together: the chains that arrive while one commit is under way share the next."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import structlog

from actions.sdk.serving import Pool

log = structlog.get_logger()

type Outcome = tuple[str | None, str]
"""The problem as JSON, or None and the answer as JSON."""

TOGETHER: Final = 256
"""Chains in one commit."""
TRANSFERS: Final = 4_000
"""Transfers in one commit, where a single chain has no more."""
WAITING: Final = 10_000
"""Chains that may wait in this process; more are told to come back."""

# Each is applied after the one before and sees what that did; all have one commit and one wait for the disk.
_APPLY: Final = """
SELECT problem::text AS problem, answer::text AS answer FROM credits.apply($1::text::json, $2) ORDER BY place
"""
LATER: Final = (
    asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError, OSError, TimeoutError,
)  # fmt: skip
"""The database is away or at its end: nobody's mistake, and over some day."""


class Busy(Exception):  # noqa: N818  (a state of ours, not a mistake)
    """Nothing is known to have been done, for this reason: the same may be asked again."""


class Commits:
    """Applies chains of transfers, as many in one commit as there are just then.

    Args:
        pool: the database.
        clock: the time; None of it for the database's.
    """

    def __init__(self, pool: Pool, clock: Callable[[], datetime | None]) -> None:
        self._pool, self._clock = pool, clock
        self._waiting: deque[tuple[str, int, asyncio.Future[Outcome]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def apply(self, chain: str, size: int) -> Outcome:
        """Applies a chain, and comes back when it is on the disk.

        Args:
            chain: its transfers as JSON, checked.
            size: how many they are.

        Raises:
            Busy: the database did not answer, or too many wait.
        """
        if len(self._waiting) >= WAITING:
            raise Busy("waiting")
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((chain, size, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="ledger commits")
        return await done

    async def close(self) -> None:
        """Waits for what is under way."""
        if self._working is not None:
            await asyncio.wait([self._working])

    async def _work(self) -> None:
        # Those that are ready at this moment come along.
        await asyncio.sleep(0)
        while self._waiting:
            batch, transfers = list[tuple[str, asyncio.Future[Outcome]]](), 0
            while self._waiting and len(batch) < TOGETHER:
                chain, size, done = self._waiting[0]
                if batch and transfers + size > TRANSFERS:
                    break
                self._waiting.popleft()
                if not done.done():  # its caller may have gone before it was begun
                    batch.append((chain, done))
                    transfers += size
            await self._commit(batch)

    async def _commit(self, batch: Sequence[tuple[str, asyncio.Future[Outcome]]]) -> None:
        """Commits a batch; what the database can't digest is told to its own caller only."""
        try:
            chains = f"[{','.join(chain for chain, _ in batch)}]"
            rows = await self._pool.fetch(_APPLY, chains, self._clock())
        except LATER as error:
            for _, done in batch:
                _fail(done, Busy(type(error).__name__))
            return
        except asyncpg.PostgresError as error:
            if len(batch) == 1:
                _fail(batch[0][1], error)
                return
            log.warning("ledger.one_by_one", chains=len(batch), reason=type(error).__name__)
            for each in batch:
                await self._commit([each])
            return
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        for (_, done), row in zip(batch, rows, strict=True):
            if not done.done():
                done.set_result((row["problem"], row["answer"]))


def _fail(done: asyncio.Future[Outcome], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
