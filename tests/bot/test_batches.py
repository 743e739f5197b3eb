"""Batches: every row one message, once; replies first; paused, resumed, cancelled, and within the limits."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bot.batches import AT_ONCE, MOST_WAITING, Batches, add_batch, cancel, pause, read_batches, resume
from bot.hours import Hours
from bot.notices import Notices
from bot.problems import Problem
from bot.queue import Pool
from bot.spreadsheet import Row
from bot.templates import save
from bot.urgency import Urgency

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


async def begin(pool: Pool, rows: int, *, urgency: Urgency = Urgency.BULK) -> UUID:
    """A batch of so many rows, the first in Welsh."""
    async with pool.acquire() as connection, connection.transaction():
        template = await save(
            connection, department="reports", channel="sms", name="bins", urgency=urgency, by="a test",
            body={"en": "Bins: ((day)).", "cy": "Biniau: ((day))."},
        )  # fmt: skip
        people = [
            Row(at + 1, f"+4477009{at:05}", {"day": f"day {at}"}, "cy" if at == 1 else "en")
            for at in range(1, rows + 1)
        ]
        return await add_batch(connection, template, "November", people)


async def all_steps(batches: Batches) -> int:
    """Until there is nothing more to make."""
    made = 0
    while step := await batches.step():
        made += step
    return made


async def sent(pool: Pool, batch_id: UUID) -> None:
    """What waits has reached the sender."""
    await pool.execute("UPDATE outbound SET status = 'accepted' WHERE batch_id = $1", batch_id)


async def status(pool: Pool, batch_id: UUID) -> tuple[Any, ...]:
    (batch,) = await read_batches(pool, batch_id)
    return batch.status, batch.made, batch.total


async def test_every_row_becomes_one_message(pool: Pool) -> None:
    batches = Batches(pool, Notices(), clock=Clock(NOON), most_due=1_000)
    batch_id = await begin(pool, 47)
    assert await all_steps(batches) == 47
    rows = await pool.fetch("SELECT text, language, priority, idempotency_key FROM outbound ORDER BY id")
    assert [row["text"] for row in rows[:2]] == ["Biniau: day 1.", "Bins: day 2."]
    assert len({row["idempotency_key"] for row in rows}) == 47
    assert {row["priority"] for row in rows} == {3}
    # What citizens' names and numbers were needed for is done.
    assert await pool.fetchval("SELECT count(*) FROM batch_row") == 0
    assert await status(pool, batch_id) == ("running", 47, 47)
    await sent(pool, batch_id)
    await batches.step()
    assert await status(pool, batch_id) == ("done", 47, 47)
    (batch,) = await read_batches(pool)
    assert batch.states == {"accepted": 47}


async def test_no_more_are_made_than_may_wait(pool: Pool) -> None:
    batches = Batches(pool, Notices(), clock=Clock(NOON), most_due=1_000)
    batch_id = await begin(pool, MOST_WAITING + 50)
    assert await all_steps(batches) == MOST_WAITING
    await sent(pool, batch_id)
    assert await all_steps(batches) == 50


async def test_no_more_than_leave_places_for_replies(pool: Pool) -> None:
    batches = Batches(pool, Notices(), clock=Clock(NOON), most_due=AT_ONCE)
    one, other = await begin(pool, 50), await begin(pool, 50)
    await pool.execute("UPDATE batch SET status = 'paused' WHERE id = $1", other)
    assert await all_steps(batches) == AT_ONCE
    await pool.execute("UPDATE batch SET status = 'running'")
    assert await all_steps(batches) == 0
    await sent(pool, one)
    assert await all_steps(batches) == AT_ONCE


async def test_two_processes_make_no_row_twice(pool: Pool) -> None:
    batch_id = await begin(pool, 100)
    two = [Batches(pool, Notices(), clock=Clock(NOON), most_due=1_000) for _ in range(2)]

    async def work(batches: Batches) -> None:
        while (await status(pool, batch_id))[1] < 100:
            await batches.step()

    await asyncio.gather(*(work(batches) for batches in two))
    assert await pool.fetchval("SELECT count(DISTINCT conversation_id) FROM outbound") == 100
    assert await pool.fetchval("SELECT count(*) FROM outbound") == 100


async def test_paused_resumed_and_cancelled(pool: Pool) -> None:
    batches = Batches(pool, Notices(), clock=Clock(NOON), most_due=1_000)
    batch_id = await begin(pool, 90)
    await batches.step()
    await pause(pool, batch_id)
    assert await batches.step() == 0
    with pytest.raises(Problem, match="The batch is paused"):
        await pause(pool, batch_id)
    await resume(pool, batch_id)
    assert await batches.step() == AT_ONCE
    assert await cancel(pool, batch_id) == 90
    assert await batches.step() == 0
    assert await pool.fetchval("SELECT count(*) FROM outbound WHERE error_code = 'withdrawn'") == 2 * AT_ONCE
    with pytest.raises(Problem, match="is cancelled"):
        await resume(pool, batch_id)


@pytest.mark.parametrize(
    ("urgency", "moment", "goes"),
    [
        (Urgency.BULK, datetime(2026, 11, 24, 22, tzinfo=UTC), False),
        (Urgency.BULK, datetime(2026, 11, 28, 12, tzinfo=UTC), False),
        (Urgency.NOTICE, datetime(2026, 11, 28, 12, tzinfo=UTC), True),
        (Urgency.URGENT, datetime(2026, 11, 24, 3, tzinfo=UTC), True),
    ],
)
async def test_a_batch_keeps_the_hours(pool: Pool, urgency: Urgency, moment: datetime, goes: bool) -> None:
    await begin(pool, 3, urgency=urgency)
    assert (await all_steps(Batches(pool, Notices(Hours()), clock=Clock(moment))) == 3) is goes


async def test_a_batch_keeps_its_departments_rate(pool: Pool) -> None:
    clock = Clock(NOON)
    batches = Batches(pool, Notices(), clock=clock)
    batch_id = await begin(pool, 60)
    await pool.execute("UPDATE department SET per_minute = 25")
    assert await all_steps(batches) == 25
    await sent(pool, batch_id)
    clock.now += timedelta(minutes=1)
    assert await all_steps(batches) == 25
    assert await status(pool, batch_id) == ("running", 50, 60)


async def test_a_crash_before_the_commit_makes_the_rows_again_and_only_then(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(pool, Notices(), clock=Clock(NOON), most_due=1_000)
    await begin(pool, 30)

    make = Notices.make
    left = iter(range(7))

    async def dies_at_the_eighth(*given: Any, **named: Any) -> Any:
        next(left)
        return await make(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Notices, "make", dies_at_the_eighth)
        with pytest.raises(RuntimeError):  # what a StopIteration in a coroutine becomes
            await batches.step()
    assert await pool.fetchval("SELECT count(*) FROM outbound") == 0
    assert await all_steps(batches) == 30
    assert await pool.fetchval("SELECT count(*) FROM outbound") == 30
