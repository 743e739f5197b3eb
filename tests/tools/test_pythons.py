"""Finding Python 3.12 under whatever name a machine has it."""

import os
import sys
from pathlib import Path

import pytest

from tools import pythons
from tools.pythons import find_python
from tools.steps import SetupError

REAL = Path(getattr(sys, "_base_executable", sys.executable))
OLD = "#!/bin/sh\necho 3 11\necho /old/python3\n"
BROKEN_SHIM = "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n"
SILENT = "#!/bin/sh\n"
NOT_A_PROGRAM = "\x7fELF of another machine"
WANTED = f'#!/bin/sh\nexec {REAL} "$@"\n'


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for a whole machine: nothing outside it is looked at."""
    monkeypatch.setattr(pythons, "FOLDERS", ())
    monkeypatch.setattr(pythons, "account_home", lambda: str(tmp_path / "account"))
    return tmp_path


FOUND = [
    pytest.param({"bin/python3.12": WANTED}, id="python3.12"),
    pytest.param({"bin/python3": WANTED}, id="python3"),
    pytest.param({"bin/python": WANTED}, id="python"),
    pytest.param({"bin/python3": OLD, "other/python3": WANTED}, id="a newer one later on PATH"),
    pytest.param({"bin/python3.12": BROKEN_SHIM, "bin/python3": WANTED}, id="pyenv's shim without it"),
    pytest.param({"bin/python3.12": SILENT, "bin/python": WANTED}, id="one that says nothing"),
    pytest.param({"bin/python3.12": NOT_A_PROGRAM, "bin/python": WANTED}, id="another machine's"),
    pytest.param({"bin/python3": OLD, "home/.pyenv/versions/3.12.1/bin/python": WANTED}, id="pyenv at home"),
    pytest.param({"account/.pyenv/versions/3.12.9/bin/python": WANTED}, id="pyenv, HOME being another"),
    pytest.param({"pyenv/versions/3.12.1/bin/python": WANTED}, id="PYENV_ROOT"),
    pytest.param(
        {"home/.local/share/uv/python/cpython-3.12.3-linux/bin/python3.12": WANTED}, id="one that uv fetched"
    ),
]


def _environment(machine: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join([str(machine / "bin"), str(machine / "other")])
    return {"PATH": path, "HOME": str(machine / "home"), "PYENV_ROOT": str(machine / "pyenv"), **more}


@pytest.mark.parametrize("files", FOUND)
def test_it_is_found(machine: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        _program(machine / path, text)
    assert find_python(_environment(machine)) == REAL


@pytest.mark.parametrize(
    "files", [{}, {"bin/python3": OLD}, {"bin/python": SILENT, "bin/python3.12": BROKEN_SHIM}]
)
def test_without_it_a_sentence_says_what_to_do(machine: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        _program(machine / path, text)
    with pytest.raises(SetupError, match=r"Python 3\.12 was not found.*Install it"):
        find_python(_environment(machine))


def test_a_persons_own_choice_comes_first(machine: Path) -> None:
    _program(machine / "bin" / "python3.12", f"#!/bin/sh\necho 3 12\necho {machine}/other\n")
    _program(machine / "mine", WANTED)
    assert find_python(_environment(machine, PYTHON=str(machine / "mine"))) == REAL


def test_our_own_environment_is_never_its_own_base(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pythons, "ROOT", machine)
    _program(machine / ".venv" / "bin" / "python3.12", WANTED)
    _program(machine / "bin" / "python3", WANTED)
    environment = _environment(machine, PATH=f"{machine}/.venv/bin{os.pathsep}{machine}/bin")
    assert next(pythons.candidates(environment)).parent == machine / ".venv" / "bin"
    assert find_python(environment) == REAL
