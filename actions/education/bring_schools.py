"""Brings in a file of schools that is too large for a browser."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from actions.education.service.school_files import bring
from actions.sdk.serving import Problem as Refused
from bot.commands.database import with_database
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import read_settings


def main(arguments: list[str]) -> int:
    """Does what the command line asks.

    Returns:
        The status of the process: 1 where a row can't be used, and nothing was brought in.
    """
    parser = argparse.ArgumentParser(prog="bring_schools", description=__doc__)
    parser.add_argument("kind", choices=("register", "more"), help="the register (GIAS), or our own figures")
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    asked = parser.parse_args(arguments)

    async def work(pool: Pool) -> int:
        data = asked.file.read_bytes()
        try:
            told = await bring(pool, asked.kind, asked.file.name, data, datetime.now(UTC), dry=asked.dry_run)
        except Refused as refusal:
            raise Problem(refusal.detail) from None
        errors = told.pop("errors")
        assert isinstance(errors, list)
        for each in errors:
            assert isinstance(each, dict)
            sys.stderr.write(f"row {each['row']}: {each['sentence']}\n")
        told.pop("marked", None)
        sys.stdout.write(", ".join(f"{name} {value}" for name, value in told.items()) + "\n")
        return 1 if told["wrong"] else 0

    return with_database(read_settings(), work)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Problem, OSError) as error:
        sys.exit(str(error))
