"""The packs: what each department's folder offers, read once and checked together."""

import importlib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from dotenv import dotenv_values
from ruamel.yaml import YAML

from actions.sdk import Handler, Things, Watch
from bot.database import CORE, History
from bot.desk.opening import OpeningError, ServiceLevel, read_level
from bot.flows.calls import inline
from bot.flows.flow import Ask, Confirm, Do, Flow, Say
from bot.flows.grammar import FlowReader, GrammarError
from bot.settings import ROOT
from bot.understanding.keywords import find_keyword
from bot.wording import Wording

CORE_FOLDER = ROOT / "bot" / "core"
PACKS_FOLDER = ROOT / "actions"

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
KEYWORD = re.compile(r"[^\W_]{2,20}")
CARRIERS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
    | {"start", "unstop", "yes", "help", "info"}
)
"""Words that the networks act on before we see them: docs/sources.md, texts"""


@dataclass(frozen=True)
class Pack:
    """One department's folder.

    Args:
        name: the folder's name.
        folder: where it is.
        title: the department's name by language.
        desk: the queue its escalations go to.
        service_url: the address of its service API, as written; `${NAME}` is an environment variable.
        stand_in: the path where the demo mounts its `service/`, the department's system as a stand-in.
        flows: its journeys.
        handlers: by the name a `do` step calls.
        numbers: those whose texts are for it, as +44….
        keywords: first words of texts that are for it, in lower case.
        service_settings: what its client is given besides the address, as written.
        calls_ledger: whether the stand-in is given a client of the credits ledger.
        always: whether the stand-in is served in every installation, as the department's own system.
        same_clock: whether the stand-in is given the clock of who serves it, which scripts move on.
        watches: by name.
        things: what tells of all that a citizen has of it.
        pages: the path where its public pages are mounted, from its `pages/`.
        level: the hours of its desk, and what that promises.
        reasons: for officers: what each reason of its cases is called, and the suggested next step.
    """

    name: str
    folder: Path
    title: dict[str, str]
    desk: str
    service_url: str | None
    stand_in: str | None
    flows: tuple[Flow, ...]
    handlers: dict[str, Handler] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    service_settings: Mapping[str, str] = field(default_factory=dict)
    calls_ledger: bool = False
    always: bool = False
    same_clock: bool = False
    watches: Mapping[str, Watch] = field(default_factory=dict)
    things: tuple[Things, ...] = ()
    pages: str | None = None
    level: ServiceLevel = field(default_factory=lambda: read_level(None, None))
    reasons: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def variables(self) -> set[str]:
        """The environment variables that its service is found with."""
        written = [self.service_url or "", *self.service_settings.values()]
        return {name for each in written for name in re.findall(r"\$\{(\w+)\}", each)}

    @property
    def speaks(self) -> bool:
        """Whether citizens can talk to it; not to a service that departments share."""
        return bool(self.flows) or (self.folder / "domain.yml").exists()

    @property
    def package(self) -> str:
        """The Python package its modules are imported from."""
        if ROOT in self.folder.parents:
            return ".".join(self.folder.relative_to(ROOT).parts)
        return f"onedoor_pack_{self.name}"


