"""The education credit: who can have it and why, and what is left of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import Field

from actions.education.service import money, rules
from actions.education.service.tools import Tools
from actions.sdk.service import Json, ServiceRefused
from actions.sdk.serving import Body, Connection, Problem

LONDON: Final = ZoneInfo("Europe/London")


class Asked(Body):
    """Who asks for a credit."""

    party: rules.Party = Field()


@dataclass(frozen=True)
class Standing:
    """Whether a pupil can have the credit, by the school's data; never by what anybody says.

    Args:
        reason: `eligible`, `not_disadvantaged` or `not_behind`.
        disadvantage: as the school has it; None for none.
        behind: months behind, by the subjects that count.
        furthest: months behind in the furthest of all subjects.
        figure_date: the day of the school's data, ISO 8601.
        amount: pence that a credit is worth now; 0 where there is none.
    """

    reason: str
    disadvantage: str | None
    behind: dict[str, int]
    furthest: int
    figure_date: str
    amount: int

    @property
    def eligible(self) -> bool:
        """Whether there is a credit for the pupil."""
        return self.reason == "eligible"


async def standing(connection: Connection, pupil: str, now: datetime) -> Standing:
    """Looks a pupil up in the school's data.

    Raises:
        Problem: 404 `PUPIL_NOT_FOUND`.
    """
    row = await connection.fetchrow(
        "SELECT disadvantage, figure_date FROM education.pupil WHERE reference = $1", pupil
    )
    if row is None:
        raise Problem(404, "PUPIL_NOT_FOUND", "There is no such pupil.")
    assessed = await connection.fetch(
        "SELECT subject, behind FROM education.assessment WHERE pupil = $1 ORDER BY behind DESC, subject",
        pupil,
    )
    behind = {each["subject"]: each["behind"] for each in assessed if each["behind"] >= rules.BEHIND}
    furthest = max((each["behind"] for each in assessed), default=0)
    reason = "not_disadvantaged" if row["disadvantage"] is None else "eligible" if behind else "not_behind"
    amount = rules.award(furthest, today(now)) if reason == "eligible" else 0
    return Standing(reason, row["disadvantage"], behind, furthest, row["figure_date"].isoformat(), amount)


def today(now: datetime) -> date:
    """The day in London."""
    return now.astimezone(LONDON).date()


async def ask(connection: Connection, pupil: str, party: str, now: datetime) -> Json:
    """Asks for the credit of this school year; asked again, by whoever, it is the same.

    Raises:
        Problem: 409 `NOT_ELIGIBLE` with the `reason`.
    """
    found = await standing(connection, pupil, now)
    if not found.eligible:
        raise Problem(409, "NOT_ELIGIBLE", "There is no credit for this pupil.", reason=found.reason)
    year = rules.school_year(today(now))
    new = await connection.fetchval(
        """INSERT INTO education.credit (pupil, school_year, amount, state, asked_by, asked_at)
           VALUES ($1, $2, $3, 'asked', $4, $5) ON CONFLICT DO NOTHING RETURNING true""",
        pupil, year, found.amount, party, now,
    )  # fmt: skip
    if new:
        await money.order(connection, "award", pupil, [money.award(pupil, year, found.amount)], now)
    return {"school_year": year}


async def awarded(connection: Connection, pupil: str, refused: str | None) -> None:
    """The ledger has moved the money of a credit, or has not."""
    await connection.execute(
        "UPDATE education.credit SET state = $2 WHERE pupil = $1 AND state = 'asked'",
        pupil, "unfunded" if refused else "awarded",
    )  # fmt: skip


async def has_credit(connection: Connection, pupil: str) -> bool:
    """Whether a credit was awarded, in whichever year."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM education.credit WHERE pupil = $1 AND state = 'awarded')", pupil
        )
    )


async def view(given: Tools, pupil: str) -> Json:
    """The credit as it is answered: whether and why, and what is available, held and spent in pence."""
    async with given.pool.acquire() as connection:
        found = await standing(connection, pupil, given.now)
        year = rules.school_year(today(given.now))
        state = await connection.fetchval(
            "SELECT state FROM education.credit WHERE pupil = $1 AND school_year = $2", pupil, year
        )
        ever = await has_credit(connection, pupil)
    account = None
    if ever:  # asked for without a connection in hand
        try:
            account = await given.ledger().account(money.credit_id(pupil))
        except ServiceRefused as refusal:
            if refusal.code != "ACCOUNT_NOT_FOUND":
                raise
    return {
        "eligible": found.eligible, "reason": found.reason, "disadvantage": found.disadvantage,
        "figure_date": found.figure_date,
        "behind": dict(found.behind), "furthest": found.furthest, "amount": found.amount,
        "state": state or ("before" if ever else "none"),
        "available": account.available if account else 0, "held": account.held if account else 0,
        "spent": account.spent if account else 0,
    }  # fmt: skip
