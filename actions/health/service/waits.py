"""Referrals that wait longer than they may: 18 weeks by law, and 40 after which the NHS must write first."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from actions.health.service.holidays import day
from actions.health.service.store import Pool

LONG: Final = timedelta(weeks=40)
SOON: Final = timedelta(weeks=8)
"""Who is booked within this time is not written to after 40 weeks: docs/sources.md, health."""


@dataclass(frozen=True)
class Page:
    """Which long waits are wanted: as of a time, after a place in their order, at most so many."""

    now: datetime
    after: tuple[date, str] | None
    count: int


# A row a referral, in the order of the day by which it was to be seen.
LONG_WAITS_QUERY: Final = """
SELECT referral.ubrn, referral.phone, seen_by, ($1::date - referred_on) / 7 AS weeks,
       referred_on < $2::date AND NOT EXISTS (
           SELECT FROM ers.appointment JOIN ers.slot ON slot.id = slot_id
           WHERE appointment.ubrn = referral.ubrn AND NOT talk AND status = 'booked' AND starts_at <= $3
       ) AS far
FROM ers.referral
WHERE state NOT IN ('ATTENDED', 'REJECTED', 'CANCELLED_REFERRAL')
  AND seen_by < $1::date AND (seen_by, ubrn) > ($4::date, $5::text)
ORDER BY seen_by, ubrn LIMIT $6
"""


async def long_waits(pool: Pool, page: Page) -> list[asyncpg.Record]:
    """The long waits of a page; `far` those over 40 weeks with nothing booked within the next 8."""
    today = day(page.now)
    seen_by, ubrn = page.after or (date(1900, 1, 1), "")
    rows: list[asyncpg.Record] = await pool.fetch(
        LONG_WAITS_QUERY, today, today - LONG, page.now + SOON, seen_by, ubrn, page.count
    )
    return rows
