"""Searching stays quick however many slots there are: the plans use indexes, with and without values."""

import json
from datetime import UTC, date, datetime

import asyncpg
import pytest

from actions.health.service import carers, changes, offers, store, waits
from actions.health.service.places import Place
from actions.health.service.search import NEEDS, Criteria, query
from bot.database import create_database

type Pool = asyncpg.Pool[asyncpg.Record]

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
LEEDS = Place(53.8, -1.55)
EVERYTHING = Criteria(
    "C3", "S", LEEDS, distance_limit=30, wait_limit=90, age=40, gender="MALE", sort_by="IWT",
    needs=tuple(NEEDS), condition="Sore knee",
)  # fmt: skip

# What is asked, and which table must not be read whole for it.
QUERIES: dict[str, tuple[tuple[str, list[object]], str]] = {
    "nearest": (query(Criteria("C3", place=LEEDS), NOW), "slot"),
    "nearest within a wait": (query(Criteria("C3", place=LEEDS, wait_limit=90), NOW), "slot"),
    "nearest within miles": (query(Criteria("C3", place=LEEDS, distance_limit=10), NOW), "slot"),
    "soonest": (query(Criteria("C3", sort_by="IWT"), NOW), "slot"),
    "by everything": (query(EVERYTHING, NOW), "slot"),
    "slots": ((store.SLOTS_QUERY, [250, NOW, None, 20, 0]), "slot"),
    "slots counted": ((store.SLOTS_COUNT_QUERY, [250, NOW, date(2026, 6, 1)]), "slot"),
    "changes": ((changes.CHANGES_QUERY, [30_000, 500]), "change"),
    "long waits": ((waits.LONG_WAITS_QUERY, [TODAY, TODAY, NOW, TODAY, "", 500]), "referral"),
    "whose number": ((carers.OF_PHONE_QUERY, ["+447700900123", TODAY]), "referral"),
    "who wants a slot": ((store.WANTING_QUERY, [7, NOW]), "wish"),
    "visits that are over": ((offers.OVER_QUERY, [NOW, 100]), "appointment"),
}
TYPES = {datetime: "timestamptz", date: "date", str: "text", float: "float8", int: "bigint"}

# 500 services of 10 clinics with 120 slots each, half of them booked.
MANY = """
INSERT INTO ers.provider SELECT 'P' || n, 'Hospital ' || n, 'Leeds', 'LS1 1AA', 53.7 + n / 1000.0, -1.6,
       'public', 'Good', 90, 'free', true FROM generate_series(1, 100) AS n;
INSERT INTO ers.clinic SELECT 'S', 'C' || n, 'S', 'C' FROM generate_series(0, 9) AS n;
INSERT INTO ers.service SELECT n, 'P' || 1 + n % 100, 'S', 'C' || n % 10, 'Service ' || n,
       'DIRECTLY_BOOKABLE', '0113 496 0000', NULL, 100, NULL, '[]', '[]', '[]', 18, NULL,
       'MALE_AND_FEMALE', '[]', false, 7, '2026-03-01', 'invented' FROM generate_series(1, 500) AS n;
INSERT INTO ers.referral (ubrn, priority, specialty, clinic_type, access_code_digest, birth_year, gender,
                          given_name, referred_on, phone)
       SELECT lpad(n::text, 12, '0'), 'ROUTINE', 'S', 'C1', '', 1980, 'MALE', 'A',
              date '2026-03-02' - n % 120, '+4477009' || lpad(n::text, 5, '0')
       FROM generate_series(1, 20000) AS n;
INSERT INTO ers.slot (service_id, starts_at, ends_at, booked_by)
       SELECT service, timestamptz '2026-03-02' + n * interval '1 day',
              timestamptz '2026-03-02 01:00' + n * interval '1 day',
              CASE WHEN n < 60 THEN '000000000001' END
       FROM generate_series(1, 500) AS service, generate_series(1, 120) AS n;
INSERT INTO ers.appointment (ubrn, service_id, slot_id, status, version, created_at, over_at)
       SELECT lpad(row_number() OVER ()::text, 12, '0'), service_id, id, 'booked', 1, now(), ends_at
       FROM ers.slot LIMIT 15000;
INSERT INTO ers.wish SELECT lpad(n::text, 12, '0'), 1 + n % 500, '2026-06-01', now()
       FROM generate_series(1, 5000) AS n;
INSERT INTO ers.carer (ubrn, phone, given_at)
       SELECT lpad(n::text, 12, '0'), '+4477008' || lpad(n::text, 5, '0'), now()
       FROM generate_series(1, 5000) AS n;
INSERT INTO ers.change (kind, at) SELECT 'slot_free', now() FROM generate_series(1, 5000);
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
async def test_no_query_reads_a_whole_table(many: str, name: str, mode: str) -> None:
    (sql, values), table = QUERIES[name]
    connection = await asyncpg.connect(many)
    await connection.execute(f"SET plan_cache_mode = {mode}")
    kinds = ", ".join("date" if each is None else TYPES[type(each)] for each in values)
    await connection.execute(f"PREPARE question ({kinds}) AS {sql}")
    given = ", ".join("NULL" if each is None else f"'{each}'" for each in values)
    plan = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE question ({given})")
    await connection.close()
    scans = list(scans_of(table, json.loads(plan)[0]["Plan"]))
    assert scans
    for kind, removed in scans:
        assert kind in {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
        assert removed < 130  # never more than the rows of one service


def scans_of(table: str, plan: dict[str, object]) -> list[tuple[object, int]]:
    """How each scan of a table is done, and how many rows it read in vain."""
    found = []
    if plan.get("Relation Name") == table:
        found.append((plan["Node Type"], int(str(plan.get("Rows Removed by Filter", 0)).partition(".")[0])))
    parts = plan.get("Plans", [])
    assert isinstance(parts, list)
    for part in parts:
        found += scans_of(table, part)
    return found
