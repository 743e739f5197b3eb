"""Steps: done once, done again when their inputs change, and failing in a sentence."""

import sys
from pathlib import Path

import pytest

from tools.steps import SetupError, Step, cause, do_steps, files_of, run_logged


def _step(folder: Path, done: list[str], *, facts: str = "", present: bool = True) -> Step:
    return Step(
        "packages",
        "Installing",
        lambda: done.append("packages"),
        inputs=(folder / "lock", folder / "src"),
        facts=facts,
        present=lambda: present,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "__pycache__").mkdir(parents=True)
    (tmp_path / "lock").write_text("one==1")
    (tmp_path / "src" / "a.py").write_text("a")
    return tmp_path


CHANGES = [
    ("lock", "one==2", True),
    ("src/a.py", "b", True),
    ("src/new.py", "", True),
    ("src/__pycache__/a.pyc", "x", False),
    ("elsewhere", "x", False),
    ("lock", "one==1", False),
]


@pytest.mark.parametrize(("path", "text", "again"), CHANGES)
def test_a_step_is_done_again_only_when_its_inputs_change(
    folder: Path, path: str, text: str, again: bool
) -> None:
    done: list[str] = []
    step = _step(folder, done)
    assert do_steps([step], folder / "stamps") == 1
    (folder / path).write_text(text)
    assert do_steps([step], folder / "stamps") == int(again)
    assert len(done) == 1 + int(again)


def test_a_removed_input_counts_as_a_change(folder: Path) -> None:
    done: list[str] = []
    do_steps([_step(folder, done)], folder / "stamps")
    (folder / "src" / "a.py").unlink()
    assert do_steps([_step(folder, done)], folder / "stamps") == 1


@pytest.mark.parametrize(("facts", "present", "again"), [("", True, 0), ("moved", True, 1), ("", False, 1)])
def test_other_facts_and_a_lost_result_count_too(folder: Path, facts: str, present: bool, again: int) -> None:
    done: list[str] = []
    do_steps([_step(folder, done)], folder / "stamps")
    assert do_steps([_step(folder, done, facts=facts, present=present)], folder / "stamps") == again


@pytest.mark.parametrize("error", [SetupError("No room."), KeyboardInterrupt()])
def test_a_step_that_did_not_end_is_done_again_and_those_before_it_are_not(
    folder: Path, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    done: list[str] = []
    first = _step(folder, done)
    with pytest.raises((SetupError, KeyboardInterrupt)):
        do_steps([first, Step("model", "Training", fail)], folder / "stamps")
    second = Step("model", "Training", lambda: done.append("model"))
    assert do_steps([first, second], folder / "stamps") == 1
    assert done == ["packages", "model"]


def test_inputs_changed_while_the_step_runs_are_seen_by_the_next(folder: Path) -> None:
    step = Step(
        "model", "Training", lambda: void(folder.joinpath("lock").write_text("new")), (folder / "lock",)
    )
    do_steps([step], folder / "stamps")
    assert do_steps([step], folder / "stamps") == 1


def void(_: object) -> None:
    """Drops a value."""


def test_tests_and_built_files_are_no_inputs(folder: Path) -> None:
    for name in ("tests", "build", "x.egg-info"):
        (folder / "src" / name).mkdir()
        (folder / "src" / name / "file").touch()
    assert [path.name for path in files_of([folder / "src"])] == ["a.py"]


def test_a_failed_command_shows_its_last_lines_and_what_to_do(tmp_path: Path) -> None:
    script = (
        "import sys; print('before', *range(40), sep='\\n', flush=True); "
        "sys.exit('getaddrinfo ENOTFOUND registry')"
    )
    with pytest.raises(SetupError) as caught:
        run_logged([sys.executable, "-c", script], tmp_path / "log")
    text = str(caught.value)
    assert "ended with code 1" in text
    assert "getaddrinfo ENOTFOUND" in text
    assert "Check the network" in text
    assert "before" not in text
    assert "before" in (tmp_path / "log").read_text()


def test_a_command_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="could not be started"):
        run_logged([tmp_path / "nothing"], tmp_path / "log")


def test_a_command_sees_no_other_environment_of_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    script = (
        "import os; print(os.environ.get('PYTHONPATH'), os.environ.get('VIRTUAL_ENV'), os.environ['MORE'])"
    )
    run_logged([sys.executable, "-c", script], tmp_path / "log", env={"MORE": "yes"})
    assert "None None yes" in (tmp_path / "log").read_text()


CAUSES = [
    ("write: No space left on device (os error 28)", "disk is full"),
    ("error: Hash mismatch for `uv==1`", "not the one that was locked"),
    (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "not the one that was locked",
    ),
    ("npm error code EINTEGRITY", "not the one that was locked"),
    ("npm error code ENOTFOUND", "Check the network"),
    ("ERROR: No matching distribution found for setuptools==80.10.2", "Check the network"),
    (
        "dns error: failed to lookup address information: Temporary failure in name resolution",
        "Check the network",
    ),
    ("[Errno 13] Permission denied: 'x'", "writable"),
    ("Segmentation fault", "the lines above say why"),
]


@pytest.mark.parametrize(("line", "sentence"), CAUSES)
def test_a_known_cause_is_said_in_words(line: str, sentence: str) -> None:
    assert sentence in cause(line)
