"""Putting tutoring forward, and changing what was put forward: who helps, when, where, how long, what for."""

import re
from collections.abc import Iterable
from typing import Final

from actions.education import tuition
from actions.education.client import Education
from actions.education.handlers.around import around
from actions.education.reading import Terms
from actions.education.words import DAYS, PLACES, SUBJECTS
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values

MOST_HOURS: Final = 40

_ASKED: Final = ("tutoring_hours", "tutoring_day", "tutoring_place", "tutoring_goal", "tutor")
"""The questions of a proposal, by the slots they fill."""
_SLOTS: Final = {
    "hours": ("tutoring_hours",), "day": ("tutoring_day",), "place": ("tutoring_place",),
    "goal": ("tutoring_goal",), "tutor": ("tutor", "tutoring_day", "tutoring_place", "tutoring_hours"),
}  # fmt: skip
"""What is asked anew for what is to be changed; another tutor has other days, places and price."""

_NAMED: Final = {
    "day": [*(name for each in DAYS.values() for name in each.values()), "day", "diwrnod", "ddiwrnod"],
    "place": [
        *(name for each in PLACES.values() for name in each.values()), "place", "home", "library", "lle",
        "llyfrgell",
    ],
}  # fmt: skip
"""Words of a message that say what is to be changed."""

_ORDERS: Final = {
    "nearest": lambda option: (option["distance"] or 0, option["price"]),
    "cheapest": lambda option: (option["price"], option["distance"] or 0),
    "best": lambda option: (-(option["rating"] or 0), option["distance"] or 0),
}  # fmt: skip


class FindSubjects(Handler):
    """The subjects that the credit is for: those that the pupil is behind in."""

    reads = ("which_pupil",)
    fills = ("subjects_behind", "tutoring_subject")

    async def handle(self, call: Call) -> Outcome:
        """Where there is only one, and none was named, it is taken."""
        pupil, _ = tuition.mine(call)
        behind = (await call.service(Education).credit(pupil)).behind
        only: Values = {}
        if len(behind) == 1 and "tutoring_subject" not in call.slots:
            only = {"tutoring_subject": next(iter(behind))}
        return Filled(subjects_behind=[dict(SUBJECTS[each]) for each in behind], **only)


class CheckSubject(Handler):
    """Whether the credit is for a subject: those that the pupil is behind in."""

    reads = ("tutoring_subject", "which_pupil")
    fills = ("subject_words", "subjects_behind")

    async def handle(self, call: Call) -> Outcome:
        """Asks again with the subjects that count."""
        pupil, _ = tuition.mine(call)
        behind = (await call.service(Education).credit(pupil)).behind
        subject, names = call.slots["tutoring_subject"], [dict(SUBJECTS[each]) for each in behind]
        words = dict(SUBJECTS[subject])
        if subject not in behind:
            return Again(
                "tutoring_subject", say="subject_not_behind", subject_words=words, subjects_behind=names
            )
        return Filled(subject_words=words, subjects_behind=names)


class FindTutors(Handler):
    """The approved tutors near home or a place, or the help that the pupil's school gives."""

    reads = ("tutoring_subject", "tutoring_kind", "tutoring_near", "tutor_order")
    fills = ("tutors", "tutor_from")

    async def handle(self, call: Call) -> Outcome:
        """In the order that was asked for; distances are from home, or from where the citizen says."""
        slots = call.slots
        near, label, unknown = await around(call, str(slots.get("tutoring_near") or ""))
        pupil, _ = tuition.mine(call)
        found = await call.service(Education).tutors(
            pupil, slots["tutoring_subject"], slots["tutoring_kind"], near
        )
        order = _ORDERS[slots.get("tutor_order", "nearest")]
        options = sorted((tuition.tutor_option(each) for each in found), key=order)
        say = "tutoring_near_unknown" if unknown and slots["tutoring_kind"] == "tutor" else None
        return Filled(say=say, tutors=options, tutor_from=label)


class NoTutors(Handler):
    """Nobody fits: a person looks further."""

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk what was looked for."""
        known = {name: call.slots[name] for name in ("tutoring_subject", "tutoring_kind")}
        return Filled(case=Case("no_tutor", known=known))


class DescribeTutor(Handler):
    """Tells all that is known of one tutor on the list."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was pointed at."""
        return Filled(say="tutor_details", about=call.option)


