"""An even load: so many messages a second, each begun when it is due whatever became of those before."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

from tools.bench.figure import BenchError

WARM_UP: Final = 2.0
"""Seconds at the same rate that are not counted: connections are opened and statements prepared."""
GRACE: Final = 30.0
"""Seconds in which the last answers must come."""


@dataclass
class Load:
    """What came of it: milliseconds.

    Args:
        late: how far behind its time the generator itself began each message.
    """

    late: list[float] = field(default_factory=list)

    async def run(
        self, rate: int, seconds: float, send: Callable[[int, bool], Coroutine[None, None, None]]
    ) -> None:
        """Calls `send` with each message's number and whether it counts, and waits for all to end.

        Args:
            rate: messages a second.
            seconds: how long, after the warm-up.
            send: one message, until all that is awaited of it has come.

        Raises:
            BenchError: one of them failed, or something is missing 30 seconds after the last.
        """
        loop = asyncio.get_running_loop()
        warm = int(rate * WARM_UP)
        began = loop.time() + 0.1
        tasks = []
        for number in range(warm + int(rate * seconds)):
            due = began + number / rate
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            self.late.append(max(0.0, (loop.time() - due) * 1000))
            tasks.append(asyncio.create_task(send(number, number >= warm)))
        done, pending = await asyncio.wait(tasks, timeout=GRACE)
        for task in pending:
            task.cancel()
        failed = [error for task in done if (error := task.exception()) is not None]
        if failed:
            raise BenchError(f"{len(failed)} of {len(tasks)} messages failed; the first: {failed[0]!r}")
        if pending:
            raise BenchError(f"{len(pending)} of {len(tasks)} messages had no answer after {GRACE:.0f} s.")
