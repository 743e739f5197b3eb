"""What callers send, read strictly: whatever is wrong with it becomes a 400 or 422 with a reason."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from actions.health import fhir
from actions.health.service.bookings import Wanted
from actions.health.service.outcomes import Refusal, bad_request
from actions.health.service.places import Place
from actions.health.service.search import NEEDS
from actions.health.service.store import Page
from actions.sdk.service import Json, parse

LARGEST = 64 * 1024  # bytes of a body

WHOM = frozenset({"patient", "carer"})
PRIORITIES = frozenset({"ROUTINE", "URGENT", "TWO_WEEK_WAIT"})
ORDERS = frozenset({"DISTANCE", "IWT"})

# Printable, and nothing PostgreSQL or a log could trip over.
WORDS = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,1000}")
SHORT = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_IF_MATCH = re.compile(r'W/"([0-9]{1,9})"')
_MEDIA = frozenset({fhir.MEDIA_TYPE, "application/json"})


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Makes a 400 of what the readers of `actions.health.fhir` raise."""
    try:
        yield
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise bad_request(f"{what}: {type(error).__name__}: {error}") from error


async def body(request: web.Request) -> Json:
    """The JSON of a request.

    Raises:
        Refusal: it is too long, of another media type, or not JSON.
    """
    if request.content_type not in _MEDIA:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Send {fhir.MEDIA_TYPE}.")
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > LARGEST:
            raise Refusal(413, "TOO_LARGE", f"Send at most {LARGEST} bytes.")
    with reading("JSON"):
        return parse(bytes(raw))


def key(request: web.Request) -> str | None:
    """The Idempotency-Key, if there is one."""
    found = request.headers.get("Idempotency-Key")
    if found is not None and not _KEY.fullmatch(found):
        raise bad_request("Idempotency-Key: 1 to 200 printable characters.")
    return found


def version(request: web.Request) -> int:
    """The version in If-Match, such as `W/"4"`."""
    found = _IF_MATCH.fullmatch(request.headers.get("If-Match", ""))
    if found is None:
        raise bad_request('If-Match: the version as W/"4".')
    return int(found[1])


def ubrn(request: web.Request) -> str:
    """The UBRN in the address."""
    with reading("UBRN"):
        return fhir.text(request.match_info["ubrn"], fhir.UBRN_FORM)


def number(request: web.Request) -> int:
    """The id in the address."""
    with reading("id"):
        return int(fhir.text(request.match_info["id"], fhir.ID_FORM))


def one(found: dict[str, list[Json]], name: str) -> Json:
    """The one value of a parameter, or None without it."""
    return fhir.only(found[name]) if name in found else None


def by(found: dict[str, list[Json]]) -> str:
    """Who acts, by parameters or extensions: the patient where nobody is named."""
    value = one(found, fhir.OURS + "by")
    if value is None:
        return "patient"
    if value not in WHOM:
        raise Refusal(422, "INVALID_CODE", f"by: one of {', '.join(sorted(WHOM))}.")
    return fhir.text(value)


def parameters(sent: Json) -> dict[str, list[Json]]:
    """The values of Parameters by their names; to be called within `reading`."""
    return fhir.named(fhir.resource(sent, "Parameters"), "parameter", "name")


@dataclass(frozen=True)
class Proof:
    """What a citizen said to prove themself."""

    ubrn: str
    access_code: str
    birth_year: int


def proof(sent: Json) -> Proof:
    """Parameters `ubrn`, `accessCode`, `birthYear`."""
    with reading("Parameters"):
        found = parameters(sent)
        return Proof(
            fhir.text(fhir.only(found["ubrn"]), fhir.UBRN_FORM),
            fhir.text(fhir.only(found["accessCode"]), SHORT),
            fhir.whole(fhir.only(found["birthYear"])),
        )


@dataclass(frozen=True)
class Search:
    """What a search (A010) asks for, before the postcode is looked up; the last three are ours."""

    clinic_type: str | None
    specialty: str | None
    postcode: str | None
    distance_limit: int | None
    wait_limit: int | None
    sort_by: str
    ubrn: str | None
    at: Place | None
    needs: tuple[str, ...]
    condition: str | None


# Published, and of no use to a citizen's assistant: refused rather than quietly left out.
_UNSUPPORTED = ("clinicalTerm", "namedClinician")


def search(sent: Json) -> Search:
    """The Parameters of A010; `patient` is the referral's UBRN instead of an NHS number."""
    with reading("Parameters"):
        outer = parameters(sent)
        inner = parameters(fhir.only(outer["searchCriteria"]))
        priority = fhir.code(fhir.only(inner["priority"]))
        appropriate = fhir.flag(fhir.only(inner["ageAndGenderAppropriate"]))
        patient = one(outer, "patient")
        clinic_type, specialty = (one(inner, name) for name in ("clinicType", "specialty"))
        postcode = one(inner, "postcode")
        limits = [
            None if value is None else fhir.whole(value)
            for value in (
                one(inner, name) for name in ("distanceLimit", "indicativeAppointmentWaitTimeLimit")
            )
        ]
        condition = one(inner, fhir.OURS + "condition")
        found = Search(
            clinic_type=None if clinic_type is None else fhir.code(clinic_type),
            specialty=None if specialty is None else fhir.code(specialty),
            postcode=None if postcode is None else fhir.text(postcode, SHORT),
            distance_limit=limits[0],
            wait_limit=limits[1],
            sort_by=fhir.code(fhir.only(outer["sortBy"])) if "sortBy" in outer else "DISTANCE",
            ubrn=fhir.text(fhir.identifier(patient, fhir.UBRN), fhir.UBRN_FORM)
            if patient is not None and appropriate
            else None,
            at=_at(inner),
            needs=tuple(dict.fromkeys(fhir.code(each) for each in _needs(inner))),
            condition=None if condition is None else fhir.text(condition, SHORT),
        )
    for name, value, known in (("priority", priority, PRIORITIES), ("sortBy", found.sort_by, ORDERS)):
        if value not in known:
            raise Refusal(422, "INVALID_CODE", f"{name}: one of {', '.join(sorted(known))}.")
    if unknown := set(found.needs) - set(NEEDS):
        raise Refusal(
            422, "INVALID_CODE", f"need: {len(unknown)} that are not of {', '.join(sorted(NEEDS))}."
        )
    for name in _UNSUPPORTED:
        if name in inner:
            raise Refusal(422, "UNEXPECTED_FIELD", f"{name} is not searched for here.")
    return found


