"""What the rules look at: a pack's questions, texts and slots, each read once; and what came of a rule."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from ruamel.yaml import YAML

from bot.flows.flow import Ask, Confirm
from bot.packs import Pack, Packs
from bot.wording import LANGUAGES

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


class Text(NamedTuple):
    """A text of the responses, for one channel where it has two."""

    path: Path
    key: str
    text: str


@dataclass
class Subject:
    """The pack that is looked at, among those it needs.

    Args:
        pack: the one.
        packs: it and what it needs.
    """

    pack: Pack
    packs: Packs

    @cached_property
    def asks(self) -> list[Ask]:
        """Its questions."""
        return [step for flow in self.pack.flows for step in flow.all_steps() if isinstance(step, Ask)]

    @cached_property
    def texts(self) -> list[Text]:
        """Each text of its responses."""
        return list(self._read())

    def _read(self) -> Iterator[Text]:
        for language in LANGUAGES:
            path = self.pack.folder / "responses" / f"{language}.yml"
            for key, value in (YAML(typ="safe").load(path.read_text()) or {}).items():
                for text in value.values() if isinstance(value, dict) else [value]:
                    yield Text(path, str(key), str(text))

    @cached_property
    def known(self) -> frozenset[str]:
        """Slots of the pack: asked for, set, listed, or given back by a handler."""
        known = set(_ALWAYS)
        for ask in self.asks:
            known |= {ask.slot, *filter(None, (ask.source, ask.otherwise))}
        steps = (step for flow in self.pack.flows for step in flow.all_steps())
        for also in (also for step in steps if isinstance(step, Ask | Confirm) for also in step.also):
            known |= {slot for slot, _ in also.set} | ({also.said} if also.said else set())
        for handler in self.pack.handlers.values():
            known |= set(handler.fills)
        # What handlers, watches and things give back may be put together in any module of theirs.
        paths = [
            path
            for path in sorted(self.pack.folder.rglob("*.py"))
            if not _APART & set(path.relative_to(self.pack.folder).parts)
        ]
        for node in (node for path in paths for node in ast.walk(ast.parse(path.read_text()))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OUTCOMES:
                known |= {word.arg for word in node.keywords if word.arg}
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                known.add(node.target.id)  # a record that is given back whole
            if isinstance(node, ast.Dict):
                known |= {
                    key.value
                    for key in node.keys
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
        return frozenset(known)
