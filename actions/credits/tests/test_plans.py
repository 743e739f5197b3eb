"""Every look stays quick however many transfers there are: its plan reads what it tells, by an index."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from actions.credits.service import store
from actions.credits.service.schemas import LISTED
from actions.credits.tests.conftest import database
from actions.sdk.serving import Pool

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LARGE = UUID(int=1)

# So many that an index is worth it; neither bound nor summed, which no plan looks at. Every second transfer
# is of one account; 40,000 holds are open, 10 of them over.
MANY = """
INSERT INTO credits.account (id, place, code, holder, bound, ledger, details, opened_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, n, 'test', 'holder ' || n / 2, 'none', 'GBP', '{}', '2025-03-02 08:00Z'
FROM generate_series(1, 20000) AS n;
INSERT INTO credits.journal (number, phase, id, debit, credit, amount, code, reference, asked_by, reason,
                             made_at, debit_balance, credit_balance, expires_at, hash)
SELECT n, CASE WHEN n % 5 = 0 THEN 'pending' ELSE 'posted' END, ('a' || lpad(to_hex(n), 31, '0'))::uuid,
       lpad(to_hex(CASE WHEN n % 2 = 0 THEN 1 ELSE n % 19000 + 2 END), 32, '0')::uuid,
       lpad(to_hex(n % 997 + 19001), 32, '0')::uuid, 1, 'test', 'reference ' || n / 3, '', '',
       timestamptz '2025-03-02 08:00Z' + n * interval '2 minutes', n, n,
       CASE WHEN n % 5 = 0 THEN timestamptz '2026-03-02 09:00Z' + (n - 50) * interval '1 minute' END, ''
FROM generate_series(1, 200000) AS n;
INSERT INTO credits.hold SELECT id, number, debit, credit, amount, expires_at FROM credits.journal
WHERE phase = 'pending';
"""

QUERIES: dict[str, tuple[str, list[object]]] = {
    "an account": (store.ACCOUNT, [LARGE, NOW]),
    "accounts of a holder": (store.ACCOUNTS_OF, ["holder 100", NOW]),
    "a transfer": (store.TRANSFER, [UUID(int=(10 << 124) + 500), NOW]),
    "by reference": (store.REFERRING, ["reference 777", NOW]),
    "a day's statement": (store.STATEMENT, [LARGE, NOW - 120 * DAY, NOW - 119 * DAY]),
    "a statement that is too long": (store.STATEMENT, [LARGE, NOW - 365 * DAY, NOW]),
    "a statement of a small account": (store.STATEMENT, [UUID(int=100), NOW - 365 * DAY, NOW]),
    "what is over": (store.DUE, [NOW]),
    "a balance": ("SELECT credits.balance($1, $2)", [LARGE, NOW - 100 * DAY]),
}


@pytest.fixture(scope="module")
async def many(server_url: str, template: str) -> AsyncIterator[Pool]:
    async with database(server_url, template) as pool:
        await pool.execute(MANY, timeout=120)
        await pool.execute("VACUUM ANALYZE credits.account, credits.journal, credits.hold")
        yield pool


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", QUERIES)
async def test_no_look_reads_all_transfers(many: Pool, name: str, mode: str) -> None:
    query, values = QUERIES[name]
    async with many.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        [plan] = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values)
    found = list(scans(plan["Plan"]))
    assert found or name == "a balance"
    for each in found:
        assert each["Node Type"] != "Seq Scan", each
        rows = each["Actual Rows"] * each["Actual Loops"] + each.get("Rows Removed by Filter", 0)
        assert rows <= LISTED + 1, each


async def test_a_balance_reads_one_row_of_each_side(many: Pool) -> None:
    """What is inside a function no plan shows: what it touches is counted."""
    async with many.acquire() as connection, connection.transaction():
        body = await connection.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'balance'")
        query = body.replace("which", "$1::uuid").replace("before", "$2::timestamptz")
        [plan] = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", LARGE, NOW - 100 * DAY)
    assert [each["Actual Rows"] for each in scans(plan["Plan"])] == [1, 0]


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every scan of a table in a plan."""
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", []):
        yield from scans(part)
