"""After a visit: how it went and how the citizen is, asked twice, kept for the measurement of results."""

from actions.health.client import Ers
from actions.health.referral import Answers
from actions.health.waiting import appointment, known_of
from actions.sdk import Call, Filled, Handler, Outcome

HOW: dict[str, int] = {"much_better": 1, "better": 2, "same": 3, "worse": 4, "much_worse": 5}
"""What a citizen may say of how they are, as e-RS has it."""


class LookAtVisit(Handler):
    """Whether a visit took place, and later whether its first questions were answered here."""

    reads = ("ubrn",)
    fills = ("fresh", "referral", "state", "bookable")

    async def handle(self, call: Call) -> Outcome:
        """Looks; who did not answer the first time is not asked again."""
        ubrn = call.slots["ubrn"]
        referral = await call.service(Ers).referral_by_ubrn(ubrn)
        answered = any(each.thing == f"visited:{ubrn}" for each in await call.know.followed())
        fresh = answered if call.slots.get("again") else referral.state == "ATTENDED"
        return Filled(**known_of(referral, call), fresh=fresh, visit=appointment(referral))


class KeepOutcome(Handler):
    """Keeps the answers with the referral."""

    reads = ("visit_asked", "visit_how", "visit_life")

    async def handle(self, call: Call) -> Outcome:
        """Sends what was answered, once."""
        slots, said = call.slots, Answers()
        if "visit_asked" in slots:
            said["asked"] = "1" if slots["visit_asked"] else "2"
        if "visit_how" in slots:
            said["how"] = HOW[slots["visit_how"]]
        if "visit_life" in slots:
            said["life"] = slots["visit_life"]
        if not said:
            return Filled()
        ubrn = slots["ubrn"]
        await call.service(Ers).tell_outcome(ubrn, said, call.key)
        return Filled(follow={f"visited:{ubrn}": None if slots.get("again") else {"ubrn": ubrn}})
