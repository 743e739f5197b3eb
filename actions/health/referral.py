"""What the e-Referral Service tells us of: referrals, services to choose from, slots, appointments."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

type Priority = Literal["ROUTINE", "URGENT", "TWO_WEEK_WAIT"]
type State = Literal[
    "NOT_BOOKED",
    "BOOKED",
    "DEFERRED_TO_PROVIDER",
    "AWAITING_TRIAGE",
    "TRIAGE_RESPONSE",
    "TRIAGED_PROVIDER_TO_ACTION",
    "ASSESSMENT_RESULT",
    "APPT_CANCELLED_BY_PATIENT",
    "APPT_CANCELLED_BY_PROVIDER",
    "DID_NOT_ATTEND",
    "REJECTED",
    "CANCELLED_REFERRAL",
]
type Kind = Literal["public", "private", "voluntary"]
type Bookable = Literal["DIRECTLY_BOOKABLE", "INDIRECTLY_BOOKABLE", "UNSPECIFIED"]
type Parking = Literal["free", "paid", "none"]
type Support = Literal["TRANSPORT", "INTERPRETER", "ADVOCACY"]
type Gender = Literal["MALE_AND_FEMALE", "MALE", "FEMALE"]
type AppointmentStatus = Literal["booked", "proposed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Coded:
    """A code and the words for it, in English; the words may be missing."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one waits: in days, or, where there is no number, a capacity code that says why."""

    days: int | None
    capacity: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who offers a service, and where."""

    ods: str
    name: str
    town: str
    postcode: str
    kind: Kind
    cqc_rating: str
    recommended: int  # of 100 patients asked, how many would recommend it
    parking: Parking
    step_free: bool


@dataclass(frozen=True, slots=True)
class HealthcareService:
    """A service a citizen can choose.

    `distance` is in whole miles, None where no postcode was given. `figures` says where the figures
    come from, `figure_date` of which day they are.
    """

    id: str
    name: str
    specialty: Coded
    clinic_type: Coded
    provider: Provider
    distance: int | None
    appointment_wait: Wait
    treatment_wait: Wait
    figure_date: date
    figures: str
    bookable: Bookable
    phone: str
    exclusions: tuple[str, ...]
    conditions_treated: tuple[str, ...]
    suggested_investigations: tuple[str, ...]
    age_from: int
    age_to: int | None
    gender_treated: Gender
    supports: tuple[Support, ...]
    letter_required: bool
    contact_days: int  # within so many days of a deferral the provider is in touch


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked; both ends have their zone (UTC)."""

    id: str
    service_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SlotPage:
    """Some of a service's free slots, how many there are in all, and the number of the next page."""

    slots: tuple[Slot, ...]
    total: int
    next: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot kept for one referral until a time."""

    slot: Slot
    until: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booking (`booked`), or a deferral (`proposed`: no slot, but a day to hear by).

    `id` is the reference a citizen is given; `version` is that of the referral it made.
    """

    id: str
    ubrn: str
    version: int
    status: AppointmentStatus
    service_id: str
    service_name: str
    provider_name: str
    slot_id: str | None
    start: datetime | None
    end: datetime | None
    contact_by: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A service on a shortlist."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as it was at `version`."""

    ubrn: str
    version: int
    state: State
    priority: Priority
    specialty: Coded
    clinic_type: Coded
    given_name: str
    postcode: str | None
    shortlist: tuple[Listed, ...]
    appointment: Appointment | None
    referred_on: date | None = None
