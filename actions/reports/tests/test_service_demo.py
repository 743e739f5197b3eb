"""The demonstration: enough of everything, nobody real, right again whenever it is started; and its teams."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import asyncpg
import pytest

from actions.reports.service import demo_page, load_demo, repeats, simulate
from actions.reports.service.categories import categories
from actions.reports.service.invented import streets
from actions.reports.service.keys import CONFIGURED
from actions.reports.service.promise import expected
from actions.reports.service.simulator import NEXT, REST, TEAMS, sentence, step
from actions.reports.service.states import STATUS
from actions.reports.service.supporters import support

type Pool = asyncpg.Pool[asyncpg.Record]

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def everything(pool: Pool) -> list[list[asyncpg.Record]]:
    return [
        await pool.fetch(f"SELECT {columns} FROM {table} ORDER BY 1")
        for table, columns in (
            ("problem", "id, category, state, description, lat, requested_at, updated_at, supporters"),
            ("problem_update", "id, problem_id, state, updated_at"),
        )
    ]


async def test_there_are_three_thousand_of_every_kind_state_and_age(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    rows = await pool.fetch("SELECT *, answers IS NULL AS nothing FROM problem")
    assert len(rows) == 3000
    assert {row["category"] for row in rows} == set(categories())
    assert {row["state"] for row in rows} == set(STATUS) - {"closed"}
    ages = [(NOW - row["requested_at"]).days for row in rows]
    assert min(ages) <= 2
    assert max(ages) >= 300
    assert len({row["agency"] for row in rows}) >= 3
    assert sum(row["supporters"] > 1 for row in rows) > 300
    assert await repeats(pool, NOW)
    assert demo_page() == []
    for row in rows:
        category = categories()[row["category"]]
        assert row["private"] == category.private
        assert (row["lat"] is None) == (category.place == "named")
        assert row["expected_at"] == expected(row["requested_at"], category.days)
        assert row["requested_at"] <= row["updated_at"] < NOW
        assert (row["closed_at"] is None) == (row["status"] == "open")
        assert (row["duplicate_of"] is None) == (row["state"] != "duplicate")


async def test_the_state_of_each_is_that_of_its_last_update(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    assert await pool.fetchval(
        """SELECT count(*) FROM problem LEFT JOIN LATERAL (
               SELECT state, description, updated_at FROM problem_update WHERE problem_id = problem.id
               ORDER BY updated_at DESC, id DESC LIMIT 1) AS last ON true
           WHERE coalesce(last.state, 'open') <> problem.state
              OR coalesce(last.updated_at, requested_at) <> problem.updated_at
              OR last.description IS DISTINCT FROM notes"""
    ) == 0  # fmt: skip


async def test_nobody_real_is_in_it(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    for table in ("problem_contact", "problem_supporter", "problem_key"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    text = str(await pool.fetch("SELECT description, notes, notes_cy FROM problem"))
    assert "@" not in text
    assert "07" not in text


def test_streets_lie_in_the_areas_of_the_demonstration() -> None:
    found = streets()
    assert len(found) > 500
    levels = [{level for _, _, level in street.areas} for street in found]
    assert sum("district" in each for each in levels) > 0.9 * len(found)


async def test_started_again_within_a_week_it_changes_nothing(pool: Pool) -> None:
    await asyncio.gather(load_demo(pool, TODAY), load_demo(pool, TODAY))
    before = await everything(pool)
    await load_demo(pool, TODAY + timedelta(days=5))
    assert await everything(pool) == before


async def test_started_again_later_it_is_as_good_as_new_and_what_people_did_stays(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    duplicate = await pool.fetchrow("SELECT id, duplicate_of FROM problem WHERE state = 'duplicate' LIMIT 1")
    followed = await pool.fetchval(
        "SELECT id FROM problem WHERE state = 'fixed' AND NOT private ORDER BY id LIMIT 1"
    )
    assert duplicate is not None
    async with pool.acquire() as connection, connection.transaction():
        for each in (followed, duplicate["id"]):
            await support(connection, CONFIGURED, each, "maya", NOW)
    later = TODAY + timedelta(weeks=9)
    await load_demo(pool, later)
    rows = await pool.fetch("SELECT id, requested_at FROM problem")
    # One follows the first of two reports: the second is nobody's business any more.
    assert {followed, duplicate["duplicate_of"]} <= {row["id"] for row in rows}
    assert len(rows) == 3002
    newest = max(row["requested_at"] for row in rows)
    assert later - timedelta(days=3) <= newest.date() < later


@pytest.mark.parametrize("state", sorted({*(after for each in NEXT.values() for after in each), "duplicate"}))
def test_teams_have_something_to_say_in_both_languages(state: str) -> None:
    for seed in range(20):
        said = sentence(state, Random(seed))
        assert said["en"] != said["cy"]
        assert min(len(words) for words in said.values()) > 10


async def test_teams_move_what_people_reported_to_an_end(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    mine = await pool.fetchval("SELECT id FROM problem WHERE state = 'open' ORDER BY id DESC LIMIT 1")
    await pool.execute("UPDATE problem SET invented = false WHERE id = $1", mine)
    now, rng, seen = NOW, Random(1), []
    for _ in range(10):
        now += REST
        assert await step(pool, now, rng) >= 1
        seen.append(await pool.fetchval("SELECT state FROM problem WHERE id = $1", mine))
    history = await pool.fetch(
        "SELECT state, sender, description, description_cy FROM problem_update"
        " WHERE problem_id = $1 ORDER BY id",
        mine,
    )
    states = [row["state"] for row in history]
    assert seen[: len(states)] == states
    assert STATUS[states[-1]] == "closed"
    assert all(after in NEXT[before] for before, after in zip(["open", *states], states, strict=False))
    assert all(
        row["description"] and row["description_cy"] and row["sender"] == TEAMS.name for row in history
    )


async def test_nothing_is_moved_on_twice_in_a_row(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    before = Counter(row["problem_id"] for row in await pool.fetch("SELECT problem_id FROM problem_update"))
    moved = sum([await step(pool, NOW, Random(seed)) for seed in range(20)])
    after = Counter(row["problem_id"] for row in await pool.fetch("SELECT problem_id FROM problem_update"))
    assert moved == (after - before).total() == 20
    assert set((after - before).values()) == {1}


async def test_the_simulation_goes_on_until_it_is_stopped(pool: Pool) -> None:
    await load_demo(pool, TODAY)
    count = "SELECT count(*) FROM problem_update WHERE received_at = $1"
    task = asyncio.create_task(simulate(pool, lambda: NOW, every=0.001, rng=Random(1)))
    while await pool.fetchval(count, NOW) < 3:
        assert not task.done()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
