"""Chromium for the browser tests: found on the machine, or else installed."""

from __future__ import annotations  # imported by the set-up, which also runs on Python 3.8

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tools.steps import ROOT, SetupError, run_logged

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_IN = ROOT / ".venv" / "chromium"
"""The file that tells the tests where the browser is: one line, its path."""

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
DEBIAN_PACKAGES = ("chromium", "fonts-liberation")
"""The fonts are those the pages fall back to; without any, Chromium draws boxes."""

PLAYWRIGHTS_OWN = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as playwright: print(playwright.chromium.executable_path)"
)


def find_chromium(python: Path) -> Path | None:
    """A Chromium or Chrome of this machine that starts.

    Args:
        python: the environment's interpreter, which knows where Playwright keeps its own.
    """
    for candidate in _candidates(python):
        if _starts(candidate):
            return candidate
    return None


def _candidates(python: Path) -> Iterator[Path]:
    for name in [os.environ.get("CHROMIUM", ""), *NAMES, *MAC_APPS]:
        found = shutil.which(name) if name else None
        if found:
            yield Path(found)
    answer = subprocess.run(
        [str(python), "-c", PLAYWRIGHTS_OWN],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    own = answer.stdout.decode().strip()
    if own:
        yield Path(own)


def _starts(path: Path) -> bool:
    """Whether it answers: Ubuntu's `chromium-browser` is a script that only says to install a snap."""
    try:
        subprocess.run([str(path), "--version"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def is_kept() -> bool:
    """Whether the tests can read where the browser is, and it is still there."""
    return KEPT_IN.exists() and Path(KEPT_IN.read_text().strip()).exists()


def install_chromium(python: Path, log: Path) -> None:
    """Finds a browser, or installs Debian's where apt and the right to use it are there, else Playwright's.

    Args:
        python: the environment's interpreter, with Playwright.
        log: the file that what is printed goes to.

    Raises:
        SetupError: none could be had, or it doesn't start.
    """
    found = find_chromium(python)
    if found is None and shutil.which("apt-get") and _root_prefix() is not None:
        _apt_install(log)
        found = find_chromium(python)
    if found is None:
        run_logged([python, "-m", "playwright", "install", "chromium"], log)
        found = find_chromium(python)
    if found is None:
        raise SetupError(
            "Chromium was installed but doesn't start: libraries of the system are missing. As root, "
            "run `.venv/bin/playwright install-deps chromium`, then the same command again."
        )
    KEPT_IN.write_text(f"{found}\n")


def _root_prefix() -> list[str] | None:
    """What to put before a command so that it runs as root, or None where that isn't ours to do."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, timeout=10, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


def _apt_install(log: Path) -> None:
    """Tries Debian's packages; where they can't be had, Playwright's own browser is tried next."""
    command = [*(_root_prefix() or []), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    command += ["-o", "DPkg::Lock::Timeout=300"]  # another apt may be at work: seconds to wait for it
    try:
        run_logged([*command, "update"], log)
        run_logged([*command, "install", "--yes", "--no-install-recommends", *DEBIAN_PACKAGES], log)
    except SetupError:
        return  # the reason is in the log
