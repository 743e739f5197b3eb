"""The audit: only added to, in one chain, and what is changed is found."""

import asyncio

import asyncpg
import pytest

from bot import audit
from bot.queue import Pool


async def add(pool: Pool, *actions: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for action in actions:
            await audit.append(connection, None, action, "escalation", 7, {"found": 3, "b": "é"})


def _found(what: audit.Verified) -> tuple[int, int | None]:
    return what.lines, what.wrong


async def test_it_is_as_it_was_written(pool: Pool) -> None:
    assert _found(await audit.verify(pool)) == (0, None)
    await add(pool, "case.viewed", "case.taken")
    assert _found(await audit.verify(pool)) == (2, None)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit"],
)
async def test_it_can_not_be_changed(pool: Pool, statement: str) -> None:
    await add(pool, "case.viewed")
    with pytest.raises(asyncpg.RaiseError, match="only added to"):
        await pool.execute(statement)


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE audit SET action = 'case.printed' WHERE id = 2", 2),
        ("UPDATE audit SET details = '{}' WHERE id = 3", 3),
        ("UPDATE audit SET at = at + interval '1 second' WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 2", 2),
        ("UPDATE audit SET number = 8 WHERE id = 2", 2),
    ],
)
async def test_what_its_owner_changes_is_found(pool: Pool, statement: str, line: int) -> None:
    await add(pool, "case.viewed", "case.taken", "case.close")
    await pool.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
    await pool.execute(statement)
    assert (await audit.verify(pool)).wrong == line


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("SELECT 1", None),
        ("DELETE FROM audit WHERE id > 1", 2),
        ("DELETE FROM audit", 1),
        # Written anew from the second line on, each bound to the one before.
        ("DELETE FROM audit WHERE id > 1; SELECT 2", 2),
    ],
)
async def test_what_was_kept_elsewhere_shows_a_loss_at_the_end(
    pool: Pool, statement: str, wrong: int | None
) -> None:
    await add(pool, "case.viewed", "case.taken")
    kept = str(await audit.verify(pool))
    await pool.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
    await pool.execute(statement)
    if statement.endswith("SELECT 2"):
        await add(pool, "case.printed")
        assert (await audit.verify(pool)).wrong is None
    assert (await audit.verify(pool, kept)).wrong == wrong


async def test_many_at_once_are_one_chain(pool: Pool) -> None:
    await asyncio.gather(*(add(pool, f"case.{number}") for number in range(40)))
    assert _found(await audit.verify(pool)) == (40, None)


async def test_a_transaction_that_fails_leaves_no_gap(pool: Pool) -> None:
    await add(pool, "one")
    async with pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await audit.append(connection, None, "two", "officer", None, {})
        await undone.rollback()
    await add(pool, "three")
    assert _found(await audit.verify(pool)) == (2, None)


async def test_what_is_looked_for_is_found_by_its_index(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO audit SELECT n, now(), NULL, 'case.' || n % 50, 'escalation', n % 5000, '{}', '', ''"
        " FROM generate_series(1, 50000) n"
    )
    await pool.execute("ANALYZE audit")
    found = await audit.look(pool, audit.Asked(case_id=17, action="case."))
    assert [entry.number for entry in found] == [17] * 10
    assert [entry.id for entry in await audit.look(pool, audit.Asked(before=100))][:2] == [99, 98]
    plan = await pool.fetch(
        "EXPLAIN SELECT id FROM audit a WHERE a.kind = 'escalation' AND a.number = 17"
        " ORDER BY a.id DESC LIMIT 50"
    )
    assert "audit_about" in "\n".join(row[0] for row in plan)
