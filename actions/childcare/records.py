"""What the childcare service tells us of: families, their credit, providers, bookings and notices; pence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

type Standing = Literal["eligible", "grace", "ended"]


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a family."""

    id: int
    name: str
    born: date


@dataclass(frozen=True, slots=True)
class Family:
    """A family, as it is today.

    Args:
        reference: ten digits.
        name: the parent's given name.
        language: what it is written to in.
        standing: eligible, in the grace period, or neither any more.
        ends: the last day it is eligible, as far as is known.
        grace_until: the last day of the grace period.
        confirm_by: the last day to say that nothing has changed.
        confirm_from: the first.
        children: the eldest first.
        pays_from: the last digits of the bank account it lets us take from; None where that was not asked.
    """

    reference: str
    name: str
    language: str
    standing: Standing
    ends: date
    grace_until: date
    confirm_by: date
    confirm_from: date
    children: tuple[Child, ...]
    pays_from: str | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """What a child was awarded for a period, as the rule worked it out.

    Args:
        since: the first day of the period.
        until: the last.
        expires: the last day on which it can be spent.
        amount: pence, all of it.
        base: pence without what is added for a reason.
        parts: pence by element.
        reasons: for each reason to add something, the pence and the weight in hundredths of a per cent.
    """

    since: date
    until: date
    expires: date
    amount: int
    base: int
    parts: Mapping[str, int]
    reasons: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a child has.

    Args:
        child: whose.
        available: pence that can be spent, own money too.
        held: pence that are held for bookings.
        spent: pence that were paid from what is in the accounts now and before.
        parts: pence that can be spent, by element; `own` is the family's own.
        runs_out: the day on which the next of it runs out, and how much that is; None for nothing.
        awards: those that can still be spent, the earliest first.
    """

    child: Child
    available: int
    held: int
    spent: int
    parts: Mapping[str, int]
    runs_out: tuple[date, int] | None
    awards: tuple[Award, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was told to a family: its kind, its values, and when."""

    kind: str
    values: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of childcare; every kind of owner has the same fields. Ages in months, 0 is Monday."""

    number: str
    name: str
    name_cy: str | None
    kind: str
    run_by: str
    town: str
    postcode: str
    phone: str
    age_from: int
    age_to: int
    opens: str
    closes: str
    days: tuple[int, ...]
    price_hour: int
    price_session: int
    session_minutes: int
    places: int
    places_free: int
    places_told: date
    rating: str | None
    inspected_on: date | None
    languages: tuple[str, ...]
    step_free: bool
    registered: bool
    registered_until: date | None
    struck_off_on: date | None
    miles: float | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Booking:
    """Care that was booked, as its family sees it; those of one `spend` are the parts of a split sum."""

    id: int
    state: str
    child: int
    child_name: str
    provider: str
    provider_name: str
    provider_name_cy: str | None
    provider_phone: str
    amount: int
    attended: int | None
    since: date
    until: date
    split: bool
    spend: int
    agreed: bool
    reason: str | None
    hold_until: datetime
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a booking would come from."""

    enough: bool
    available: int
    own: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a family is to be told."""

    number: int
    kind: str
    family: str
    child: int | None
    values: Mapping[str, Any]
    phone: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Order:
    """Care to be booked: pence for one provider, or for two."""

    family: str
    child: int
    since: date
    until: date
    shares: tuple[tuple[str, int], ...]
    days: tuple[int, ...] = ()
