"""Paying for a week of care: for when, how much, from what; and booking it, which holds the money."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from actions.childcare.client import Childcare
from actions.childcare.records import Order
from actions.childcare.slots import AHEAD, BACK, booking_slot, parts_slot, weeks_slot
from actions.childcare.wishes import read_wish
from actions.sdk import Again, Call, Filled, Handler, Outcome, ServiceRefused, Stop, Values

MOST: Final = 200_000
"""Pence of one booking."""

_WHOM: Final = ("childcare_provider", "childcare_to")
_OTHER: Final = ("childcare_second", "childcare_second_to")
# What the service says no to, with what is then asked again; where it is nothing, the flow ends.
_REFUSALS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "GRACE_OVER": ("childcare_no_grace", ()),
    "STRUCK_OFF": ("childcare_refused_struck_off", _WHOM),
    "NOT_REGISTERED": ("childcare_refused_registered", _WHOM),
    "AGE": ("childcare_refused_age", _WHOM),
    "TOO_EARLY": ("childcare_refused_early", ("childcare_week",)),
    "TOO_FAR": ("childcare_refused_far", ("childcare_week",)),
    "SAME_PROVIDER": ("childcare_refused_same", _OTHER),
    "NOT_YOURS": ("childcare_refused_yours", ()),
}


class MayBook(Handler):
    """Who can't book any week is told so before anything is asked."""

    reads = ("childcare_family",)

    async def handle(self, call: Call) -> Outcome:
        """Looks until when the family can book: the weeks behind us that can still be paid count."""
        family = call.slots["childcare_family"]
        last = date.fromisoformat(family["grace_until"])
        if last >= call.now.date() - timedelta(weeks=BACK):
            return Filled()
        told = {"ends": family["ends"], "grace_until": family["grace_until"]}
        return Stop("childcare_no_grace", childcare_refused=told)


class ListWeeks(Handler):
    """The weeks that can be paid for."""

    reads = ("childcare_wished",)
    fills = ("childcare_weeks", "sure_childcare_week")

    async def handle(self, call: Call) -> Outcome:
        """This one and next first, then the last, and those further off."""
        named = call.slots["childcare_wished"]["monday"]
        if named is None and (monday := read_wish(call.text, call.now).monday):
            named = monday.isoformat()  # “Noah, this week”: it was said with the answer before
        wanted = date.fromisoformat(named) if named else None
        weeks = weeks_slot(call.now.date(), wanted)
        sure = next((week for week in weeks if week["id"] == named), None)
        if wanted is not None and sure is None:
            back = wanted < call.now.date()
            return Filled(
                say="childcare_refused_early" if back else "childcare_refused_far",
                childcare_weeks=weeks, sure_childcare_week=None,
                childcare_refused={"weeks": BACK if back else AHEAD},
            )  # fmt: skip
        return Filled(childcare_weeks=weeks, sure_childcare_week=sure)


class TakeWeek(Handler):
    """Takes the week that was said."""

    reads = ("sure_childcare_week",)

    async def handle(self, call: Call) -> Outcome:
        """Each once: one that is said later goes before it, also where it was chosen."""
        sure = call.slots.get("sure_childcare_week")
        return Filled(childcare_week=sure) if sure else Filled()


class TakeAmount(Handler):
    """Takes the amount that was said, and for a sum that is split both its parts."""

    reads = ("childcare_wished",)

    async def handle(self, call: Call) -> Outcome:
        """Once; what is not said is asked."""
        wished = call.slots["childcare_wished"]
        taken: Values = {}
        beside = read_wish(call.text, call.now)  # “next week, £30” answers two things
        amounts = wished["amounts"] or beside.amounts
        if call.slots["childcare_errand"] == "split":
            if len(amounts) > 1:
                taken = {"childcare_amount": sum(amounts[:2]), "childcare_share": amounts[0]}
            elif wished["half"]:
                taken = {"childcare_share": "half"}
                taken |= {"childcare_amount": amounts[0]} if amounts else {}
            elif amounts:
                taken = {"childcare_share": amounts[0]}
        elif amounts:
            taken = {"childcare_amount": amounts[0] if len(set(amounts)) == 1 else sum(amounts)}
        if (wished["everything"] or beside.everything) and "childcare_amount" not in taken:
            taken["childcare_amount"] = "all"
        return Filled(**{name: value for name, value in taken.items() if name not in call.slots})


