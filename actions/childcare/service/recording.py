"""Writes down all that a checked file awards, in one transaction: families, children, eligibility, awards."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from actions.childcare.service import runs
from actions.childcare.service.eligibility import CONFIRM_MONTHS, months_later
from actions.sdk.serving import Pool

log = structlog.get_logger()

# Each with what it names: $1 is the run, and the others in their order.
_FAMILIES: Final = """
INSERT INTO childcare.family (reference, code_digest, birth_year, given_name, phone, language, confirmed_on,
                              confirm_by)
SELECT DISTINCT ON (family) family, code_digest, birth_year, parent, phone, language, $2, $3
FROM childcare.award_run_row WHERE run = $1 AND code_digest IS NOT NULL ORDER BY family, number
"""
_ELIGIBILITY: Final = """
INSERT INTO childcare.eligibility (family, from_date, low_income, training, eligible_until, by, why, made_at)
SELECT DISTINCT ON (row.family) row.family,
       CASE WHEN known.low_income IS NULL THEN least(run.period_from, $2) ELSE run.period_from END,
       row.low_income, row.training, row.eligible_until, 'run:' || run.id, run.file_name, $3
FROM childcare.award_run_row AS row JOIN childcare.award_run AS run ON run.id = row.run
LEFT JOIN LATERAL (
    SELECT low_income, training, eligible_until FROM childcare.eligibility AS each
    WHERE each.family = row.family
    ORDER BY from_date > run.period_from, abs(from_date - run.period_from), id DESC LIMIT 1) AS known ON true
WHERE row.run = $1 AND (known.low_income, known.training, known.eligible_until)
                       IS DISTINCT FROM (row.low_income, row.training, row.eligible_until)
ORDER BY row.family, row.number
"""
_CHILDREN: Final = """
INSERT INTO childcare.child (family, given_name, born)
SELECT family, child, born FROM childcare.award_run_row WHERE run = $1 ORDER BY number ON CONFLICT DO NOTHING
"""
_AWARDS: Final = """
WITH made AS (
    INSERT INTO childcare.award (child, run, state, period_from, period_until, expires_on, low_income,
                                 training, weights, amount, by, made_at, look_on)
    SELECT child.id, run.id, 'planned', run.period_from, run.period_until, run.expires_on, row.low_income,
           row.training, run.weights,
           (SELECT sum(pence) FROM unnest(row.base || row.for_low_income || row.for_training) AS pence),
           'run:' || run.id, $3, greatest(run.expires_on - $4::integer, $2)
    FROM childcare.award_run_row AS row JOIN childcare.award_run AS run ON run.id = row.run
    JOIN childcare.child ON child.family = row.family AND child.born = row.born
                        AND lower(child.given_name) = lower(row.child)
    WHERE row.run = $1 ORDER BY row.number
    RETURNING id, child)
UPDATE childcare.award_run_row AS row SET award = made.id
FROM made JOIN childcare.child ON child.id = made.child
WHERE row.run = $1 AND row.family = child.family AND row.born = child.born
  AND lower(row.child) = lower(child.given_name)
"""
_ELEMENTS: Final = """
INSERT INTO childcare.award_element (award, element, base, low_income, training)
SELECT row.award, each.element, row.base[place], row.for_low_income[place], row.for_training[place]
FROM childcare.award_run_row AS row, (VALUES (1, 'wtc'), (2, 'neg'), (3, 'ssg')) AS each (place, element)
WHERE row.run = $1 AND row.base[place] > 0 ORDER BY row.award, place
"""
_LOOK_AT: Final = """
ANALYZE childcare.family, childcare.eligibility, childcare.child, childcare.award, childcare.award_run_row
"""
LOOK_BEFORE: Final = timedelta(days=28)
"""So long before its credit runs out what is left of an award is looked at first."""


async def record(
    pool: Pool, run: asyncpg.Record, me: UUID, lease: timedelta, now: datetime, today: date
) -> None:
    """Writes down all that a run awards, or nothing.

    Args:
        pool: the database.
        run: its row, in the state `recording`.
        me: the worker that has it.
        lease: see `runs.keep`.
        now: the time.
        today: its day in London.
    """
    number = run["id"]
    confirm_by = months_later(today, CONFIRM_MONTHS)
    steps = (
        (_FAMILIES, (today, confirm_by)), (_ELIGIBILITY, (today, now)), (_CHILDREN, ()),
        (_AWARDS, (today, now, LOOK_BEFORE.days)), (_ELEMENTS, ()),
    )  # fmt: skip
    try:
        async with pool.acquire() as connection, connection.transaction():
            # Locked: another worker that took over waits here, and then finds it done.
            state = await connection.fetchval(
                "SELECT state FROM childcare.award_run WHERE id = $1 FOR NO KEY UPDATE",
                number,
                timeout=runs.LONG,
            )
            if state != "recording":
                return
            for statement, values in steps:
                # They have just grown: planned by what they were, a join would go through all rows for each.
                await connection.execute(_LOOK_AT, timeout=runs.LONG)
                await connection.execute(statement, number, *values, timeout=runs.LONG)
            await runs.keep(connection, number, me, lease, state="paying")
    except asyncpg.IntegrityConstraintViolationError as error:
        # The check missed something: nothing was written.
        log.error("childcare.run_not_recorded", run=number, constraint=error.constraint_name)
        await runs.keep(
            pool, number, me, lease, state="broken", worker=None,
            problem=f"Nothing was awarded: two rows contradict each other ({error.constraint_name}).",
        )  # fmt: skip
