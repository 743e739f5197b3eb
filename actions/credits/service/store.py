"""The SQL of the ledger outside its functions: what is looked at, each with an index that finds it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from actions.credits.service.schemas import LISTED
from actions.sdk.serving import Pool

# `due`: a hold's time is over. It is ended before anybody sees the account or the hold.
ACCOUNTS: Final = """
SELECT credits.told(a)::text AS told, EXISTS (
    SELECT FROM credits.hold AS h
    WHERE h.expires_at <= credits.now($2) AND (h.debit = a.id OR h.credit = a.id)) AS due, a.id AS touched
FROM credits.account AS a WHERE {where} ORDER BY a.place LIMIT {most}
"""
ACCOUNT: Final = ACCOUNTS.format(where="a.id = $1", most=1)
ACCOUNTS_OF: Final = ACCOUNTS.format(where="a.holder = $1", most=LISTED + 1)

# All accounts of a department are looked at, so an index would not help.
TOTALS: Final = """
SELECT code, ledger, count(*) AS accounts, sum(debits_pending)::bigint AS debits_pending,
       sum(debits_posted)::bigint AS debits_posted, sum(credits_pending)::bigint AS credits_pending,
       sum(credits_posted)::bigint AS credits_posted
FROM credits.account WHERE starts_with(code, $1) GROUP BY code, ledger ORDER BY code, ledger LIMIT $2
"""

TRANSFERS: Final = """
SELECT credits.told(j, e.phase, false)::text AS told, EXISTS (
    SELECT FROM credits.hold AS h
    WHERE h.id = j.id AND h.expires_at <= credits.now($2)) AS due, j.id AS touched
FROM credits.journal AS j LEFT JOIN credits.journal AS e ON e.hold = j.id
WHERE {where} ORDER BY j.number LIMIT {most}
"""
TRANSFER: Final = TRANSFERS.format(where="j.id = $1 AND j.phase <> 'refuse'", most=1)
REFERRING: Final = TRANSFERS.format(where="j.reference = $1 AND j.reference <> ''", most=LISTED + 1)

EXPIRE: Final = "SELECT credits.expire($1, $2, $2, NULL)"
SWEEP: Final = "SELECT credits.expire($1, NULL, NULL, $2)"
DUE: Final = "SELECT EXISTS (SELECT FROM credits.hold WHERE expires_at <= credits.now($1))"

_SIDE: Final = f"""
(SELECT number, made_at FROM credits.journal WHERE {{side}} = $1 AND phase IN ('posted', 'post')
 AND made_at >= $2 AND made_at < $3 ORDER BY made_at, number LIMIT {LISTED + 1})
"""  # noqa: S608
# One query, so that it is one moment: the balances are those of the journal, not summed from the list. Sorted
# by time and number, which is the order of the numbers and that of both indexes.
STATEMENT: Final = f"""
SELECT credits.balance($1, $2) AS opening, credits.balance($1, $3) AS closing, ARRAY(
    SELECT credits.told(j, NULL, false)::text FROM (
        SELECT number FROM ({_SIDE.format(side="debit")} UNION ALL {_SIDE.format(side="credit")}) AS either
        ORDER BY made_at, number LIMIT {LISTED + 1}
    ) AS moved JOIN credits.journal AS j USING (number) ORDER BY number) AS transfers
FROM credits.account WHERE id = $1
"""  # noqa: S608


async def look(pool: Pool, query: str, value: UUID | str, now: datetime | None) -> list[str]:
    """Accounts or transfers as they are now, each as JSON.

    Args:
        pool: the database.
        query: one of this module's.
        value: what it is about.
        now: the time by the service's clock; None for the database's.
    """
    rows = await pool.fetch(query, value, now)
    if due := [row["touched"] for row in rows if row["due"]]:
        await pool.execute(EXPIRE, now, due)
        rows = await pool.fetch(query, value, now)
    return [row["told"] for row in rows]


async def sweep(pool: Pool, now: datetime | None, most: int = 500) -> int:
    """Ends holds whose time is over, some at a time so that nobody waits long for it; how many."""
    if not await pool.fetchval(DUE, now):
        return 0
    return int(await pool.fetchval(SWEEP, now, most))
