"""What will change for families within the month: from when, and their next award with it and without."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import batched, groupby
from typing import Final

import asyncpg

from actions.childcare.service import awards, weights
from actions.childcare.service.awards import ChildAward
from actions.childcare.service.eligibility import grace_until
from actions.childcare.service.families import COLUMNS, FROM
from actions.childcare.service.rule import REASONS, Reason, Weights, work_out
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

AHEAD: Final = timedelta(days=30)
"""So long before it is so a family is told of a change."""
_CHUNK: Final = 1_000

# Who may be concerned, and from when: what is known of the family changes, it ends, or the weights change.
_CONCERNED: Final = """
SELECT family, day FROM (
SELECT family, from_date AS day FROM childcare.eligibility WHERE from_date > $1 AND from_date <= $2
UNION
SELECT family, eligible_until + 1 FROM childcare.eligibility
WHERE eligible_until >= $1 AND eligible_until < $2
UNION
SELECT each.family, version.from_date
FROM childcare.weights AS version, childcare.eligibility AS each
WHERE version.from_date > $1 AND version.from_date <= $2 AND (each.low_income OR each.training)
) AS concerned WHERE $3::text IS NULL OR family = $3
ORDER BY day, family
"""


@dataclass(frozen=True)
class Change:
    """A change that comes, for a family.

    Args:
        family: its reference.
        day: the first that it holds for.
        children: the given names of those it concerns.
        before: pence that they would be awarded next without the change, of what they were awarded last.
        after: pence of the same with it; 0 where eligibility ends.
        gains: reasons that it has more for from then on.
        loses: those that it no longer has more for.
        reweighted: whether the weights change.
        ends: the last day of eligibility, where it ends, and of the grace period.
    """

    family: str
    day: date
    children: tuple[str, ...]
    before: int
    after: int
    gains: tuple[Reason, ...] = ()
    loses: tuple[Reason, ...] = ()
    reweighted: bool = False
    ends: tuple[date, date] | None = None

    def told(self) -> dict[str, Json]:
        """As it is told."""
        return {
            "from": self.day.isoformat(), "children": list(self.children), "before": self.before,
            "after": self.after, "gains": list(self.gains), "loses": list(self.loses),
            "reweighted": self.reweighted, "ends": self.ends[0].isoformat() if self.ends else None,
            "grace_until": self.ends[1].isoformat() if self.ends else None,
        }  # fmt: skip


async def changes_due(db: Connection | Pool, today: date, family: str | None = None) -> list[Change]:
    """The changes that are known of and come within `AHEAD`, the earliest first; of one family, or all."""
    rows = await db.fetch(_CONCERNED, today, today + AHEAD, family, timeout=60)
    found: list[Change] = []
    for day, concerned in groupby(rows, key=lambda row: row["day"]):
        now, then = await weights.on(db, day - timedelta(days=1)), await weights.on(db, day)
        for chunk in batched((row["family"] for row in concerned), _CHUNK):
            found += await _of_day(db, day, chunk, (now, then))
    return found


async def _of_day(
    db: Connection | Pool, day: date, families: Sequence[str], holds: tuple[Weights | None, Weights | None]
) -> list[Change]:
    before, after = [
        {
            row["reference"]: row
            for row in await db.fetch(
                f"SELECT {COLUMNS} FROM {FROM} WHERE family.reference = ANY ($2)",  # noqa: S608
                when, list(families),
            )
        }
        for when in (day - timedelta(days=1), day)
    ]  # fmt: skip
    children = await db.fetch(
        "SELECT id, family, given_name FROM childcare.child WHERE family = ANY ($1) ORDER BY born, id",
        list(families),
    )
    last = {each.child: each for each in await awards.of_children(db, [row["id"] for row in children])}
    theirs: dict[str, list[tuple[str, ChildAward]]] = {}
    for row in children:
        if row["id"] in last:
            theirs.setdefault(row["family"], []).append((row["given_name"], last[row["id"]]))
    changes = (
        _change(each, day, theirs.get(each, []), (before[each], after[each]), holds) for each in families
    )
    return [change for change in changes if change is not None]


def _change(
    family: str,
    day: date,
    children: Iterable[tuple[str, ChildAward]],
    known: tuple[asyncpg.Record, asyncpg.Record],
    holds: tuple[Weights | None, Weights | None],
) -> Change | None:
    named, sums = list[str](), [0, 0]
    # Whether it will have confirmed by then is not known; that it ends for good is.
    ends = known[0]["eligible_until"] == day - timedelta(days=1)
    for name, last in children:
        base = {part.element: part.base for part in last.award.parts}
        worth = [
            work_out(base, each, low_income=row["low_income"], training=row["training"]).amount
            if each is not None else last.award.amount
            for row, each in zip(known, holds, strict=True)
        ]  # fmt: skip
        if ends:
            worth[1] = 0
        if worth[0] != worth[1]:
            named.append(name)
            sums = [sums[0] + worth[0], sums[1] + worth[1]]
    if not named:
        return None
    had, has = ({reason for reason in REASONS if row[reason]} for row in known)
    return Change(
        family, day, tuple(named), sums[0], sums[1],
        tuple(reason for reason in REASONS if reason in has - had),
        tuple(reason for reason in REASONS if reason in had - has), holds[0] != holds[1],
        (day - timedelta(days=1), grace_until(day - timedelta(days=1))) if ends else None,
    )  # fmt: skip
