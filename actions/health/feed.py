"""What concerns many referrals at once: what changed, who waits too long, whose number it is; all ours."""

from datetime import datetime

from actions.health import answers, fhir
from actions.health.connection import Connection, checked_id, path
from actions.health.referral import Changes, LongWaits, Referral, Wanting


class Feed(Connection):
    """Calls of the assistant itself, not of one citizen; the stand-in asks for the `key` with them."""

    async def changes(self, since: int, limit: int = 500) -> Changes:
        """What happened after a change, oldest first; what is older than 60 days is gone.

        None is ever passed by: a change is told when all before it are.

        Args:
            since: the cursor of the changes before; 0 for all that are kept.
            limit: at most so many, 1 to 1,000.
        """
        params = {"since": str(since), "_count": str(limit)}
        return await self.call("GET", path("$ers.changes"), answers.changes, params=params)

    async def newest_change(self) -> int:
        """The cursor after everything that happened so far: where to begin who was never told."""
        params = {"since": "newest", "_count": "1"}
        return (await self.call("GET", path("$ers.changes"), answers.changes, params=params)).cursor

    async def long_waits(self, now: datetime, *, after: str | None = None, limit: int = 500) -> LongWaits:
        """Referrals that wait longer than they may, longest first, a page at a time.

        Args:
            now: the time to count to.
            after: `LongWaits.next` of the page before.
            limit: at most so many, 1 to 1,000.
        """
        params = {"now": now.isoformat(), "_count": str(limit)}
        if after is not None:
            params["after"] = after
        where = path("ReferralRequest/$ers.longWaits")
        return await self.call("GET", where, answers.long_waits, params=params)

    async def wanting(self, slot_id: str) -> tuple[Wanting, ...]:
        """The referrals whose wish for an earlier appointment a slot that is free meets, first come first."""
        where = path(f"Slot/{checked_id(slot_id)}/$wanting")
        return await self.call("GET", where, answers.wanting)

    async def referrals_of(self, phone: str) -> list[Referral]:
        """The referrals of whoever has a mobile number: their own, and those they may act for as a carer.

        Those that are over long ago (cancelled, rejected, visited) come last.

        Args:
            phone: as +44….
        """
        parts = [fhir.part("phone", "valueString", phone)]
        return await self.operate("ReferralRequest/$ers.referralsOfPhone", answers.referrals, parts)
