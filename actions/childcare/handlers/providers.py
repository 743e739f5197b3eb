"""Whom a citizen means or looks for: providers by their names, used before, or near a place."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from actions.childcare.client import Childcare
from actions.childcare.handlers.wishing import words_of
from actions.childcare.records import Provider
from actions.childcare.slots import OTHER, RATINGS, other_slot, provider_slot
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, Values

SHOWN: Final = 12
NAMED: Final = 6
"""Providers that are offered at most, found near a place and by a name."""
_RANKS: Final = {name: rank for rank, name in enumerate(RATINGS) if name}
"""Ofsted's words, the best first; who has none yet is in the middle."""


class FindProviders(Handler):
    """Providers to choose from: named in the message, used before, or near a place."""

    reads = ("childcare_wished", "childcare_to", "childcare_order", "childcare_elsewhere")
    fills = ("childcare_providers", "sure_childcare_provider", "childcare_spot")

    async def handle(self, call: Call) -> Outcome:
        """Looks in that order; with nothing found, the citizen is asked."""
        wished, to = call.slots["childcare_wished"], words_of(call, "childcare_to")
        elsewhere = bool(call.slots.get("childcare_elsewhere"))
        said = to or ("" if elsewhere else call.slots["childcare_wish"])
        places = [to] if to else [] if elsewhere else wished["places"]
        if call.slots["childcare_errand"] != "find":
            if found := await _named(call, said, 0):
                return _offer(found)
            if to is None and not elsewhere and (used := await _used(call, _kind(wished, 0))):
                return _offer(used, sure=bool(wished["kinds"]))
        elif (near := await self._near(call, places)) is not None:
            return near
        elif to and (found := await _named(call, to, 0)):
            return _offer(found)
        near = await self._near(call, places)
        if near is None and to is not None:
            return Again("childcare_to", say="childcare_not_found", childcare_sought=to[:60])
        return near or Filled(childcare_providers=[], sure_childcare_provider=None)

    async def _near(self, call: Call, places: Sequence[str]) -> Outcome | None:
        """Those near the first of some words that are a place; None where none of them is."""
        for words in places:
            spots = await call.know.places.find(words, limit=1)
            if not spots:
                continue
            spot, wished = spots[0], call.slots["childcare_wished"]
            days, label = wished["days"], dict(spot.label)
            asked = {
                "age": wished["age"], "day": days[0] if days else None, "speaks": wished["speaks"],
                "free": wished["free"] or None,
            }  # fmt: skip
            # Nobody has all of it: then those of the kind that is meant, and the citizen is told so once.
            for wishes in (asked, dict.fromkeys(asked)):
                found = await call.service(Childcare).providers(
                    lat=spot.lat, long=spot.long, kind=_kind(wished, 0), **wishes, most=SHOWN,
                )  # fmt: skip
                if not found:
                    continue
                told = call.slots.get("childcare_spot") == label
                return Filled(
                    say=None if wishes == asked or told else "childcare_near_without",
                    childcare_providers=[provider_slot(each) for each in _sorted(call, found)],
                    sure_childcare_provider=None, childcare_spot=label,
                )  # fmt: skip
            anew: Values = {"childcare_spot": label, "childcare_elsewhere": True}
            return Again("childcare_to", say="childcare_none_near", **anew)
        return None


def _sorted(call: Call, near: Sequence[Provider]) -> Sequence[Provider]:
    """Those that are near in the order that is asked for: the cheapest of a county is of no use."""
    match call.slots.get("childcare_order") or _order(call):
        case "price":
            return sorted(near, key=lambda each: each.price_hour)
        case "rating":
            return sorted(near, key=lambda each: _RANKS.get(each.rating or "", len(_RANKS) / 2))
        case _:
            return near


def _order(call: Call) -> str | None:
    """The order that the first words ask for."""
    said = call.slots["childcare_wish"].casefold()
    if "cheap" in said or "rata" in said:
        return "price"
    return "rating" if "best" in said or "good rating" in said or "gorau" in said else None


def _kind(wished: Values, place: int) -> str | None:
    kinds: list[str] = wished["kinds"]
    return kinds[place] if place < len(kinds) else None


async def _named(call: Call, said: str, place: int) -> list[Provider]:
    """Those a text names; of several whole names the one in this place, else all that fit."""
    if not said.strip():
        return []
    found = await call.service(Childcare).named(said)
    whole = [each for each in found if each.whole]
    if len(whole) > place and (place or len(whole) > 1) and call.slots["childcare_errand"] == "split":
        return [whole[place]]
    kind = _kind(call.slots["childcare_wished"], place)
    fit = [each for each in found if kind is None or each.kind == kind] or list(found)
    likely = whole if whole and place == 0 else [each for each in fit if not each.whole or place == 0]
    return likely[:NAMED]


