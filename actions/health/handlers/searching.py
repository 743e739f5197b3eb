"""Hospitals to choose from: found near a place, by what a citizen needs, told in full, and compared."""

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from actions.health.client import Ers, SortBy
from actions.health.options import CONDITIONS, NEEDS, TOWNS, condition_in, option, order, trade, wanted, words
from actions.health.referral import HealthcareService, Need
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Values

AS_MANY: Final = 12
"""Hospitals that are shown at most, three at a time."""
HOME: Final = frozenset(
    {"near", "nearer", "close", "to", "by", "me", "my", "us", "our", "home", "house", "here", "hospital"}
    | {"ger", "at", "i", "mi", "ni", "adref", "adre"}
)
"""Words of which “near home” is made: it is near where the citizen is anyway."""
POSTCODE: Final = re.compile(r"\b([A-Z]{1,2}[0-9][0-9A-Z]?) ?([0-9][A-Z]{2})\b", re.IGNORECASE)


class Locate(Handler):
    """Where distances count from when it is not from home: “near my daughter in York”."""

    reads = ("around_words",)
    fills = ("around", "around_spots", "postcode")

    async def handle(self, call: Call) -> Outcome:
        """Finds it among the hospitals' towns, then among all places; one that nobody knows is told."""
        said = call.slots["around_words"]
        for in_english, in_welsh in TOWNS.items():
            said = re.sub(rf"\b{in_welsh}\b", in_english, said, flags=re.IGNORECASE)
        if code := POSTCODE.search(said):
            return Filled(around=None, around_spots=[], postcode=f"{code[1]} {code[2]}".upper())
        spoken = set(words(said))
        if spoken <= HOME:
            return Filled(around=None, around_spots=[])
        if (town := await _town(call, spoken)) is not None:
            return Filled(say="around_found", around=town, around_spots=[])
        spots = [
            {"id": f"{each.lat},{each.long}", "label": dict(each.label), "at": [each.lat, each.long]}
            for each in await call.know.places.find(said, limit=3)
        ]
        if not spots:
            return Again("around_words", say="around_unknown", around_said=said)
        if len(spots) > 1:
            return Filled(around=None, around_spots=spots)
        return Filled(say="around_found", around=spots[0], around_spots=spots)


async def _town(call: Call, spoken: set[str]) -> Values | None:
    """The town of a hospital for this referral that is among a citizen's words, with a postcode there."""
    towns = {each.provider.town: each.provider.postcode for each in await _ask(call, sort_by="IWT")}
    named = [town for town in towns if set(words(town)) <= spoken]
    if len(named) != 1:
        return None
    [name] = named
    return {"id": name, "label": {"en": name, "cy": TOWNS.get(name, name)}, "postcode": towns[name]}


async def _ask(
    call: Call,
    *,
    sort_by: SortBy,
    spot: Values | None = None,
    needs: Sequence[Need] = (),
    condition: str | None = None,
) -> list[HealthcareService]:
    """Services for the referral.

    Args:
        call: with the referral.
        sort_by: their order.
        spot: where distances count from; its `at` goes before its `postcode`.
        needs: what they must offer.
        condition: what they must treat.
    """
    referral, at = call.slots["referral"], (spot or {}).get("at")
    return await call.service(Ers).search(
        clinic_type=referral["clinic_type"], specialty=referral["specialty"], priority=referral["priority"],
        ubrn=referral["ubrn"], sort_by=sort_by, needs=needs, condition=condition,
        at=(at[0], at[1]) if at else None, postcode=None if at else (spot or {}).get("postcode"),
    )  # fmt: skip


class Search(Handler):
    """Finds the hospitals to choose from, in the order of what matters most to the citizen."""

    reads: ClassVar[tuple[str, ...]] = (
        "referral", "priority", "postcode", "around", "around_spot", "condition_words", *NEEDS,
    )  # fmt: skip
    fills: ClassVar[tuple[str, ...]] = ("hospitals",)

    async def handle(self, call: Call) -> Outcome:
        """Asks e-RS again for each order, as the order changes which services come back."""
        slots, needs = call.slots, wanted(call.slots)
        try:
            found, condition, unmet = await self._find(call, needs)
        except ServiceRefused as refusal:
            if refusal.code != "POSTCODE_UNKNOWN":
                raise
            return Again("postcode", say="postcode_unknown", postcode_unknown=slots["postcode"])
        named = [NEEDS[each][1] for each in needs]
        hospitals = [option(service, needs) for service in order(found, slots["priority"])[:AS_MANY]]
        return Filled(
            say="needs_unmet" if unmet else None, hospitals=hospitals, trade=trade(hospitals),
            figure_date=hospitals[0]["figure_date"] if hospitals else None,
            wished=[] if unmet else named, unmet=named,
            for_condition=condition and {"en": condition.lower(), "cy": CONDITIONS.get(condition, condition)},
        )  # fmt: skip

    @staticmethod
    async def _find(call: Call, needs: Sequence[str]) -> tuple[list[HealthcareService], str | None, bool]:
        """What fits; where nothing offers all that is needed, everything, and that it does not."""
        slots = call.slots
        sort_by: SortBy = "DISTANCE" if slots["priority"] == "nearest" else "IWT"
        spot = slots.get("around_spot") or slots.get("around") or {"postcode": slots.get("postcode")}
        codes = [NEEDS[each][0] for each in needs]
        found = await _ask(call, sort_by=sort_by, spot=spot, needs=codes)
        treated = {each for service in found for each in service.conditions_treated}
        condition = condition_in(slots.get("condition_words") or "", treated)
        if condition is not None and any(condition not in each.conditions_treated for each in found):
            found = await _ask(call, sort_by=sort_by, spot=spot, needs=codes, condition=condition)
        if found or not needs:
            return found, condition, False
        return await _ask(call, sort_by=sort_by, spot=spot), None, True


class Describe(Handler):
    """Tells all that is known of one hospital on the list."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was pointed at."""
        return Filled(say="hospital_details", about=call.option)


class CompareHospitals(Handler):
    """Tells all that is known of two hospitals on the list, side by side."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the two that were named."""
        one, other = call.options
        return Filled(say="hospital_comparison", one=one, other=other)


class TellDeskNoHospitals(Handler):
    """No service fits: a person looks further."""

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk."""
        return Filled(case=Case("no_hospital", known={"clinic": call.slots["referral"]["clinic_type"]}))
