"""What the e-Referral Service tells us of: referrals, services to choose from, slots, appointments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypedDict

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
    "ATTENDED",  # ours: e-RS stops at the visit
]
type Kind = Literal["public", "private", "voluntary"]
type Bookable = Literal["DIRECTLY_BOOKABLE", "INDIRECTLY_BOOKABLE", "UNSPECIFIED"]
type Parking = Literal["free", "paid", "none"]
type Support = Literal["TRANSPORT", "INTERPRETER", "ADVOCACY"]
type Gender = Literal["MALE_AND_FEMALE", "MALE", "FEMALE"]
type AppointmentStatus = Literal["booked", "proposed", "fulfilled", "noshow", "cancelled"]
type Need = Literal["TRANSPORT", "INTERPRETER", "ADVOCACY", "STEP_FREE", "PARKING"]
type By = Literal["patient", "carer"]
type ChangeKind = Literal["state", "slot_free", "slot_taken", "permitted", "revoked"]
type LongWaitKind = Literal["18", "40"]


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

    def sees(self, priority: Priority) -> bool:
        """Whether it sees a referral of a priority: two weeks is the time for a suspected cancer."""
        return priority != "TWO_WEEK_WAIT" or not any(
            each.casefold().startswith("suspected") for each in self.exclusions
        )


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

    After the visit a booking is `fulfilled`, or `noshow` where nobody came.

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
class Offer:
    """A slot that is held for a referral until a time, in place of an appointment its provider cancelled."""

    slot_id: str
    service_id: str
    provider_name: str
    start: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as it was at `version`.

    `advice` is the clinic's words, in English, where it is in TRIAGE_RESPONSE or ASSESSMENT_RESULT; `offer`
    a new time where it is in APPT_CANCELLED_BY_PROVIDER and the offer still stands. `for_another` is set
    where a telephone number was asked for, and is that of a carer with permission.
    """

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
    advice: str | None = None
    offer: Offer | None = None
    for_another: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened at e-RS; ours, as e-RS has no feed.

    | kind | what is told |
    |---|---|
    | `state` | a referral is in another `state`, of `ubrn`, whose `phone` is on record if any is |
    | `slot_free` | a slot came free: `service_id`, `slot_id`, `start` |
    | `slot_taken` | a slot was booked: the same |
    | `permitted`, `revoked` | who has the number `values["carer"]` may act for `ubrn`, or no more |

    `values` says more: `provider` (the hospital's name) with a slot; `wanted`, how many referrals have a
    later booking and asked to hear of such a slot, with `slot_free`; `advice`, the clinic's words in
    English, with TRIAGE_RESPONSE and ASSESSMENT_RESULT. A `state` of APPT_CANCELLED_BY_PROVIDER has a new
    offer, unless there is none: `service_id`, `slot_id`, `start`, held for the referral for 48 hours;
    `was` is then when the lost appointment was (ISO 8601), and `until` how long the offer stands. BOOKED,
    DID_NOT_ATTEND and ATTENDED have the appointment's `service_id`, `slot_id` and `start`. `by` is who
    did it: `patient`, `carer` or `provider`.
    """

    number: int
    kind: ChangeKind
    at: datetime
    ubrn: str | None
    phone: str | None
    state: State | None
    service_id: str | None
    slot_id: str | None
    start: datetime | None
    values: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in their order; `cursor` is what to ask for the next ones with."""

    changes: tuple[Change, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class LongWait:
    """A referral that waits longer than it may.

    `kind` is `18` over 18 weeks without a visit (2 for TWO_WEEK_WAIT), and `40` over 40 weeks with nothing
    booked within the next 8: docs/sources.md, health. `phone` is the mobile number on record.
    """

    ubrn: str
    weeks: int
    kind: LongWaitKind
    phone: str | None


@dataclass(frozen=True, slots=True)
class LongWaits:
    """Some of the long waits, longest first; `next` is what to ask for more with, None for no more."""

    waits: tuple[LongWait, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """That a referral would have an earlier appointment at a service, before a time."""

    ubrn: str
    service_id: str
    before: datetime


@dataclass(frozen=True, slots=True)
class Wanting:
    """A referral that would have a slot, and the mobile number on record."""

    ubrn: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class Permission:
    """That whoever has a telephone number may act for a patient; to the end of a day, or for good."""

    phone: str
    until: date | None
    given_at: datetime


class Answers(TypedDict, total=False):
    """What a citizen says after their visit; an answer they did not give is left out."""

    how: int
    """How they are, compared with before: 1 (much better) to 5 (much worse)."""
    life: int
    """Their health today, 0 to 100, as on the scale of EQ-5D."""
    asked: Literal["1", "2"]
    """Whether they were asked what matters to them: 1 yes, 2 no."""