class QuoteChildcare(Handler):
    """What the booking would come from, by all the rules; nothing is held yet."""

    reads = (
        "childcare_child", "childcare_provider", "childcare_second", "childcare_week", "childcare_amount",
        "childcare_share",
    )  # fmt: skip
    fills = ("childcare_quote",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service; an amount that won't do is asked for again with the reason."""
        free = call.slots["childcare_child"]["free"]
        amount = _pence(call.slots["childcare_amount"], free)
        if amount is None or amount > MOST:
            return Again("childcare_amount", say="childcare_amount_limits")
        share = _share(call, amount)
        if call.slots["childcare_errand"] == "split" and share is None:
            return Again("childcare_share", say="childcare_share_limits", childcare_amount=amount)
        # “All of it” is so many pence from here on; what was said in pence stays the citizen's own answer.
        said: Values = {"childcare_amount": amount, **({"childcare_share": share} if share else {})}
        known = {name: value for name, value in said.items() if call.slots[name] != value}
        try:
            quote = await call.service(Childcare).quote(_order(call, amount, share))
        except ServiceRefused as refusal:
            return _refused(call, refusal)
        if not quote.enough:
            short = {"free": quote.available, "own": quote.own, "short": amount - quote.available}
            return Again("childcare_amount", say="childcare_not_enough", childcare_short=short)
        parts = parts_slot(quote.parts)
        return Filled(
            childcare_quote={"parts": parts, "left": quote.available - amount, "rest": amount - (share or 0)},
            **known,
        )  # fmt: skip


class BookChildcare(Handler):
    """Books: the money is held until the provider confirms that the child came."""

    reads = QuoteChildcare.reads
    fills = ("childcare_booked",)

    async def handle(self, call: Call) -> Outcome:
        """Books once, however often the turn is run: the call carries its key."""
        amount, share = call.slots["childcare_amount"], call.slots.get("childcare_share")
        try:
            made = await call.service(Childcare).book(_order(call, amount, share), call.key)
        except ServiceRefused as refusal:
            if refusal.code == "NOT_ENOUGH":
                # Somebody else who spends for the same child was quicker.
                return Again("childcare_amount", "childcare_children", say="childcare_just_spent")
            return _refused(call, refusal)
        booked = [booking_slot(each) for each in made]
        return Filled(childcare_booked=booked[0], childcare_also_booked=booked[1] if booked[1:] else None)


def _pence(amount: Any, free: int) -> int | None:
    if amount == "all":
        return free or None
    if amount == "half":
        return free // 2 or None
    return amount if isinstance(amount, int) and amount > 0 else None


def _share(call: Call, amount: int) -> int | None:
    """What the first of two gets, in pence; None for what leaves one of them nothing."""
    if call.slots["childcare_errand"] != "split":
        return None
    share = call.slots["childcare_share"]
    share = amount - amount // 2 if share == "half" else share
    return share if isinstance(share, int) and 0 < share < amount else None


def _order(call: Call, amount: int, share: int | None) -> Order:
    slots = call.slots
    since = date.fromisoformat(slots["childcare_week"]["since"])
    shares = [(slots["childcare_provider"]["id"], amount if share is None else share)]
    if share is not None:
        shares.append((slots["childcare_second"]["id"], amount - share))
    return Order(
        slots["childcare_family"]["reference"], int(slots["childcare_child"]["id"]), since,
        since + timedelta(days=6), tuple(shares), tuple(slots["childcare_wished"]["days"]),
    )  # fmt: skip


def _refused(call: Call, refusal: ServiceRefused) -> Outcome:
    """Tells the reason, and asks anew what it is about; who can't be paid is not offered again."""
    say, again = _REFUSALS.get(refusal.code, ("", ()))
    if not say:
        raise refusal
    second = call.slots.get("childcare_second")
    if again == _WHOM and second and second["id"] == refusal.details.get("provider"):
        again = _OTHER
    told: Values = {"childcare_refused": dict(refusal.details)}
    if again in (_WHOM, _OTHER):
        told |= {"childcare_elsewhere": True, f"sure_{again[0]}": None}
    return Again(*again, say=say, **told) if again else Stop(say, **told)
