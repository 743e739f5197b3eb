"""The rules of a booking: whose child, which provider, when and how much; each refusal has a code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

import asyncpg
from pydantic import Field

from actions.childcare.service import families, providers
from actions.childcare.service.eligibility import LONDON
from actions.sdk.serving import Body, Connection, Pool, Problem

MOST: Final = 200_000
"""Pence of one booking: nobody's week costs more."""
LONGEST: Final = 31
"""Days of one booking."""
BACK: Final = timedelta(weeks=4)
AHEAD: Final = timedelta(weeks=26)
"""For so long after its end, and before its beginning, care can be booked."""
CONFIRM_WITHIN: Final = timedelta(weeks=4)
"""For so long after the care, or after it was booked, its provider can confirm it."""

type Amount = Annotated[int, Field(gt=0, le=MOST)]
type Number = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{4,8}$")]
type Reference = Annotated[str, Field(pattern=r"^[0-9]{10}$")]
type Weekday = Annotated[int, Field(ge=0, le=6)]
type Id = Annotated[int, Field(gt=0, lt=2**63)]


class Share(Body):
    """What one provider gets, in pence."""

    provider: Number
    amount: Amount


class NewBooking(Body):
    """Care that is booked: with one provider, or one sum split between two who must both agree."""

    family: Reference
    child: Id
    since: date
    until: date
    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = Field(
        default_factory=list
    )
    shares: Annotated[list[Share], Field(min_length=1, max_length=2)]


@dataclass(frozen=True)
class Checked:
    """A booking that keeps the rules: the family, the child, and the rows of its providers in order."""

    family: families.Family
    child: families.Child
    providers: Sequence[asyncpg.Record]


async def check(db: Connection | Pool, wanted: NewBooking, today: date) -> Checked:
    """Looks whether something may be booked.

    Args:
        db: the database.
        wanted: what is asked for.
        today: the day.

    Raises:
        Problem: 404 `NOT_YOURS`, `PROVIDER_NOT_FOUND`; 422 `DATES`, `TOO_EARLY`, `TOO_FAR`, `SAME_PROVIDER`;
            409 `GRACE_OVER`, `STRUCK_OFF`, `NOT_REGISTERED`, `AGE`.
    """
    _dates(wanted, today)
    family, child = await whose(db, wanted.family, wanted.child, today)
    standing = family.standing
    if not standing.may_spend or wanted.since > standing.grace_until:
        raise Problem(
            409, "GRACE_OVER", "The family is not eligible on these days, nor in its grace period.",
            ends=standing.ends.isoformat(), grace_until=standing.grace_until.isoformat(),
        )  # fmt: skip
    numbers = [share.provider for share in wanted.shares]
    if len(set(numbers)) < len(numbers):
        raise Problem(422, "SAME_PROVIDER", "A sum is split between two different providers.")
    return Checked(family, child, [await _provider(db, each, child, wanted, today) for each in numbers])


async def whose(
    db: Connection | Pool, reference: str, child: int, today: date
) -> tuple[families.Family, families.Child]:
    """A family and the child of it.

    Raises:
        Problem: 404 `NOT_YOURS`: there is no such family, or the child is another's. Which, is not told.
    """
    family = await families.find(db, reference, today)
    found = next((each for each in family.children if each.id == child), None) if family else None
    if family is None or found is None:
        raise Problem(404, "NOT_YOURS", "This family has no such child.")
    return family, found


def _dates(wanted: NewBooking, today: date) -> None:
    if not 0 <= (wanted.until - wanted.since).days < LONGEST:
        raise Problem(422, "DATES", f"“until” is not before “since”, and at most {LONGEST} days are booked.")
    if wanted.until < today - BACK:
        raise Problem(422, "TOO_EARLY", "The care is over for too long.", weeks=BACK.days // 7)
    if wanted.since > today + AHEAD:
        raise Problem(422, "TOO_FAR", "The care begins too far ahead.", weeks=AHEAD.days // 7)


async def _provider(
    db: Connection | Pool, number: str, child: families.Child, wanted: NewBooking, today: date
) -> asyncpg.Record:
    row = await providers.find(db, number)
    if row is None:
        raise Problem(404, "PROVIDER_NOT_FOUND", "There is no such provider.")
    struck = row["struck_off_on"]
    if struck is not None and struck <= max(today, wanted.until):
        raise Problem(
            409, "STRUCK_OFF", "The provider is struck off.", provider=number, on=struck.isoformat()
        )
    if not providers.registered(row, wanted.since, wanted.until):
        raise Problem(409, "NOT_REGISTERED", "The provider is not registered on all days.", provider=number)
    months = age_in_months(child.born, wanted.since)
    if not row["age_from"] <= months <= row["age_to"]:
        raise Problem(
            409, "AGE", "The provider does not take a child of this age.", provider=number,
            age_from=row["age_from"], age_to=row["age_to"],
        )  # fmt: skip
    return row


def age_in_months(born: date, day: date) -> int:
    """Full months of age on a day."""
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def hold_until(until: date, now: datetime) -> datetime:
    """When the money of care that is not confirmed goes back: four weeks after it, or after now."""
    last = max(until, now.astimezone(LONDON).date()) + CONFIRM_WITHIN
    return datetime.combine(last + timedelta(days=1), time(), LONDON)
