"""The rules a pack is held to: each a question with what to do where the answer is no."""

import ast
import asyncio
import importlib
import inspect
import re
import typing
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, nodes
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from actions.sdk import Call, Handler, Outcome
from bot.flows.flow import Ask, Confirm, Do
from bot.flows.grammar import FlowReader, GrammarError
from bot.packs import CARRIERS, Pack, Packs, load_packs
from bot.problems import Problem
from bot.settings import Settings
from bot.wording import LANGUAGES, Wording, WordingError

FEWEST: Final = 10
ENOUGH: Final = {"en": 60, "cy": 25}
"""Examples of a journey: with less than the first it can't be learnt; the second, by language, will do."""
LANGUAGE_NAMES: Final = {"en": "English", "cy": "Welsh"}
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
_ALWAYS: Final = frozenset({"first", "language", "loop"})
"""What every template has: of a list that is shown, of the reader, and of a loop within it."""
_APART: Final = frozenset({"service", "pages", "staff", "tests"})
"""Folders of a pack that give nothing to its responses."""
_OUTCOMES: Final = frozenset({"Filled", "Again", "Stop"})


@dataclass
class Checked:
    """One rule, looked at.

    Args:
        rule: what should be so.
        fix: what must be mended first.
        advice: what is better done before the pack goes live.
    """

    rule: str
    fix: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)


class Example(NamedTuple):
    """One sentence of the training data."""

    intent: str
    language: str
    text: str


_SPOKEN: Final = ("flows.yml", "nlu.yml", "responses", "handlers.py", "handlers")
"""What a pack that citizens talk to has some of."""


def read_examples(folder: Path) -> list[Example]:
    """The sentences of a pack's nlu.yml; without the file, none.

    Raises:
        ValueError: it is not as Rasa writes training data; the text tells the line where it can.
    """
    path = folder / "nlu.yml"
    if not path.exists():
        return []
    try:
        document = YAML(typ="safe").load(path.read_text()) or {}
        return [
            Example(
                str(entry["intent"]), str(entry.get("metadata", {}).get("language", "en")), line[2:].strip()
            )
            for entry in document.get("nlu", [])
            if "intent" in entry
            for line in str(entry["examples"]).splitlines()
            if line.startswith("- ")
        ]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path}:{line}: this is not YAML: {error.problem}.") from None
    except (KeyError, TypeError, AttributeError):
        raise ValueError(
            f"{path}: an entry has “intent”, “metadata: {{language: en}}” and “examples: |”, a dash a line."
        ) from None


def check(folder: Path, settings: Settings) -> Iterator[Checked]:
    """Looks at one rule after another; those that need all files to be readable come after those that say so.

    Args:
        folder: the pack's.
        settings: where the model and the database are.
    """
    if (folder / "service").is_dir() and not any((folder / each).exists() for each in _SPOKEN):
        yield _about(folder)  # a service that departments share, nobody's to talk to
        return
    files = [_about(folder), _flows(folder), _responses(folder)]
    yield from files
    if any(each.fix for each in files):
        return
    named = Checked("Every handler, response and label that flows.yml names is there.")
    try:
        packs = load_packs([folder.name], folder.parent)
    except (GrammarError, WordingError) as error:
        named.fix.append(str(error))
    except Exception as error:  # a mistake in the department's own Python, of whatever kind
        named.fix.append(f"{folder}/handlers.py can't be imported: {type(error).__name__}: {error}")
    yield named
    if named.fix:
        return
    pack = packs.packs[folder.name]
    for rule in RULES:
        yield rule(pack, packs)
    yield _conversations(pack)
    yield _played(pack, settings)
    if (folder / "checks.py").exists():
        yield _contents(pack)


# --- the files ------------------------------------------------------------------------------------


def _about(folder: Path) -> Checked:
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


def _flows(folder: Path) -> Checked:
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


def _responses(folder: Path) -> Checked:
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


# --- what they say --------------------------------------------------------------------------------


def _variables(pack: Pack, packs: Packs) -> Checked:  # noqa: ARG001
    checked = Checked("Responses name only slots that a question or a handler fills.")
    known, environment = _known(pack), Environment(autoescape=True)
    lists = {f"option.{ask.slot}" for ask in _asks(pack) if ask.source}
    for path, key, text in _texts(pack):
        if key in lists or key.startswith("words."):
            continue  # an option's label names the fields of what a handler found
        checked.fix += [
            f"{path}: “{key}” names {{{{ {name} }}}}, which nothing fills: "
            f"ask for it, or give it back from a handler."
            for name in sorted(_named(environment.parse(text)) - known)
        ]
    return checked


def _named(template: nodes.Template) -> set[str]:
    """The variables that a template takes from outside."""
    names = list(template.find_all(nodes.Name))
    made = {n.name for n in names if n.ctx == "store"} | {"loop"}
    return {n.name for n in names if n.ctx == "load"} - made


