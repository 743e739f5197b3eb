"""What a citizen wishes for of the childcare credit, over all that they say of it."""

import re
from typing import Final

from actions.childcare.slots import named_children
from actions.childcare.wishes import Wish, read_wish
from actions.sdk import Again, Call, Filled, Handler, Outcome, Values
from bot.answers.calendar_names import DAYS, MONTHS
from bot.answers.words import fold


class ReadChildcareWish(Handler):
    """What a message that wants something done asks for."""

    reads = ("childcare_wish", "childcare_to", "childcare_more")
    fills = ("childcare_errand", "childcare_wished", "childcare_said")

    async def handle(self, call: Call) -> Outcome:
        """Reads it by rules; what is not said is asked. Who answers a question may say the rest as well."""
        wish = read_wish(call.slots["childcare_wish"], call.now)
        said: Values = dict(call.slots.get("childcare_said") or {})
        noted: str | None = None
        if more := call.slots.get("childcare_more"):
            added = read_wish(more, call.now)
            if _another(added):
                return Again(*_ANSWERS, childcare_wish=more)
            listed = call.slots.get("childcare_spot") and "childcare_provider" not in call.slots
            if listed and (place := _ELSEWHERE.fullmatch(more.strip())):
                there: Values = {"text": place["place"] or place["code"], "postcode": None}
                return Again("childcare_more", childcare_to=there)
            if not _said_later(added) and not named_children(
                call.slots.get("childcare_children") or (), more
            ):
                return Again("childcare_more", say="childcare_not_that")
            said |= _said_later(added)
            noted = "childcare_noted" if said != call.slots.get("childcare_said") else None
        if to := words_of(call, "childcare_to"):
            later = read_wish(to, call.now)
            said |= _said_later(later)
            if _only_when_or_how_much(to, later):
                return Again("childcare_to", say="childcare_noted", childcare_said=said)
        wished = {**_wished(wish), **said}
        return Filled(
            say=noted, childcare_errand=wish.errand, childcare_wished=wished, childcare_said=said
        )  # fmt: skip


_SAID_LATER: Final = ("amounts", "everything", "half", "monday", "days", "kinds")
"""What of a wish goes before the first words when it is said with the name, or later."""
_ANSWERS: Final = (
    "childcare_more", "childcare_to", "childcare_second_to", "childcare_provider", "childcare_second",
    "childcare_week", "childcare_amount", "childcare_share", "childcare_pay_there", "childcare_elsewhere",
    "childcare_booking", "childcare_change", "childcare_order", "childcare_said",
)  # fmt: skip
"""Of one wish: who wishes for something else begins anew."""
_ELSEWHERE: Final = re.compile(
    r"(?:(?:no|or|and|ok|actually|maybe)[\s,]+)*"
    r"(?:what about|how about|try|near|round|around|in|beth am|ger|yn)\s+(?:near |round |in |ger |yn )?"
    r"(?P<place>[^,;?!]{2,60}?)[\s?.!]*|(?P<code>[a-z]{1,2}\d[a-z\d]?(?: \d[a-z]{2})?)",
    re.IGNORECASE,
)
"""Another place, said of a list of those near one."""
_FILLING: Final = re.compile(
    r"\b(?:for|the|of|it|please|pls|its|is|about|week|wk|just|only|on|am|yr|y|o|wythnos|plis)\b|[^a-z]"
)
_ONLY: Final = re.compile(
    r"\b(?:next|this|last|ago|after|nesaf?|yma|hon|diwethaf|all|everything|lot|half|popeth|cyfan|hanner|"
    r"quid|pounds?|punt|bunt|tenner|fiver)\b"
)
"""What a message may be made of besides figures that says when or how much, and nobody's name."""


def _another(wish: Wish) -> bool:
    """Whether a message that was no answer wishes for something else."""
    return wish.errand in ("change", "rule", "check", "top_up") or (
        wish.errand == "find" and bool(wish.places)
    )


def _said_later(wish: Wish) -> Values:
    later = _wished(wish)
    return {name: later[name] for name in _SAID_LATER if later[name]}


def _only_when_or_how_much(said: str, wish: Wish) -> bool:
    """Whether who is asked “who for?” says the week or the amount alone."""
    if not (wish.amounts or wish.everything or wish.half or wish.monday):
        return False
    words = _FILLING.sub(" ", _ONLY.sub(" ", fold(said)))
    return all(word in DAYS or word in MONTHS for word in words.split())


def _wished(wish: Wish) -> Values:
    return {
        "change": wish.change, "amounts": list(wish.amounts), "everything": wish.everything,
        "half": wish.half, "monday": wish.monday.isoformat() if wish.monday else None,
        "days": list(wish.days), "kinds": list(wish.kinds), "places": list(wish.places), "age": wish.age,
        "speaks": wish.speaks, "free": wish.free,
    }  # fmt: skip


def words_of(call: Call, slot: str) -> str | None:
    """The words of an answer of the kind `place`."""
    answer = call.slots.get(slot)
    return str(answer["text"]) if answer else None
