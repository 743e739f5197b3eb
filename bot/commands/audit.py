"""`onedoor audit verify`: whether the desk's audit is as it was written."""

import argparse

from bot import audit as kept
from bot.commands.database import with_database
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings


def audit(settings: Settings, arguments: argparse.Namespace) -> int:
    """Looks through the whole chain.

    Raises:
        Problem: a line is missing or is not as it was written.
    """

    async def work(pool: Pool) -> int:
        try:
            found = await kept.verify(pool, arguments.expect)
        except ValueError:
            raise Problem("--expect is what an earlier `onedoor audit verify` printed, as 17:9f86…") from None
        if found.wrong is not None:
            raise Problem(f"Line {found.wrong} of the audit is missing or is not as it was written.")
        print(f"{found.lines} lines, each as it was written. Keep this elsewhere for --expect: {found}")
        return 0

    return with_database(settings, work)
