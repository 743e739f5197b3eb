"""What a parent does with their list of schools: adds, moves and takes off, and sends it."""

import re
from collections.abc import Sequence
from typing import Final

from actions.education.reading import PARENTS
from actions.education.school_client import Schools
from actions.education.schools import MOST_CHOSEN, ids, listed, option, short_name
from actions.education.wishes import LAST, Action, Named, Wish, apply, read_wishes
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values
from bot.answers import Question
from bot.answers.naming import by_name
from bot.answers.words import fold, plain

_SAME: Final = re.compile(
    r"\bsame (?:as|list|schools|for)\b|\byr un (?:fath|rhestr|ysgolion)\b", re.IGNORECASE
)
"""Words that want the list of another child."""
LONGEST_NAMED: Final = 8
"""Words of a message that names a school, and what to do with it; more are something else."""
TRIES: Final = 3
"""Names in all that were not known, after which a person looks."""


class ChangeSchoolList(Handler):
    """Does to the list what the parent picked or said, and makes room for the next."""

    reads = ("school_pick", "school_wish", "school_done", "school_list")
    fills = ("school_same",)

    async def handle(self, call: Call) -> Outcome:
        """A change of the list asks again; without one, the flow goes on."""
        slots = call.slots
        chosen: list[Values] = list(slots.get("school_list") or [])
        if slots.get("school_wish"):
            return await self._wished(call, chosen)
        if (picked := slots.get("school_pick")) is not None:
            return _again(call, chosen=[*chosen, listed(picked)])
        if slots.get("school_done") and not chosen and not slots.get("school_kept"):
            return Again("school_done", say="school_list_empty")
        return Filled(school_same=bool(slots.get("school_done")) and ids(chosen) == slots.get("school_kept"))

    @staticmethod
    async def _wished(call: Call, chosen: list[Values]) -> Outcome:
        said = call.slots["school_wish"]
        if _SAME.search(said):
            return await _same_as(call, said, chosen)
        # The message of this turn has all that was said; of an earlier one the part that was kept.
        wishes = read_wishes(call.text if plain(said) in plain(call.text) else said)
        names, unknown = await _resolve(call, wishes, chosen)
        if unknown is not None and call.slots.get("schools") is None:
            return _again(call, chosen=chosen)  # the first message said something else with those words
        if unknown is not None:
            say = "school_which" if unknown["several"] else "school_unknown"
            if len(said.split()) > LONGEST_NAMED:
                say = "school_wish_unclear"  # that was about something else
            tries = int(call.slots.get("school_tries") or 0) + 1
            case = Case("school_name_unknown") if tries == TRIES else None
            return Again(
                "school_pick", "school_wish", say=say, case=case, school_unknown=unknown, school_tries=tries
            )
        changed, whole = apply(wishes, chosen, lambda named, _: names.get(named), MOST_CHOSEN)
        if whole and wishes:
            return _again(call, chosen=changed)
        full = not whole and len(changed) >= MOST_CHOSEN
        return _again(call, "school_list_full" if full else "school_wish_unclear", chosen=changed)


async def _same_as(call: Call, said: str, chosen: list[Values]) -> Outcome:
    """The list of another child: the one that is named, or the only other."""
    mine = call.slots["which_pupil"]["reference"]
    others = {
        str(each["reference"]): str(each["name"]) for each in call.slots.get("my_pupils") or []
        if each["reference"] != mine and each["party"] in PARENTS
    }  # fmt: skip
    named = [reference for reference, name in others.items() if name.casefold() in said.casefold()]
    wanted = named or list(others)
    if len(wanted) != 1:
        return _again(call, "school_same_none", chosen=chosen)
    there = [listed(each) for each in (await call.service(Schools).situation(wanted[0]))["list"]]
    return _again(call, None if there else "school_same_none", chosen=there or chosen)