def _at(inner: dict[str, list[Json]]) -> Place | None:
    names = [fhir.OURS + name for name in ("latitude", "longitude")]
    if not any(name in inner for name in names):
        return None
    latitude, longitude = (fhir.decimal(fhir.only(inner[name])) for name in names)
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError("no place on earth")
    return Place(latitude, longitude)


def _needs(inner: dict[str, list[Json]]) -> list[Json]:
    # A code by itself, as FHIR writes valueCode; read as the code of a Coding is.
    return [{"code": each} for each in inner.get(fhir.OURS + "need", [])]


def count(request: web.Request, most: int, absent: str = "20") -> int:
    """How many are wanted on a page."""
    with reading("query"):
        found = int(fhir.text(request.query.get("_count", absent), re.compile("[0-9]{1,6}")))
    if not 1 <= found <= most:
        raise bad_request(f"query: _count is 1 to {most}.")
    return found


def page(request: web.Request) -> Page:
    """The query of A015."""
    with reading("query"):
        service_id = int(fhir.text(request.query["schedule.actor:HealthcareService"], fhir.ID_FORM))
    return page_of(request, service_id)


def page_of(request: web.Request, service_id: int) -> Page:
    """The page of a service's free slots that a query asks for."""
    query, many = request.query, count(request, 100)
    with reading("query"):
        number = int(fhir.text(query.get("page", "1"), re.compile("[0-9]{1,6}")))
        start = query.get("start")
        since = None
        if start is not None:
            fhir.text(start, re.compile("ge[0-9]{4}-[0-9]{2}-[0-9]{2}"))
            since = date.fromisoformat(start[2:])
    if number < 1:
        raise bad_request("query: page is 1 or more.")
    if query.get("status", "free") != "free" or query.get("appointmentType", "ROUTINE") not in PRIORITIES:
        raise Refusal(422, "INVALID_CODE", "status is free, and appointmentType a priority.")
    return Page(service_id, since, many, number)


def holder(sent: Json) -> str:
    """The UBRN in the Parameters of a hold or its release."""
    with reading("Parameters"):
        found = parameters(sent)
        return fhir.reference(fhir.only(found["referral"]), "ReferralRequest", fhir.UBRN_FORM)


def appointment(sent: Json) -> tuple[str, Wanted]:
    """The Appointment of A016, and its status: `booked` or `proposed`."""
    with reading("Appointment"):
        found = fhir.resource(sent, "Appointment")
        status = fhir.text(found["status"])
        ubrn, version = fhir.versioned_referral(fhir.only(found["incomingReferral"]))
        services = [
            fhir.text(fhir.identifier(actor["identifier"], fhir.SERVICE_ID), fhir.ID_FORM)
            for actor in (
                fhir.node(fhir.node(each)["actor"]) for each in fhir.items(found.get("participant", []))
            )
            if fhir.node(actor["identifier"])["system"] == fhir.SERVICE_ID
        ]
        slots = [int(fhir.reference(each, "Slot")) for each in fhir.items(found.get("slot", []))]
        if len(services) > 1 or len(slots) > 1:
            raise ValueError("one service and one slot at most")
        comment = found.get("comment")
        wanted = Wanted(
            ubrn=ubrn,
            version=version,
            service_id=int(services[0]) if services else None,
            slot_id=slots[0] if slots else None,
            comment=None if comment is None else fhir.text(comment, WORDS),
            by=by(fhir.extensions(found)),
        )
    if status not in ("booked", "proposed"):
        raise Refusal(422, "INVALID_CODE", "status is booked or proposed.")
    return status, wanted


def communication(sent: Json) -> tuple[str, str, str]:
    """The UBRN and the words of a Communication that tells a patient's preference, and who tells it."""
    with reading("Communication"):
        found = fhir.resource(sent, "Communication")
        ubrn = fhir.reference(fhir.only(found["basedOn"]), "ReferralRequest", fhir.UBRN_FORM)
        category = fhir.concept_code(fhir.only(found["category"]))
        words = fhir.text(fhir.node(fhir.only(found["payload"]))["contentString"], WORDS)
    if category != "TREATMENT_PREFERENCE":
        raise Refusal(422, "INVALID_CODE", "category is TREATMENT_PREFERENCE.")
    return ubrn, words, by(fhir.extensions(found))


def cancellation(sent: Json) -> tuple[str, str | None, str]:
    """The reason and the comment of a patient who cancels, and who acts."""
    with reading("Parameters"):
        found = parameters(sent)
        comment = one(found, "comment")
        return (
            fhir.code(fhir.only(found["reason"])),
            None if comment is None else fhir.text(comment, WORDS),
            by(found),
        )
