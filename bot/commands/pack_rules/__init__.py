"""The rules a pack is held to: each a question with what to do where the answer is no."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bot.commands.pack_rules.files import about, flows, responses
from bot.commands.pack_rules.handlers import handlers
from bot.commands.pack_rules.subject import Checked, Subject
from bot.commands.pack_rules.talks import conversations, played
from bot.commands.pack_rules.teaching import examples, read_examples
from bot.commands.pack_rules.words import apostrophes, carriers, helped, variables
from bot.flows.grammar import GrammarError
from bot.packs import Pack, load_packs
from bot.settings import Settings
from bot.wording import WordingError

__all__ = ["RULES", "WORDS_ONLY", "Checked", "Subject", "check", "read_examples"]

_SPOKEN: Final = ("flows.yml", "nlu.yml", "responses", "handlers.py", "handlers")
"""What a pack that citizens talk to has some of."""

WORDS_ONLY: Final[tuple[Callable[[Subject], Checked], ...]] = (carriers, apostrophes)
RULES: Final[tuple[Callable[[Subject], Checked], ...]] = (variables, helped, handlers, examples, *WORDS_ONLY)


def check(folder: Path, settings: Settings) -> Iterator[Checked]:
    """Looks at one rule after another; those that need all files to be readable come after those that say so.

    Args:
        folder: the pack's.
        settings: where the model and the database are.
    """
    if (folder / "service").is_dir() and not any((folder / each).exists() for each in _SPOKEN):
        yield about(folder)  # a service that departments share, nobody's to talk to
        return
    files = [about(folder), flows(folder), responses(folder)]
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
    subject = Subject(pack, packs)
    for rule in RULES:
        yield rule(subject)
    yield conversations(pack)
    yield played(pack, settings)
    if (folder / "checks.py").exists():
        yield _contents(pack)


def _contents(pack: Pack) -> Checked:
    module = importlib.import_module(f"{pack.package}.checks")
    return Checked("What the pack checks itself, in checks.py, is right.", fix=module.check(pack.folder))
