"""The demonstration's referrals, each with its story: begun as it is told, and anew when it is over."""

from datetime import date, datetime, time, timedelta
from typing import Final

import asyncpg

from actions.health.service import bookings, carers, claims, moves, offers, store, wishes
from actions.health.service.holidays import LONDON, day, is_working_day
from actions.health.service.invented import BOOKED, DEMO_REFERRALS, DEMO_STORIES, DemoReferral
from actions.health.service.outcomes import missing
from actions.health.service.proofs import digest
from actions.health.service.store import Connection

STORIES: Final = {each.ubrn: each for each in (*DEMO_REFERRALS, *DEMO_STORIES)}
_LEFT: Final = timedelta(days=14)
"""Nobody comes back to a story that ended elsewhere than it began, after this time."""
_AGED: Final = timedelta(days=60)
"""A referral that is so much older than its story says begins anew."""
_SEEN: Final = frozenset({"ATTENDED", "DID_NOT_ATTEND"})


async def load(connection: Connection, today: date) -> None:
    """Makes what is missing, and begins anew what is over; what citizens did stays until then.

    Args:
        connection: in a transaction.
        today: the day in London.
    """
    now = datetime.combine(today, time(), LONDON)
    made = await connection.fetch(
        """INSERT INTO ers.referral (ubrn, priority, specialty, clinic_type, access_code_digest, birth_year,
                                     gender, given_name, postcode, referred_on, phone, moved_at)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::int[],
                                $7::text[], $8::text[], $9::text[], $10::date[], $11::text[],
                                $12::timestamptz[])
           ON CONFLICT (ubrn) DO UPDATE SET phone = excluded.phone WHERE referral.phone IS NULL
           RETURNING ubrn, xmax = 0 AS new""",
        *(
            list(column)
            for column in zip(
                *(
                    (each.ubrn, each.priority, each.specialty, each.clinic_type,
                     digest(each.ubrn, each.access_code), each.birth_year, each.gender, each.given_name,
                     each.postcode, today - timedelta(days=each.referred_days), each.phone, now)
                    for each in STORIES.values()
                ),
                strict=True,
            )
        ),
    )  # fmt: skip
    new = {row["ubrn"] for row in made if row["new"]}
    for each in STORIES.values():
        if each.ubrn in new:
            await _begin(connection, each, now)
        elif await _is_over(connection, each, now):
            await begin_again(connection, each.ubrn, now)
    await _tell_nobody(connection)


async def _tell_nobody(connection: Connection) -> None:
    """Takes back the changes of this transaction: how a story begins is no news. They have no number yet."""
    await connection.execute("DELETE FROM ers.change WHERE number IS NULL")


async def _is_over(connection: Connection, story: DemoReferral, now: datetime) -> bool:
    row = await store.referral(connection, story.ubrn)
    assert row is not None
    if row["referred_on"] < day(now) - timedelta(days=story.referred_days) - _AGED:
        return True
    current = await store.current_appointment(connection, story.ubrn)
    if current is not None and current["status"] != "fulfilled":
        over: bool = current["starts_at"] < now if current["slot_id"] else current["contact_by"] < day(now)
        return over
    first = _first_state(story)
    if row["state"] != first:
        left: bool = row["moved_at"] < now - _LEFT
        return left
    if first == "APPT_CANCELLED_BY_PROVIDER":
        return await store.offer(connection, story.ubrn, now) is None
    return False


def _first_state(story: DemoReferral) -> str:
    if story.path:
        return story.path[-1]
    return "BOOKED" if story.ubrn == BOOKED else "NOT_BOOKED"


async def begin_again(connection: Connection, ubrn: str, now: datetime) -> None:
    """Puts a story back to its beginning; nobody is told.

    Args:
        connection: in a transaction.
        ubrn: the referral.
        now: the time.

    Raises:
        Refusal: it is none of the demonstration's.
    """
    story = STORIES.get(ubrn)
    if story is None:
        raise missing("story")
    await claims.lock(connection, ubrn)
    await claims.give_up_holds(connection, ubrn)
    await connection.execute(
        """UPDATE ers.slot SET booked_by = NULL WHERE id IN (
               SELECT id FROM ers.slot WHERE booked_by = $1 ORDER BY id FOR NO KEY UPDATE)""",
        ubrn,
    )
    await connection.execute(
        """UPDATE ers.appointment SET status = 'cancelled'
           WHERE ubrn = $1 AND status IN ('booked', 'proposed')""",
        ubrn,
    )
    for table in ("wish", "carer"):
        await connection.execute(f"DELETE FROM ers.{table} WHERE ubrn = $1", ubrn)  # noqa: S608
    await connection.execute(
        """UPDATE ers.referral SET state = 'NOT_BOOKED', version = version + 1, advice = NULL,
               referred_on = $2, moved_at = $3 WHERE ubrn = $1""",
        ubrn, day(now) - timedelta(days=story.referred_days), now,
    )  # fmt: skip
    await _begin(connection, story, now)
    await _tell_nobody(connection)


async def _begin(connection: Connection, story: DemoReferral, now: datetime) -> None:
    """Brings a referral that is not booked to where its story begins."""
    if story.ubrn == BOOKED:
        await _book_first(connection, story, now)
    if story.path and story.path[-1] in _SEEN:
        await _visit(connection, story, now)
        return
    for state in story.path:
        advice = story.advice if state in moves.ADVISED else None
        await moves.move(connection, moves.Move(story.ubrn, state, advice), now)
    if story.wants_earlier:
        current = await store.current_appointment(connection, story.ubrn)
        assert current is not None
        wish = wishes.Wish(story.ubrn, current["service_id"], current["starts_at"], "patient")
        await wishes.want(connection, wish, now)
    if story.carer is not None:
        await carers.permit(connection, story.ubrn, story.carer, None, now)


async def _book_first(connection: Connection, story: DemoReferral, now: datetime) -> None:
    row = await claims.lock(connection, story.ubrn)
    slot_id = await connection.fetchval(
        """SELECT slot.id FROM ers.slot JOIN ers.service ON service.id = service_id
           WHERE clinic_type = $1 AND booked_by IS NULL AND held_by IS NULL AND NOT withdrawn
             AND starts_at > $2
           ORDER BY starts_at, slot.id LIMIT 1""",
        row["clinic_type"], now,
    )  # fmt: skip
    wanted = bookings.Wanted(story.ubrn, row["version"], None, slot_id, None)
    await bookings.book(connection, wanted, now)


async def _visit(connection: Connection, story: DemoReferral, now: datetime) -> None:
    """A visit that was at ten in the morning of the last working day."""
    past = day(now) - timedelta(1)
    while not is_working_day(past):
        past -= timedelta(1)
    start = datetime.combine(past, time(10), LONDON)
    slot: asyncpg.Record | None = await connection.fetchrow(
        """INSERT INTO ers.slot (service_id, starts_at, ends_at)
           SELECT id, $2, $2::timestamptz + interval '30 minutes' FROM ers.service
           WHERE clinic_type = $1 AND bookable = 'DIRECTLY_BOOKABLE' ORDER BY id LIMIT 1
           ON CONFLICT (service_id, starts_at) DO UPDATE SET withdrawn = false WHERE slot.booked_by IS NULL
           RETURNING *""",
        story.clinic_type, start,
    )  # fmt: skip
    if slot is None:
        return  # somebody else's visit was then: the story waits until tomorrow
    row = await claims.lock(connection, story.ubrn)
    await bookings.put_into(connection, row, slot, now, "patient")
    row = await claims.lock(connection, story.ubrn)
    await offers.end(connection, row, story.path[-1], now)