class Packs:
    """All packs that are loaded, with their flows, handlers and words."""

    def __init__(self, packs: Iterable[Pack], wording: Wording) -> None:
        self.packs = {pack.name: pack for pack in packs}
        self.wording = wording
        self.flows: dict[str, Flow] = {}
        for pack in self.packs.values():
            for flow in pack.flows:
                if flow.id in self.flows:
                    other = self.packs[self.flows[flow.id].pack].folder
                    raise GrammarError(
                        f"{pack.folder}/flows.yml and {other}/flows.yml both have the flow {flow.id}:"
                        " rename one."
                    )
                self.flows[flow.id] = flow
        self.departments: dict[str, str] = {}
        """The pack that a number, or a text's first word, belongs to."""
        for pack in self.packs.values():
            for name in (*pack.numbers, *pack.keywords):
                if name in self.departments:
                    other = self.packs[self.departments[name]].folder
                    raise GrammarError(
                        f"{pack.folder}/pack.yml and {other}/pack.yml both have “{name}”: a number or a"
                        " keyword leads to one department."
                    )
                self.departments[name] = pack.name
        for pack in self.packs.values():
            _check(pack, self)
            _check_rights(pack, self)

    def pack_of(self, flow_id: str) -> Pack:
        """The pack a flow belongs to."""
        return self.packs[self.flows[flow_id].pack]

    def desk(self, name: str) -> Pack:
        """The pack whose desk it is, for its title and its hours; the core where no pack has it any more."""
        return next((pack for pack in self.packs.values() if pack.desk == name), self.packs["core"])

    def fingerprint(self) -> str:
        """A mark of every file the model is trained from: another content, another mark."""
        digest = sha256()
        for pack in sorted(self.packs.values(), key=lambda p: p.name):
            if not pack.speaks:
                continue
            for path in sorted(pack.folder.glob("*.yml")):
                digest.update(f"{pack.name}/{path.name}".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()


def load_packs(names: list[str] | None = None, folder: Path = PACKS_FOLDER) -> Packs:
    """Reads the core and the packs.

    Args:
        names: folders under `folder` to load; all that have a pack.yml when None.
        folder: where the packs are.

    Raises:
        GrammarError: a mistake in a pack, with file and line.
        WordingError: a response is missing or wrong.
    """
    found = sorted(path.parent for path in folder.glob("*/pack.yml"))
    if names is not None:
        unknown = [name for name in names if folder / name not in found]
        if unknown:
            raise GrammarError(f"There is no pack {unknown[0]} in {folder.name}/: ONEDOOR_PACKS names it.")
        found = [folder / name for name in names]
    wording = Wording()
    packs = []
    for path in [CORE_FOLDER, *found]:
        packs.append(_read(path))
        if packs[-1].flows:
            wording.add(path / "responses")
    return Packs(packs, wording)


def histories(packs: Packs) -> list[History]:
    """The core's migrations, and those of each pack's stand-in."""
    folders = [pack.folder / "service" / "migrations" for pack in packs.packs.values()]
    return [CORE, *(History(folder.parents[1].name, folder) for folder in folders if folder.exists())]


def _read(folder: Path) -> Pack:
    about = YAML(typ="safe").load((folder / "pack.yml").read_text())
    name = about.get("pack")
    if name != folder.name:
        raise GrammarError(f"{folder}/pack.yml: “pack” is the folder's name, {folder.name}.")
    # A plain Rasa domain with its rules is a pack as well, and has no flows (bot/engine/importer.py); nor has
    # a service that departments share, which is nobody's to talk to.
    others = ("domain.yml", "service")
    plain = not (folder / "flows.yml").exists() and any((folder / each).exists() for each in others)
    path = folder / "flows.yml"
    flows = () if plain else inline(FlowReader(path, name).read(), path)
    service = about.get("service") or {}
    return Pack(
        name, folder, dict(about["title"]), str(about.get("desk", name)), service.get("url"),
        service.get("stand_in"), flows, _handlers(folder), _numbers(folder, about), _keywords(folder, about),
        {str(key): str(value) for key, value in (service.get("settings") or {}).items()},
        bool(service.get("calls_ledger")), bool(service.get("always")), bool(service.get("same_clock")),
        _watches(folder), _things(folder), about.get("pages"),
        _level(folder, about), _reasons(folder, about),
    )  # fmt: skip


def _reasons(folder: Path, about: dict[str, Any]) -> dict[str, tuple[str, str]]:
    reasons = about.get("reasons") or {}
    for name, said in reasons.items():
        if not isinstance(said, dict) or set(said) != {"title", "next"}:
            raise GrammarError(f"{folder}/pack.yml: the reason “{name}” has a “title” and a “next”.")
    return {str(name): (str(said["title"]), str(said["next"])) for name, said in reasons.items()}


def _level(folder: Path, about: dict[str, Any]) -> ServiceLevel:
    try:
        return read_level(about.get("hours"), about.get("promises"))
    except OpeningError as error:
        raise GrammarError(f"{folder}/pack.yml: {error}") from None


def _numbers(folder: Path, about: dict[str, Any]) -> tuple[str, ...]:
    numbers = about.get("numbers") or []
    if not isinstance(numbers, list) or not all(
        isinstance(number, str) and NUMBER.fullmatch(number) for number in numbers
    ):
        raise GrammarError(f'{folder}/pack.yml: “numbers” is a list such as ["+447700900321"].')
    return tuple(dict.fromkeys(numbers))


def _keywords(folder: Path, about: dict[str, Any]) -> tuple[str, ...]:
    """The keywords in lower case, those of both languages together.

    Raises:
        GrammarError: one is not one word, or is a word that carriers or every question act on.
    """
    words = about.get("keywords") or {}
    if not isinstance(words, dict) or (words and set(words) != {"en", "cy"}):
        raise GrammarError(f"{folder}/pack.yml: “keywords” has lists for both languages, en and cy.")
    found = [word for language in words.values() for word in (language or [])]
    for word in found:
        if not isinstance(word, str) or not KEYWORD.fullmatch(word):
            raise GrammarError(
                f"{folder}/pack.yml: the keyword “{word}” is not one word of letters and digits."
            )
        if word.casefold() in CARRIERS or find_keyword(word) is not None:
            raise GrammarError(
                f"{folder}/pack.yml: the keyword “{word}” means something everywhere: choose another."
            )
    return tuple(dict.fromkeys(word.casefold() for word in found))


def _handlers(folder: Path) -> dict[str, Handler]:
    """The handlers of a pack, found by their classes in handlers.py, or in the modules of handlers/."""
    return {cls.step_name(): cls() for cls in _classes(folder, "handlers", Handler)}


def _things(folder: Path) -> tuple[Things, ...]:
    """What tells of a citizen's things."""
    return tuple(cls() for cls in _classes(folder, "things", Things))  # type: ignore[type-abstract]


def _watches(folder: Path) -> dict[str, Watch]:
    """The watches of a pack, found by their classes in watch.py."""
    return {cls.__name__: cls() for cls in _classes(folder, "watch", Watch)}  # type: ignore[type-abstract]


def _classes[T](folder: Path, name: str, kind: type[T]) -> list[type[T]]:
    """The classes of a kind that a module of a pack, or a folder of modules, has itself."""
    modules = []
    for path in (folder / f"{name}.py", *sorted((folder / name).glob("*.py"))):
        if not path.exists():
            continue
        inner = path.relative_to(folder).with_suffix("").parts
        if ROOT in path.parents:
            modules.append(importlib.import_module(".".join((*folder.relative_to(ROOT).parts, *inner))))
        else:
            modules.append(_import_outside(folder, ".".join(inner)))
    return [
        value for module in modules for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, kind) and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    ]  # fmt: skip


