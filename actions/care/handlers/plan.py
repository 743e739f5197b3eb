"""Writing a plan line by line, over as many days as it takes, and sending it to the desk."""

from typing import Any

from actions.care.client import Care
from actions.care.figures import budget_slot, plan_slot
from actions.care.paying import named_in
from actions.care.planning import Change, change, plain_cost
from actions.care.who import reference
from actions.sdk import Again, Call, Filled, Handler, Outcome, ServiceRefused, Values

LINE = ("care_plan_words", "care_plan_line", "care_plan_outcome", "care_plan_cost", "care_plan_period")
"""What is asked of a line, cleared for the next one."""


def _found(wanted: Change, call: Call) -> Values | None:
    """The line of the plan that is meant."""
    lines: list[Values] = call.slots["care_plan"]["lines"]
    if wanted.number > 0:
        return next((line for line in lines if line["n"] == wanted.number), None)
    if wanted.number < 0:
        return next((line for line in lines if line["id"] == call.slots.get("care_plan_last")), None)
    named = named_in(wanted.words, {line["n"]: line["words"] for line in lines})
    return next((line for line in lines if [line["n"]] == named), None)


class OpenCarePlan(Handler):
    """The plan as it was left, and what the budget is worth."""

    reads = ("care",)
    fills = ("care_plan", "care_budget")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service."""
        client, who = call.service(Care), reference(call)
        plan, citizen = await client.plan(who), await client.citizen(who)
        return Filled(care_plan=plan_slot(plan), care_budget=budget_slot(citizen))


class HearPlanRequest(Handler):
    """What the words that began it mean: a first line, a question about the plan, or only that it begins."""

    reads = ("care_plan_request",)
    fills = ("care_plan_next", "care_plan_heard")

    async def handle(self, call: Call) -> Outcome:
        """A line or a change goes on as if it was said now; once, though what it came to is asked again."""
        text = call.slots["care_plan_request"]
        if call.slots.get("care_plan_heard") == text:
            return Filled()
        wanted = change(text, first=True)
        told: Values = {"care_plan_heard": text}
        say = None
        match wanted.kind:
            case "send":
                told["care_plan_next"] = "send"
            case "read" | "state" | "allowed":
                say = f"care_plan_{wanted.kind}"
            case "remove" | "change" if _found(wanted, call) is not None:
                told["care_plan_words"] = text
            case "add":
                told["care_plan_words"], say = text, "care_plan_begin"
            case _:
                say = "care_plan_begin"
        return Filled(say=say, **told)


class TakePlanWords(Handler):
    """A line in the citizen's words, a change of one, or that it is all."""

    reads = ("care_plan_words",)
    fills = ("care_plan_line", "care_plan_outcome", "care_plan_cost", "care_plan")

    async def handle(self, call: Call) -> Outcome:
        """What the words already tell is not asked again."""
        wanted = change(call.slots["care_plan_words"])
        match wanted.kind:
            case "send":
                return Again("care_plan_words", care_plan_next="send")
            case "read" | "state" | "allowed":
                return Again("care_plan_words", say=f"care_plan_{wanted.kind}")
            case "remove":
                return await self._remove(wanted, call)
            case "change":
                return await self._change(wanted, call)
        if not wanted.words:
            return Again("care_plan_words", say="help.care_plan_words")
        told: Values = {"care_plan_outcome": wanted.outcome} if wanted.outcome else {}
        if wanted.cost is not None:
            told["care_plan_cost"] = dict(wanted.cost)
        return Filled(care_plan_line={"number": 0, "words": wanted.words}, **told)

    async def _remove(self, wanted: Change, call: Call) -> Outcome:
        line = _found(wanted, call)
        if line is None:
            return Again("care_plan_words", say="care_plan_no_line")
        plan = await call.service(Care).remove_line(reference(call), int(line["id"]), call.key)
        return Again(*LINE, say="care_plan_removed", care_plan=plan_slot(plan), care_plan_gone=line["words"])

    async def _change(self, wanted: Change, call: Call) -> Outcome:
        line = _found(wanted, call)
        if line is None:
            return Again("care_plan_words", say="care_plan_no_line")
        if not wanted.words and wanted.cost is None:
            return Again("care_plan_words", say="care_plan_change_how", care_plan_at=line)
        cost: Any = wanted.cost or line
        written = {
            "words": wanted.words or line["words"], "outcome": wanted.outcome or line["outcome"],
            "pence": cost["pence"], "period": cost["period"] or line["period"],
        }  # fmt: skip
        return await _write(call, written, int(line["id"]))


async def _write(call: Call, line: Values, number: int = 0) -> Outcome:
    """Keeps a line, says what is left, and makes room for the next."""
    if line["pence"] < 1:
        return Again("care_plan_cost", say="care_plan_nothing")
    try:
        plan = await call.service(Care).write_line(reference(call), line, call.key, number)
    except ServiceRefused as refusal:
        if refusal.code == "INVALID":  # such as more than a million pounds
            return Again("care_plan_cost", say="care_plan_too_much")
        if refusal.code == "LINE_LIMIT":
            return Again(*LINE, say="care_plan_full")
        raise
    slot = plan_slot(plan)
    wrote = next(
        (each for each in slot["lines"] if each["id"] == str(number)) if number else reversed(slot["lines"])
    )
    return Again(
        *LINE, say="care_plan_kept", care_plan=slot, care_plan_wrote=wrote, care_plan_last=wrote["id"]
    )


class HearPlanOutcome(Handler):
    """An answer to what a line is for that is its cost: kept as that, and what it is for is asked again."""

    reads = ("care_plan_outcome",)
    fills = ("care_plan_cost",)

    async def handle(self, call: Call) -> Outcome:
        """“£25 a month” is nobody's purpose."""
        cost = plain_cost(call.slots.get("care_plan_outcome"))
        if cost is None:
            return Filled()
        return Again("care_plan_outcome", care_plan_cost=dict(cost))


class KeepPlanLine(Handler):
    """Keeps the line that was told whole."""

    reads = ("care_plan_line", "care_plan_outcome", "care_plan_cost", "care_plan_period")

    async def handle(self, call: Call) -> Outcome:
        """The service adds it to the version that is written."""
        slots = call.slots
        cost = slots["care_plan_cost"]
        line = {
            "words": slots["care_plan_line"]["words"], "outcome": slots.get("care_plan_outcome") or "",
            "pence": cost["pence"], "period": cost["period"] or slots["care_plan_period"],
        }  # fmt: skip
        return await _write(call, line)


class LookBeforeSending(Handler):
    """Whether there is something to send."""

    reads = ("care_plan", "care_plan_next")

    async def handle(self, call: Call) -> Outcome:
        """What was sent and waits, and what is in force unchanged, is not sent again."""
        plan = call.slots["care_plan"]
        if not plan["lines"]:
            return Again("care_plan_next", say="care_plan_empty")
        if not plan["open"] or (plan["sent"] and not plan["unsent"]):
            return Again("care_plan_next", say="care_plan_state")
        return Filled()


class SendCarePlan(Handler):
    """Sends the plan to the desk."""

    reads = ("care_plan_next",)
    fills = ("care_plan",)

    async def handle(self, call: Call) -> Outcome:
        """Once; what only takes lines out is agreed as it comes."""
        return Filled(care_plan=plan_slot(await call.service(Care).send_plan(reference(call), call.key)))
