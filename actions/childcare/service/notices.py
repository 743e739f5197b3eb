"""What families are to be told, kept once each: the department's bot reads on from where it was.

| kind | when | values |
|---|---|---|
| `reconfirm` | 28, 7 and 1 days before the last day to say that nothing changed | `by`, `days` |
| `grace` | when a grace period has begun, and 14 days before it is over | `ended`, `until`, `why`, `days` |
| `eligibility` | 30 days before a change | those of `changes.Change.told` |
| `awarded` | when the ledger has an award | `child`, `amount`, `from`, `until`, `expires`, `low_income`, … |
| `expiring` | 28 and 7 days before credit runs out that is not spent | `child`, `amount`, `on`, `days` |
| `expired` | when it went back | `child`, `amount`, `on` |
| `low` | when little is left | `child`, `amount` |

Amounts are pence, days ISO dates. `why` of a grace period is `not_confirmed` or `ended`; `low_income` and
`training` of an award are the pence it has more for these reasons, `before` is the award before, or None.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from actions.childcare.service.changes import changes_due
from actions.childcare.service.eligibility import GRACE, LONDON, standing
from actions.childcare.service.families import COLUMNS, FROM
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

PAGE: Final = 200
"""Notices of one answer."""
CONFIRM_DAYS: Final = (28, 7, 1)
"""So many days before the last to confirm a family is told."""
GRACE_DAYS: Final = 14
"""So many days before a grace period is over; and for so long after it began it is still told of that."""
LONG: Final = 60.0
"""Seconds for what is looked through once a day."""

_KEEP: Final = """
INSERT INTO childcare.notice (key, kind, family, child, told, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (key) DO NOTHING
"""
# The latest stage that has come: a family that is seen late is told once.
_RECONFIRM: Final = f"""
INSERT INTO childcare.notice (key, kind, family, told, made_at)
SELECT concat_ws(':', 'reconfirm', reference, confirm_by, stage), 'reconfirm', reference,
       jsonb_build_object('by', confirm_by, 'days', confirm_by - $1::date), $2
FROM {FROM}, LATERAL (
    SELECT min(each) AS stage FROM unnest($3::integer[]) AS each WHERE confirm_by - $1::date <= each) AS due
WHERE confirm_by BETWEEN $1::date AND $1::date + (SELECT max(each) FROM unnest($3::integer[]) AS each)
  AND (now.eligible_until IS NULL OR now.eligible_until > confirm_by)
ON CONFLICT (key) DO NOTHING
"""  # noqa: S608
_ENDED: Final = f"""
SELECT {COLUMNS} FROM {FROM}
WHERE reference IN (
    SELECT reference FROM childcare.family WHERE confirm_by BETWEEN $2 AND $1::date - 1
    UNION SELECT family FROM childcare.eligibility WHERE eligible_until BETWEEN $2 AND $1::date - 1)
"""  # noqa: S608
_AWARDED: Final = """
INSERT INTO childcare.notice (key, kind, family, child, told, made_at)
SELECT 'awarded:' || award.id, 'awarded', child.family, child.id, jsonb_build_object(
    'child', child.given_name, 'amount', award.amount, 'from', award.period_from, 'until', award.period_until,
    'expires', award.expires_on, 'low_income', part.low_income, 'training', part.training, 'before', (
        SELECT amount FROM childcare.award AS last
        WHERE last.child = award.child AND last.state = 'made' AND last.period_from < award.period_from
        ORDER BY period_from DESC LIMIT 1)), $2
FROM childcare.award JOIN childcare.child ON child.id = award.child, LATERAL (
    SELECT sum(e.low_income)::bigint AS low_income, sum(e.training)::bigint AS training
    FROM childcare.award_element AS e WHERE e.award = award.id) AS part
WHERE award.id = ANY ($1) ORDER BY award.id
ON CONFLICT (key) DO NOTHING
"""
_SINCE: Final = """
SELECT notice.number, notice.kind, notice.family, notice.child, notice.told, family.phone, family.language
FROM childcare.notice JOIN childcare.family ON family.reference = notice.family
WHERE number > $1 ORDER BY number LIMIT $2
"""


async def since(db: Connection | Pool, number: int) -> dict[str, Json]:
    """The notices after one, in order, as many as fit into an answer; and where to go on."""
    rows = await db.fetch(_SINCE, number, PAGE)
    return {
        "notices": [
            {
                "number": row["number"], "kind": row["kind"], "family": row["family"], "child": row["child"],
                "values": row["told"], "phone": row["phone"], "language": row["language"],
            }
            for row in rows
        ],
        "cursor": rows[-1]["number"] if rows else number,
    }  # fmt: skip


async def keep(
    connection: Connection, key: str, kind: str, family: str, child: int | None, told: Json, now: datetime
) -> None:
    """Keeps a notice, once for its key.

    Args:
        connection: with the transaction in which it became so.
        key: of this notice alone.
        kind: see above.
        family: who is told.
        child: whom it is about; None for the family.
        told: its values.
        now: the time.
    """
    await connection.execute(_KEEP, key, kind, family, child, told, now)


async def awarded(connection: Connection, awards: Sequence[int], now: datetime) -> None:
    """Keeps the notices of awards that the ledger has from now on."""
    await connection.execute(_AWARDED, list(awards), now)


async def prepare(pool: Pool, now: datetime) -> None:
    """Keeps the notices of the day, unless that was done."""
    today = now.astimezone(LONDON).date()
    if await pool.fetchval("SELECT true FROM childcare.noticed WHERE day >= $1", today):
        return
    async with pool.acquire() as connection, connection.transaction():
        # Others who come now wait here, and then find it done.
        new = await connection.fetchval(
            """INSERT INTO childcare.noticed (day) VALUES ($1)
               ON CONFLICT (one) DO UPDATE SET day = $1 WHERE noticed.day < $1 RETURNING true""",
            today, timeout=LONG,
        )  # fmt: skip
        if new:
            await connection.execute(_RECONFIRM, today, now, list(CONFIRM_DAYS), timeout=LONG)
            await connection.executemany(_KEEP, [*await _graces(connection, today, now)])
            await changed(connection, now)


async def changed(connection: Connection, now: datetime) -> None:
    """Keeps the notices of what will change, where it is not known to the families yet."""
    today = now.astimezone(LONDON).date()
    await connection.executemany(
        _KEEP,
        [
            (f"eligibility:{each.family}:{each.day}:{each.after}", "eligibility", each.family, None,
             each.told(), now)
            for each in await changes_due(connection, today)
        ],
    )  # fmt: skip


async def _graces(connection: Connection, today: date, now: datetime) -> Iterable[tuple[object, ...]]:
    over = {day for day in _ends_of_grace(today.year) if today <= day <= today + timedelta(days=GRACE_DAYS)}
    # The longest grace period is from the 11th of February to the end of August.
    earliest = today - timedelta(days=210 if over else GRACE_DAYS)
    found = []
    for row in await connection.fetch(_ENDED, today, earliest, timeout=LONG):
        stands = standing(row, today)
        if stands.state != "grace":
            continue
        told: Json = {
            "ended": stands.ends.isoformat(), "until": stands.grace_until.isoformat(),
            "why": "ended" if stands.ends == row["eligible_until"] else "not_confirmed",
            "days": (stands.grace_until - today).days,
        }  # fmt: skip
        begun = stands.ends >= today - timedelta(days=GRACE_DAYS)
        for stage, due in (("begun", begun), ("over", stands.grace_until in over)):
            if due:
                key = f"grace:{row['reference']}:{stands.ends}:{stage}"
                found.append((key, "grace", row["reference"], None, told, now))
    return found


def _ends_of_grace(year: int) -> list[date]:
    return [date(year + later, month, day) for _, (month, day), years in GRACE for later in (0, years)]
