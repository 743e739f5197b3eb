"""Every query stays quick however many problems there are: its plan uses an index made for it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from actions.reports.service import desk, store
from actions.reports.service.store import Near, Wanted, WantedUpdates
from bot.database import create_database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)

# Five years of problems over Leeds and Bradford, as closely as a million of them in all; two updates each.
MANY = """
INSERT INTO problem (category, state, description, lat, long, address, agency, agency_cy, notice, notice_cy,
                     private, duplicate_of, token, requested_at, updated_at, expected_at)
SELECT 'kind' || n % 60, CASE WHEN n % 10 = 0 THEN 'open' WHEN n % 97 = 0 THEN 'duplicate' ELSE 'fixed' END,
       'A problem', 53.70 + n * 0.618034 % 1 * 0.02, -1.85 + n * 0.754878 % 1 * 0.045, 'High Street ' || n,
       'A', 'A', 'N', 'N', n % 500 = 0, CASE WHEN n % 97 = 0 AND n % 10 > 0 THEN 100001 END, 'token ' || n,
       made, made, made + interval '7 days'
FROM (SELECT n, timestamptz '2026-03-02 08:00Z' - n % 1800 * interval '1 day' AS made
      FROM generate_series(1, 60000) AS n) AS each;
INSERT INTO problem_update (problem_id, sender, state, description, updated_at, received_at)
SELECT id, 'a', 'fixed', 'Done', requested_at + n * interval '1 hour', requested_at
FROM problem, generate_series(1, 2) AS n;
UPDATE problem SET times = 3 WHERE id % 2000 = 0;
"""

LIST = Wanted(since=NOW - 90 * DAY, until=NOW)
NEAR = Wanted(near=Near(53.71, -1.83, 250), statuses=("open",), size=5)
QUERIES: dict[str, tuple[str, list[object]]] = {
    "the last 90 days": store.problems_query(LIST),
    "the open ones": store.problems_query(replace(LIST, statuses=("open",))),
    "a category": store.problems_query(replace(LIST, categories=("kind10",))),
    "a category, open": store.problems_query(replace(LIST, categories=("kind10",), statuses=("open",))),
    "by references": store.problems_query(Wanted(ids=(100_001, 100_002))),
    "changed since": store.problems_query(Wanted(changed_since=NOW - DAY)),
    "near": store.problems_query(NEAR),
    "near and alike": store.problems_query(replace(NEAR, categories=("kind10",))),
    "near, of any state": store.problems_query(replace(NEAR, statuses=())),
    "updates of a day": store.updates_query(WantedUpdates(None, NOW - DAY, NOW, False, 1, 1000)),
    "updates of a problem": store.updates_query(WantedUpdates(100_777, None, None, False, 1, 1000)),
    "by token": ("SELECT id FROM problem WHERE token = $1", ["token 5"]),
    "how often": (store.TIMES_QUERY, [store.circle(53.71, -1.83, 100), "kind10", NOW - 90 * DAY]),
    "how often, named": (store.NAMED_TIMES_QUERY, ["High Street 7", "kind10", NOW - 90 * DAY]),
    "late soon": (desk.BREACHING_QUERY, [NOW - 1700 * DAY, 200]),
    "again and again": (desk.REPEATS_QUERY, [NOW - 90 * DAY, 200]),
    "what repeats one": ("SELECT id FROM problem WHERE duplicate_of = $1", [100_777]),
}


@pytest.fixture(scope="module")
async def many(server_url: str, template: str) -> str:
    """The address of a database with many problems."""
    url = await create_database(server_url, f"{template}_problems", template=template)
    connection = await asyncpg.connect(url)
    await connection.execute(MANY)
    await connection.execute("VACUUM ANALYZE problem, problem_update")
    await connection.close()
    return url


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", QUERIES)
async def test_no_query_reads_all_problems(many: str, name: str, mode: str) -> None:
    query, values = QUERIES[name]
    connection = await asyncpg.connect(many)
    await connection.execute(f"SET plan_cache_mode = {mode}")
    plan = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values))[0][
        "Plan"
    ]
    await connection.close()
    found = list(scans(plan))
    assert found
    for each in found:
        assert each["Node Type"] != "Seq Scan", each
        # In vain at most as many as lie around a place, or are of a status in 90 days.
        assert each.get("Rows Removed by Filter", 0) < 500, each


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every scan of the problems and updates in a plan."""
    if plan.get("Relation Name") in ("problem", "problem_update"):
        yield plan
    for part in plan.get("Plans", []):
        yield from scans(part)
