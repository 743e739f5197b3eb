"""`onedoor senders`: which sender carries how many messages, how each does, and setting their points."""

import argparse
from datetime import UTC, datetime

from bot.commands.database import with_database
from bot.queue import Pool
from bot.settings import Settings
from bot.weights import list_changes, list_channels, list_weights, set_rest


def senders(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        now = datetime.now(UTC)
        if arguments.task == "set":
            await set_rest(pool, arguments.channel, arguments.sender, arguments.points, arguments.reason, now)
        for line in await describe(pool, now):
            print(line)
        return 0

    return with_database(settings, work)


async def describe(pool: Pool, now: datetime) -> list[str]:
    """The senders of every channel with several, and their last moves, as lines."""
    lines = []
    for channel in await list_channels(pool):
        for each in await list_weights(pool, channel, now):
            slow = "no texts" if each.slow is None else f"{each.slow:.0%} slow"
            lines.append(
                f"{channel:<8} {each.sender:<14} {each.weight:>3} points, rest {each.rest:>3},"
                f" {each.faults} errors in the last hour, {slow} in 15 minutes"
            )
        lines += [
            f"  {change.at:%Y-%m-%d %H:%M:%S} {change.sender:<14} {change.before:>3} to {change.after:>3}:"
            f" {change.reason}"
            for change in await list_changes(pool, channel)
        ]
    return lines or ["One sender carries everything: there is nothing to weigh."]
