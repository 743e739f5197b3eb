"""A family says that nothing has changed: it has three months more."""

from datetime import date, datetime

import asyncpg

from actions.childcare.service.eligibility import (
    CONFIRM_FROM,
    CONFIRM_MONTHS,
    LONDON,
    grace_until,
    months_later,
)
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Problem


async def lock(connection: Connection, reference: str, today: date) -> asyncpg.Record | None:
    """A family with the end of its eligibility, for the caller alone; who tells it something need not wait.

    Args:
        connection: with a transaction.
        reference: of the family.
        today: the day.
    """
    return await connection.fetchrow(
        """SELECT confirm_by, (SELECT eligible_until FROM childcare.eligibility
                               WHERE family = reference AND from_date <= $2
                               ORDER BY from_date DESC, id DESC LIMIT 1) AS eligible_until
           FROM childcare.family WHERE reference = $1 FOR NO KEY UPDATE""",
        reference, today,
    )  # fmt: skip


async def confirm(connection: Connection, reference: str, now: datetime) -> dict[str, Json]:
    """Confirms.

    In the grace period the family is eligible again from today; before, three months more are added.

    Args:
        connection: with a transaction.
        reference: of the family.
        now: the time.

    Raises:
        Problem: 404 `FAMILY_NOT_FOUND`; 409 `TOO_EARLY` with `from`, `NOT_ELIGIBLE` with `ended` and
            `grace_until` where it ended for another reason, `ENDED` with the same where grace is over.
    """
    today = now.astimezone(LONDON).date()
    row = await lock(connection, reference, today)
    if row is None:
        raise Problem(404, "FAMILY_NOT_FOUND", "There is no such family.")
    confirm_by, until = row["confirm_by"], row["eligible_until"]
    if until is not None and until < today:
        raise Problem(
            409, "NOT_ELIGIBLE", "Eligibility ended for another reason.",
            ended=until.isoformat(), grace_until=grace_until(until).isoformat(),
        )  # fmt: skip
    if (over := grace_until(confirm_by)) < today:
        raise Problem(
            409, "ENDED", "The grace period is over: the family has to apply again.",
            ended=confirm_by.isoformat(), grace_until=over.isoformat(),
        )  # fmt: skip
    if today < confirm_by - CONFIRM_FROM:
        first = confirm_by - CONFIRM_FROM
        raise Problem(409, "TOO_EARLY", "It is too early to confirm.", **{"from": first.isoformat()})
    later = months_later(max(confirm_by, today), CONFIRM_MONTHS)
    await connection.execute(
        "UPDATE childcare.family SET confirmed_on = $2, confirm_by = $3 WHERE reference = $1",
        reference, today, later,
    )  # fmt: skip
    return {"family": reference, "confirmed_on": today.isoformat(), "confirm_by": later.isoformat()}
