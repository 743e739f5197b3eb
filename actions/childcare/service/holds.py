"""The money of bookings: brings the ledger to where the row is, however often it is tried, and once only.

A row says what is wanted (`asked`, `confirmed`, `part`, `cancelled`) before the ledger is told, and that it
is done (`held`, `posted`, `voided`, …) after. All ids in the ledger are made of the booking's number, so
whoever finds a row in between, as after a crash, can do the same again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from actions.childcare.service import bookings, slices
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.ledger import WORD
from actions.sdk import Ledger, ServiceDown, ServiceRefused
from actions.sdk.ledger import NewTransfer, Phase, ledger_id
from actions.sdk.serving import Connection, Pool

type LedgerOf = Callable[[], Ledger]

log = structlog.get_logger()

RACES: Final = 6
"""So often others may be quicker before a booking waits for the next look."""


async def finish(pool: Pool, ledger: LedgerOf, number: int, now: datetime) -> None:
    """Tells the ledger what a booking's row wants, and the row what came of it.

    Args:
        pool: the database; no connection is held while the ledger is asked.
        ledger: gives the client.
        number: the booking.
        now: the time.

    Raises:
        ServiceDown: the ledger did not answer: the row stays as it is, for the next to finish.
    """
    row = await bookings.find(pool, number)
    if row is None:
        return
    match row["state"]:
        case "asked":
            await _hold(pool, ledger(), row["spend"], now)
        case "confirmed" | "part" | "cancelled":
            await _end(pool, ledger(), row, now)


def hold_id(number: int, part: int) -> UUID:
    """The hold of a part of a booking."""
    return ledger_id(WORD, "booking", number, "hold", part)


# --- holding --------------------------------------------------------------------------------------


async def _hold(pool: Pool, ledger: Ledger, spend: int, now: datetime) -> None:
    for _ in range(RACES):
        rows = await bookings.of_spend(pool, spend)
        if any(row["state"] != "asked" for row in rows):
            return
        parts = await bookings.parts_of(pool, [row["id"] for row in rows])
        if not parts:
            if not await _plan(pool, ledger, rows, now):
                await _refuse(pool, rows, "NOT_ENOUGH", now)
                return
            continue
        # At its opening it is there or made; a provider's first booking finds it not there yet.
        await ledger.open([slices.new_provider_account(row["provider"]) for row in rows])
        try:
            await ledger.transfer(hold_transfers(rows, parts))
        except ServiceRefused as refusal:
            code = str(refusal.details.get("first", refusal.code))
            if code != "NOT_ENOUGH":
                log.warning("childcare.hold_refused", booking=spend, code=code)
                await _refuse(pool, rows, "LEDGER", now)
                return
            await _again(pool, rows)
        else:
            await _held(pool, rows, now)
            return
    raise ServiceDown("others were quicker each time")


async def _plan(pool: Pool, ledger: Ledger, rows: Sequence[bookings.Row], now: datetime) -> bool:
    """Writes down which parts a sum comes from; whether there is so much."""
    child, spend, attempt = rows[0]["child"], rows[0]["spend"], rows[0]["attempt"]
    accounts = await ledger.accounts(f"{WORD}:child:{child}")
    awards = await slices.given(pool, child)
    today = now.astimezone(LONDON).date()
    there = slices.spendable(child, accounts, awards, today)
    parts = slices.take(there, [row["amount"] for row in rows])
    if parts is None:
        return False
    async with pool.acquire() as connection, connection.transaction():
        locked = await bookings.locked(connection, spend)
        planned = await bookings.parts_of(connection, [row["id"] for row in locked])
        if planned or locked[0]["attempt"] != attempt or locked[0]["state"] != "asked":
            return True  # somebody else did the same meanwhile: what they wrote holds
        for row, mine in zip(rows, parts, strict=True):
            first = await connection.fetchval(
                "SELECT coalesce(max(part) + 1, 0) FROM childcare.booking_part WHERE booking = $1", row["id"]
            )
            await connection.executemany(
                """INSERT INTO childcare.booking_part (booking, attempt, part, account, element, amount)
                   VALUES ($1, $2, $3, $4, $5, $6)""",
                [
                    (row["id"], attempt, number, each.account, each.source, each.amount)
                    for number, each in enumerate(mine, first)
                ],
            )
    return True


def hold_transfers(
    rows: Sequence[Mapping[str, Any]], parts: Mapping[int, Sequence[Mapping[str, Any]]]
) -> list[NewTransfer]:
    """One hold for each part, all of them linked: of a sum that is split, both or none."""
    return [
        NewTransfer(
            hold_id(row["id"], part["part"]), "pending", part["account"],
            slices.provider_account(row["provider"]), part["amount"], f"{WORD}.booking",
            # From the row, not from now: told again, it is the same to the second.
            seconds=int((row["hold_until"] - row["asked_at"]).total_seconds()),
            reference=_reference(row), by="citizen",
        )
        for row in rows
        for part in parts[row["id"]]
    ]  # fmt: skip


def _reference(row: Mapping[str, Any]) -> str:
    return f"{WORD}:booking:{row['id']}"


async def _again(pool: Pool, rows: Sequence[bookings.Row]) -> None:
    """Others spent of the same meanwhile: the parts are looked for anew, with ids of their own."""
    await pool.execute(
        """UPDATE childcare.booking SET attempt = attempt + 1
           WHERE spend = $1 AND state = 'asked' AND attempt = $2""",
        rows[0]["spend"], rows[0]["attempt"],
    )  # fmt: skip


async def _refuse(pool: Pool, rows: Sequence[bookings.Row], reason: str, now: datetime) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for row in await bookings.locked(connection, rows[0]["spend"]):
            if row["state"] == "asked" and row["attempt"] == rows[0]["attempt"]:
                await bookings.move(connection, row["id"], "refused", now, reason=reason, ended_by="system")


async def _held(pool: Pool, rows: Sequence[bookings.Row], now: datetime) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for row in await bookings.locked(connection, rows[0]["spend"]):
            if row["state"] == "asked":
                await bookings.move(connection, row["id"], "held", now)


# --- ending ---------------------------------------------------------------------------------------


async def _end(pool: Pool, ledger: Ledger, row: bookings.Row, now: datetime) -> None:
    """Posts what was attended and gives the rest back, or gives all of it back."""
    parts = (await bookings.parts_of(pool, [row["id"]])).get(row["id"], [])
    state, told = _ENDS[row["state"]]
    try:
        await ledger.transfer(end_transfers(row, parts))
    except ServiceRefused as refusal:
        code = str(refusal.details.get("first", refusal.code))
        if code != "HOLD_EXPIRED":
            # Nothing but this module ends these holds: a person must look, and the row says so until then.
            log.error("childcare.end_refused", booking=row["id"], code=code)
            raise ServiceDown("the ledger refuses to end a hold") from None
        state, told = "expired", "expired"
    async with pool.acquire() as connection, connection.transaction():
        mine = (await bookings.locked(connection, row["id"]))[0]
        if mine["state"] != row["state"]:
            return
        also = {"attended": None} if state == "expired" else {}
        await bookings.move(connection, row["id"], state, now, **also)
        told = told or row["reason"]
        if told not in _UNTOLD:
            await bookings.tell(connection, row["id"], told, now)


_ENDS: Final = {"confirmed": ("posted", "posted"), "part": ("posted", "part"), "cancelled": ("voided", "")}
"""Where a row goes once the ledger has done it, and what its family is told; of a cancellation its reason."""
_UNTOLD: Final = frozenset({"family", "with_other"})
"""Reasons a family knows already: its own, and that of the other part of a sum that was split."""


def end_transfers(row: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> list[NewTransfer]:
    """Posts the attended pence from the parts in their order, and voids those of which nothing is needed."""
    left = row["attended"] or 0
    made: list[NewTransfer] = []
    for part in parts:
        taken = min(left, part["amount"])
        left -= taken
        phase: Phase = "post" if taken else "void"
        made.append(
            NewTransfer(
                ledger_id(WORD, "booking", row["id"], phase, part["part"]), phase, amount=taken or None,
                of=hold_id(row["id"], part["part"]), reference=_reference(row),
                by=row["ended_by"] or "system",
            )
        )  # fmt: skip
    return made


# --- looking whether something is left in between -------------------------------------------------


async def has_expired(ledger: Ledger, pool: Pool, number: int) -> bool:
    """Whether the ledger gave a booking's money back because nobody posted it in time."""
    parts = (await bookings.parts_of(pool, [number])).get(number, [])
    if not parts:
        return True
    return (await ledger.find(hold_id(number, parts[0]["part"]))).state == "expired"


async def expire(connection: Connection, number: int, now: datetime) -> None:
    """Marks a held booking whose hold has expired in the ledger."""
    row = (await bookings.locked(connection, number))[0]
    if row["state"] == "held":
        await bookings.move(connection, number, "expired", now, ended_by="system", reason="expired")
        await bookings.tell(connection, number, "expired", now)
