"""Steps of the set-up: each says what it does, is skipped when already done, and fails in a sentence."""

from __future__ import annotations  # this module also runs on Python 3.8, to say that 3.12 is missing

import hashlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the repository."""

TAIL = 15
"""Lines of a failed command's log that are shown."""

SKIPPED_FOLDERS = {"__pycache__", "tests", "build"}

CAUSES = (
    (r"No space left on device", "The disk is full: make room, then run the same command again."),
    (
        r"[Hh]ash(es)? mismatch|DO NOT MATCH THE HASHES|EINTEGRITY",
        "A downloaded package is not the one that was locked. Run the same command again; if it stays, "
        "something between this machine and the package registry changes what is downloaded.",
    ),
    (
        r"dns error|[Nn]ame resolution|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRE|[Cc]onnection (refused|reset)"
        r"|timed out|[Ff]ailed to fetch|tcp connect error|NewConnectionError|certificate"
        r"|No matching distribution",
        "A package registry could not be reached. Check the network (and a proxy's settings), then run "
        "the same command again: it goes on where it stopped.",
    ),
    (r"Permission denied|EACCES|Read-only file system", "This folder must be writable for you."),
)
"""What a line of a log means for the person who reads it: pattern, sentence. The first that fits is said."""


class SetupError(Exception):
    """A step could not be done; its text is what to tell the person, with what to do next."""


@dataclass(frozen=True)
class Step:
    """One step, done again whenever its inputs change.

    Attributes:
        name: the name of its stamp.
        says: what it does, as shown: "Installing the Python packages".
        run: does it; raises `SetupError`.
        inputs: the files, and folders with all their files, that the result depends on.
        facts: what else it depends on.
        present: whether its result is still there, whatever the stamp says.
        hint: what else to try when it fails.
    """

    name: str
    says: str
    run: Callable[[], None]
    inputs: tuple[Path, ...] = ()
    facts: str = ""
    present: Callable[[], bool] = lambda: True
    hint: str = ""


def files_of(inputs: Iterable[Path]) -> Iterator[Path]:
    """Every file in `inputs`, folders opened, in a fixed order; tests and built files left out."""
    for path in inputs:
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS and not path.name.endswith(".egg-info"):
                yield from files_of(sorted(path.iterdir()))
        elif path.exists():
            yield path


def fingerprint(step: Step) -> str:
    """A hash of everything that the step's result depends on."""
    digest = hashlib.sha256(step.facts.encode())
    for path in files_of(step.inputs):
        digest.update(os.fsencode(str(path)) + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_done(step: Step, stamps: Path) -> bool:
    """Whether the step was finished with the inputs of now, and its result is still there."""
    stamp = stamps / step.name
    return stamp.exists() and step.present() and stamp.read_text() == fingerprint(step)


def do_steps(steps: Sequence[Step], stamps: Path) -> int:
    """Does those of the steps that aren't done, and says so.

    A stamp is written only after its step, so a set-up that was interrupted goes on where it stopped.

    Args:
        steps: in the order they are to be done in.
        stamps: the folder of the stamps.

    Returns:
        How many were done.

    Raises:
        SetupError: one failed; those after it were not tried.
    """
    count = 0
    for number, step in enumerate(steps, start=1):
        if is_done(step, stamps):
            continue
        count += 1
        before = fingerprint(step)
        start = time.monotonic()
        print(f"[{number}/{len(steps)}] {step.says}", end=" ... ", flush=True)
        try:
            step.run()
        except SetupError as error:
            print("failed", flush=True)
            raise SetupError(f"{error}\n{step.hint}".rstrip()) from None
        stamps.mkdir(parents=True, exist_ok=True)
        unfinished = stamps / f".{step.name}"
        unfinished.write_text(before)
        unfinished.replace(stamps / step.name)
        print(f"{time.monotonic() - start:.1f} s", flush=True)
    return count


def cause(text: str) -> str:
    """What the lines of a failed command's log mean for the person who reads them."""
    found = (sentence for pattern, sentence in CAUSES if re.search(pattern, text))
    return next(found, "Run the same command again; if it fails in the same way, the lines above say why.")


def run_logged(
    command: Sequence[str | Path], log: Path, *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Runs a command to its end with its output going to a log, showing the seconds on a terminal.

    Args:
        command: the program and its arguments.
        log: the file that what it prints is added to.
        cwd: the folder it runs in.
        env: variables set for it, beside those of this process.

    Raises:
        SetupError: it isn't there, or ends with another code than 0; the text has the log's last lines
            and what to do next.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(f"\n$ {' '.join(words)}\n".encode())
        out.flush()
        begin = out.tell()
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=str(cwd),
                env=_environment(env),
            )
        except OSError as error:
            raise SetupError(f"{words[0]} could not be started: {error.strerror}.") from None
        try:
            code = _wait(process)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code:
        lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()
        tail = "\n".join(f"    {line}" for line in lines[-TAIL:])
        name = Path(words[0]).name
        raise SetupError(f"{name} ended with code {code}. The end of {log}:\n{tail}\n{cause(tail)}")


def _environment(extra: dict[str, str] | None) -> dict[str, str]:
    """This process's variables without those that would lead a Python astray."""
    astray = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX"}
    return {**{name: value for name, value in os.environ.items() if name not in astray}, **(extra or {})}


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Waits for the end; on a terminal the seconds are counted behind the sentence."""
    start = time.monotonic()
    shown = ""
    while True:
        try:
            code = process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if sys.stdout.isatty():
                print("\b" * len(shown), end="")
                shown = f"{time.monotonic() - start:.0f} s "
                print(shown, end="", flush=True)
            continue
        print("\b" * len(shown), end="")
        return code