class OpenTutor(Handler):
    """What is to be chosen with a tutor: the days, the places, and how many hours the credit pays for."""

    reads = ("tutor", "which_pupil")
    fills = ("tutoring_days", "tutoring_places", "tutoring_most", "tutoring_day", "tutoring_place")

    async def handle(self, call: Call) -> Outcome:
        """Where there is only one day or place, or the message names one, it is taken."""
        tutor = call.slots["tutor"]
        available = await _available(call)
        most = min(available // tutor["price"], MOST_HOURS)
        if most == 0:
            return Again("tutor", say="tutor_too_dear", credit_free=available)
        only: Values = {}
        for slot, options, name in (
            ("tutoring_day", tutor["days"], "day"), ("tutoring_place", tutor["places"], "place"),
        ):  # fmt: skip
            named = [each for each in options if _named(each[name].values(), call.text)]
            fits = options if len(options) == 1 else named
            if len(fits) == 1 and slot not in call.slots:
                only[slot] = fits[0]
        return Filled(
            tutoring_days=tutor["days"], tutoring_places=tutor["places"], tutoring_most=most, **only
        )


def _named(names: Iterable[str], text: str) -> bool:
    """Whether one of some names stands in a message; days also by “Fridays”."""
    return any(re.search(rf"(?<!\w){re.escape(each.casefold())}s?(?!\w)", text.casefold()) for each in names)


async def _available(call: Call) -> int:
    """Pence that can be held: what is free, and what a proposal that is changed gives back."""
    pupil, _ = tuition.mine(call)
    education = call.service(Education)
    free = (await education.credit(pupil)).available
    if "tutoring_change" not in call.slots:
        return free
    proposal = await tuition.find(call, call.slots["tuition_id"])
    return free + proposal.price * tuition.to_come(proposal, call.now)


class CountHours(Handler):
    """Whether the credit pays for so many hours, and what they cost."""

    reads = ("tutoring_hours", "tutoring_most", "tutor")
    fills = ("tutoring_total",)

    async def handle(self, call: Call) -> Outcome:
        """Asks again for fewer."""
        hours, most = call.slots["tutoring_hours"], call.slots["tutoring_most"]
        if hours > most:
            return Again("tutoring_hours", say="hours_too_many")
        return Filled(tutoring_total=hours * call.slots["tutor"]["price"])


def _terms(call: Call) -> Terms:
    slots = call.slots
    return Terms(
        slots["tutor"]["id"], slots["tutoring_subject"], slots["tutoring_hours"], slots["tutoring_day"]["id"],
        slots["tutoring_place"]["id"], slots["tutoring_goal"],
    )  # fmt: skip


class ProposeTutoring(Handler):
    """Puts the tutoring forward: its money is held, and the two others are asked."""

    reads = _ASKED
    fills = ("tuition",)

    async def handle(self, call: Call) -> Outcome:
        """Once, however often the turn is run."""
        pupil, party = tuition.mine(call)
        try:
            proposal = await call.service(Education).propose(pupil, party, _terms(call), key=call.key)
        except ServiceRefused as refusal:
            return _refused(refusal)
        return Filled(say=tuition.worded("tutoring_proposed", party), tuition=tuition.terms(proposal))


def _refused(refusal: ServiceRefused) -> Outcome:
    """What can be done about terms that the department does not take."""
    match refusal.code:
        case "NOT_ENOUGH":
            return Again("tutoring_hours", say="credit_too_small", credit_free=refusal.details["available"])
        case "TUTOR_NOT_APPROVED" | "TUTOR_NOT_FOUND":
            return Again("tutor", "tutors", say="tutor_not_approved")
        case "TERMS_WRONG":
            return Again("tutor", "tutors", say="tutor_has_changed")
        case "ANOTHER_OPEN":
            return Stop("tutoring_one_at_a_time")
        case "VERSION_CHANGED" | "NOT_OPEN":
            return Stop("tutoring_changed_by_others")
    raise refusal


class PickTutoring(Handler):
    """The tutoring that is meant, of several."""

    reads = ("which_tutoring",)
    fills = ("tuition", "tuition_id")

    async def handle(self, call: Call) -> Outcome:
        """Takes what was chosen."""
        chosen = call.slots["which_tutoring"]
        return Filled(tuition_id=int(chosen["id"]), tuition={**chosen, "id": int(chosen["id"])})


class ReadChange(Handler):
    """What a message that asks for a change names: “can we do it on Fridays instead”."""

    fills = ("tutoring_change",)

    async def handle(self, call: Call) -> Outcome:
        """Only a day or a place; what else it may be is asked."""
        found = [change for change, names in _NAMED.items() if _named(names, call.text)]
        if len(found) == 1 and "tutoring_change" not in call.slots:
            return Filled(tutoring_change=found[0])
        return Filled()


class BeginChange(Handler):
    """What a change begins with: the terms as they are, without what is to be changed."""

    reads = ("tutoring_change", "tuition_id")
    fills = ("tutoring_subject", "tuition", *_ASKED)

    async def handle(self, call: Call) -> Outcome:
        """What is asked anew is forgotten first."""
        asked = _SLOTS[call.slots["tutoring_change"]]
        if known := [slot for slot in asked if slot in call.slots]:
            return Again(*known)
        proposal = await tuition.find(call, call.slots["tuition_id"])
        if proposal.state not in ("open", "agreed"):
            return Stop("tutoring_changed_by_others")
        as_it_is: Values = {
            "tutor": tuition.tutor_option(proposal.tutor), "tutoring_hours": proposal.hours,
            "tutoring_day": {"id": proposal.day, "day": dict(DAYS[proposal.day])},
            "tutoring_place": {"id": proposal.place, "place": dict(PLACES[proposal.place])},
            "tutoring_goal": proposal.goal,
        }  # fmt: skip
        kept = {slot: value for slot, value in as_it_is.items() if slot not in asked}
        if proposal.state == "agreed" and "tutoring_hours" in kept:
            # What was given already is paid; a change is about the rest.
            kept["tutoring_hours"] = max(1, tuition.to_come(proposal, call.now))
        return Filled(
            tutoring_subject=proposal.subject, subject_words=dict(SUBJECTS[proposal.subject]),
            tuition=tuition.terms(proposal), **kept,
        )  # fmt: skip


class ChangeTutoring(Handler):
    """Changes what was put forward: the others are asked again, and whoever changes it agrees to it."""

    reads = _ASKED
    fills = ("tuition",)

    async def handle(self, call: Call) -> Outcome:
        """Changes the version that was read; one that others changed meanwhile is not overwritten."""
        _, party = tuition.mine(call)
        before = call.slots["tuition"]
        try:
            proposal = await call.service(Education).change(
                before["id"], party, before["version"], _terms(call), key=call.key
            )
        except ServiceRefused as refusal:
            return _refused(refusal)
        return Filled(say=tuition.worded("tutoring_changed", party), tuition=tuition.terms(proposal))
