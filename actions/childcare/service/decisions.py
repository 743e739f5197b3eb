"""What families and providers decide about a booking: each once, by rules, as the next state of its row."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg

from actions.childcare.service import bookings, providers
from actions.childcare.service.eligibility import LONDON
from actions.sdk.serving import Connection, Problem

AGREE_WITHIN: Final = timedelta(days=3)
"""For so long a sum that is split waits for both providers."""

# What a decision about a booking that is not held any more is answered with.
_OVER: Final = {
    "asked": "NOT_HELD", "refused": "NOT_HELD", "confirmed": "ALREADY_CONFIRMED", "part": "ALREADY_CONFIRMED",
    "posted": "ALREADY_CONFIRMED", "cancelled": "ALREADY_CANCELLED", "voided": "ALREADY_CANCELLED",
    "expired": "HOLD_EXPIRED",
}  # fmt: skip


async def attended(
    connection: Connection, number: int, provider: str, amount: int | None, now: datetime
) -> None:  # fmt: skip
    """A provider confirms that the child came; with less than the booking's amount, for a part of it.

    Args:
        connection: with a transaction.
        number: the booking.
        provider: who confirms.
        amount: pence that are due; None for all.
        now: the time.

    Raises:
        Problem: 404 `BOOKING_NOT_FOUND`; 409 `ALREADY_CONFIRMED` (with another amount), `ALREADY_CANCELLED`,
            `HOLD_EXPIRED`, `NOT_YET`, `NOT_AGREED`, `STRUCK_OFF`; 422 `AMOUNT_OVER_HOLD`.
    """
    rows = await _theirs(connection, number, provider)
    row = rows[0]
    due = row["amount"] if amount is None else amount
    if due > row["amount"]:
        raise Problem(422, "AMOUNT_OVER_HOLD", "More than was booked can't be paid.", held=row["amount"])
    if row["attended"] is not None and row["attended"] == due:
        return  # said again
    _held(row, now)
    if row["since"] > now.astimezone(LONDON).date():
        raise Problem(409, "NOT_YET", "The care has not begun.", since=row["since"].isoformat())
    if any(each["split"] and each["agreed_at"] is None for each in rows):
        raise Problem(409, "NOT_AGREED", "Both providers of a sum that is split must agree first.")
    known = await providers.find(connection, provider)
    assert known is not None
    if not bookings.stays_registered(known, row["until"], now.astimezone(LONDON).date()):
        raise Problem(409, "STRUCK_OFF", "Who is not registered can't be paid.")
    state = "confirmed" if due == row["amount"] else "part"
    await bookings.move(connection, number, state, now, attended=due, ended_by=f"provider:{provider}")


async def agreed(connection: Connection, number: int, provider: str, agrees: bool, now: datetime) -> None:
    """A provider agrees to its part of a sum that is split, or does not, which ends both parts.

    Raises:
        Problem: 404 `BOOKING_NOT_FOUND`; 409 `NOT_SPLIT`, `ALREADY_CONFIRMED`, `ALREADY_CANCELLED`,
            `HOLD_EXPIRED`, `ALREADY_AGREED`.
    """
    rows = await _theirs(connection, number, provider)
    row = rows[0]
    if not row["split"]:
        raise Problem(409, "NOT_SPLIT", "Only a sum that is split between two needs an agreement.")
    if row["reason"] == "declined" and not agrees:
        return  # said again
    _held(row, now)
    if row["agreed_at"] is not None:
        if agrees:
            return
        raise Problem(409, "ALREADY_AGREED", "This was agreed: cancel the booking instead.")
    if not agrees:
        await _cancel_all(connection, rows, "declined", f"provider:{provider}", now)
        return
    await connection.execute("UPDATE childcare.booking SET agreed_at = $2 WHERE id = $1", number, now)
    if all(each["agreed_at"] is not None for each in rows[1:]):
        await bookings.tell(connection, row["spend"], "agreed", now)


async def cancelled_by_provider(connection: Connection, number: int, provider: str, now: datetime) -> None:
    """A provider cancels, as when it is closed or the child did not come: nothing is paid.

    Raises:
        Problem: 404 `BOOKING_NOT_FOUND`; 409 `ALREADY_CONFIRMED`, `HOLD_EXPIRED`.
    """
    rows = await _theirs(connection, number, provider)
    if rows[0]["state"] in ("cancelled", "voided"):
        return
    _held(rows[0], now)
    waiting = any(each["split"] and each["agreed_at"] is None for each in rows)
    concerned = rows if waiting else rows[:1]
    await _cancel_all(connection, concerned, "provider_cancelled", f"provider:{provider}", now)


async def cancelled_by_family(connection: Connection, number: int, family: str, now: datetime) -> list[int]:
    """A family cancels before the care begins; of a sum that is split both parts, while not all have agreed.

    Returns:
        The bookings that it ends.

    Raises:
        Problem: 404 `BOOKING_NOT_FOUND`; 409 `BEGUN`, `ALREADY_CONFIRMED`, `HOLD_EXPIRED`.
    """
    rows = await bookings.locked(connection, number)
    if rows[0]["family"] != family:
        raise Problem(404, "BOOKING_NOT_FOUND", "This family has no such booking.")
    waiting = any(each["split"] and each["agreed_at"] is None for each in rows)
    concerned = rows if waiting else rows[:1]
    if rows[0]["state"] not in ("cancelled", "voided"):
        _held(rows[0], now)
        if rows[0]["since"] <= now.astimezone(LONDON).date():
            raise Problem(409, "BEGUN", "The care has begun: its provider says what is paid.")
        await _cancel_all(connection, concerned, "family", "family", now)
    return [row["id"] for row in concerned]


async def cancelled_by_us(connection: Connection, number: int, reason: str, now: datetime) -> list[int]:
    """Ends a held booking by a rule: `struck_off`, or `not_agreed`, which ends both parts of a split sum.

    Returns:
        The bookings that it ends.
    """
    rows = await bookings.locked(connection, number)
    waiting = any(each["split"] and each["agreed_at"] is None for each in rows)
    concerned = [row for row in (rows if waiting else rows[:1]) if row["state"] == "held"]
    if concerned and concerned[0]["id"] == number:
        await _cancel_all(connection, concerned, reason, "system", now)
    return [row["id"] for row in concerned]


async def asked_to_confirm(connection: Connection, number: int, family: str, now: datetime) -> None:
    """A family says that the child came and that the provider should confirm it.

    Raises:
        Problem: 404 `BOOKING_NOT_FOUND`; 409 `NOT_YET`, and as of all that is not held any more.
    """
    row = (await bookings.locked(connection, number))[0]
    if row["family"] != family:
        raise Problem(404, "BOOKING_NOT_FOUND", "This family has no such booking.")
    _held(row, now)
    if row["since"] > now.astimezone(LONDON).date():
        raise Problem(409, "NOT_YET", "The care has not begun.", since=row["since"].isoformat())
    await connection.execute(
        """UPDATE childcare.booking SET asked_to_confirm_at = greatest(asked_to_confirm_at, $2)
           WHERE id = $1""",
        number, now,
    )  # fmt: skip


async def _theirs(connection: Connection, number: int, provider: str) -> list[asyncpg.Record]:
    rows = await bookings.locked(connection, number)
    if rows[0]["provider"] != provider or rows[0]["state"] in ("asked", "refused"):
        # Whose it is instead is not told, nor that there is one.
        raise Problem(404, "BOOKING_NOT_FOUND", "You have no such booking.")
    return rows


def _held(row: asyncpg.Record, now: datetime) -> None:
    if row["state"] != "held":
        raise Problem(409, _OVER[row["state"]], "This booking is not held any more.", state=row["state"])
    if row["hold_until"] <= now:
        raise Problem(409, "HOLD_EXPIRED", "The money has gone back to the family.", state="held")


async def _cancel_all(
    connection: Connection, rows: list[asyncpg.Record], reason: str, by: str, now: datetime
) -> None:
    """The first for the reason; the other part of its sum goes with it, which is not told by itself."""
    for at, row in enumerate(rows):
        if row["state"] == "held":
            why = reason if at == 0 else "with_other"
            await bookings.move(connection, row["id"], "cancelled", now, reason=why, ended_by=by)
