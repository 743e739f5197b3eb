"""How long the rows of an award run are kept: they name families, and the awards themselves stay."""

from datetime import datetime, timedelta
from typing import Final

from actions.childcare.service import runs
from actions.sdk.serving import Pool

AWARDED: Final = timedelta(days=365)
"""For so long after a run was awarded its rows, and the report made of them, can be read."""
WAITING: Final = timedelta(days=30)
"""A file that was not made into awards is put aside so long after it was sent."""
AT_ONCE: Final = 5_000
"""Rows of one statement, so that none holds many locks for long."""

_DUE: Final = """
SELECT id, state FROM childcare.award_run
WHERE cleared_at IS NULL
  AND (state = 'done' AND finished_at < $1 OR state IN ('ready', 'broken', 'given_up') AND made_at < $2)
ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
_ROWS: Final = """
DELETE FROM childcare.award_run_row WHERE (run, number) IN (
    SELECT run, number FROM childcare.award_run_row WHERE run = $1 LIMIT $2)
"""


async def look(pool: Pool, now: datetime) -> bool:
    """Deletes some of the rows whose time is over; whether there may be more.

    Args:
        pool: the database.
        now: the time.
    """
    async with pool.acquire() as connection, connection.transaction():
        run = await connection.fetchrow(_DUE, now - AWARDED, now - WAITING)
        if run is None:
            return False
        if run["state"] != "done":
            await connection.execute(
                "UPDATE childcare.award_run SET state = 'given_up' WHERE id = $1", run["id"]
            )
        deleted = await connection.execute(_ROWS, run["id"], AT_ONCE, timeout=runs.LONG)
        if int(deleted.split()[-1]) < AT_ONCE:
            await connection.execute(
                "UPDATE childcare.award_run SET cleared_at = $2 WHERE id = $1", run["id"], now
            )
    return True