def _import_outside(folder: Path, name: str) -> Any:
    """A module of a pack that lives elsewhere; its folder becomes a package: `from .client import …`."""
    package = f"onedoor_pack_{folder.name}"
    parent = ModuleType(package)
    parent.__path__ = [str(folder)]
    sys.modules[package] = parent
    for old in [old for old in sys.modules if old.startswith(f"{package}.")]:
        del sys.modules[old]  # of a pack of that name which was read before
    return importlib.import_module(f"{package}.{name}")


def _need(kind: str, name: str, there: Iterable[str], where: Path) -> None:
    """That a name is there.

    Raises:
        GrammarError: naming the nearest that is.
    """
    names = list(there)
    if name not in names:
        close = get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise GrammarError(f"{where}: there is no {kind} “{name}”.{hint}")


def _check_rights(pack: Pack, packs: Packs) -> None:
    """That each right of citizens that a pack names is told, and leads to a journey: bot/rights.py."""
    words = pack.folder / "responses"
    for key in packs.wording.keys_of(words):
        match key.split("."):
            case ["right", leads, name]:
                _need("flow", leads, packs.flows, words)
                _need("response", f"right_told.{leads}.{name}", packs.wording.keys(), words)


def _check(pack: Pack, packs: Packs) -> None:
    """That every handler, response and label that a flow names is there.

    Raises:
        GrammarError: naming the nearest that is.
    """
    path = pack.folder / "flows.yml"
    responses = list(packs.wording.keys())
    for flow in pack.flows:
        for step in flow.all_steps():
            match step:
                case Ask():
                    labels = [f"option.{step.slot}.{value}" for value in step.options]
                    labels = labels or ([f"option.{step.slot}"] if step.source else [])
                    said = [*labels, *([step.valid.say] if step.valid else [])]
                    said += [f"words.{also.word}" for also in step.also]
                    said += [also.say for also in step.also if also.say]
                    for response in [f"ask_{step.slot}", *said]:
                        _need("response", response, responses, path)
                    for handler in [also.do for also in step.also if also.do]:
                        _need("handler", handler, pack.handlers, path)
                case Do():
                    _need("handler", step.handler, pack.handlers, path)
                case Say():
                    for response in (step.response, *([step.more] if step.more else [])):
                        _need("response", response, responses, path)
                case Confirm():
                    for response in [f"confirm_{step.name}", *(f"words.{also.word}" for also in step.also)]:
                        _need("response", response, responses, path)
                    for response in [also.say for also in step.also if also.say]:
                        _need("response", response, responses, path)
                    for slot in step.slots:
                        _need("response", f"field.{slot}", responses, path)


def expand(template: str, defaults: Mapping[str, str]) -> str:
    """Fills `${NAME}` from the environment, from `onedoor.env`, or from `defaults`, in that order."""
    written = dotenv_values("onedoor.env")

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return os.environ.get(name) or written.get(name) or defaults.get(name, "")

    return re.sub(r"\$\{(\w+)\}", value, template)
