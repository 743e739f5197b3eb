"""What a child was awarded, read back as the rule worked it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from actions.childcare.service.rule import Award, Part, Weights
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool

_MADE: Final = """
SELECT award.id, award.child, award.period_from, award.period_until, award.expires_on, award.low_income,
       award.training, award.look_on, weights.version, weights.from_date,
       weights.low_income AS weight_low_income, weights.training AS weight_training,
       each.elements, each.base, each.for_low_income, each.for_training
FROM childcare.award JOIN childcare.weights ON weights.version = award.weights, LATERAL (
    SELECT array_agg(element ORDER BY place) AS elements, array_agg(base ORDER BY place) AS base,
           array_agg(e.low_income ORDER BY place) AS for_low_income,
           array_agg(e.training ORDER BY place) AS for_training
    FROM childcare.award_element AS e JOIN (VALUES ('wtc', 1), ('neg', 2), ('ssg', 3)) AS o (name, place)
         ON o.name = e.element
    WHERE e.award = award.id) AS each
WHERE award.child = ANY ($1) AND award.state = 'made' ORDER BY award.child, award.period_from
"""


@dataclass(frozen=True)
class ChildAward:
    """An award of a child.

    Args:
        id: its number.
        child: whose it is.
        award: as the rule worked it out.
        period_from: the first day of its period.
        period_until: the last.
        expires_on: the last day on which it can be spent.
        low_income: whether it was worked out for a low income.
        training: whether for a parent in training.
        look_on: when to look next what is left of it; None when nothing is.
    """

    id: int
    child: int
    award: Award
    period_from: date
    period_until: date
    expires_on: date
    low_income: bool
    training: bool
    look_on: date | None

    def explain(self) -> dict[str, Json]:
        """The working, for the citizen: `rule.Award.explain` with the period and the last day."""
        return {
            **self.award.explain(), "id": self.id, "from": self.period_from.isoformat(),
            "until": self.period_until.isoformat(), "expires": self.expires_on.isoformat(),
        }  # fmt: skip


async def of_children(db: Connection | Pool, children: Sequence[int]) -> list[ChildAward]:
    """What the ledger has of some children's awards: each child's, the earliest period first."""
    return [
        ChildAward(
            row["id"], row["child"],
            Award(
                tuple(
                    Part(*part)
                    for part in zip(
                        row["elements"], row["base"], row["for_low_income"], row["for_training"], strict=True
                    )
                ),
                Weights(row["version"], row["from_date"], row["weight_low_income"], row["weight_training"]),
            ),
            row["period_from"], row["period_until"], row["expires_on"], row["low_income"], row["training"],
            row["look_on"],
        )
        for row in await db.fetch(_MADE, list(children))
    ]  # fmt: skip
