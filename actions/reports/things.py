"""What a citizen has of the council's reports: those they made or follow, with how each is going."""

from collections.abc import Sequence
from typing import Final

from actions.reports.slots import as_it_is
from actions.sdk import Call, Thing, Things

MOST: Final = 5
"""Reports that are told, the newest; each is asked for, and the answer has to come within seconds."""


class FollowedReports(Things):
    """The reports that this phone or browser hears of; nobody knows who made an anonymous one."""

    async def look(self, call: Call) -> Sequence[Thing]:
        """Asks the service for each as it is now."""
        followed = [each for each in await call.know.followed() if each.thing.startswith("report:")]
        return [
            Thing("thing_report", await as_it_is(call, str(each.known["reference"])), "thing_report_more")
            for each in followed[:MOST]
        ]
