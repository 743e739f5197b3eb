"""Queries about awards stay quick however many families there are: each has an index made for it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from actions.childcare.service import awards, families, leftovers, notices, paying, shortage
from actions.childcare.service.invented_families import load_families
from actions.sdk.serving import Pool

TODAY = date(2026, 3, 2)
BIG = {"family", "eligibility", "child", "award", "award_element", "award_run_row", "notice"}

MANY = """
INSERT INTO childcare.family (reference, code_digest, birth_year, given_name, phone, confirmed_on, confirm_by)
SELECT 4000000000 + n, '', 1990, 'Ann', '+4477' || 10000000 + n, d, d + 91
FROM (SELECT n, date '2025-12-03' + n % 91 AS d FROM generate_series(1, 20000) AS n) AS each;
INSERT INTO childcare.eligibility (family, from_date, low_income, training, by, why, made_at)
SELECT reference, '2025-01-01', false, false, 'run:1', 'x', now() FROM childcare.family
WHERE reference > '4000000000';
INSERT INTO childcare.child (family, given_name, born) SELECT reference, 'Bo', '2023-01-01'
FROM childcare.family WHERE reference > '4000000000';
INSERT INTO childcare.award_run (state, file_name, file_digest, period_from, period_until, expires_on, by,
                                 made_at)
VALUES ('paying', 'x', '', '2026-01-01', '2026-03-31', '2026-04-30', 'officer:1', now());
INSERT INTO childcare.award (child, run, state, period_from, period_until, expires_on, low_income, training,
                             weights, amount, by, made_at, look_on)
SELECT child.id, run.id, CASE WHEN child.id % 100 = 0 THEN 'planned' ELSE 'made' END, '2026-01-01',
       '2026-03-31', '2026-04-30', false, false, 1, 100, 'run:1', now(),
       date '2026-03-02' + (child.id % 60)::integer
FROM childcare.child, childcare.award_run AS run WHERE family > '4000000000';
INSERT INTO childcare.award_element (award, element, base, low_income, training)
SELECT id, 'wtc', 100, 0, 0 FROM childcare.award WHERE run IS NOT NULL;
INSERT INTO childcare.award_run_row (run, number, problem, family, award)
SELECT run.id, n, CASE WHEN n % 1000 = 0 THEN 'x' END, 4000000000 + n, NULL
FROM childcare.award_run AS run, generate_series(1, 20000) AS n;
INSERT INTO childcare.notice (key, kind, family, told, made_at)
SELECT reference, 'low', reference, '{}', now() FROM childcare.family;
"""


@pytest.fixture(scope="module")
async def many(server_url: str, template: str) -> Any:
    from bot.database import close_pool, connect_pool, create_database, drop_database

    name = f"{template}_awards_speed"
    pool = await connect_pool(await create_database(server_url, name, template=template), size=2)
    await load_families(pool, TODAY)
    async with pool.acquire() as connection:
        for statement in MANY.split(";\n"):
            if statement.strip():
                await connection.execute(statement)
    await pool.execute("ANALYZE")
    yield pool
    await close_pool(pool)
    await drop_database(server_url, name)


QUERIES: dict[str, tuple[str, list[object]]] = {
    "a family": (
        f"SELECT {families.COLUMNS} FROM {families.FROM} WHERE reference = $2",
        [TODAY, "4000000777"],
    ),
    "by phone": (
        f"SELECT {families.COLUMNS} FROM {families.FROM} WHERE phone = $2",
        [TODAY, "+447710000777"],
    ),
    "a child's awards": (awards._MADE, [[4000]]),
    "awards to look at": (leftovers._DUE, [TODAY, 100]),
    "what goes back": (leftovers._PLANNED, [100]),
    "what the ledger is told next": (paying._PLANNED, [101, 1_005_000, 300]),
    "notices": (notices._SINCE, [19_000, 200]),
    "graces": (notices._ENDED, [TODAY, TODAY - timedelta(days=14)]),
    "bookings since": (shortage._MADE, [50]),
}


def scanned(plan: Any) -> Iterator[str]:
    """The tables that a plan reads from end to end."""
    if isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        for each in plan.values():
            yield from scanned(each)
    elif isinstance(plan, list):
        for each in plan:
            yield from scanned(each)


@pytest.mark.parametrize("name", QUERIES)
async def test_no_table_is_read_from_end_to_end(many: Pool, name: str) -> None:
    query, arguments = QUERIES[name]
    plan = await many.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *arguments)
    assert not BIG & set(scanned(plan)), json.dumps(plan, indent=1)
