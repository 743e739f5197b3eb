"""What a citizen has of the education department: credits, and tutoring that goes on or waits for them."""

from collections.abc import Sequence

from actions.education import tuition
from actions.education.client import Education
from actions.education.handlers.people import known_here
from actions.sdk import Call, Thing, Things, Values


class EducationThings(Things):
    """The credit of each pupil that this contact point speaks for as parent or pupil, and its tutoring."""

    async def look(self, call: Call) -> Sequence[Thing]:
        """A school has the pupils' credits in its own system: for it only what waits for its answer."""
        education, found = call.service(Education), list[Thing]()
        for speaker in await known_here(call):
            if speaker.party == "tutor":
                continue
            for proposal in await education.proposals(speaker.reference, speaker.party):
                values = {"tuition": tuition.running(proposal, call.now)}
                if proposal.state == "open" and proposal.mine is None:
                    found.append(Thing("thing_tutoring_to_answer", values, "thing_tutoring_more"))
                elif proposal.state == "agreed" and speaker.party != "school":
                    found.append(Thing("thing_tutoring", values, "thing_tutoring_more"))
            if speaker.party != "school" and (credit := await education.credit(speaker.reference)).awarded:
                told: Values = {
                    "name": speaker.given_name, "credit": tuition.credit_slot(credit, speaker.party),
                    "today": tuition.today(call.now).isoformat(),
                }  # fmt: skip
                found.append(Thing("thing_credit", told, "thing_credit_more"))
        return found
