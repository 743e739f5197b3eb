"""The documents say what is there: links, commands, settings, the demonstration's people."""

import re
from datetime import time
from pathlib import Path

import pytest

from actions.health.service.invented import DEMO_REFERRALS
from bot.command import _VERBS
from bot.packs import load_packs
from bot.settings import ROOT, Settings

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
README = (ROOT / "README.md").read_text()


def anchors(path: Path) -> set[str]:
    """The anchors that a document's headings make."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.casefold()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for link in LINK.findall(document.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = document.parent / file if file else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", NAMES)
def test_commands_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)])
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|&& )make ([a-z-]+)", code, re.MULTILINE)) <= targets
    assert set(re.findall(r"(?:^|/)onedoor ([a-z]+)", code, re.MULTILINE)) - {"evaluate"} <= set(_VERBS)


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    for path in re.findall(r"`((?:bot|tests|channels|templates|tools|actions)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists(), path


def settings_in_readme() -> dict[str, str]:
    """The table's settings and their defaults, as written."""
    table = README.split("\n## Settings\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))


def variables() -> dict[str, object]:
    """Every setting's variable, and its default."""
    found: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        found[alias if isinstance(alias, str) else f"ONEDOOR_{name.upper()}"] = field.default
    return found


def test_the_settings_table_is_complete() -> None:
    departments = set().union(*(pack.variables for pack in load_packs().packs.values()))
    assert departments
    assert set(settings_in_readme()) == set(variables()) | departments


@pytest.mark.parametrize(("name", "default"), list(variables().items()))
def test_a_default_is_told_as_it_is(name: str, default: object) -> None:
    told = settings_in_readme()[name]
    if isinstance(default, Path):
        assert told == f"`{default.relative_to(ROOT)}`"
    elif default is None:
        assert "`" not in told
    else:
        written = f"{default:g}" if isinstance(default, float) else str(default)
        assert told == f"`{default:%H:%M}`" if isinstance(default, time) else told == f"`{written}`"


def test_the_demonstration_s_people_are_those_of_the_code() -> None:
    told = re.findall(r"^\| (\d{4} \d{4} \d{4}) \| (\w+ \d{4}) \| (\d{4}) \| (.+) \|$", README, re.MULTILINE)
    assert [(ubrn.replace(" ", ""), code, int(year), story) for ubrn, code, year, story in told] == [
        (each.ubrn, each.access_code, each.birth_year, each.story) for each in DEMO_REFERRALS
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "pictures").glob("*.png")), ids=lambda path: path.name
)
def test_pictures_are_small(path: Path) -> None:
    assert path.stat().st_size < 200 * 1024


def log_events() -> set[str]:
    """The names of all log events in the code."""
    found: set[str] = set()
    for folder in ("bot", "channels", "actions"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            found |= set(re.findall(r"log\.(?:info|warning|error)\(\s*\"([a-z_]+\.[a-z_]+)\"", text))
    return found


@pytest.mark.parametrize("event", sorted(log_events()))
def test_every_log_event_is_explained_to_operators(event: str) -> None:
    assert f"`{event}`" in (ROOT / "docs" / "operator.md").read_text()


def test_every_metric_is_explained_to_operators() -> None:
    metrics = re.findall(r'"(onedoor_\w+)"', (ROOT / "bot" / "metrics.py").read_text())
    told = (ROOT / "docs" / "operator.md").read_text()
    assert metrics
    assert [name for name in metrics if name not in told] == []
