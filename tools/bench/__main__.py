"""`python -m tools.bench`: runs the measurements, prints a table, and gives the same as JSON."""

import argparse
import atexit
import importlib
import json
import os
import platform
import shutil
import sys
from contextlib import ExitStack, redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import uvloop

import bot.command  # noqa: F401  (before Rasa: it never phones home)
from bot.logs import configure_logs
from tools.bench.figure import BenchError, Figure, table
from tools.bench.place import Place, check_model

MEASUREMENTS: Final = (
    "start",
    "webchat",
    "sms",
    "gateway",
    "open311",
    "ledger",
    "awards",
    "health",
    "desk",
    "parts",
    "turns",
)
"""Modules of this package with a `measure`. Those that load the model into this process come last."""
CORES: Final = 2
"""The targets are for two cores: where there are more, this process and all it starts keep to two."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measures turns, channels, memory, starts."
    )
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, help="one of them; may be given again"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the time, for a look")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the JSON there, not as the last line"
    )
    return parser.parse_args()


def _machine() -> dict[str, object]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return {
        "cores": cores, "system": platform.system(), "machine": platform.machine(),
        "python": platform.python_version(), "load_before": [round(load, 2) for load in os.getloadavg()],
    }  # fmt: skip


def main() -> int:
    """Runs what was asked for.

    Returns:
        0 when every measurement was made, whether or not its target is met; 1 when one failed.
    """
    arguments = _arguments()
    try:
        check_model()
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    machine = _machine()
    began = datetime.now(UTC)
    figures: list[Figure] = []
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        folder = Path(mkdtemp(prefix="onedoor-bench-"))
        # Not before the end of the process: PostgreSQL's own farewell comes later than this block's.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # PostgreSQL may run as another user than root
        place = Place(folder, share=0.1 if arguments.quick else 1.0)
        # The engine's log, as in the service: written, but not among the figures.
        with redirect_stderr(stack.enter_context((folder / "engine.log").open("w"))):
            configure_logs("info")
        for name in MEASUREMENTS:
            if arguments.only and name not in arguments.only:
                continue
            print(f"Measuring: {name}", file=sys.stderr, flush=True)
            try:
                measure = importlib.import_module(f"tools.bench.{name}").measure
                figures += uvloop.run(measure(place))
            except Exception as error:
                failed[name] = f"{type(error).__name__}: {error}"
                print(f"{name} failed. {failed[name]}", file=sys.stderr)
    print(table(figures))
    result = json.dumps(
        {
            "began": began.isoformat(timespec="seconds"), "quick": arguments.quick,
            "machine": {**machine, "load_after": [round(load, 2) for load in os.getloadavg()]},
            "figures": [figure.json() for figure in figures], "failed": failed,
        }
    )  # fmt: skip
    if arguments.json:
        arguments.json.write_text(result + "\n")
    else:
        print(result)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
