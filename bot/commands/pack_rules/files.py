"""The rules of a pack's files: pack.yml, flows.yml and the responses can be read."""

from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from bot.commands.pack_rules.subject import Checked
from bot.flows.grammar import FlowReader, GrammarError
from bot.wording import LANGUAGES, Wording, WordingError

PACK_KEYS: Final = frozenset(
    {
        "pack",
        "title",
        "desk",
        "service",
        "owner",
        "requires",
        "hours",
        "promises",
        "reasons",
        "reads",
        "sends",
        "numbers",
        "keywords",
        "pages",
    }
)


def about(folder: Path) -> Checked:
    """The pack says who it is: name, title, where its service is."""
    checked = Checked("pack.yml says who the department is.")
    path = folder / "pack.yml"
    if not path.exists():
        checked.fix.append(f"Write {path} with “pack: {folder.name}” and “title: {{en: …, cy: …}}”.")
        return checked
    try:
        about = YAML(typ="safe").load(path.read_text())
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        checked.fix.append(f"{path}:{line}: this is not YAML: {error.problem}.")
        return checked
    if not isinstance(about, dict):
        checked.fix.append(f"{path}: write a mapping with “pack” and “title”.")
        return checked
    if about.get("pack") != folder.name:
        checked.fix.append(f"{path}: “pack” is the folder's name, {folder.name}.")
    title = about.get("title")
    if not isinstance(title, dict) or set(title) != set(LANGUAGES) or not all(title.values()):
        checked.fix.append(f"{path}: “title” needs both languages: {{en: …, cy: …}}.")
    for key in sorted(set(about) - PACK_KEYS):
        checked.fix.append(f"{path}: “{key}” is not known here: known are {', '.join(sorted(PACK_KEYS))}.")
    service = about.get("service")
    if service is not None and not (isinstance(service, dict) and service.get("url")):
        checked.fix.append(
            f'{path}: “service” needs its address: {{url: "${{ONEDOOR_{folder.name.upper()}_URL}}"}}.'
        )
    return checked


def flows(folder: Path) -> Checked:
    """Its flows are written as flows are."""
    checked = Checked("flows.yml can be read.")
    path = folder / "flows.yml"
    if not path.exists():
        checked.fix.append(f"Write {path}: docs/department.md shows how.")
        return checked
    try:
        FlowReader(path, folder.name).read()
    except GrammarError as error:
        checked.fix.append(str(error))
    return checked


def responses(folder: Path) -> Checked:
    """Its responses are there in both languages."""
    checked = Checked("responses/en.yml and responses/cy.yml have the same keys and can be read.")
    try:
        Wording().add(folder / "responses")
    except WordingError as error:
        checked.fix.append(str(error))
    except MarkedYAMLError as error:
        where = error.problem_mark
        checked.fix.append(
            f"{folder}/responses:{where.line + 1 if where else 1}: this is not YAML: {error.problem}."
        )
    return checked
