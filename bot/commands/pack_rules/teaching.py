"""The rule of a pack's training data: enough sentences of each journey, in both languages, none of two."""

import re
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from bot.commands.pack_rules.subject import Checked, Subject
from bot.wording import LANGUAGES

FEWEST: Final = 10
ENOUGH: Final = {"en": 60, "cy": 25}
"""Examples of a journey: with less than the first it can't be learnt; the second, by language, will do."""
LANGUAGE_NAMES: Final = {"en": "English", "cy": "Welsh"}


class Example(NamedTuple):
    """One sentence of the training data."""

    intent: str
    language: str
    text: str


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


def examples(subject: Subject) -> Checked:
    """Its journeys are taught, each apart from the others."""
    checked = Checked(f"nlu.yml teaches each journey in both languages: {FEWEST} examples at least.")
    try:
        examples = read_examples(subject.pack.folder)
    except ValueError as error:
        checked.fix.append(str(error))
        return checked
    path = subject.pack.folder / "nlu.yml"
    counts = Counter((example.intent, example.language) for example in examples)
    taught = {example.intent for example in examples}
    # What is only called by others, or begun by us, is asked for by nobody.
    for flow in (each for each in subject.pack.flows if not each.fleeting or each.id in taught):
        for language in LANGUAGES:
            found, name = counts[flow.id, language], LANGUAGE_NAMES[language]
            if found < FEWEST:
                checked.fix.append(f"{path}: {flow.id} has {found} in {name}: write {FEWEST - found} more.")
            elif found < ENOUGH[language]:
                more = ENOUGH[language] - found
                checked.advice.append(f"{flow.id} has {found} in {name}: {more} more before it goes live.")
    stock = (subject.pack.folder / "domain.yml").exists()
    for intent in sorted({e.intent for e in examples} - {flow.id for flow in subject.pack.flows}):
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