def _known(pack: Pack) -> set[str]:
    """Slots of the pack: asked for, set, listed, or given back by a handler."""
    known = set(_ALWAYS)
    for ask in _asks(pack):
        known |= {ask.slot, *filter(None, (ask.source, ask.otherwise))}
    steps = [step for flow in pack.flows for step in flow.all_steps() if isinstance(step, Ask | Confirm)]
    for also in (also for step in steps for also in step.also):
        known |= {slot for slot, _ in also.set} | ({also.said} if also.said else set())
    for handler in pack.handlers.values():
        known |= set(handler.fills)
    # What handlers, watches and things give back may be put together in any module of theirs, or beside them.
    paths = [
        path
        for path in sorted(pack.folder.rglob("*.py"))
        if not _APART & set(path.relative_to(pack.folder).parts)
    ]
    for node in (node for path in paths for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OUTCOMES:
            known |= {word.arg for word in node.keywords if word.arg}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            known.add(node.target.id)  # a record that is given back whole
        if isinstance(node, ast.Dict):
            known |= {
                key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
    return known


def _asks(pack: Pack) -> list[Ask]:
    return [step for flow in pack.flows for step in flow.all_steps() if isinstance(step, Ask)]


def _helped(pack: Pack, packs: Packs) -> Checked:
    checked = Checked("Each question says what to answer, why it is asked, and what it is called.")
    for slot in dict.fromkeys(ask.slot for ask in _asks(pack)):
        missing = [f"{kind}.{slot}" for kind in ("help", "why") if f"{kind}.{slot}" not in packs.wording]
        if missing:
            checked.advice.append(f"Write {' and '.join(missing)} in both languages.")
    shown = {flow.id for flow in pack.flows if not flow.small_talk and not flow.fleeting}
    without = sorted(flow for flow in shown if f"can.{flow}" not in packs.wording)
    if without:
        checked.advice.append(
            f"Write can.{without[0]}: what it does in two or three words, for the list on the first page."
        )
    return checked


def _handlers(pack: Pack, packs: Packs) -> Checked:  # noqa: ARG001
    checked = Checked("Handlers are typed, say what they do, and are used.")
    used = {step.handler for flow in pack.flows for step in flow.all_steps() if isinstance(step, Do)}
    used |= {also.do for ask in _asks(pack) for also in ask.also if also.do}
    known = _known(pack)
    for name, handler in pack.handlers.items():
        kind = type(handler)
        where = f"{inspect.getfile(kind)}: {kind.__name__}"
        if kind.handle is Handler.handle:
            checked.fix.append(f"{where} needs “async def handle(self, call: Call) -> Outcome”.")
        elif not _typed(kind):
            checked.fix.append(f"{where}.handle is written “async def handle(self, call: Call) -> Outcome”.")
        if not kind.__doc__ or kind.__doc__ == Handler.__doc__:
            checked.fix.append(f"{where} needs a sentence that says what it does.")
        for slot in sorted(set(handler.reads) - known):
            checked.fix.append(f"{where} reads {slot}, which nothing fills.")
        if name not in used:
            checked.advice.append(f"{where} is called by no flow: write “- do: {name}”, or delete it.")
    return checked


def _typed(kind: type[Handler]) -> bool:
    try:
        hints = typing.get_type_hints(kind.handle)
    except NameError:
        return False
    given = hints.get("return")
    return hints.get("call") is Call and isinstance(given, type) and issubclass(given, Outcome)


def _examples(pack: Pack, packs: Packs) -> Checked:  # noqa: ARG001
    checked = Checked(f"nlu.yml teaches each journey in both languages: {FEWEST} examples at least.")
    try:
        examples = read_examples(pack.folder)
    except ValueError as error:
        checked.fix.append(str(error))
        return checked
    path = pack.folder / "nlu.yml"
    counts = Counter((example.intent, example.language) for example in examples)
    taught = {example.intent for example in examples}
    # What is only called by others, or begun by us, is asked for by nobody.
    for flow in (each for each in pack.flows if not each.fleeting or each.id in taught):
        for language in LANGUAGES:
            found, name = counts[flow.id, language], LANGUAGE_NAMES[language]
            if found < FEWEST:
                checked.fix.append(f"{path}: {flow.id} has {found} in {name}: write {FEWEST - found} more.")
            elif found < ENOUGH[language]:
                more = ENOUGH[language] - found
                checked.advice.append(f"{flow.id} has {found} in {name}: {more} more before it goes live.")
    stock = (pack.folder / "domain.yml").exists()
    for intent in sorted({e.intent for e in examples} - {flow.id for flow in pack.flows}):
        if not stock:
            checked.fix.append(f"{path}: {intent} is the id of no flow of this pack.")
    meant: dict[str, set[str]] = {}
    for example in examples:
        meant.setdefault(re.sub(r"[^\w ]", "", example.text.casefold()), set()).add(example.intent)
    for text, intents in meant.items():
        if len(intents) > 1:
            checked.fix.append(
                f"{path}: “{text}” is an example of {' and of '.join(sorted(intents))}: keep one."
            )
    return checked


_DOUBLED: Final = re.compile(r"\w''\w")
"""An apostrophe doubled: Jinja joins the two strings, and the apostrophe is lost."""


def _apostrophes(pack: Pack, packs: Packs) -> Checked:  # noqa: ARG001
    checked = Checked("Apostrophes stand as they are read.")
    for path, key, text in _texts(pack):
        if found := _DOUBLED.search(text):
            checked.fix.append(
                f"{path}: “{key}” has {found[0]}: within {{{{ … }}}} put such a text in double quotes."
            )
    return checked


def _texts(pack: Pack) -> Iterator[tuple[Path, str, str]]:
    """Each text of the responses, with its file and its key; for one channel where it has two."""
    for language in LANGUAGES:
        path = pack.folder / "responses" / f"{language}.yml"
        for key, value in (YAML(typ="safe").load(path.read_text()) or {}).items():
            for text in value.values() if isinstance(value, dict) else [value]:
                yield path, str(key), str(text)


_INVITED: Final = re.compile(rf"(?<![A-Z] )\b(?:{'|'.join(sorted(CARRIERS)).upper()})\b(?! [A-Z]{{2}})")
"""A word in capitals, as citizens are told what to say, that is not one of several."""


def _carriers(pack: Pack, packs: Packs) -> Checked:  # noqa: ARG001
    checked = Checked("Responses invite no word that the networks keep for themselves.")
    for path, key, text in _texts(pack):
        if (word := _INVITED.search(text)) and not key.startswith("words."):
            checked.fix.append(
                f"{path}: “{key}” invites {word[0]}, which the networks act on before we see it: "
                f"LEAVE leaves, 1 or AGREE agrees, ? asks for help."
            )
    return checked


def _contents(pack: Pack) -> Checked:
    module = importlib.import_module(f"{pack.package}.checks")
    return Checked("What the pack checks itself, in checks.py, is right.", fix=module.check(pack.folder))


WORDS_ONLY: Final[tuple[Callable[[Pack, Packs], Checked], ...]] = (_carriers, _apostrophes)
RULES: Final[tuple[Callable[[Pack, Packs], Checked], ...]] = (
    _variables, _helped, _handlers, _examples, *WORDS_ONLY,
)  # fmt: skip


# --- conversations --------------------------------------------------------------------------------


def _cases(pack: Pack) -> list[Any]:
    from bot.conversations.script import read_cases

    files = sorted((pack.folder / "tests" / "conversations").glob("**/*.yml"))
    return [case for file in files for case in read_cases(file)]


def _conversations(pack: Pack) -> Checked:
    from bot.conversations.script import ScriptError

    checked = Checked(
        "tests/conversations/ has a conversation for each journey, and some in Welsh and by text."
    )
    try:
        cases = _cases(pack)
    except ScriptError as error:
        checked.fix.append(str(error))
        return checked
    if not cases:
        checked.fix.append(
            f"Write {pack.folder}/tests/conversations/<what>.yml: docs/department.md shows one."
        )
        return checked
    seen = {
        str(step.value)
        for case in cases
        for step in case.steps
        if step.verb in {"flow_started", "flow_completed"}
    }
    checked.advice += [
        f"None starts or completes {flow.id}."
        for flow in pack.flows if flow.id not in seen and not flow.fleeting
    ]  # fmt: skip
    if all(case.language == "en" for case in cases):
        checked.advice.append("None is in Welsh: write “language: cy”.")
    if all(case.channel != "sms" for case in cases):
        checked.advice.append("None is by text: write “channel: sms”.")
    return checked


def _played(pack: Pack, settings: Settings) -> Checked:
    from bot.engine.runtime import packs as loaded
    from bot.engine.training import find_model

    checked = Checked("The conversations go as they are written.")
    here = loaded().packs.get(pack.name)
    if here is None or here.folder != pack.folder:
        checked.advice.append("Not played: the pack is not loaded. Move its folder into actions/.")
    elif not find_model(settings).current:
        checked.advice.append(
            "Not played: the model has not learnt this pack. Run `onedoor train`, then check again."
        )
    else:
        failed, expected = asyncio.run(_play(pack, settings))
        checked.fix += failed
        checked.advice += expected
    return checked


async def _play(pack: Pack, settings: Settings) -> tuple[list[str], list[str]]:
    from bot.conversations.play import ExpectationError, play
    from bot.conversations.stage import Stage
    from bot.database import start_embedded
    from bot.logs import configure_logs

    configure_logs("error")
    given = settings.database_url
    server = given.get_secret_value() if given else start_embedded(settings.data_dir)
    failed, expected = [], []
    try:
        async with Stage.open(settings, server) as stage:
            for case in _cases(pack):
                try:
                    await play(case, stage)
                except ExpectationError as error:
                    if case.xfail:
                        expected.append(
                            f"{case.path.name}:{case.line}: {case.name}: fails as expected: {case.xfail}"
                        )
                    else:
                        failed.append(str(error))
    except (Problem, OSError) as error:
        failed.append(f"The conversations can't be played: {error}")
    return failed, expected
