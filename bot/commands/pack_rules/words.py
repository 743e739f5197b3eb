"""The rules of what a pack says: slots that are filled, help for each question, no word of the networks'."""

import re
from typing import Final

from jinja2 import Environment, nodes

from bot.commands.pack_rules.subject import Checked, Subject
from bot.packs import CARRIERS

_DOUBLED: Final = re.compile(r"\w''\w")
"""An apostrophe doubled: Jinja joins the two strings, and the apostrophe is lost."""

_INVITED: Final = re.compile(rf"(?<![A-Z] )\b(?:{'|'.join(sorted(CARRIERS)).upper()})\b(?! [A-Z]{{2}})")
"""A word in capitals, as citizens are told what to say, that is not one of several."""


def variables(subject: Subject) -> Checked:
    """Its responses have what they name."""
    checked = Checked("Responses name only slots that a question or a handler fills.")
    known, environment = subject.known, Environment(autoescape=True)
    lists = {f"option.{ask.slot}" for ask in subject.asks if ask.source}
    for path, key, text in subject.texts:
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


def helped(subject: Subject) -> Checked:
    """Its questions say what to do and why."""
    checked = Checked("Each question says what to answer, why it is asked, and what it is called.")
    wording = subject.packs.wording
    for slot in dict.fromkeys(ask.slot for ask in subject.asks):
        missing = [
            f"{kind}.{slot}" for kind in ("help", "why") if f"{kind}.{slot}" not in subject.packs.wording
        ]
        if missing:
            checked.advice.append(f"Write {' and '.join(missing)} in both languages.")
    shown = {flow.id for flow in subject.pack.flows if not flow.small_talk and not flow.fleeting}
    without = sorted(flow for flow in shown if f"can.{flow}" not in wording)
    if without:
        checked.advice.append(
            f"Write can.{without[0]}: what it does in two or three words, for the list on the first page."
        )
    return checked


def apostrophes(subject: Subject) -> Checked:
    """Its texts lose no apostrophe."""
    checked = Checked("Apostrophes stand as they are read.")
    for path, key, text in subject.texts:
        if found := _DOUBLED.search(text):
            checked.fix.append(
                f"{path}: “{key}” has {found[0]}: within {{{{ … }}}} put such a text in double quotes."
            )
    return checked


def carriers(subject: Subject) -> Checked:
    """Its texts invite no word that a network acts on."""
    checked = Checked("Responses invite no word that the networks keep for themselves.")
    for path, key, text in subject.texts:
        if (word := _INVITED.search(text)) and not key.startswith("words."):
            checked.fix.append(
                f"{path}: “{key}” invites {word[0]}, which the networks act on before we see it: "
                f"LEAVE leaves, 1 or AGREE agrees, ? asks for help."
            )
    return checked
