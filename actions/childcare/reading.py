"""Reads the childcare service's answers; what has another form raises and makes the answer nonsense."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from actions.childcare.records import (
    Award,
    Booking,
    Child,
    Credit,
    Event,
    Family,
    Notice,
    Provider,
    Quote,
)
from actions.sdk.service import Json

_STANDINGS = ("eligible", "grace", "ended")


def mapping(value: Json) -> dict[str, Any]:
    """An object.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, dict):
        raise TypeError("an object is expected")
    return value


def every[T](value: Json, read: Callable[[Json], T]) -> tuple[T, ...]:
    """A list, each of it read."""
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return tuple(read(each) for each in value)


def pence(value: Json) -> int:
    """An amount: a whole number, not below nothing."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("pence are a whole number")
    return value


def _day(value: Json) -> date:
    return date.fromisoformat(str(value))


def _day_or_none(value: Json) -> date | None:
    return None if value is None else _day(value)


def _number(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is expected")
    return value


def child(value: Json) -> Child:
    """A child."""
    got = mapping(value)
    return Child(_number(got["id"]), str(got["given_name"]), _day(got["born"]))


def family(value: Json) -> Family:
    """A family."""
    got = mapping(value)
    state = got["state"]
    if state not in _STANDINGS:
        raise ValueError("state")
    return Family(
        str(got["reference"]), str(got["given_name"]), str(got["language"]), state, _day(got["ends"]),
        _day(got["grace_until"]), _day(got["confirm_by"]), _day(got["confirm_from"]),
        every(got["children"], child), got.get("pays_from"),
    )  # fmt: skip


def families(value: Json) -> tuple[Family, ...]:
    """The families of a telephone number."""
    return every(mapping(value)["families"], family)


def _parts(value: Json) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for each in every(value, mapping):
        name = str(each["element"])
        found[name] = found.get(name, 0) + pence(each["amount"])
    return found


def award(value: Json) -> Award:
    """An award with its working."""
    got = mapping(value)
    reasons = {
        str(each["reason"]): (pence(each["amount"]), _number(each["hundredths"]))
        for each in every(got["reasons"], mapping)
    }
    return Award(
        _day(got["from"]), _day(got["until"]), _day(got["expires"]), pence(got["amount"]), pence(got["base"]),
        _parts(got["parts"]), reasons,
    )  # fmt: skip


def credit(value: Json) -> Credit:
    """What a child has."""
    got = mapping(value)
    soon = got["runs_out"]
    return Credit(
        child(got["child"]), pence(got["available"]), pence(got["held"]), pence(got["spent"]),
        _parts(got["parts"]),
        None if soon is None else (_day(mapping(soon)["on"]), pence(mapping(soon)["amount"])),
        every(got["awards"], award),
    )  # fmt: skip


def credits_of(value: Json) -> tuple[Credit, ...]:
    """What all children of a family have."""
    return every(mapping(value)["children"], credit)


def events(value: Json) -> tuple[Event, ...]:
    """What was told to a family, the newest first."""

    def one(each: Json) -> Event:
        got = mapping(each)
        return Event(str(got["kind"]), mapping(got["values"]), datetime.fromisoformat(str(got["at"])))

    return every(mapping(value)["events"], one)


def provider(value: Json) -> Provider:
    """A provider."""
    got = mapping(value)
    return Provider(
        str(got["number"]), str(got["name"]), got["name_cy"], str(got["kind"]), str(got["run_by"]),
        str(got["town"]), str(got["postcode"]), str(got["phone"]), _number(got["age_from"]),
        _number(got["age_to"]), str(got["opens"]), str(got["closes"]), every(got["days"], _number),
        pence(got["price_hour"]), pence(got["price_session"]), _number(got["session_minutes"]),
        _number(got["places"]), _number(got["places_free"]), _day(got["places_told"]), got["rating"],
        _day_or_none(got["inspected_on"]), every(got["languages"], str),
        got["step_free"] is True, got["registered"] is True, _day_or_none(got["registered_until"]),
        _day_or_none(got["struck_off_on"]), got["miles"], got.get("named", "whole") == "whole",
    )  # fmt: skip


def providers(value: Json) -> tuple[Provider, ...]:
    """Some providers."""
    return every(mapping(value)["providers"], provider)


def booking(value: Json) -> Booking:
    """A booking."""
    got = mapping(value)
    whom = mapping(got["provider"])
    attended = got["attended"]
    return Booking(
        _number(got["id"]), str(got["state"]), _number(got["child"]), str(got["child_name"]),
        str(whom["number"]), str(whom["name"]), whom["name_cy"], str(whom["phone"]), pence(got["amount"]),
        None if attended is None else pence(attended), _day(got["since"]), _day(got["until"]),
        got["split"] is True, _number(got["spend"]), got["agreed"] is True, got["reason"],
        datetime.fromisoformat(str(got["hold_until"])), _parts(got["parts"]),
    )  # fmt: skip


def bookings(value: Json) -> tuple[Booking, ...]:
    """Some bookings."""
    return every(mapping(value)["bookings"], booking)


def quote(value: Json) -> Quote:
    """What a booking would come from."""
    got = mapping(value)
    return Quote(
        got["enough"] is True, pence(got["available"]), pence(got["own"]), _parts(got["parts"])
    )  # fmt: skip


def notice(value: Json) -> Notice:
    """A notice."""
    got = mapping(value)
    return Notice(
        _number(got["number"]), str(got["kind"]), str(got["family"]), got["child"], mapping(got["values"]),
        got["phone"], str(got["language"]),
    )  # fmt: skip


def notices(value: Json) -> tuple[tuple[Notice, ...], int]:
    """Some notices, and where to go on."""
    got = mapping(value)
    return every(got["notices"], notice), _number(got["cursor"])


def confirm_by(value: Json) -> date:
    """The last day to say again that nothing changed."""
    return _day(mapping(value)["confirm_by"])
