"""`onedoor audit verify`: whether the desk's audit is as it was written."""

import argparse

from bot import audit as kept
from bot.commands.database import with_database
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings


def audit(settings: Settings, arguments: argparse.Namespace) -> int:  # noqa: ARG001  (one task so far)
    """Looks through the whole chain.

    Raises:
        Problem: a line is missing or is not as it was written.
    """

    async def work(pool: Pool) -> int:
        lines, wrong = await kept.verify(pool)
        if wrong is not None:
            raise Problem(f"Line {wrong} of the audit is missing or is not as it was written.")
        print(f"{lines} lines, each as it was written.")
        return 0

    return with_database(settings, work)
