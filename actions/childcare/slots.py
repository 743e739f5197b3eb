"""What is kept in slots of the childcare flows: families, credit, providers, weeks, bookings; JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from actions.childcare.records import Award, Booking, Credit, Event, Family, Provider
from actions.childcare.wishes import monday_of
from actions.sdk import Values

OTHER: Final = "other"
"""The option that it is none of those listed."""
WEEKS: Final = (0, 1, -1, 2, 3, 4, 5, 6, 7, 8, -2, -3, -4)
"""Weeks that are offered, counted from this one, in the order they are offered."""
BACK: Final = 4
AHEAD: Final = 26
"""Weeks before and after this one that can be paid for, as the service has it."""
CONCERNED: Final = ("held", "confirmed", "part", "cancelled")
"""States of a booking that something can still be done about, or that is being done."""

RATINGS: Final = {
    "Outstanding": {"en": "Outstanding", "cy": "Rhagorol"}, "Good": {"en": "Good", "cy": "Da"},
    "Requires improvement": {"en": "Requires improvement", "cy": "Angen gwella"},
    "Inadequate": {"en": "Inadequate", "cy": "Annigonol"},
    None: {"en": "not rated yet", "cy": "heb sgôr eto"},
}  # fmt: skip
"""Ofsted's words, and their Welsh."""


def family_slot(family: Family) -> Values:
    """A family, for later steps and texts: no code, no year, no telephone number."""
    return {
        "id": family.reference, "reference": family.reference, "name": family.name,
        "standing": family.standing, "ends": family.ends.isoformat(),
        "grace_until": family.grace_until.isoformat(), "confirm_by": family.confirm_by.isoformat(),
        "lapsed": family.ends == family.confirm_by,
        "children": [{"id": str(child.id), "name": child.name} for child in family.children],
        "born": {str(child.id): child.born.isoformat() for child in family.children},
    }  # fmt: skip


def named_children(children: Iterable[Values], said: str) -> list[Values]:
    """Those of a family's children whose names stand in a text; “Leos” and “Leo's” are Leo."""
    words = {*"".join(c if c.isalpha() else " " for c in said.casefold()).split()}
    words |= {word.removesuffix("s") for word in words}
    return [child for child in children if child["name"].casefold() in words]


def credit_slot(credit: Credit, family: Values) -> Values:
    """What a child has, as an option of the list and as it is told."""
    award = credit.awards[-1] if credit.awards else None
    return {
        "id": str(credit.child.id), "name": credit.child.name, "free": credit.available, "held": credit.held,
        "spent": credit.spent, "parts": parts_slot(credit.parts),
        "runs_out": credit.runs_out[0].isoformat() if credit.runs_out else None,
        "running_out": credit.runs_out[1] if credit.runs_out else 0,
        "standing": family["standing"], "grace_until": family["grace_until"], "lapsed": family["lapsed"],
        "reasons": reasons_slot(award) if award else [], "award": award_slot(award) if award else None,
    }  # fmt: skip


def award_slot(award: Award) -> Values:
    """An award with its working."""
    return {
        "since": award.since.isoformat(), "until": award.until.isoformat(),
        "expires": award.expires.isoformat(),
        "amount": award.amount, "base": award.base, "parts": parts_slot(award.parts),
    }  # fmt: skip


def reasons_slot(award: Award) -> list[Values]:
    """Why an award is more: the reason, the pence, and the weight in whole hundredths."""
    return [
        {"why": why, "more": amount, "percent": f"{hundredths / 100:g}"}
        for why, (amount, hundredths) in award.reasons.items()
    ]


def parts_slot(parts: Mapping[str, int]) -> list[Values]:
    """Where money comes from, in the order it is spent."""
    return [{"element": element, "amount": amount} for element, amount in parts.items() if amount]


def both(provider: Provider) -> dict[str, str]:
    """A provider's name in both languages."""
    return {"en": provider.name, "cy": provider.name_cy or provider.name}


def provider_slot(provider: Provider) -> Values:
    """A provider as an option of the list, and as the details tell it."""
    return {
        "id": provider.number, "name": both(provider), "kind": provider.kind, "run_by": provider.run_by,
        "town": provider.town, "postcode": provider.postcode, "phone": provider.phone,
        "age_from": provider.age_from, "age_to": provider.age_to, "opens": provider.opens,
        "closes": provider.closes, "days": list(provider.days), "hour": provider.price_hour,
        "session": provider.price_session, "minutes": provider.session_minutes, "free": provider.places_free,
        "told": provider.places_told.isoformat(), "rating": RATINGS.get(provider.rating, RATINGS[None]),
        "languages": list(provider.languages), "step_free": provider.step_free, "miles": provider.miles,
        "registered": provider.registered,
        "until": provider.registered_until.isoformat() if provider.registered_until else None,
        "struck_off": provider.struck_off_on.isoformat() if provider.struck_off_on else None,
    }  # fmt: skip


def other_slot(providers: Sequence[Values]) -> Values:
    """The option that it is somebody else, of the same form."""
    return {**(providers[0] if providers else {}), "id": OTHER}


def week_slot(monday: date, today: date) -> Values:
    """A week: which it is from this one, and its first and last day."""
    away = (monday - monday_of(today)).days // 7
    last = monday + timedelta(days=6)
    return {
        "id": monday.isoformat(), "away": away, "since": monday.isoformat(), "until": last.isoformat()
    }  # fmt: skip


def weeks_slot(today: date, wanted: date | None) -> list[Values]:
    """The weeks that can be chosen, the one that was named among them where it can be paid for."""
    this = monday_of(today)
    mondays = [this + timedelta(weeks=away) for away in WEEKS]
    if wanted is not None and wanted not in mondays and -BACK <= (wanted - this).days // 7 <= AHEAD:
        mondays.insert(0, wanted)
    return [week_slot(monday, today) for monday in mondays]


def booking_slot(booking: Booking, with_it: int = 0) -> Values:
    """A booking as an option of the list and as it is told; `with_it` are pence that end with it."""
    return {
        "id": str(booking.id), "child": str(booking.child), "child_name": booking.child_name,
        "provider": booking.provider,
        "name": {"en": booking.provider_name, "cy": booking.provider_name_cy or booking.provider_name},
        "phone": booking.provider_phone, "amount": booking.amount, "since": booking.since.isoformat(),
        "until": booking.until.isoformat(), "state": booking.state, "split": booking.split,
        "agreed": booking.agreed, "back_on": booking.hold_until.isoformat(),
        "with_it": with_it, "paid": booking.amount if booking.attended is None else booking.attended,
    }  # fmt: skip


def events_slot(events: Iterable[Event]) -> list[Values]:
    """What happened, each with its kind and its day."""
    return [{"kind": each.kind, "on": each.at.date().isoformat(), **plain(each.values)} for each in events]


def plain(values: Mapping[str, Any]) -> Values:
    """The values of a notice under names that no response has for anything else."""
    return {"what": None, "amount": 0, "child": None, "provider": None, "before": None, **values}
