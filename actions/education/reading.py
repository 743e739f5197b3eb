"""What the education service answers, as nouns, and reading them strictly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from actions.sdk.service import Json

type Party = str
"""`parent` or `other_parent`, `pupil` or `school`; or `tutor`, who only confirms sessions."""
PARENTS: Final = ("parent", "other_parent")


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks for a pupil; `tutor` is which, where `party` is `tutor`."""

    reference: str
    given_name: str
    party: Party
    tutor: str | None = None


@dataclass(frozen=True)
class Credit:
    """An education credit, or why there is none.

    Args:
        eligible: whether the pupil can have one, by the school's data.
        reason: `eligible`, `not_disadvantaged` or `not_behind`.
        disadvantage: as the school has it; None for none.
        figure_date: the day of that data.
        behind: months behind, by the subjects that count.
        furthest: months behind in the furthest of all subjects.
        amount: pence that one is worth.
        state: of this school year's: `none`, `asked`, `awarded`, `unfunded`; or `before`, of an earlier year.
        available: pence that are free; and likewise those that are held, and spent.
    """

    eligible: bool
    reason: str
    disadvantage: str | None
    figure_date: date
    behind: Mapping[str, int]
    furthest: int
    amount: int
    state: str
    available: int
    held: int
    spent: int

    @property
    def awarded(self) -> bool:
        """Whether there is one."""
        return self.state in ("awarded", "before")


@dataclass(frozen=True)
class Tutor:
    """A tutor, or help in school.

    `price` is in pence an hour, `rating` in tenths of a star, `distance` in miles.
    """

    id: str
    name: str
    kind: str
    days: tuple[str, ...]
    places: tuple[str, ...]
    price: int
    rating: int | None
    rated: int
    distance: float | None
    approved_until: date


@dataclass(frozen=True)
class Session:
    """An hour with the tutor.

    `state` is `held`, `posted` or `released`; `mine` is what the side of the one who looks said of it.
    """

    version: int
    number: int
    state: str
    day: date | None
    mine: bool | None
    unapproved: bool


@dataclass(frozen=True)
class Proposal:
    """What three are to agree to, as one of them may see it.

    Args:
        id: its number.
        reference: the pupil's.
        given_name: what the pupil is called.
        state: `open`, `agreed`, `not_agreed`, `ended`, `done`.
        version: in force; an agreement counts only for the version it was given to.
        tutor: with whom.
        subject: in what.
        hours: how many.
        price: pence an hour.
        total: pence in all.
        day: of the week.
        place: where.
        goal: in the words of who put it forward.
        proposed_by: who that was.
        agreed: how many of the three agree.
        mine: `agree`, `refuse`, or None where the one who looks has not answered.
        lapses_at: when it is over if somebody is silent.
        progress: whether the one who looks has said how it went.
        unreached: those of the three whose number is not known, so that they can't be asked by text.
        sessions: all of them.
    """

    id: int
    reference: str
    given_name: str
    state: str
    version: int
    tutor: Tutor
    subject: str
    hours: int
    price: int
    total: int
    day: str
    place: str
    goal: str
    proposed_by: str
    agreed: int
    mine: str | None
    lapses_at: datetime
    progress: bool
    unreached: tuple[Party, ...]
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class Terms:
    """What is put forward; the price is the tutor's."""

    tutor: str
    subject: str
    hours: int
    day: str
    place: str
    goal: str


@dataclass(frozen=True)
class Notice:
    """Something to tell or to ask somebody: one of the three, a tutor, or the `desk`."""

    id: int
    key: str
    kind: str
    reference: str
    given_name: str
    party: Party
    proposal: int
    version: int
    phone: str | None
    language: Literal["en", "cy"]
    tutor: str | None
    details: Mapping[str, Json]
    at: datetime


def mapping(answer: Json) -> dict[str, Json]:
    """An object."""
    if not isinstance(answer, dict):
        raise TypeError("an object is expected")
    return answer


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


def all_of[T](name: str, read: Callable[[Json], T]) -> Callable[[Json], list[T]]:
    """Reads a list that stands under a name."""
    return lambda answer: [read(each) for each in _list(mapping(answer)[name])]


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is expected")
    return value


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in _list(value))


def _maybe[T](read: Callable[[Json], T], value: Json) -> T | None:
    return None if value is None else read(value)


def _day(value: Json) -> date:
    return date.fromisoformat(str(value))


def _moment(value: Json) -> datetime:
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError("a time has its zone")
    return found


def disputes(answer: Json) -> tuple[list[dict[str, Json]], bool]:
    """Sessions that the desk has to settle, and whether there are more of them."""
    return all_of("disputes", mapping)(answer), mapping(answer)["more"] is True


def given_name(answer: Json) -> str:
    """What a pupil is called."""
    return str(mapping(answer)["given_name"])


def speaker(answer: Json) -> Speaker:
    """A speaker."""
    got = mapping(answer)
    return Speaker(
        str(got["reference"]), str(got["given_name"]), str(got["party"]), _maybe(str, got["tutor"])
    )


def credit(answer: Json) -> Credit:
    """A credit."""
    got = mapping(answer)
    return Credit(
        got["eligible"] is True, str(got["reason"]), _maybe(str, got["disadvantage"]),
        _day(got["figure_date"]),
        {subject: _whole(months) for subject, months in mapping(got["behind"]).items()},
        _whole(got["furthest"]), _whole(got["amount"]), str(got["state"]), _whole(got["available"]),
        _whole(got["held"]), _whole(got["spent"]),
    )  # fmt: skip


def tutor(answer: Json) -> Tutor:
    """A tutor."""
    got = mapping(answer)
    distance = got["distance"]
    return Tutor(
        str(got["id"]), str(got["name"]), str(got["kind"]), _texts(got["days"]), _texts(got["places"]),
        _whole(got["price"]), _maybe(_whole, got["rating"]), _whole(got["rated"]),
        float(distance) if isinstance(distance, int | float) else None, _day(got["approved_until"]),
    )  # fmt: skip


def _session(answer: Json) -> Session:
    got = mapping(answer)
    return Session(
        _whole(got["version"]), _whole(got["number"]), str(got["state"]), _maybe(_day, got["day"]),
        _maybe(bool, got["mine"]), got["unapproved"] is True,
    )  # fmt: skip


def proposal(answer: Json) -> Proposal:
    """A proposal."""
    got = mapping(answer)
    return Proposal(
        _whole(got["id"]), str(got["reference"]), str(got["given_name"]), str(got["state"]),
        _whole(got["version"]), tutor(got["tutor"]), str(got["subject"]), _whole(got["hours"]),
        _whole(got["price"]), _whole(got["total"]), str(got["day"]), str(got["place"]), str(got["goal"]),
        str(got["proposed_by"]), _whole(got["agreed"]), _maybe(str, got["mine"]), _moment(got["lapses_at"]),
        got["progress"] is True, _texts(got["unreached"]),
        tuple(_session(each) for each in _list(got["sessions"])),
    )  # fmt: skip


def notice(answer: Json) -> Notice:
    """A notice."""
    got = mapping(answer)
    return Notice(
        _whole(got["id"]), str(got["key"]), str(got["kind"]), str(got["reference"]), str(got["given_name"]),
        str(got["party"]), _whole(got["proposal"]), _whole(got["version"]), _maybe(str, got["phone"]),
        "cy" if got["language"] == "cy" else "en", _maybe(str, got["tutor"]), mapping(got["details"]),
        _moment(got["at"]),
    )  # fmt: skip
