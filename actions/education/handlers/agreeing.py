"""Agreeing to tutoring, or not: each of the three reads the same, and answers for themself alone."""

from typing import Final

from actions.education import tuition
from actions.education.client import Education
from actions.sdk import Again, Call, Filled, Handler, Outcome, ServiceRefused, Stop

EARLY: Final = ("tutoring_answer", "pupil_answer", "tutoring_change")
"""Answers that the message which began it all seems to give."""


class ReadTutoring(Handler):
    """What one of the three is asked to agree to, as it is now."""

    reads = ("tuition_id", "which_pupil")
    fills = ("tuition", "asked_because")

    async def handle(self, call: Call) -> Outcome:
        """It is read before it is answered: an answer in the message that began this does not count."""
        if early := [slot for slot in EARLY if slot in call.slots]:
            return Again(*early)
        proposal = await tuition.find(call, call.slots["tuition_id"])
        terms = tuition.terms(proposal)
        if proposal.state != "open":
            return Stop("tutoring_closed", tuition=terms)
        if proposal.mine is not None:
            return Stop("tutoring_waiting", tuition=terms)
        return Filled(tuition=terms, asked_because=call.slots.get("asked_because", "new"))


class AnswerTutoring(Handler):
    """Agrees to the version that was read, or refuses; who refuses is told that nobody hears who it was."""

    reads = ("tutoring_answer", "pupil_answer")
    fills = ("tuition",)

    async def handle(self, call: Call) -> Outcome:
        """What was changed meanwhile is read again first."""
        _, party = tuition.mine(call)
        slots, terms = call.slots, call.slots["tuition"]
        agrees = "agree" in (slots.get("tutoring_answer"), slots.get("pupil_answer"))
        try:
            proposal = await call.service(Education).answer(
                terms["id"], party, terms["version"], "agree" if agrees else "refuse", key=call.key
            )
        except ServiceRefused as refusal:
            if refusal.code == "VERSION_CHANGED":
                return Again("tuition", "tutoring_answer", "pupil_answer", say="tutoring_changed_meanwhile")
            if refusal.code == "NOT_OPEN":
                return Stop("tutoring_closed")
            raise
        key = "tutoring_refused" if not agrees else "tutoring_agreed"
        if agrees and proposal.state == "agreed":
            key = "tutoring_all_agreed"
        return Filled(say=tuition.worded(key, party), tuition=tuition.terms(proposal))


class EndTutoring(Handler):
    """Ends what was agreed, or takes back an agreement; the others don't hear who it was."""

    reads = ("tutoring_end",)

    async def handle(self, call: Call) -> Outcome:
        """The money of the sessions to come goes back to the credit."""
        _, party = tuition.mine(call)
        terms = call.slots["tuition"]
        try:
            await call.service(Education).answer(terms["id"], party, terms["version"], "refuse", key=call.key)
        except ServiceRefused as refusal:
            if refusal.code not in ("VERSION_CHANGED", "NOT_OPEN"):
                raise
            return Stop("tutoring_changed_by_others")
        return Filled(say=tuition.worded("tutoring_refused", party))
