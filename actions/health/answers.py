"""Makes records out of the answers to our own calls, as strictly as `reading` does of e-RS's."""

from datetime import date, datetime
from typing import cast

from actions.health import fhir, reading
from actions.health.referral import (
    Appointment,
    Change,
    ChangeKind,
    Changes,
    LongWait,
    LongWaitKind,
    LongWaits,
    Permission,
    Referral,
    State,
    Wanting,
    Wish,
)
from actions.sdk.service import Json

type Values = dict[str, list[Json]]


def _named(answer: Json) -> Values:
    return fhir.named(fhir.resource(answer, "Parameters"), "parameter", "name")


def _parts(value: Json) -> Values:
    return fhir.named(fhir.node(value), "part", "name")


def _one(values: Values, name: str) -> Json:
    [value] = values[name]
    return value


def _text(values: Values, name: str) -> str | None:
    return fhir.text(_one(values, name)) if name in values else None


def _id(values: Values, name: str) -> str | None:
    return fhir.text(_one(values, name), fhir.ID_FORM) if name in values else None


def _moment(values: Values, name: str) -> datetime | None:
    return reading.moment(_one(values, name)) if name in values else None


def _change(value: Json) -> Change:
    found = _parts(value)
    more: dict[str, str | int] = {}
    for name, [each] in _parts(_one(found, "values")).items() if "values" in found else ():
        if isinstance(each, bool) or not isinstance(each, str | int):
            raise TypeError("a value is neither a text nor a whole number")
        more[name] = each
    state = _one(found, "state") if "state" in found else None
    ubrn = _text(found, "ubrn")
    return Change(
        number=int(fhir.text(_one(found, "number"), fhir.ID_FORM)),
        kind=cast("ChangeKind", reading.one_of(ChangeKind, _one(found, "kind"))),
        at=reading.moment(_one(found, "at")),
        ubrn=None if ubrn is None else fhir.text(ubrn, fhir.UBRN_FORM),
        phone=_text(found, "phone"),
        state=None if state is None else cast("State", reading.one_of(State, state)),
        service_id=_id(found, "service"),
        slot_id=_id(found, "slot"),
        start=_moment(found, "start"),
        values=more,
    )


def changes(answer: Json) -> Changes:
    """What happened, in order, and the cursor after it."""
    found = _named(answer)
    read = tuple(_change(each) for each in found.get("change", []))
    numbers = [each.number for each in read]
    if numbers != sorted(set(numbers)):
        raise ValueError("changes that are out of order")
    cursor = int(fhir.text(_one(found, "cursor"), fhir.ID_FORM))
    if numbers and cursor != numbers[-1]:
        raise ValueError("a cursor that is not after the last change")
    return Changes(read, cursor)


def long_waits(answer: Json) -> LongWaits:
    """Long waits, and where their next page begins."""
    found = _named(answer)
    read = []
    for each in found.get("wait", []):
        parts = _parts(each)
        ubrn = fhir.text(_one(parts, "ubrn"), fhir.UBRN_FORM)
        kind = cast("LongWaitKind", reading.one_of(LongWaitKind, _one(parts, "kind")))
        read.append(LongWait(ubrn, fhir.whole(_one(parts, "weeks")), kind, _text(parts, "phone")))
    return LongWaits(tuple(read), _text(found, "next"))


def wanting(answer: Json) -> tuple[Wanting, ...]:
    """Who would have a slot."""
    return tuple(
        Wanting(fhir.text(_one(each, "ubrn"), fhir.UBRN_FORM), _text(each, "phone"))
        for each in map(_parts, _named(answer).get("wanting", []))
    )


def referrals(answer: Json) -> list[Referral]:
    """The Bundle of somebody's referrals."""
    found = fhir.resource(answer, "Bundle")
    return [reading.referral(fhir.node(each)["resource"]) for each in fhir.items(found.get("entry", []))]


def maybe_wish(answer: Json) -> Wish | None:
    """A wish for an earlier appointment, or that there is none."""
    found = _named(answer)
    if not found:
        return None
    return Wish(
        fhir.text(_one(found, "ubrn"), fhir.UBRN_FORM),
        fhir.text(_one(found, "service"), fhir.ID_FORM),
        reading.moment(_one(found, "before")),
    )


def wish(answer: Json) -> Wish:
    """A wish for an earlier appointment."""
    found = maybe_wish(answer)
    if found is None:
        raise ValueError("no wish")
    return found


def _permission(found: Values) -> Permission:
    until = _text(found, "until")
    phone = fhir.text(_one(found, "phone"))
    given_at = reading.moment(_one(found, "given"))
    return Permission(phone, None if until is None else date.fromisoformat(until), given_at)


def permission(answer: Json) -> Permission:
    """A permission that was given."""
    return _permission(_named(answer))


def permissions(answer: Json) -> tuple[Permission, ...]:
    """All permissions that are in force."""
    return tuple(_permission(_parts(each)) for each in _named(answer).get("permission", []))


def maybe_appointment(answer: Json) -> Appointment | None:
    """An appointment, or that there is none."""
    found = _named(answer)
    return reading.appointment(_one(found, "appointment")) if "appointment" in found else None


def cancelled(answer: Json) -> tuple[str, ...]:
    """The referrals that a cancelled clinic was for."""
    return tuple(fhir.text(each, fhir.UBRN_FORM) for each in _named(answer).get("ubrn", []))


def nothing(answer: Json) -> None:
    """Parameters, whatever is in them."""
    fhir.resource(answer, "Parameters")


def outcome(answer: Json) -> str:
    """The id of a QuestionnaireResponse that was kept."""
    return fhir.text(fhir.resource(answer, "QuestionnaireResponse")["id"], fhir.ID_FORM)
