"""Pythons of this machine: finds the 3.12 that Onedoor runs on, whatever it is called."""

from __future__ import annotations  # this module also runs on Python 3.8, to say that 3.12 is missing

import os
import pwd
import shutil
import subprocess
from glob import escape, glob
from pathlib import Path
from typing import TYPE_CHECKING

from tools.steps import ROOT, SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WANTED = (3, 12)
NAMES = ("python3.12", "python3", "python")
FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin")
"""Where a Python may be that isn't on PATH."""

PROBE = "import sys; print(*sys.version_info[:2]); print(getattr(sys, '_base_executable', sys.executable))"
"""Prints the version, and the interpreter below a virtual environment or pyenv's shim."""

MISSING = (
    "Python 3.12 was not found on this machine. Install it (Ubuntu 24.04: "
    "`apt-get install python3.12 python3.12-venv`; macOS: `brew install python@3.12`; "
    "elsewhere: `pyenv install 3.12` or `uv python install 3.12`), or say where it is: "
    "`make setup PYTHON=/path/to/python3.12`."
)


def candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where a Python may be, the likeliest first.

    Args:
        environment: the variables to read: PYTHON (a person's own choice), PATH, PYENV_ROOT, HOME.
    """
    chosen = environment.get("PYTHON")
    if chosen:
        yield Path(shutil.which(chosen, path=environment.get("PATH")) or chosen)
    path = environment.get("PATH", os.defpath).split(os.pathsep)
    for name in NAMES:
        for folder in [*path, *FOLDERS]:
            yield Path(folder, name)
    homes = [environment.get("HOME"), account_home()]
    pyenvs = [environment.get("PYENV_ROOT"), *(f"{home}/.pyenv" for home in homes if home)]
    places = [f"{escape(pyenv)}/versions/3.12*/bin/python" for pyenv in pyenvs if pyenv]
    places += [
        f"{escape(home)}/.local/share/uv/python/cpython-3.12*/bin/python3.12" for home in homes if home
    ]
    for place in places:
        # Not Path.glob, which raises an error for a folder that we may not look into.
        yield from map(Path, sorted(glob(place), reverse=True))  # noqa: PTH207


def account_home() -> str | None:
    """The home of the account, which HOME may not say (in CI, or under sudo)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a number without an account, as in some containers
        return None


def find_python(environment: Mapping[str, str] | None = None) -> Path:
    """The first Python 3.12 of this machine that starts and can make a virtual environment.

    Args:
        environment: the variables to read; this process's when not given.

    Raises:
        SetupError: there is none; the text says how to get one.
    """
    variables = os.environ if environment is None else environment
    ours = ROOT / ".venv"
    seen = set()
    for candidate in candidates(variables):
        # os.access, since a Path raises an error for a folder that we may not look into.
        if candidate in seen or not os.access(str(candidate), os.X_OK) or ours in candidate.parents:
            continue
        seen.add(candidate)
        found = _probe(candidate)
        if found is not None and ours not in found.parents:
            return found
    raise SetupError(MISSING)


def _probe(python: Path) -> Path | None:
    """The real interpreter behind `python` if it is a 3.12 that starts."""
    try:
        answer = subprocess.run(
            [str(python), "-c", PROBE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None  # a shim without that version, another machine's binary
    lines = answer.stdout.decode(errors="replace").splitlines()
    if len(lines) < 2 or lines[0].split() != [str(part) for part in WANTED]:
        return None
    return Path(lines[1])