async def _used(call: Call, kind: str | None) -> list[Provider]:
    """Those that the family booked before, the last first, of a kind if one was said."""
    family = call.slots.get("childcare_family")
    if family is None:
        return []
    client = call.service(Childcare)
    numbers = dict.fromkeys(each.provider for each in await client.bookings(family["reference"]))
    found = [await client.provider(number) for number in list(numbers)[:NAMED]]
    return [each for each in found if kind in (None, each.kind)]


def _offer(found: Sequence[Provider], *, sure: bool = True) -> Outcome:
    """The list with somebody else at its end; one that was meant, and is alone, is taken and read back."""
    options = [provider_slot(each) for each in found]
    only = options[0] if len(options) == 1 and sure else None
    return Filled(
        childcare_providers=[*options, other_slot(options)], sure_childcare_provider=only,
        childcare_spot=None,
    )  # fmt: skip


class TakeProvider(Handler):
    """Takes the provider that is clear; it is read back with the rest."""

    reads = ("sure_childcare_provider",)

    async def handle(self, call: Call) -> Outcome:
        """Once for each: a citizen who says it is another is then asked."""
        sure = call.slots.get("sure_childcare_provider")
        return (
            Filled(childcare_provider=sure) if sure and "childcare_provider" not in call.slots else Filled()
        )


class DescribeProvider(Handler):
    """Tells all that is known of one provider on the list."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was pointed at."""
        return Filled(say="childcare_details", about=call.option)


class CheckProvider(Handler):
    """“Somebody else” asks whom; who can't be paid, or doesn't take the child, is told with the reason."""

    reads = ("childcare_provider", "childcare_child")

    async def handle(self, call: Call) -> Outcome:
        """Looks at the provider that was chosen."""
        return _check(call, "childcare_provider", "childcare_to")


class FindSecond(Handler):
    """The other provider of a sum that is split."""

    reads = ("childcare_wished", "childcare_second_to", "childcare_provider", "childcare_elsewhere")
    fills = ("childcare_seconds", "sure_childcare_second")

    async def handle(self, call: Call) -> Outcome:
        """Looks for the second name in the message, for who was used before, or for what was asked."""
        first, to = call.slots["childcare_provider"]["id"], words_of(call, "childcare_second_to")
        if to:
            found = list((await call.service(Childcare).named(to))[:NAMED])
            if not found:
                return Again("childcare_second_to", say="childcare_not_found", childcare_sought=to[:60])
        elif call.slots.get("childcare_elsewhere"):
            found = []
        else:
            wished = call.slots["childcare_wished"]
            found = await _named(call, call.slots["childcare_wish"], 1)
            found = found or await _used(call, _kind(wished, len(wished["kinds"]) - 1))
        options = [provider_slot(each) for each in found if each.number != first]
        sure = options[0] if len(options) == 1 else None
        listed = [*options, other_slot(options)] if options else []
        return Filled(childcare_seconds=listed, sure_childcare_second=sure)


class TakeSecond(Handler):
    """Takes the second provider that is clear."""

    reads = ("sure_childcare_second",)

    async def handle(self, call: Call) -> Outcome:
        """Once for each."""
        sure = call.slots.get("sure_childcare_second")
        return Filled(childcare_second=sure) if sure and "childcare_second" not in call.slots else Filled()


class CheckSecond(Handler):
    """The same for the second provider of a split sum."""

    reads = ("childcare_second", "childcare_child")

    async def handle(self, call: Call) -> Outcome:
        """Looks at it."""
        return _check(call, "childcare_second", "childcare_second_to")


def _check(call: Call, slot: str, to: str) -> Outcome:
    chosen: dict[str, Any] = call.slots[slot]
    if chosen["id"] == OTHER:
        return Again(slot, to, childcare_elsewhere=True, **{f"sure_{slot}": None})
    again: Values = {"childcare_about": chosen, "childcare_elsewhere": True, f"sure_{slot}": None}
    if not chosen["registered"]:
        return Again(slot, to, say="childcare_not_registered", case=_case(chosen), **again)
    child = call.slots.get("childcare_child")
    months = _months(call, child) if child else None
    if months is not None and not chosen["age_from"] <= months <= chosen["age_to"]:
        return Again(slot, to, say="childcare_wrong_age", **again)
    return Filled()


def _case(chosen: Values) -> Case | None:
    """Somebody who was struck off and still is sent families is something for the desk."""
    return Case("struck_off_asked_for", known={"provider": chosen["id"]}) if chosen["struck_off"] else None


def _months(call: Call, child: Values) -> int:
    born = date.fromisoformat(call.slots["childcare_family"]["born"][child["id"]])
    today = call.now.date()
    return (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
