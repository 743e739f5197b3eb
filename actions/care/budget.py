"""What the care service tells: citizens, their budgets, plans, payments, helpers and statements."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

type Words = dict[str, str]
"""By language."""
type Fund = Literal["old_age", "conditions", "training"]
type Period = Literal["week", "month", "year", "once"]
type WayName = Literal["council", "third_party", "direct", "fund", "own"]
type LineState = Literal["new", "sent", "agreed", "talk"]

Pence = Annotated[int, Field(strict=True)]
"""Money, never with parts of a penny."""


class Told(BaseModel):
    """Base of what is read: what a newer service says besides is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def slot(self) -> dict[str, Any]:
        """As a slot keeps it: JSON."""
        return self.model_dump(mode="json")


class Person(Told):
    """Who somebody is to the department."""

    reference: str
    name: str
    fund: Fund
    language: Literal["en", "cy"]


class Token(Told):
    """What a browser keeps that somebody is signed in with."""

    token: str


class Helped(Person):
    """A citizen for whom somebody may pay; `helper` is the number of what was allowed."""

    helper: int
    helper_name: str


class People(Told):
    """Whose a telephone is, and for whom its owner may act."""

    citizens: tuple[Person, ...]
    helping: tuple[Helped, ...]


class Price(Told):
    """The published figure that a budget stands for."""

    service: Words
    unit: Words
    pence: Pence
    source: Words
    published_on: date


class Budget(Told):
    """A budget of a year: the amount, what it stands for, and what the citizen pays towards it."""

    pence: Pence
    contribution: Pence
    units: int
    starts_on: date
    ends_on: date
    review_due: date
    price: Price


class Way(Told):
    """What is left and held in one way of holding the money."""

    way: WayName
    left: Pence
    held: Pence


class Position(Told):
    """What a budget comes to: `left + held + spent` is all of it, `planned + free` is `left`."""

    left: Pence
    held: Pence
    spent: Pence
    planned: Pence
    free: Pence
    ways: tuple[Way, ...]


class Surplus(Told):
    """A notice that money will be taken back."""

    id: int
    pence: Pence
    noticed_at: datetime
    takes_on: date
    words: str
    state: Literal["noticed", "explained", "taking"]


class Citizen(Person):
    """A citizen with all that their budget comes to at a moment."""

    phone: str | None
    budget: Budget
    position: Position
    surplus: Surplus | None
    as_of: datetime


class Line(Told):
    """A line of a plan: pence each period, what that is in a year, and what of it is left to spend."""

    line: int
    words: str
    outcome: str
    pence: Pence
    period: Period
    yearly: Pence
    state: LineState
    reason: str
    left: Pence


class Version(Told):
    """A version of a plan."""

    id: int
    number: int
    sent_at: datetime | None
    agreed_at: datetime | None
    yearly: Pence
    lines: tuple[Line, ...]


class Plan(Told):
    """A plan: what is in force, and what is being written or talked over."""

    budget: Budget
    in_force: Version | None
    open: Version | None

    @property
    def latest(self) -> Version | None:
        """The one that a citizen means by their plan when they write it."""
        return self.open or self.in_force

    @property
    def worth(self) -> int:
        """What a plan may come to in a year, in pence."""
        return self.budget.pence + self.budget.contribution

    @property
    def left(self) -> int:
        """What the lines of the latest version leave, in pence; below nothing when they are too much."""
        return self.worth - (self.latest.yearly if self.latest else 0)


class Payee(Told):
    """Whom a citizen pays; the line and the pence of the last time."""

    id: int
    name: str
    known: bool
    line: int | None
    pence: Pence | None


class Spend(Told):
    """A payment; `helper` is the name of who made it for the citizen, `helper_id` the number."""

    number: int
    payee: str
    pence: Pence
    way: WayName
    line: str | None
    words: str
    helper: str | None
    helper_id: int | None
    needs: tuple[str, ...]
    state: str
    ask: str
    reason: str
    receipt: str
    made_at: datetime
    paid_at: datetime | None
    refunded: Pence


class Look(Told):
    """What a payment would need: why the council must be asked, and what is left of its line."""

    needs: tuple[Literal["OFF_PLAN", "OVER_LINE", "NEW_PAYEE"], ...]
    left: Pence | None
    line: str | None


class Helper(Told):
    """Somebody who may pay for a citizen; `lines` is None where it is for all."""

    id: int
    name: str
    phone: str
    per_payment: Pence
    per_week: Pence
    week_left: Pence
    lines: tuple[int, ...] | None

    def may_pay(self, line: int) -> bool:
        """Whether a line is theirs to pay for."""
        return self.lines is None or line in self.lines


class Slot(Told):
    """A time for a review."""

    id: int
    starts_at: datetime


class Review(Told):
    """The yearly review."""

    due: date
    booked: datetime | None
    slots: tuple[Slot, ...]


class Entry(Told):
    """What came or went in a statement; `pence` is below nothing for what went."""

    at: datetime
    kind: str
    pence: Pence
    payee: str | None
    line: str | None
    words: str
    reason: str
    number: int | None


class WayStatement(Told):
    """What one way of holding had at the beginning and at the end."""

    way: WayName
    opening: Pence
    closing: Pence


class Statement(Told):
    """A statement of a month: the opening, what came and went, the closing; they come out even."""

    month: str
    opening: Pence
    closing: Pence
    held: Pence | None
    over: bool
    ways: tuple[WayStatement, ...]
    entries: tuple[Entry, ...]


class Event(Told):
    """Something that happened."""

    id: int
    kind: str
    told: dict[str, Any]
    at: datetime
    reference: str
    name: str
    phone: str | None
    language: Literal["en", "cy"]


class SentPlan(Told):
    """A plan that waits at the desk."""

    id: int
    number: int
    sent_at: datetime
    name: str
    reference: str
    fund: Fund
    pence: Pence
    yearly: Pence
    waiting: int


class DeskPlan(Told):
    """A plan with whose it is."""

    citizen: Person
    budget: Budget
    version: Version


class DeskSpend(Spend):
    """A payment with whose it is."""

    name: str
    reference: str


class DeskHolding(Told):
    """Another way of holding that was asked for."""

    id: int
    name: str
    reference: str
    shares: dict[str, Any]
    made_at: datetime


class DeskSurplus(Surplus):
    """A notice with whose it is."""

    name: str
    reference: str
    may_take: bool


class Unplanned(Told):
    """A budget with money that nothing is planned for."""

    name: str
    reference: str
    free: Pence
    ends_on: date


class Surpluses(Told):
    """The notices that run, and where one might be given."""

    running: tuple[DeskSurplus, ...]
    candidates: tuple[Unplanned, ...]
