"""What a parent does with an offered place: hears what it turned on, accepts it or refuses it."""

from actions.education.school_client import Schools
from actions.education.schools import case_of
from actions.sdk import Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop


class ReadSchoolOffer(Handler):
    """The outcome of a round, as it is now, for who is told of it."""

    reads = ("which_pupil",)
    fills = ("school_case", "school_stage")

    async def handle(self, call: Call) -> Outcome:
        """Asks the department."""
        found = await call.service(Schools).situation(call.slots["which_pupil"]["reference"])
        return Filled(school_case=case_of(found), school_stage=found["stage"])


class AnswerSchoolOffer(Handler):
    """Tells the department that the place is accepted, or refused."""

    reads = ("school_answer",)

    async def handle(self, call: Call) -> Outcome:
        """Once; an offer that was answered otherwise meanwhile goes to a person."""
        case, answer = call.slots["school_case"], call.slots["school_answer"]
        pupil = call.slots["which_pupil"]["reference"]
        try:
            await call.service(Schools).answer(
                pupil, case["round"], case["offer"]["id"], accept=answer == "accept", key=call.key
            )
        except ServiceRefused as refusal:
            if refusal.code not in {"NO_OFFER", "ALREADY_ANSWERED"}:
                raise
            return Stop("school_offer_gone", case=Case("school_offer_gone", known={"pupil": pupil}))
        return Filled(say="school_accepted" if answer == "accept" else "school_refused")
