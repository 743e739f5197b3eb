"""`onedoor batches`: a CSV of recipients checked and sent, watched, paused, resumed and cancelled."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.batches import Batch, add_batch, cancel, pause, read_batches, resume
from bot.commands.database import with_database
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings
from bot.spreadsheet import Checked, check_file
from bot.templates import Template, find_template
from channels.notify.recipients import check_email, check_lines, check_phone
from channels.sms.segments import measure

ERRORS_SHOWN: Final = 20
LOOK_EVERY: Final = 0.5
OVER: Final = ("done", "cancelled")


def batches(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        match arguments.task:
            case "send":
                return await _send(pool, settings, arguments)
            case "list":
                for batch in await read_batches(pool):
                    print(_line(batch))
                return 0
            case "watch":
                return await _watch(pool, arguments.id)
            case "cancel":
                print(f"{await cancel(pool, arguments.id):,} recipients get no message.")
                return 0
            case _:
                await {"pause": pause, "resume": resume}[arguments.task](pool, arguments.id)
                return 0

    return with_database(settings, work)


async def _send(pool: Pool, settings: Settings, arguments: argparse.Namespace) -> int:
    template = await find_template(pool, arguments.template)
    if template is None:
        raise Problem("There is no such template: `onedoor templates list` names them.")
    if template.channel not in settings.carried:
        raise Problem("There is no mail server: set ONEDOOR_SMTP_URL and ONEDOOR_EMAIL_FROM.")
    checked = _check(arguments.file, template, settings)
    if checked.wrong:
        for number, sentence in checked.errors[:ERRORS_SHOWN]:
            print(f"Row {number}: {sentence}", file=sys.stderr)
        more = checked.wrong - min(len(checked.errors), ERRORS_SHOWN)
        raise Problem(
            (f"… and {more:,} more.\n" if more else "")
            + f"{'1 row is' if checked.wrong == 1 else f'{checked.wrong:,} rows are'} wrong,"
            f" so nothing is sent. {len(checked.rows):,} are right."
        )
    print(_summary(checked, template, settings))
    if arguments.check or not (arguments.yes or _agreed()):
        print("Nothing is sent.")
        return 0
    async with pool.acquire() as connection, connection.transaction():
        batch_id = await add_batch(connection, template, arguments.name or arguments.file.stem, checked.rows)
    print(f"Batch {batch_id}. It goes out while `onedoor serve` runs: `onedoor batches watch {batch_id}`.")
    return 0


def _check(path: Path, template: Template, settings: Settings) -> Checked:
    addresses: dict[str, Callable[[str], str]] = {
        "sms": lambda text: check_phone(text, abroad=settings.texts_abroad),
        "email": check_email,
        "letter": check_lines,
    }
    with _progress("Checking rows") as bar:
        task = bar.add_task("", total=None)
        return check_file(
            path, template, check_address=addresses[template.channel],
            segments=lambda text: measure(text).segments,
            progress=lambda row: bar.update(task, completed=row),
        )  # fmt: skip


def _summary(checked: Checked, template: Template, settings: Settings) -> str:
    told = f"{len(checked.rows):,} recipients of “{template.name}” (version {template.version})."
    if template.channel == "sms":
        pounds = checked.segments * settings.segment_price / 100
        told += f" {checked.segments:,} segments, £{pounds:,.2f}."
    return told


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Problem("Say --yes to send without being asked, or --check to send nothing.")
    return input("Send? Type yes: ").strip().casefold() == "yes"


async def _watch(pool: Pool, batch_id: UUID) -> int:
    """Shows how far a batch has come until it is over."""
    with _progress("Messages made") as bar:
        task = bar.add_task("", total=None)
        while True:
            found = await read_batches(pool, batch_id)
            if not found:
                raise Problem("There is no such batch: `onedoor batches list` names them.")
            bar.update(task, total=found[0].total, completed=found[0].made)
            if found[0].status in OVER:
                break
            await asyncio.sleep(LOOK_EVERY)
    print(_line(found[0]))
    return 0


def _progress(what: str) -> Progress:
    return Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True),
    )  # fmt: skip


def _line(batch: Batch) -> str:
    states = ", ".join(f"{state} {number:,}" for state, number in sorted(batch.states.items()))
    return (
        f"{batch.id}  {batch.department}  {batch.name}  {batch.status}  {batch.made:,} of {batch.total:,}"
        + (f"  ({states})" if states else "")
    )
