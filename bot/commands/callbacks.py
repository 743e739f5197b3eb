"""`onedoor callbacks`: where departments are told what became of their messages, and what citizens wrote."""

import argparse
import sys

from bot.callbacks import list_addresses, remove_address, set_address
from bot.commands.database import with_database
from bot.keys import installation_secret
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings


def callbacks(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        async with pool.acquire() as connection:
            match arguments.task:
                case "set":
                    token = await set_address(
                        connection, await installation_secret(pool, settings), arguments.department,
                        arguments.kind, arguments.url, private=settings.private_callbacks,
                    )  # fmt: skip
                    print(token)
                    print(
                        "Our calls show it as a bearer token. Keep it: it is not shown again.",
                        file=sys.stderr,
                    )
                case "remove":
                    if not await remove_address(connection, arguments.department, arguments.kind):
                        raise Problem(f"{arguments.department} has no address for {arguments.kind}.")
                case _:
                    for department, kind, url in await list_addresses(connection):
                        print(f"{department:<14} {kind:<9} {url}")
        return 0

    return with_database(settings, work)
