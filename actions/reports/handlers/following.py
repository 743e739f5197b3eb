"""What following a report does: finds the one that is meant, tells how it goes, and adds to it."""

from typing import Any, Final

from actions.reports.client import Open311
from actions.reports.slots import as_it_is, thing
from actions.reports.words import both
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values

REFERENCE: Final = 4
"""Digits from which a number is a reference, and not one of a house."""


class FindReports(Handler):
    """Finds the report that is meant: the one whose reference was given, or the citizen's own."""

    reads = ("about_report",)
    fills = ("my_reports",)

    async def handle(self, call: Call) -> Outcome:
        """One, or several to choose from."""
        text = call.slots["about_report"]
        mine = [each for each in await call.know.followed() if each.thing.startswith("report:")]
        words = text.replace("#", " ").replace(".", " ").replace(",", " ").split()
        for word in reversed(words):
            named = next(
                (each for each in mine if each.known["reference"].casefold() == word.casefold()), None
            )
            if named is not None:
                return _found([_mine(named.known)])
            if word.isdigit() and (other := await self._other(call, word)) is not None:
                return _found([other])
        if not mine:
            given = next((word for word in words if word.isdigit() and len(word) >= REFERENCE), None)
            if call.slots.get("looked_for") and given is None:
                return Stop("no_reports_end")
            say = "no_such_report" if given else "no_reports"
            return Again("about_report", say=say, asked_reference=given, looked_for=True)
        return _found([_mine(each.known) for each in mine[:9]])

    @staticmethod
    async def _other(call: Call, reference: str) -> Values | None:
        try:
            found = await call.service(Open311).problem(reference)
        except ServiceRefused as refusal:
            if refusal.status == 404:
                return None
            raise
        return {
            "id": found.id,
            "name": both(found.category_name),
            "place": both(found.address),
            "mine": False,
        }


def _found(reports: list[Values]) -> Outcome:
    return (
        Filled(my_reports=reports, my_report=reports[0]) if len(reports) == 1 else Filled(my_reports=reports)
    )


def _mine(known: Any) -> Values:
    return {"id": known["reference"], "name": known["category"], "place": known["place"], "mine": True}


class LookAtReport(Handler):
    """Tells how a report is going."""

    reads = ("my_report",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service, in both languages."""
        return Filled(**await as_it_is(call, call.slots["my_report"]["id"]))


CHANGES: Final = {
    "still_there": ("open", {"en": "It is still there.", "cy": "Mae'n dal yno."}),
    "mended": ("fixed", {"en": "It is fixed.", "cy": "Mae wedi'i drwsio."}),
}
"""What a citizen says of a report, as the service is told it."""


class ChangeReport(Handler):
    """Tells the service what a citizen adds to a report, or ends the texts about it."""

    reads = ("my_report", "report_change", "report_more", "report_place")

    async def handle(self, call: Call) -> Outcome:
        """Once; what the team must decide goes to the desk."""
        slots, client = call.slots, call.service(Open311)
        report, change = slots["my_report"], slots["report_change"]
        reference, about = report["id"], thing(report["id"])
        if change == "no_more_news":
            await client.unsupport(reference, client.account(call.address), call.key)
            return Filled(reference=reference, follow={about: None}, remind={about: []})
        state, words = CHANGES.get(change, ("", {}))
        text = words.get("en") or slots.get("report_more") or f"Wrong place: {slots.get('report_place', '')}"
        if change == "mended" and not report["mine"]:
            state = ""  # whoever did not report it may say so, and the team looks
        case = None
        try:
            if not state:
                state = (await client.problem(reference)).state
            await client.update(reference, state, text, call.key)
        except ServiceRefused:
            known = {"reference": reference, "change": change, "words": text}
            case = Case("report_update", known=known)
        if change == "wrong_place":
            case = Case("wrong_place", known={"reference": reference, "place": slots["report_place"]})
        return Filled(reference=reference, case=case)
