"""What the set-up installs from: locked by hash, with no address; and what the pages promise to type."""

import ast
import json
import re
from pathlib import Path

import pytest

from tools.setup import steps
from tools.steps import ROOT

LOCKS = ["requirements-bootstrap.lock", "requirements.lock", "requirements-dev.lock"]
RUN_ON_OLD_PYTHON = ["setup", "steps", "pythons", "chromium", "__init__"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / ".ci" / "run"]


def _entries(lock: str) -> list[str]:
    """The requirements of a lock file, each with its hashes, comments left out."""
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines).strip())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_has_one_version_and_a_hash(lock: str) -> None:
    entries = _entries(lock)
    assert len(entries) >= 3
    for entry in entries:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("file", [*LOCKS, "package-lock.json", "package.json", ".npmrc", "pyproject.toml"])
def test_no_address_is_written_down(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert '"resolved"' not in text
    assert not re.search(r"--(index-url|extra-index-url|find-links)|^-[if] ", text, re.MULTILINE)


def test_every_front_end_package_has_a_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert set(fetched) >= {"node_modules/govuk-frontend", "node_modules/axe-core"}
    assert all(package["integrity"].startswith("sha512-") for package in fetched.values())
    run = [name for name, package in fetched.items() if not package.get("dev")]
    assert run == ["node_modules/govuk-frontend"]


def test_what_builds_packages_is_what_the_environment_has() -> None:
    """One setuptools, or a package would be built by another than the one it is run with."""
    run = {entry.split()[0] for entry in _entries("requirements.lock")}
    bootstrap = {entry.split()[0] for entry in _entries("requirements-bootstrap.lock")}
    assert {entry for entry in bootstrap if not entry.startswith("uv==")} <= run


def test_the_two_locks_agree() -> None:
    """A package in both has one version, so that the second install changes nothing of the first."""
    run = dict(entry.split(" ")[0].split("==") for entry in _entries("requirements.lock"))
    dev = dict(entry.split(" ")[0].split("==") for entry in _entries("requirements-dev.lock"))
    assert {name for name in run.keys() & dev.keys() if run[name] != dev[name]} == set()


@pytest.mark.parametrize("module", RUN_ON_OLD_PYTHON)
def test_the_set_up_can_be_read_by_python_3_8(module: str) -> None:
    """So that a machine without 3.12 hears a sentence, and not of a syntax error."""
    source = (ROOT / "tools" / f"{module}.py").read_text()
    ast.parse(source, feature_version=(3, 8))


@pytest.mark.parametrize("dev", [False, True])
def test_each_step_has_its_own_stamp_and_inputs_that_exist(dev: bool) -> None:
    every = steps(dev=dev)
    assert len({step.name for step in every}) == len(every)
    missing = [path for step in every for path in step.inputs if not path.exists()]
    assert missing == []


def test_tests_need_all_that_running_needs() -> None:
    run = [step.name for step in steps(dev=False)]
    assert [step.name for step in steps(dev=True) if step.name in run] == run


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_make_can_be_made(page: Path) -> None:
    named = re.findall(r"(?:`|^\s*\$? ?)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    assert set(named) <= _targets()


def test_the_fixed_targets_are_there() -> None:
    assert {"run", "setup", "test", "bench"} <= _targets()
