"""Where a referral is, in words."""

from actions.health.client import Ers
from actions.health.waiting import story, wait_of
from actions.sdk import Call, Case, Filled, Handler, Outcome


class TellStory(Handler):
    """Where the referral is: how long it has been, what comes next and by when, and what can be done."""

    reads = ("referral", "state")
    fills = ("story", "offer")

    async def handle(self, call: Call) -> Outcome:
        """Works it out; a hospital that should have been in touch is a case for the desk."""
        referral = await call.service(Ers).referral_by_ubrn(call.slots["referral"]["ubrn"])
        told = story(referral, call.now)
        told["wait"] = await wait_of(call.service(Ers), referral, choosing=told["offer"])
        case = Case("no_word_from_hospital", known={"state": referral.state}) if told["overdue"] else None
        return Filled(case=case, story=told, offer=told["offer"])
