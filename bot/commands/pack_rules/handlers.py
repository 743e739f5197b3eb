"""The rule of a pack's handlers: typed, described, and called by a flow."""

import inspect
import typing

from actions.sdk import Call, Handler, Outcome
from bot.commands.pack_rules.subject import Checked, Subject
from bot.flows.flow import Do


def handlers(subject: Subject) -> Checked:
    """Its handlers have types, a sentence each, and somebody who calls them."""
    checked = Checked("Handlers are typed, say what they do, and are used.")
    used = {step.handler for flow in subject.pack.flows for step in flow.all_steps() if isinstance(step, Do)}
    used |= {also.do for ask in subject.asks for also in ask.also if also.do}
    known = subject.known
    for name, handler in subject.pack.handlers.items():
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
