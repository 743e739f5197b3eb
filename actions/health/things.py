"""What a citizen has of the hospitals: a line for each referral, with where it is."""

from collections.abc import Sequence

from actions.health.client import Ers
from actions.health.handlers.proving import known_here
from actions.health.waiting import clinic, story
from actions.sdk import Call, Thing, Things


class Referrals(Things):
    """The referrals that are known at this contact point; a carer's say for whom."""

    async def look(self, call: Call) -> Sequence[Thing]:
        """Asks e-RS for each as it is now."""
        found = []
        for known in await known_here(call):
            referral = await call.service(Ers).referral_by_ubrn(known["id"])
            values = {
                "clinic": clinic(referral), "story": story(referral, call.now), "for_name": known["name"]
            }  # fmt: skip
            found.append(Thing("thing_referral", values, "thing_referral_more"))
            if (talk := await call.service(Ers).talk(known["id"])) is not None and talk.start is not None:
                rings = {"start": talk.start.isoformat(), "reference": talk.id, "for_name": known["name"]}
                found.append(Thing("thing_talk", rings))
        return found
