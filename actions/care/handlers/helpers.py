"""Letting somebody else pay, within limits, and ending that."""

import re
from typing import Final

from actions.care.client import Care
from actions.care.hearing import helping
from actions.care.paying import named_in
from actions.care.who import reference
from actions.sdk import Again, Call, Filled, Handler, Outcome, ServiceRefused, Values

NEW = "new"
ALL = "all"
LIMITS: Final = (
    "care_helper_phone", "care_helper_payment", "care_helper_week", "care_helper_lines",
)  # fmt: skip
"""What is asked of somebody new; of another it is asked anew."""
_NAME: Final = re.compile(r"[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){0,2}")


class ListCareHelpers(Handler):
    """Who may pay now, and that somebody new may."""

    reads = ("care", "care_request", "care_helper_said")
    fills = ("care_helpers",)

    async def handle(self, call: Call) -> Outcome:
        """Who is named is meant; with nobody yet, or another name, somebody new."""
        slots = call.slots
        found = await call.service(Care).helpers(reference(call))
        helpers = [
            {"id": str(each.id), "name": each.name, "per_payment": each.per_payment,
             "per_week": each.per_week, "new": False}
            for each in found
        ]  # fmt: skip
        new = {"id": NEW, "name": "", "per_payment": 0, "per_week": 0, "new": True}
        text, said = slots.get("care_request") or "", slots.get("care_helper_said") or ""
        meant, wanted = named_in(f"{text} {said}", {str(each.id): each.name for each in found}), helping(text)
        one = next((each for each in helpers if [each["id"]] == meant), None)
        if one is not None and wanted.kind != "let":
            return Filled(care_helpers=[*helpers, new], care_helper=one)
        name = wanted.name or (said if _NAME.fullmatch(said) else "")
        if slots.get("care_helper_name") not in (None, name) and name:
            return Again(*LIMITS, care_helper_name=name)
        if one is None and (not helpers or wanted.kind == "let" or name):
            told: Values = {"care_helper_name": name, "care_helper_phone": wanted.phone}
            told = {slot: value for slot, value in told.items() if value and slot not in slots}
            return Filled(care_helpers=[*helpers, new], care_helper=new, **told)
        return Filled(care_helpers=[*helpers, new])


class ListHelperLines(Handler):
    """The lines that a helper may pay for: all, or one."""

    reads = ("care",)
    fills = ("care_line_choice",)

    async def handle(self, call: Call) -> Outcome:
        """Of the plan in force."""
        plan = await call.service(Care).plan(reference(call))
        lines = plan.in_force.lines if plan.in_force else ()
        found = [{"id": str(line.line), "words": line.words, "all": False} for line in lines]
        return Filled(care_line_choice=[{"id": ALL, "words": "", "all": True}, *found])


class CheckHelperLimits(Handler):
    """A week's limit is not below that of a payment, and neither is nothing."""

    reads = ("care_helper_payment", "care_helper_week")

    async def handle(self, call: Call) -> Outcome:
        """Asks again."""
        payment, week = call.slots["care_helper_payment"], call.slots["care_helper_week"]
        for slot, value in (("care_helper_payment", payment), ("care_helper_week", week)):
            if isinstance(value, str) or value < 1:
                return Again(slot, say="care_helper_in_pounds")
        if week < payment:
            return Again("care_helper_week", say="care_helper_week_small")
        return Filled()


class AllowHelper(Handler):
    """Keeps who may pay, from their own telephone."""

    reads = (
        "care_helper_name", "care_helper_phone", "care_helper_payment", "care_helper_week",
        "care_helper_lines",
    )  # fmt: skip

    async def handle(self, call: Call) -> Outcome:
        """They are told by text."""
        slots = call.slots
        line = slots["care_helper_lines"]
        helper = {
            "name": slots["care_helper_name"], "phone": slots["care_helper_phone"],
            "per_payment": slots["care_helper_payment"], "per_week": slots["care_helper_week"],
            "lines": None if line["all"] else [int(line["id"])],
        }  # fmt: skip
        try:
            await call.service(Care).allow(reference(call), helper, call.key)
        except ServiceRefused as refusal:
            if refusal.code == "OWN_PHONE":
                return Again("care_helper_phone", say="care_helper_own_phone")
            if refusal.code == "INVALID":  # more than anybody may be let pay
                return Again("care_helper_payment", "care_helper_week", say="care_helper_too_much")
            raise
        return Filled()


class EndHelper(Handler):
    """Ends what somebody may pay, at once."""

    reads = ("care_helper",)

    async def handle(self, call: Call) -> Outcome:
        """They are told by text."""
        await call.service(Care).end_helper(reference(call), int(call.slots["care_helper"]["id"]), call.key)
        return Filled()
