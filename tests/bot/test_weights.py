"""Weights of senders under a clock moved by hand: each rule at, just under and just over its numbers."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot.inbox import open_conversation
from bot.problems import Problem
from bot.queue import Pool
from bot.weights import RULES, begin, choose, list_changes, list_weights, record_fault, set_rest, tick

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
PAIR = ("notify", "twilio")


async def weights(pool: Pool) -> dict[str, int]:
    """The points of each sender."""
    return {row.sender: row.weight for row in await list_weights(pool, "sms", NOON)}


async def stand(pool: Pool, points: dict[str, int], changed: datetime | None = None, rest: int = 50) -> None:
    """Two senders with these points."""
    await begin(pool, "sms", list(points))
    for name, weight in points.items():
        await pool.execute(
            "UPDATE sender_weight SET weight = $2, rest = $3, changed_at = $4 WHERE sender = $1",
            name, weight, rest, changed,
        )  # fmt: skip


async def texts(
    pool: Pool, sender: str, now: datetime, *, fast: int, slow: int, age: timedelta = 6 * MINUTE,
    status: str = "sending", took: timedelta | None = None,
) -> None:  # fmt: skip
    """Texts handed over: fast ones were delivered in 10 s, slow ones are as told."""
    async with pool.acquire() as connection, connection.transaction():
        whose = await open_conversation(connection, "sms", "+447700900123")
        rows: list[tuple[datetime, str, datetime, datetime | None]]
        rows = [(NOON, "delivered", now - age, now - age + 10 * SECOND)] * fast
        rows += [(NOON, status, now - age, None if took is None else now - age + took)] * slow
        await connection.executemany(
            "INSERT INTO outbound (conversation_id, channel, language, text, sender, created_at, status,"
            " handed_at, completed_at) VALUES ($1, 'sms', 'en', 'Hello', $2, $3, $4, $5, $6)",
            [(whose, sender, *row) for row in rows],
        )


async def test_the_first_have_equal_shares_and_a_later_one_none(pool: Pool) -> None:
    await asyncio.gather(*(begin(pool, "sms", ["a", "b", "c"]) for _ in range(4)))
    assert await weights(pool) == {"a": 34, "b": 33, "c": 33}
    await begin(pool, "sms", ["a", "b", "c", "d"])
    assert await weights(pool) == {"a": 34, "b": 33, "c": 33, "d": 0}


async def test_choice_is_random_by_weight(pool: Pool) -> None:
    await stand(pool, {"notify": 30, "twilio": 70})
    chance = Random(1)
    drawn = Counter([await choose(pool, "sms", PAIR, chance.random) for _ in range(1_000)])
    assert 650 < drawn["twilio"] < 750
    edges = [(0.0, "notify"), (0.2999, "notify"), (0.3, "twilio"), (0.9999, "twilio")]
    for point, name in edges:
        assert await choose(pool, "sms", PAIR, lambda point=point: point) == name  # type: ignore[misc]


async def test_no_points_at_all_draw_alike(pool: Pool) -> None:
    await stand(pool, {"notify": 0, "twilio": 0})
    assert [await choose(pool, "sms", PAIR, lambda p=p: p) for p in (0.49, 0.5)] == ["notify", "twilio"]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("errors", "ages", "changed", "moved"),
    [
        (50, 30, None, False),
        (51, 30, None, True),
        (51, 59, None, True),
        (51, 60, None, False),
        (51, 30, 59, False),
        (51, 30, 60, True),
        (51, 30, 61, True),
    ],
)
async def test_errors(pool: Pool, errors: int, ages: int, changed: int | None, moved: bool) -> None:
    await stand(pool, dict.fromkeys(PAIR, 50), NOON - changed * SECOND if changed else None)
    await pool.executemany(
        "INSERT INTO sender_fault (channel, sender, created_at) VALUES ('sms', 'twilio', $1)",
        [(NOON - ages * SECOND,)] * (errors - 1),
    )
    assert await record_fault(pool, "sms", "twilio", NOON) is moved
    assert await weights(pool) == ({"notify": 60, "twilio": 40} if moved else dict.fromkeys(PAIR, 50))


@pytest.mark.parametrize(
    ("fast", "slow", "age", "status", "took", "changed", "moved"),
    [
        (85, 15, 6 * MINUTE, "sending", None, None, True),
        (86, 14, 6 * MINUTE, "sending", None, None, False),
        (85, 15, 6 * MINUTE, "sending", None, 5 * MINUTE, True),
        (85, 15, 6 * MINUTE, "sending", None, 5 * MINUTE - SECOND, False),
        (84, 16, 6 * MINUTE, "sending", None, None, True),
        (0, 9, 5 * MINUTE - SECOND, "accepted", None, None, False),
        (0, 9, 5 * MINUTE, "accepted", None, None, True),
        (0, 9, 15 * MINUTE - SECOND, "sent", None, None, True),
        (0, 9, 15 * MINUTE, "sent", None, None, False),
        (0, 9, 10 * MINUTE, "delivered", 5 * MINUTE, None, True),
        (0, 9, 10 * MINUTE, "delivered", 5 * MINUTE - SECOND, None, False),
        (0, 9, 10 * MINUTE, "failed", 9 * MINUTE, None, False),
        (0, 9, 6 * MINUTE, "sending", None, 5 * MINUTE - SECOND, False),
        (0, 9, 6 * MINUTE, "sending", None, 5 * MINUTE, True),
    ],
)
async def test_slowness(
    pool: Pool, fast: int, slow: int, age: timedelta, status: str, took: timedelta | None,
    changed: timedelta | None, moved: bool,
) -> None:  # fmt: skip
    await stand(pool, dict.fromkeys(PAIR, 50), NOON - changed if changed else None)
    await texts(pool, "notify", NOON, fast=5, slow=0)
    await texts(pool, "twilio", NOON, fast=fast, slow=slow, age=age, status=status, took=took)
    await tick(pool, NOON)
    assert await weights(pool) == ({"notify": 60, "twilio": 40} if moved else dict.fromkeys(PAIR, 50))


async def test_nothing_moves_when_both_are_slow(pool: Pool) -> None:
    await stand(pool, dict.fromkeys(PAIR, 50))
    for name in PAIR:
        await texts(pool, name, NOON, fast=0, slow=3)
    await tick(pool, NOON)
    assert await weights(pool) == dict.fromkeys(PAIR, 50)


@pytest.mark.parametrize(
    ("before", "changed", "after"),
    [(80, 15, 70), (80, 14, 80), (20, 15, 30), (53, 15, 50), (50, 15, 50)],
)
async def test_back_to_rest(pool: Pool, before: int, changed: int, after: int) -> None:
    await stand(pool, {"notify": 100 - before, "twilio": before}, NOON - changed * MINUTE)
    await tick(pool, NOON)
    assert await weights(pool) == {"notify": 100 - after, "twilio": after}


async def test_rest_is_looked_at_each_five_minutes(pool: Pool) -> None:
    await stand(pool, {"notify": 20, "twilio": 80}, NOON - 10 * MINUTE - SECOND)
    for seconds, twilio in ((0, 80), (299, 80), (300, 70)):
        await tick(pool, NOON + seconds * SECOND)
        assert (await weights(pool))["twilio"] == twilio


async def test_two_processes_at_once_move_once(pool: Pool) -> None:
    await stand(pool, dict.fromkeys(PAIR, 50))
    await texts(pool, "twilio", NOON, fast=0, slow=3)
    await asyncio.gather(*(tick(pool, NOON) for _ in range(5)))
    assert await weights(pool) == {"notify": 60, "twilio": 40}
    changes = await list_changes(pool, "sms")
    assert sorted((each.sender, each.before, each.after, each.reason) for each in changes) == [
        ("notify", 50, 60, "slow"), ("twilio", 50, 40, "slow"),
    ]  # fmt: skip


async def test_an_outage_empties_a_sender_and_time_brings_it_back(pool: Pool) -> None:
    await stand(pool, dict.fromkeys(PAIR, 50))
    for minute in range(8):
        for _ in range(RULES.errors + 1):
            await record_fault(pool, "sms", "twilio", NOON + minute * MINUTE)
    assert await weights(pool) == {"notify": 100, "twilio": 0}
    for minute in range(8, 120):
        await tick(pool, NOON + minute * MINUTE)
    assert await weights(pool) == dict.fromkeys(PAIR, 50)


async def test_ten_slow_checks_running_raise_one_alarm(pool: Pool) -> None:
    await stand(pool, dict.fromkeys(PAIR, 50))
    for minute in range(11):
        now = NOON + minute * MINUTE
        await pool.execute("DELETE FROM outbound")
        await texts(pool, "twilio", now, fast=9, slow=1)
        await tick(pool, now)
    checks = await pool.fetchval("SELECT slow_checks FROM sender_weight WHERE sender = 'twilio'")
    assert checks == RULES.alarm_checks + 1
    await pool.execute("DELETE FROM outbound")
    await texts(pool, "twilio", NOON + 11 * MINUTE, fast=10, slow=1)
    await tick(pool, NOON + 11 * MINUTE)
    assert await pool.fetchval("SELECT slow_checks FROM sender_weight WHERE sender = 'twilio'") == 0


async def test_an_operator_sets_points(pool: Pool) -> None:
    await stand(pool, {"a": 34, "b": 33, "c": 33})
    await set_rest(pool, "sms", "a", 70, "contract", NOON)
    rows = await list_weights(pool, "sms", NOON)
    assert [(row.sender, row.weight, row.rest) for row in rows] == [
        ("a", 70, 70),
        ("b", 15, 15),
        ("c", 15, 15),
    ]
    assert {change.reason for change in await list_changes(pool, "sms")} == {"contract"}
    for name, points in (("nobody", 10), ("a", 101), ("a", -1)):
        with pytest.raises(Problem):
            await set_rest(pool, "sms", name, points, "", NOON)
