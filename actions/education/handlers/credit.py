"""The education credit: what there is, why or why not, and what can be done about it now."""

from collections.abc import Callable, Mapping
from typing import Final

from actions.education import tuition
from actions.education.client import Education
from actions.education.reading import Credit, Proposal
from actions.sdk import Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values

_STATES: Final[Mapping[str, Callable[[Proposal], bool]]] = {
    "progress": lambda proposal: proposal.state == "done" and not proposal.progress,
    "waiting": lambda proposal: proposal.state == "open",
    "running": lambda proposal: proposal.state == "agreed",
}
"""What a citizen hears of a proposal that waits for no answer of theirs: the first that holds."""


class SeeCredit(Handler):
    """Where a pupil's credit and tutoring stand, and so what this citizen can do or is asked for now."""

    reads = ("which_pupil", "education_want")
    fills = (
        "credit", "credit_state", "tuition_id", "tuition", "my_tutoring", "my_sessions", "tutoring_session",
    )  # fmt: skip

    async def handle(self, call: Call) -> Outcome:
        """Asks the department; what the citizen wants goes before what waits for them."""
        pupil, party = tuition.mine(call)
        education, tutor = call.service(Education), call.slots["which_pupil"].get("tutor")
        proposals = await education.proposals(pupil, party, tutor)
        if party == "tutor":
            return _sessions(call, proposals) or Stop(
                "tutor_nothing_due", tutor_next=tuition.coming(proposals, call.now)
            )
        credit = await education.credit(pupil)
        slot = tuition.credit_slot(credit, party)
        found = _wanted(call, proposals) or _waiting(call, proposals) or _standing(credit, proposals)
        if isinstance(found, Filled):
            found.values = {"credit": slot, **found.values}
        return found


def _wanted(call: Call, proposals: list[Proposal]) -> Outcome | None:
    """What was asked for in so many words, where it is possible."""
    match call.slots.get("education_want"):
        case "session":
            return _sessions(call, proposals) or Stop("no_session_due")
        case "change" | "end" as want:
            going = [each for each in proposals if each.state in ("open", "agreed")]
            if not going:
                return Stop("no_tutoring")
            if want == "end" and (unanswered := _unanswered(going)) is not None:
                return _one("answer", unanswered, call)
            options = [{**tuition.running(each, call.now), "id": str(each.id)} for each in going]
            if len(going) == 1:
                return _one(want, going[0], call)
            return Filled(credit_state=want, my_tutoring=options)
    return None


def _waiting(call: Call, proposals: list[Proposal]) -> Outcome | None:
    """What waits for this citizen: an answer, a session, how it went; or what waits for the others."""
    if (unanswered := _unanswered(proposals)) is not None:
        return _one("answer", unanswered, call)
    if call.slots.get("education_want") == "another":
        return None
    if (sessions := _sessions(call, proposals)) is not None:
        return sessions
    for state, holds in _STATES.items():
        if (found := next(filter(holds, proposals), None)) is not None:
            return _one(state, found, call)
    return None


def _standing(credit: Credit, proposals: list[Proposal]) -> Outcome:
    """Whether there is a credit, or could be one."""
    if any(each.state == "open" for each in proposals):
        return Stop("tutoring_one_at_a_time")
    if credit.state == "unfunded":
        return Stop("credit_no_money", case=Case("credit_unfunded"))
    if not credit.eligible:
        state = "choose" if credit.available else "not_eligible"
        return Filled(credit_state=state)
    return Filled(credit_state="choose" if credit.state == "awarded" else "can_ask")


def _unanswered(proposals: list[Proposal]) -> Proposal | None:
    return next((each for each in proposals if each.state == "open" and each.mine is None), None)


def _one(state: str, proposal: Proposal, call: Call) -> Filled:
    return Filled(credit_state=state, tuition_id=proposal.id, tuition=tuition.running(proposal, call.now))


def _sessions(call: Call, proposals: list[Proposal]) -> Filled | None:
    found = tuition.due(proposals, call.now)
    if not found:
        return None
    only: Values = {"tutoring_session": found[0]} if len(found) == 1 else {}
    return Filled(credit_state="session", my_sessions=found, **only)


class AskForCredit(Handler):
    """Asks for the credit; the school's data say whether there is one."""

    reads = ("credit_ask",)
    fills = ("credit",)

    async def handle(self, call: Call) -> Outcome:
        """It is there at once, unless the fund is empty."""
        pupil, party = tuition.mine(call)
        try:
            credit = await call.service(Education).ask_for_credit(pupil, party, key=call.key)
        except ServiceRefused as refusal:
            if refusal.code != "NOT_ELIGIBLE":
                raise
            return Stop("credit_not_any_more", case=Case("credit_challenged"))
        if not credit.awarded:
            return Stop("credit_no_money", case=Case("credit_unfunded"))
        return Filled(say=tuition.worded("credit_awarded", party), credit=tuition.credit_slot(credit, party))


class ChallengeCredit(Handler):
    """Somebody says that the school's data are wrong: a person looks at it."""

    reads = ("credit_wrong_why",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk what the data say; the citizen's words are in the case's answers."""
        credit = call.slots["credit"]
        known = {"reason": credit["reason"], "months": credit["months"], "of": credit["of"]}
        return Filled(case=Case("credit_challenged", known=known))
