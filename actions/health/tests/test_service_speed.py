"""Searching stays quick however many slots there are: the plans use indexes, with and without values."""

import json

import asyncpg
import pytest

from actions.health.service import store
from bot.database import create_database

type Pool = asyncpg.Pool[asyncpg.Record]

NOW = "'2026-03-02T09:00:00Z'"
SEARCH_TYPES = "timestamptz, text, text, float8, float8, int, int, int, text"
SEARCH_VALUES = f"{NOW}, 'C3', NULL, 53.8, -1.55, NULL, NULL, NULL, NULL"
SLOTS_TYPES = "bigint, timestamptz, date"

QUERIES = {
    "nearest": (store.search_query("DISTANCE"), SEARCH_TYPES, SEARCH_VALUES),
    "soonest": (store.search_query("IWT"), SEARCH_TYPES, SEARCH_VALUES),
    "slots": (store.SLOTS_QUERY, f"{SLOTS_TYPES}, int, int", f"250, {NOW}, NULL, 20, 0"),
    "slots counted": (store.SLOTS_COUNT_QUERY, SLOTS_TYPES, f"250, {NOW}, '2026-06-01'"),
}

# 500 services of 10 clinics with 120 slots each, half of them booked.
MANY = """
INSERT INTO ers.provider SELECT 'P' || n, 'Hospital ' || n, 'Leeds', 'LS1 1AA', 53.7 + n / 1000.0, -1.6,
       'public', 'Good', 90, 'free', true FROM generate_series(1, 100) AS n;
INSERT INTO ers.clinic SELECT 'S', 'C' || n, 'S', 'C' FROM generate_series(0, 9) AS n;
INSERT INTO ers.service SELECT n, 'P' || 1 + n % 100, 'S', 'C' || n % 10, 'Service ' || n,
       'DIRECTLY_BOOKABLE', '0113 496 0000', NULL, 100, NULL, '[]', '[]', '[]', 18, NULL,
       'MALE_AND_FEMALE', '[]', false, 7, '2026-03-01', 'invented' FROM generate_series(1, 500) AS n;
INSERT INTO ers.referral SELECT '000000000001', 1, 'NOT_BOOKED', 'ROUTINE', 'S', 'C1', '', 1980, 'MALE', 'A';
INSERT INTO ers.slot (service_id, starts_at, ends_at, booked_by)
       SELECT service, timestamptz '2026-03-02' + n * interval '1 day',
              timestamptz '2026-03-02 01:00' + n * interval '1 day',
              CASE WHEN n < 60 THEN '000000000001' END
       FROM generate_series(1, 500) AS service, generate_series(1, 120) AS n;
"""


@pytest.fixture(scope="module")
async def many(server_url: str, template: str) -> str:
    """The address of a database with many slots."""
    url = await create_database(server_url, f"{template}_many", template=template)
    connection = await asyncpg.connect(url)
    await connection.execute(MANY)
    await connection.execute("ANALYZE")
    await connection.close()
    return url


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", QUERIES)
async def test_no_query_reads_all_slots(many: str, name: str, mode: str) -> None:
    query, types, values = QUERIES[name]
    connection = await asyncpg.connect(many)
    await connection.execute(f"SET plan_cache_mode = {mode}")
    await connection.execute(f"PREPARE question ({types}) AS {query}")
    plan = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE question ({values})")
    await connection.close()
    scans = list(scans_of_slots(json.loads(plan)[0]["Plan"]))
    assert scans
    for kind, removed in scans:
        assert kind in {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
        assert removed < 130  # never more than the rows of one service


def scans_of_slots(plan: dict[str, object]) -> list[tuple[object, int]]:
    """How each scan of the slots is done, and how many rows it read in vain."""
    found = []
    if plan.get("Relation Name") == "slot":
        found.append((plan["Node Type"], int(str(plan.get("Rows Removed by Filter", 0)).partition(".")[0])))
    parts = plan.get("Plans", [])
    assert isinstance(parts, list)
    for part in parts:
        found += scans_of_slots(part)
    return found
