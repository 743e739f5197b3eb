"""What the childcare service answers with, as its page describes it; tests hold the answers to it."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from actions.childcare.service.providers import Kind

type Source = Literal["wtc", "neg", "ssg", "own"]
type Pence = Annotated[int, Field(ge=0)]
type Id = Annotated[int, Field(ge=1)]
type Weekday = Annotated[int, Field(ge=0, le=6)]
type BookingState = Literal[
    "asked", "held", "confirmed", "part", "cancelled", "posted", "voided", "expired", "refused"
]


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """RFC 9457; `code` is the reason, and some have more fields."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class Provider(Answer):
    """A provider: every kind of owner has the same fields. Prices in pence, ages in months, 0 is Monday."""

    number: str
    name: str
    name_cy: str | None
    kind: Kind
    run_by: Literal["public", "private", "voluntary"]
    town: str
    postcode: str
    lat: float
    long: float
    phone: str
    age_from: int
    age_to: int
    opens: str
    closes: str
    days: list[Weekday]
    price_hour: Pence
    price_session: Pence
    session_minutes: int
    places: int
    places_free: int
    places_told: date
    rating: Literal["Outstanding", "Good", "Requires improvement", "Inadequate"] | None
    inspected_on: date | None
    languages: list[str]
    step_free: bool
    registered: bool
    registered_until: date | None
    struck_off_on: date | None
    miles: float | None
    named: Literal["whole", "part"] = Field("whole", description="How much of the name was said.")


class Providers(Answer):
    """Some providers."""

    providers: list[Provider]


class SignedIn(Answer):
    """A token that is a provider's key until a time."""

    token: str
    until: datetime


class _Booking(Answer):
    id: Id
    state: BookingState
    amount: Pence
    attended: Pence | None
    child_name: str
    since: date
    until: date
    days: list[Weekday]
    split: bool
    agreed: bool
    ended_by: str | None
    reason: str | None
    hold_until: datetime
    asked_at: datetime
    changed_at: datetime


class ProviderBooking(_Booking):
    """A booking as its provider sees it."""

    asked_to_confirm_at: datetime | None
    begun: bool = Field(description="Whether its first day has come: it can be confirmed from then on.")


class ProviderBookings(Answer):
    """Some of them, the newest first."""

    bookings: list[ProviderBooking]


class Part(Answer):
    """Where some of a booking's money comes from, in pence."""

    element: Source
    amount: Pence


class Whom(Answer):
    """The provider of a booking."""

    number: str
    name: str
    name_cy: str | None
    phone: str


class Booking(_Booking):
    """A booking as its family sees it; those of one `spend` are the parts of a split sum."""

    family: str
    child: Id
    spend: Id
    parts: list[Part]
    provider: Whom


class Bookings(Answer):
    """Some bookings."""

    bookings: list[Booking]


class Quote(Answer):
    """What a booking would come from, in pence."""

    enough: bool
    available: Pence
    own: Pence
    parts: list[Part]


class Child(Answer):
    """A child."""

    id: Id
    given_name: str
    born: date


class Family(Answer):
    """A family. `ends` is the last day it is eligible, as far as known; `grace_until` that of its grace."""

    reference: str
    given_name: str
    language: Literal["en", "cy"]
    phone: str | None
    confirmed_on: date
    confirm_by: date
    confirm_from: date
    state: Literal["eligible", "grace", "ended"]
    ends: date
    grace_until: date
    low_income: bool
    training: bool
    children: list[Child]
    pays_from: str | None = Field(None, description="The last digits of its bank account.")


class Families(Answer):
    """The families with a telephone number."""

    families: list[Family]


class TopUp(Answer):
    """Own money that was put in."""

    id: Id
    child: Id
    amount: Pence
    state: Literal["asked", "posted"]


class AwardPart(Part):
    """An element of an award, and what of it its funder pays."""

    base: Pence


class Reason(Answer):
    """Why an award is more: in pence, and in hundredths of a per cent."""

    reason: Literal["low_income", "training"]
    amount: Pence
    hundredths: int


class Award(Answer):
    """An award of a child, with its working."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: Id
    since: date = Field(alias="from")
    until: date
    expires: date
    amount: Pence
    base: Pence
    parts: list[AwardPart]
    reasons: list[Reason]


class RunsOut(Answer):
    """What runs out next, and on which day."""

    on: date
    amount: Pence


class ChildCredit(Answer):
    """What a child has, in pence."""

    child: Child
    available: Pence
    held: Pence
    spent: Pence
    parts: list[Part]
    runs_out: RunsOut | None
    awards: list[Award]


class Credit(Answer):
    """What each child of a family has."""

    children: list[ChildCredit]


class Event(Answer):
    """Something that happened to a family's credit, or `coming`: what will change within the month."""

    kind: Literal["awarded", "booking", "expired", "top_up", "family", "coming"]
    at: datetime
    values: dict[str, object]


class Events(Answer):
    """Some of them, the newest first."""

    events: list[Event]


class Confirmed(Answer):
    """A family that said that nothing had changed."""

    family: str
    confirmed_on: date
    confirm_by: date


class Notice(Answer):
    """What a family is to be told."""

    number: Id
    kind: str
    family: str
    phone: str | None
    language: Literal["en", "cy"]
    child: Id | None
    values: dict[str, object]


class Notices(Answer):
    """Some of it, in order; the next answer begins after `cursor`."""

    notices: list[Notice]
    cursor: int