def _again(call: Call, say: str | None = None, *, chosen: list[Values]) -> Outcome:
    """The list as it is now, and the question again; a full list needs no more, an empty one some."""
    values: Values = {"school_list": chosen}
    slots = ["school_pick", "school_wish"]
    if len(chosen) >= MOST_CHOSEN and chosen != call.slots.get("school_list"):
        values["school_done"] = True
    elif not chosen and not call.slots.get("school_kept"):
        slots.append("school_done")
    return Again(*slots, say=say, **values)


async def _resolve(
    call: Call, wishes: Sequence[Wish], chosen: Sequence[Values]
) -> tuple[dict[Named, Values], Values | None]:
    """The schools that are named; and the first of the names that none, or several, have."""
    found: dict[Named, Values] = {}
    shown: list[Values] = list(call.slots.get("schools") or [])
    for wish in wishes:
        for named in filter(None, (wish.school, wish.other)):
            if named in found:
                continue
            if named.number is not None:
                school = _numbered(
                    named, wish.action, chosen, shown, at_review=bool(call.slots.get("school_done"))
                )
                if school is None:
                    return found, {"words": str(named.number), "several": []}
                found[named] = school
                continue
            school = _by_name(named.words, chosen) or _by_name(named.words, shown)
            if school is None:
                others = await _elsewhere(call, named.words)
                if len(others) != 1:
                    several = [short_name(str(each["name"])) for each in others]
                    return found, {"words": named.words, "several": several}
                school = others[0]
            found[named] = listed(school)
    return found, None


async def _elsewhere(call: Call, words: str) -> list[Values]:
    """Schools that are not on the page: of the child's age, near home."""
    if len(words) < 3:
        return []
    found = await call.service(Schools).named(call.slots["which_pupil"]["reference"], words)
    return [option(each) for each in found]


def _numbered(
    named: Named, action: Action, chosen: Sequence[Values], shown: Sequence[Values], *, at_review: bool
) -> Values | None:
    """The school of a number: of the page for one that is added, of the parent's own list for all else."""
    number = int(named.number or 0)
    own = named.place or at_review or action != "put"
    of = chosen if own else [listed(each) for each in shown]
    if number == LAST:
        return of[-1] if of else None
    return of[number - 1] if 0 < number <= len(of) else None


def _by_name(words: str, schools: Sequence[Values]) -> Values | None:
    question = Question("school", options=tuple((each, str(each["name"])) for each in schools))
    answer = by_name(fold(words), question) if schools else None
    return None if answer is None else listed(answer.value)


class SendSchoolList(Handler):
    """Keeps the list with the department until the deadline."""

    reads = ("school_list",)

    async def handle(self, call: Call) -> Outcome:
        """Once; what somebody else changed meanwhile is shown, and nothing is undone unseen."""
        slots, case = call.slots, call.slots["school_case"]
        chosen: list[Values] = list(slots["school_list"])
        pupil = slots["which_pupil"]["reference"]
        try:
            await call.service(Schools).keep(
                pupil, case["round"], ids(chosen), slots["school_kept"], key=call.key
            )
        except ServiceRefused as refusal:
            match refusal.code:
                case "DEADLINE_PASSED":
                    return Stop("school_too_late")
                case "NO_RIGHT" | "ROUND_CHANGED":
                    return Stop("school_right_over")
                case "LIST_CHANGED":
                    now = await call.service(Schools).situation(pupil)
                    there = [listed(each) for each in now["list"]]
                    return Again(
                        "school_done", say="school_list_elsewhere", school_list=there, school_kept=ids(there)
                    )
                case "NOT_FOR_PUPIL":
                    return self._without(chosen, str(refusal.details.get("urn")))
            raise
        several = len({each["reference"] for each in slots.get("my_pupils") or []}) > 1
        return Filled(school_kept=ids(chosen), school_others=several)

    @staticmethod
    def _without(chosen: Sequence[Values], urn: str) -> Outcome:
        """A school that closed meanwhile, or is not for the child, comes off."""
        gone = next((each for each in chosen if each["id"] == urn), {"short": urn})
        left = [each for each in chosen if each["id"] != urn]
        return Again("school_done", say="school_not_for_child", school_list=left, school_gone=gone["short"])
