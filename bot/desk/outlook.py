"""What a citizen is told of the desk: their place, how long it takes, or when somebody is there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bot.engine.runtime import packs
from bot.queue import Connection, Pool

PRESENT: Final = timedelta(minutes=2)
"""An officer whose page has not been heard of for so long is not there."""
MINUTES_EACH: Final = 10.0
"""How long a case takes where none was closed yet."""
ROUNDED: Final = 5

_LOOK: Final = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM escalation WHERE department = $1 AND state = 'waiting'
            LIMIT 1000) w) AS waiting,
       (SELECT count(*) FROM officer WHERE active AND on_duty AND seen_at > now() - $2::interval
            AND $1 = ANY(desks)) AS present,
       (SELECT count(*) FROM officer WHERE active AND $1 = ANY(desks)) AS officers,
       (SELECT avg(extract(epoch FROM least(closed_at - taken_at, interval '2 hours')) / 60) FROM (
            SELECT closed_at, taken_at FROM escalation
            WHERE department = $1 AND state = 'closed' AND taken_at IS NOT NULL
            ORDER BY closed_at DESC LIMIT 20) c) AS minutes
"""


async def outlook(pool: Pool | Connection, desk: str, now: datetime) -> tuple[str, Mapping[str, Any]] | None:
    """When a person will answer a case that is put to a desk now, as a response of the core and its values.

    Args:
        pool: the process's connections, or one of them.
        desk: the queue.
        now: the time.

    Returns:
        None where the desk has no officers at all: nothing is known then.
    """
    row = await pool.fetchrow(_LOOK, desk, PRESENT)
    assert row is not None
    if not row["officers"]:
        return None
    level = packs().desk(desk).level
    if row["present"]:
        if not row["waiting"]:
            return "desk_first", {}
        minutes = float(row["minutes"] or MINUTES_EACH) * (row["waiting"] + 1) / row["present"]
        return "desk_place", {"place": row["waiting"] + 1, "minutes": _rounded(minutes)}
    opens = level.opening.opens(now)
    if opens > now:
        return "desk_closed", {"opens": opens.isoformat()}
    return "desk_nobody", {"by": level.opening.due(now, level.first_reply).isoformat()}


def _rounded(minutes: float) -> int:
    return max(ROUNDED, ROUNDED * round(minutes / ROUNDED))
