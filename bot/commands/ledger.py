"""`onedoor ledger verify`: whether the credits ledger is as it was written, and its balances add up."""

import argparse
from importlib import import_module

from actions.sdk.ledger import Ledger
from bot.commands.database import with_database
from bot.engine.runtime import packs
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings


def ledger(settings: Settings, arguments: argparse.Namespace) -> int:
    """Looks through the whole journal.

    Raises:
        Problem: something is missing, is not as it was written, or does not add up.
    """
    pack = packs().packs.get(str(Ledger.served_by))
    if pack is None:
        raise Problem(f"The pack {Ledger.served_by} is not loaded: ONEDOOR_PACKS leaves it out.")
    service = import_module(f"{pack.package}.service")

    async def work(pool: Pool) -> int:
        if not await pool.fetchval("SELECT to_regclass('credits.journal') IS NOT NULL"):
            raise Problem("There is no ledger in this database: it is where the credits service runs.")
        try:
            found = await service.verify(pool, arguments.expect)
        except ValueError:
            raise Problem(
                "--expect is what an earlier `onedoor ledger verify` printed, as 17:9f86…"
            ) from None
        if found.wrong is not None:
            raise Problem(found.wrong)
        print(
            f"{found.rows:,} rows, each as it was written; {found.accounts:,} accounts with the balances that"
            f" follow from them. Keep this elsewhere for --expect: {found}"
        )
        return 0

    return with_database(settings, work)
