"""Bookings as rows: made once, told to those they concern, and moved forward; the money is `holds`'."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from actions.childcare.service.providers import registered
from actions.childcare.service.rules import Checked, NewBooking, hold_until
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem

type Row = asyncpg.Record

PAGE: Final = 50
"""Bookings of one answer."""
SEEN: Final = ("held", "confirmed", "part", "cancelled", "posted", "voided", "expired")
"""States of a booking that its provider hears of: not before there is money for it."""

_JOINED: Final = """
SELECT booking.*, child.given_name AS child_name, provider.name AS provider_name,
       provider.name_cy AS provider_name_cy, provider.phone AS provider_phone,
       family.language AS family_language
FROM childcare.booking
JOIN childcare.child ON child.id = booking.child
JOIN childcare.provider ON provider.number = booking.provider
JOIN childcare.family ON family.reference = booking.family
"""


async def make(connection: Connection, wanted: NewBooking, checked: Checked, now: datetime) -> list[int]:
    """Makes the rows of what is asked for, one for each provider; the first one's number is the spend's."""
    ids: list[int] = []
    for share, provider in zip(wanted.shares, checked.providers, strict=True):
        number = await connection.fetchval(
            """WITH next AS (SELECT nextval(pg_get_serial_sequence('childcare.booking', 'id')) AS id)
               INSERT INTO childcare.booking (id, spend, split, family, child, provider, amount, since, until,
                                              days, hold_until, asked_at, changed_at)
               OVERRIDING SYSTEM VALUE
               SELECT id, coalesce($1, id), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11 FROM next
               RETURNING id""",
            ids[0] if ids else None, len(wanted.shares) > 1, checked.family.reference, checked.child.id,
            provider["number"], share.amount, wanted.since, wanted.until, sorted(set(wanted.days)),
            hold_until(wanted.until, now), now,
        )  # fmt: skip
        ids.append(number)
    return ids


async def find(db: Connection | Pool, number: int) -> Row | None:
    """One booking, with the names it is told with."""
    return await db.fetchrow(f"{_JOINED} WHERE booking.id = $1", number)


async def of_spend(db: Connection | Pool, spend: int) -> list[Row]:
    """The bookings of one sum, the first first."""
    rows: list[Row] = await db.fetch(f"{_JOINED} WHERE booking.spend = $1 ORDER BY booking.id", spend)
    return rows


async def of_family(db: Connection | Pool, family: str, most: int = PAGE) -> list[Row]:
    """A family's bookings, the newest first."""
    rows: list[Row] = await db.fetch(
        f"{_JOINED} WHERE booking.family = $1 AND booking.state <> 'refused'"
        " ORDER BY booking.id DESC LIMIT $2",
        family, most,
    )  # fmt: skip
    return rows


async def of_provider(
    db: Connection | Pool, provider: str, *, waiting: bool, before: int | None = None
) -> list[Row]:  # fmt: skip
    """A provider's bookings, the newest first.

    Args:
        db: the database.
        provider: its number.
        waiting: only those that are held, and so wait for the provider.
        before: only those older than this one.
    """
    states = ("held",) if waiting else SEEN
    rows: list[Row] = await db.fetch(
        f"{_JOINED} WHERE booking.provider = $1 AND booking.state = ANY ($2)"
        " AND ($3::bigint IS NULL OR booking.id < $3) ORDER BY booking.id DESC LIMIT $4",
        provider, states, before, PAGE,
    )  # fmt: skip
    return rows


async def parts_of(db: Connection | Pool, ids: Iterable[int]) -> dict[int, list[Row]]:
    """The parts that each booking's money comes from, in the order it is paid from them."""
    rows = await db.fetch(
        """SELECT part.* FROM childcare.booking_part AS part
           JOIN childcare.booking ON booking.id = part.booking AND booking.attempt = part.attempt
           WHERE part.booking = ANY ($1) ORDER BY part.booking, part.part""",
        list(ids),
    )  # fmt: skip
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["booking"], []).append(row)
    return found


