"""Sessions: whether one took place, as each side says; and how it went when all are over."""

from actions.education import tuition
from actions.education.client import Education
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop


class FindSession(Handler):
    """The session that is asked about, if it still waits to be confirmed."""

    reads = ("tutoring_session", "which_pupil")

    async def handle(self, call: Call) -> Outcome:
        """What both sides settled meanwhile is not asked about any more."""
        wanted = call.slots["tutoring_session"]
        proposal = await tuition.find(call, wanted["proposal"])
        for each in proposal.sessions:
            if (each.version, each.number) == (wanted["version"], wanted["number"]):
                if tuition.waits(each, call.now) and each.mine is None:
                    return Filled(tutoring_session=tuition.session_option(proposal, each))
                break
        return Stop("session_settled")


class ConfirmSession(Handler):
    """Keeps what this side says; when both say that it took place, it is paid."""

    reads = ("session_held", "tutoring_session")

    async def handle(self, call: Call) -> Outcome:
        """Says what becomes of it."""
        _, party = tuition.mine(call)
        session = call.slots["tutoring_session"]
        try:
            outcome = await call.service(Education).confirm(
                session["proposal"], (session["version"], session["number"]), party,
                took_place=call.slots["session_held"], key=call.key,
            )  # fmt: skip
        except ServiceRefused as refusal:
            if refusal.code not in ("SESSION_SETTLED", "SESSION_NOT_DUE"):
                raise
            return Stop("session_settled")
        if outcome == "waiting" and not call.slots["session_held"]:
            outcome = "waiting_no"
        if outcome == "put_off":  # to the end, which is another day now
            proposal = await tuition.find(call, session["proposal"])
            return Filled(say="session_put_off", tuition=tuition.terms(proposal))
        return Filled(say=f"session_{outcome}")


class ReadProgress(Handler):
    """What was done, before it is asked how it went."""

    reads = ("tuition_id",)
    fills = ("tuition",)

    async def handle(self, call: Call) -> Outcome:
        """An answer in the message that began this does not count: a “no” in it is of something else."""
        if "progress_goal" in call.slots:
            return Again("progress_goal")
        proposal = await tuition.find(call, call.slots["tuition_id"])
        return Stop("tutoring_closed") if proposal.progress else Filled(tuition=tuition.terms(proposal))


class KeepProgress(Handler):
    """Keeps how the tutoring went; a bad end is looked at by a person."""

    reads = ("progress_went", "progress_goal")

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk where it went badly."""
        _, party = tuition.mine(call)
        slots = call.slots
        await call.service(Education).keep_progress(
            slots["tuition_id"], party, slots["progress_went"], slots["progress_goal"], key=call.key
        )
        went_badly = slots["progress_went"] == 1
        case = Case("tutoring_went_badly", known={"proposal": slots["tuition_id"]}) if went_badly else None
        return Filled(case=case)
