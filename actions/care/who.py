"""Whose budget somebody may ask about: their own, or one that they were let pay from."""

from typing import Any

from actions.care.budget import Helper, Line
from actions.care.client import Care
from actions.sdk import Call, Values
from actions.sdk.proof import remembered

KIND = "citizen"
"""What the names of the citizens that are followed begin with: `citizen:40000001`."""


def thing(reference: str) -> str:
    """What a citizen's budget is called where it is followed."""
    return f"{KIND}:{reference}"


def as_slot(reference: str, name: str, helper: int | None = None) -> Values:
    """Whose budget a conversation is about; `helper` is the number of what its owner allowed."""
    mark = reference if helper is None else f"{reference}:{helper}"
    return {"id": mark, "ref": reference, "name": name, "helper": helper}


async def people(call: Call) -> list[Values]:
    """The budgets of who writes: those proved from here, of their mobile number, and those they pay from."""
    found: dict[str, Values] = {}
    for each in await remembered(call, KIND):
        slot = as_slot(str(each.known["ref"]), str(each.known["name"]))
        found.setdefault(slot["id"], slot)
    if call.channel == "sms":
        # A text comes from the number that the networks say; a page's visitor could be anybody.
        told = await call.service(Care).people(call.address)
        slots = [as_slot(each.reference, each.name) for each in told.citizens]
        slots += [as_slot(each.reference, each.name, each.helper) for each in told.helping]
        for slot in slots:
            found.setdefault(slot["id"], slot)
    return list(found.values())


async def helping(call: Call) -> Helper | None:
    """What somebody may who pays for a citizen; None where that ended, or it is the citizen."""
    number = call.slots["care"]["helper"]
    found = await call.service(Care).helpers(reference(call)) if number is not None else []
    return next((each for each in found if each.id == number), None)


async def payable(call: Call) -> list[Line]:
    """The lines of the plan in force that they may pay for: the citizen for all, a helper for theirs."""
    plan = await call.service(Care).plan(reference(call))
    lines = plan.in_force.lines if plan.in_force else ()
    if call.slots["care"]["helper"] is None:
        return list(lines)
    mine = await helping(call)
    return [line for line in lines if mine is not None and mine.may_pay(line.line)]


def reference(call: Call) -> str:
    """The reference of whose budget it is about."""
    chosen: Any = call.slots["care"]
    return str(chosen["ref"])