async def locked(connection: Connection, number: int) -> list[Row]:
    """A booking and those of the same sum, locked in their order; the one that is asked for comes first.

    Raises:
        Problem: 404 `BOOKING_NOT_FOUND`.
    """
    rows = await connection.fetch(
        """SELECT * FROM childcare.booking
           WHERE spend = (SELECT spend FROM childcare.booking WHERE id = $1) ORDER BY id FOR NO KEY UPDATE""",
        number,
    )
    if not rows:
        raise Problem(404, "BOOKING_NOT_FOUND", "There is no such booking.")
    return sorted(rows, key=lambda row: (row["id"] != number, row["id"]))


async def move(connection: Connection, number: int, state: str, now: datetime, **also: Any) -> None:
    """Moves a booking forward, inside the transaction that has locked it.

    Args:
        connection: with the transaction.
        number: the booking.
        state: the next one.
        now: the time.
        also: other columns to set: names of this module's callers, never of a request.
    """
    columns = "".join(f", {name} = ${at}" for at, name in enumerate(also, 4))
    await connection.execute(
        f"UPDATE childcare.booking SET state = $2, changed_at = $3{columns} WHERE id = $1",  # noqa: S608
        number, state, now, *also.values(),
    )  # fmt: skip


async def tell(connection: Connection, number: int, what: str, now: datetime) -> None:
    """Keeps what the family of a booking is to be told, once for each kind of news.

    Args:
        connection: with the transaction in which it became so.
        number: the booking.
        what: a word: `posted`, `part`, `provider_cancelled`, `struck_off`, `expired`, `declined`, `agreed` …
        now: the time.
    """
    row = await find(connection, number)
    assert row is not None
    details = {
        "what": what, "booking": number, "child": row["child_name"],
        "provider": {"en": row["provider_name"], "cy": row["provider_name_cy"] or row["provider_name"]},
        "amount": row["amount"], "attended": row["attended"], "since": row["since"].isoformat(),
        "until": row["until"].isoformat(),
    }  # fmt: skip
    await connection.execute(
        """INSERT INTO childcare.notice (key, kind, family, child, told, made_at)
           VALUES ($1, 'booking', $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING""",
        f"booking:{number}:{what}", row["family"], row["child"], details, now,
    )  # fmt: skip


def told(row: Row, parts: Iterable[Row] = ()) -> dict[str, Json]:
    """A booking as its family's side is told it."""
    return {
        **_both(row), "family": row["family"], "child": row["child"], "split": row["split"],
        "spend": row["spend"],
        "parts": [{"element": part["element"], "amount": part["amount"]} for part in parts],
        "provider": {
            "number": row["provider"], "name": row["provider_name"], "name_cy": row["provider_name_cy"],
            "phone": row["provider_phone"],
        },
    }  # fmt: skip


def told_provider(row: Row, today: date) -> dict[str, Json]:
    """A booking as its provider is told it: nothing of where the money comes from, nor of the family."""
    asked = row["asked_to_confirm_at"]
    return {
        **_both(row), "split": row["split"], "begun": row["since"] <= today,
        "asked_to_confirm_at": asked.isoformat() if asked else None,
    }  # fmt: skip


def _both(row: Row) -> dict[str, Json]:
    return {
        "id": row["id"], "state": row["state"], "amount": row["amount"], "attended": row["attended"],
        "child_name": row["child_name"], "since": row["since"].isoformat(), "until": row["until"].isoformat(),
        "days": list(row["days"]), "agreed": row["agreed_at"] is not None,
        "ended_by": row["ended_by"], "reason": row["reason"],
        "hold_until": row["hold_until"].isoformat(), "asked_at": row["asked_at"].isoformat(),
        "changed_at": row["changed_at"].isoformat(),
    }  # fmt: skip


def asked(wanted: NewBooking) -> str:
    """What is asked for, in words that are the same for the same."""
    return "book " + json.dumps(wanted.model_dump(mode="json"), sort_keys=True)


def stays_registered(provider: Row, until: date, today: date) -> bool:
    """Whether a provider may still be paid for a booking: registered then, and not struck off since."""
    struck = provider["struck_off_on"]
    return registered(provider, until, until) and (struck is None or struck > max(until, today))
