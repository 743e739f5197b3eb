"""What awards of a time would have been with other weights and other sums of the funders."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from actions.childcare.service.rule import ELEMENTS, Element
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

MOST: Final = 10_000
"""Hundredths of a per cent: a weight is at most 1, and a funder's sum at most doubles."""
LONG: Final = 60.0

# $1, $2 the days; $3, $4 the weights; $5 what is changed of each funder's sums. Rounded as `rule` does.
_PART: Final = """
WITH part AS (
    SELECT award.id, award.child, award.low_income, award.training, e.element, e.base AS was,
           e.weighting AS was_more,
           childcare.share(e.base, 10000 + coalesce(($5::jsonb ->> e.element)::bigint, 0), 10000) AS base
    FROM childcare.award JOIN childcare.award_element AS e ON e.award = award.id
    WHERE award.state = 'made' AND award.period_from BETWEEN $1 AND $2)
"""
_WEIGHTED: Final = f"""{_PART}, award AS (
    SELECT id, child, low_income::integer AS poor, training::integer AS learns, sum(was + was_more) AS was,
           sum(was_more) AS was_more, sum(base)::bigint AS base
    FROM part GROUP BY id, child, low_income, training
), weighted AS (
    SELECT *, childcare.share(base, poor * $3::bigint + learns * $4::bigint, 10000) AS more,
           childcare.share(base, $3 + learns * $4, 10000) < childcare.share(base, learns * $4, 10000)
             OR childcare.share(base, poor * $3 + $4, 10000)
                < childcare.share(base, poor * $3, 10000) AS lower
    FROM award)
"""  # noqa: S608
_FUNDERS: Final = f"""{_PART}
SELECT element, sum(was)::bigint AS was, sum(base)::bigint AS would FROM part
WHERE $3::bigint >= 0 AND $4::bigint >= 0 GROUP BY element
"""  # noqa: S608
_EQUITY: Final = f"""{_WEIGHTED}
SELECT count(*) AS awards, count(*) FILTER (WHERE lower) AS lower, coalesce(sum(was_more), 0)::bigint AS was,
       coalesce(sum(more), 0)::bigint AS would
FROM weighted
"""  # noqa: S608
_GROUPS: Final = f"""{_WEIGHTED}, family AS (
    SELECT child.family, bool_or(poor = 1) AS low_income, bool_or(learns = 1) AS training,
           sum(was)::bigint AS was, sum(base + more)::bigint AS would
    FROM weighted JOIN childcare.child ON child.id = weighted.child GROUP BY child.family)
SELECT low_income, training, count(*) AS families, count(*) FILTER (WHERE would > was) AS more,
       count(*) FILTER (WHERE would < was) AS less, count(*) FILTER (WHERE would = was) AS same,
       sum(was)::bigint AS was, sum(would)::bigint AS would
FROM family GROUP BY low_income, training ORDER BY low_income DESC, training DESC
"""  # noqa: S608


async def what_if(
    db: Connection | Pool,
    since: date,
    until: date,
    low_income: int,
    training: int,
    changed: Mapping[Element, int],
) -> dict[str, Json]:
    """Works out the awards of a time again.

    Args:
        db: the database.
        since: the first day on which a period of theirs began.
        until: the last.
        low_income: the weight, in hundredths of a per cent.
        training: the same.
        changed: what each funder's sums would be more, or less, in hundredths of a per cent.

    Returns:
        `funders`: pence that each paid and would have paid; `groups` of families, with how many would have
        more and less; and `lower`: how many awards would be less for a low income or training, which is none.
    """
    arguments = since, until, low_income, training, dict(changed)
    funders = {row["element"]: row for row in await db.fetch(_FUNDERS, *arguments, timeout=LONG)}
    equity = await db.fetchrow(_EQUITY, *arguments, timeout=LONG)
    groups = await db.fetch(_GROUPS, *arguments, timeout=LONG)
    assert equity is not None
    paid: dict[str, Json] = {
        name: {"was": row["was"] if row else 0, "would": row["would"] if row else 0}
        for name, row in [*((each, funders.get(each)) for each in ELEMENTS), ("equity", equity)]
    }
    return {
        "since": since.isoformat(), "until": until.isoformat(), "awards": equity["awards"],
        "funders": paid, "lower": equity["lower"], "groups": [dict(group) for group in groups],
    }  # fmt: skip
