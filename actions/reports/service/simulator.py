"""Teams of the demonstration: they move problems on by updates, as a real team's system would."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

import asyncpg
import structlog
from ruamel.yaml import YAML

from actions.reports.service.keys import Pool, Sender
from actions.reports.service.updates import Update, update

log = structlog.get_logger()

TEAMS: Final = Sender("demonstration teams", "team")

EVERY: Final = 20.0
"""Seconds between two looks at the problems."""
REST: Final = timedelta(seconds=45)
"""How long a problem stays as it is at least, so that a person can follow what happens."""
MOST: Final = 5
"""Problems that are moved on at a time."""

NEXT: Final[dict[str, tuple[str, ...]]] = {
    "open": ("investigating", "investigating", "investigating", "planned", "for_triage", "internal_referral"),
    "for_triage": ("investigating",),
    "investigating": (
        "action_scheduled", "action_scheduled", "in_progress", "planned", "no_further_action",
        "not_councils_responsibility",
    ),
    "planned": ("action_scheduled", "in_progress"),
    "action_scheduled": ("in_progress", "fixed"),
    "in_progress": ("fixed",),
}  # fmt: skip
"""What may come after each open state; what stands there more often comes more often."""


@cache
def _sentences() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = YAML(typ="safe").load(
        Path(__file__).with_suffix(".yml").read_text()
    )
    return found


def sentence(state: str, rng: Random) -> dict[str, str]:
    """What a team says with a state, in both languages."""
    return rng.choice(_sentences()[state])


async def step(pool: Pool, now: datetime, rng: Random, *, most: int = MOST) -> int:
    """Moves some open problems on by one state each: those that people reported first, and one invented.

    Args:
        pool: the database.
        now: the time.
        rng: chooses what comes next.
        most: problems.

    Returns:
        How many it moved.
    """
    rows = await pool.fetch(
        """(SELECT id, state FROM problem WHERE status = 'open' AND NOT invented AND updated_at <= $1
            ORDER BY updated_at, id LIMIT $2)
           UNION ALL
           (SELECT id, state FROM problem WHERE status = 'open' AND invented AND updated_at <= $1
            ORDER BY updated_at, id LIMIT 1)""",
        now - REST, most,
    )  # fmt: skip
    for row in rows[:most]:
        state = rng.choice(NEXT[row["state"]])
        said = sentence(state, rng)
        async with pool.acquire() as connection, connection.transaction():
            sent = Update(row["id"], None, state, None, said["en"], said["cy"], None, None, None)
            await update(connection, TEAMS, sent, now)
    return min(len(rows), most)


async def simulate(
    pool: Pool, clock: Callable[[], datetime], *, every: float = EVERY, rng: Random | None = None
) -> None:
    """Moves problems on until it is cancelled; trouble with the database is waited out.

    Args:
        pool: the database.
        clock: the time.
        every: seconds between two steps.
        rng: chooses what comes next.
    """
    rng = rng or Random()  # noqa: S311  (a demonstration)
    while True:
        await asyncio.sleep(every)
        try:
            await step(pool, clock(), rng)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("reports.simulation", error=type(error).__name__)
