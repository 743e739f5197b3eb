"""The demonstration's bookings: some that were paid, and some that wait for their provider to confirm."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import asyncpg

from actions.childcare.service import holds
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.invented_families import DEMO_FAMILIES
from actions.childcare.service.ledger import element_account
from actions.childcare.service.rules import hold_until
from actions.childcare.service.slices import new_provider_account
from actions.sdk.ledger import NewAccount, NewTransfer
from actions.sdk.serving import Connection


@dataclass(frozen=True)
class DemoBooking:
    """A booking of the demonstration.

    Args:
        id: below those that the database counts.
        family: its place among the families.
        child: the child's place in the family.
        provider: its number.
        amount: pence.
        weeks: from this one to that of the care.
        attended: pence that were paid; None for what still waits.
    """

    id: int
    family: int
    child: int
    provider: str
    amount: int
    weeks: int
    attended: int | None


DEMO_BOOKINGS: Final = (
    DemoBooking(39001, 1, 0, "XC1002", 5800, -1, 5800), DemoBooking(39002, 1, 1, "XC1002", 5800, -1, 5800),
    DemoBooking(39003, 1, 0, "XC1002", 5800, 0, None), DemoBooking(39004, 3, 0, "XC1003", 5000, -2, 5000),
    DemoBooking(39005, 3, 0, "XC1003", 5000, 0, None), DemoBooking(39006, 8, 0, "XC1004", 4800, -1, 2400),
)  # fmt: skip


def _rows(today: date) -> Iterator[dict[str, Any]]:
    """The rows, as they are asked for and ended on a day."""
    now = datetime.combine(today, time(), LONDON)
    for each in DEMO_BOOKINGS:
        family = DEMO_FAMILIES[each.family]
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=each.weeks)
        until = monday + timedelta(days=6)
        yield {
            "id": each.id, "spend": each.id, "family": family.reference, "child": family.ids[each.child],
            "provider": each.provider, "amount": each.amount, "since": monday, "until": until,
            "state": "held" if each.attended is None else "posted", "attended": each.attended,
            "ended_by": None if each.attended is None else f"provider:{each.provider}",
            "hold_until": hold_until(until, now), "asked_at": now, "part": 0, "element": "wtc",
            "account": element_account(family.ids[each.child], "wtc"),
        }  # fmt: skip


def booking_money(today: date) -> tuple[Sequence[NewAccount], Sequence[NewTransfer]]:
    """What the bookings have in the ledger: the providers' accounts, holds, and what was paid."""
    accounts = {each.provider: new_provider_account(each.provider) for each in DEMO_BOOKINGS}
    transfers: list[NewTransfer] = []
    for row in _rows(today):
        part: Mapping[str, Any] = row
        transfers += holds.hold_transfers([row], {row["id"]: [part]})
        transfers += holds.end_transfers(row, [part]) if row["state"] == "posted" else []
    return list(accounts.values()), transfers


async def load_bookings(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the bookings that are not there yet.

    Args:
        pool: the database, with the families and the providers.
        today: the day in London.
    """
    async with pool.acquire() as connection, connection.transaction():
        for row in _rows(today):
            await _load(connection, row)


async def _load(connection: Connection, row: Mapping[str, Any]) -> None:
    made = await connection.fetchval(
        """INSERT INTO childcare.booking (id, spend, split, family, child, provider, amount, since, until,
                                          state, attended, ended_by, hold_until, asked_at, changed_at)
           OVERRIDING SYSTEM VALUE VALUES ($1, $1, false, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
           ON CONFLICT (id) DO NOTHING RETURNING true""",
        *(row[name] for name in ("id", "family", "child", "provider", "amount", "since", "until", "state",
                                 "attended", "ended_by", "hold_until", "asked_at")),
    )  # fmt: skip
    if made:
        await connection.execute(
            """INSERT INTO childcare.booking_part (booking, attempt, part, account, element, amount)
               VALUES ($1, 1, $2, $3, $4, $5)""",
            *(row[name] for name in ("id", "part", "account", "element", "amount")),
        )
