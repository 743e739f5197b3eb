"""Makes `actions.health.referral`'s records out of e-RS's answers, strictly.

A reader raises LookupError, TypeError or ValueError for anything that is not as it should be, which
`Service.call` takes for nonsense: better no answer than a wrong one.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeAliasType, cast, get_args
from urllib.parse import parse_qs, urlsplit

from actions.health import fhir
from actions.health.referral import (
    Appointment,
    AppointmentStatus,
    Bookable,
    Coded,
    Gender,
    HealthcareService,
    Hold,
    Kind,
    Listed,
    Offer,
    Parking,
    Priority,
    Provider,
    Referral,
    Slot,
    SlotPage,
    State,
    Support,
    Wait,
)
from actions.sdk.service import Json, parse

type Reader[T] = Callable[[Json], T]
type Values = dict[str, list[Json]]

_SCHEDULE = re.compile(r"[0-9]{1,18}(-[0-9]+)?")


def one_of(kind: TypeAliasType, value: Json) -> str:
    """A text that is one of those a Literal has."""
    known: tuple[str, ...] = get_args(kind.__value__)
    found = fhir.text(value)
    if found not in known:
        raise ValueError(f"not one of {kind.__name__}")
    return found


def moment(value: Json) -> datetime:
    """A FHIR instant."""
    found = datetime.fromisoformat(fhir.text(value))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


def _day(value: Json) -> date:
    return date.fromisoformat(fhir.text(value))


def _version(found: fhir.Node) -> int:
    return int(fhir.text(fhir.node(found["meta"])["versionId"], re.compile("[0-9]{1,9}")))


def _coded(value: Json) -> Coded:
    found = fhir.node(value)
    return Coded(fhir.code(value), fhir.text(found.get("display", "")))


def _concept(value: Json) -> Coded:
    return _coded(fhir.only(fhir.node(value)["coding"]))


def _only(values: Values, name: str) -> Json:
    return fhir.only(cast("Json", values[name]))


def _wait(values: Values, name: str) -> Wait:
    found = _only(values, name)
    if isinstance(found, dict):
        return Wait(None, fhir.concept_code(found))
    return Wait(fhir.whole(found), None)


def _texts(values: Values, name: str) -> tuple[str, ...]:
    return tuple(fhir.text(value) for value in values.get(name, []))


def _group(extensions: Values, url: str) -> Values:
    return fhir.extensions(fhir.node(_only(extensions, url)))


def _service(service_id: Json, item: fhir.Node, distance: int | None) -> HealthcareService:
    extensions = fhir.extensions(item)
    summary = _group(extensions, fhir.profile("Extension-eRS-ServiceSummaryView"))
    more = _group(extensions, fhir.OURS + "comparison")
    location = fhir.node(_only(summary, "location"))
    provider = Provider(
        ods=fhir.identifier(location["identifier"], fhir.ODS_CODE),
        name=fhir.text(location["display"]),
        town=fhir.text(_only(more, "town")),
        postcode=fhir.text(_only(more, "postcode")),
        kind=cast("Kind", one_of(Kind, _only(more, "kind"))),
        cqc_rating=fhir.text(_only(more, "cqcRating")),
        recommended=fhir.whole(_only(more, "recommended")),
        parking=cast("Parking", one_of(Parking, _only(more, "parking"))),
        step_free=fhir.flag(_only(more, "stepFree")),
    )
    return HealthcareService(
        id=fhir.text(service_id, fhir.ID_FORM),
        name=fhir.text(_only(summary, "serviceName")),
        specialty=_concept(_only(summary, "specialty")),
        clinic_type=_concept(_only(more, "clinicType")),
        provider=provider,
        distance=distance,
        appointment_wait=_wait(more, "indicativeAppointmentWaitTime"),
        treatment_wait=_wait(more, "indicativeTreatmentWaitTime"),
        figure_date=_day(_only(more, "figureDate")),
        figures=fhir.text(_only(more, "figures")),
        bookable=cast("Bookable", one_of(Bookable, fhir.concept_code(_only(summary, "bookableType")))),
        phone=fhir.text(_only(more, "phone")),
        exclusions=_texts(more, "exclusion"),
        conditions_treated=_texts(more, "conditionTreated"),
        suggested_investigations=_texts(more, "suggestedInvestigation"),
        age_from=fhir.whole(_only(more, "ageFrom")),
        age_to=fhir.whole(_only(more, "ageTo")) if "ageTo" in more else None,
        gender_treated=cast("Gender", one_of(Gender, fhir.concept_code(_only(summary, "genderTreated")))),
        supports=tuple(
            cast("Support", one_of(Support, value))
            for value in more.get("additionalRequirementSupported", [])
        ),
        letter_required=fhir.flag(_only(summary, "referralLetterRequired")),
        contact_days=fhir.whole(_only(more, "contactDays")),
    )


def service(answer: Json) -> HealthcareService:
    """A HealthcareService by itself."""
    found = fhir.resource(answer, "HealthcareService")
    return _service(found["id"], found, None)


def services(answer: Json) -> list[HealthcareService]:
    """The List of a search (A010)."""
    read = []
    for each in fhir.items(fhir.resource(answer, "List").get("entry", [])):
        entry = fhir.node(each)
        item = fhir.node(entry["item"])
        found = _group(fhir.extensions(entry), fhir.profile("Extension-eRS-ServiceSearch-ListItem"))
        distance = fhir.whole(_only(found, "distance")) if "distance" in found else None
        service_id = fhir.identifier(item["identifier"], fhir.SERVICE_ID)
        read.append(_service(service_id, item, distance))
    return read


def _slot(value: Json, status: str) -> Slot:
    found = fhir.resource(value, "Slot")
    if found["status"] != status:
        raise ValueError(f"a slot that is not {status}")
    start, end = moment(found["start"]), moment(found["end"])
    if end <= start:
        raise ValueError("a slot that ends before it starts")
    schedule = fhir.reference(found["schedule"], "Schedule", _SCHEDULE)
    return Slot(fhir.text(found["id"], fhir.ID_FORM), schedule.partition("-")[0], start, end)


def slot_page(answer: Json) -> SlotPage:
    """The Bundle of slots (A015); the Schedules in it say no more than the slots do."""
    found = fhir.resource(answer, "Bundle")
    resources = [fhir.node(fhir.node(entry)["resource"]) for entry in fhir.items(found.get("entry", []))]
    after = None
    for each in fhir.items(found["link"]):
        link = fhir.node(each)
        if link["relation"] == "next":
            # The number alone: where to ask next is ours to know.
            [number] = parse_qs(urlsplit(fhir.text(link["url"])).query)["page"]
            after = int(number)
    slots = tuple(_slot(dict(each), "free") for each in resources if each["resourceType"] == "Slot")
    return SlotPage(slots, fhir.whole(found["total"]), after)


def free_slot(answer: Json) -> Slot:
    """A Slot that is free."""
    return _slot(answer, "free")


def hold(answer: Json) -> Hold:
    """A Slot that is held."""
    extensions = fhir.extensions(fhir.node(answer))
    return Hold(_slot(answer, "busy-tentative"), moment(_only(extensions, fhir.OURS + "held-until")))


def released(answer: Json) -> None:
    """A Slot that is not held."""
    fhir.resource(answer, "Slot")


def appointment(answer: Json) -> Appointment:
    """An Appointment."""
    found = fhir.resource(answer, "Appointment")
    return _appointment(found, fhir.text(found["id"], fhir.ID_FORM))


def _appointment(found: fhir.Node, appointment_id: str) -> Appointment:
    ubrn, version = fhir.versioned_referral(fhir.only(found["incomingReferral"]))
    actors = {}
    for each in fhir.items(found["participant"]):
        actor = fhir.node(fhir.node(each)["actor"])
        by = fhir.node(actor["identifier"])
        actors[fhir.text(by["system"])] = (fhir.text(by["value"]), fhir.text(actor.get("display", "")))
    service_id, service_name = actors[fhir.SERVICE_ID]
    status = cast("AppointmentStatus", one_of(AppointmentStatus, found["status"]))
    extensions = fhir.extensions(found)
    contact_by = fhir.OURS + "contact-by"
    booked = status in ("booked", "fulfilled", "noshow")
    return Appointment(
        id=appointment_id,
        ubrn=ubrn,
        version=version,
        status=status,
        service_id=service_id,
        service_name=service_name,
        provider_name=actors.get(fhir.ODS_CODE, ("", ""))[1],
        slot_id=fhir.reference(fhir.only(found["slot"]), "Slot") if booked or "slot" in found else None,
        start=moment(found["start"]) if booked or "start" in found else None,
        end=moment(found["end"]) if booked or "end" in found else None,
        contact_by=_day(_only(extensions, contact_by)) if contact_by in extensions else None,
    )


def _contained(found: fhir.Node) -> dict[str, fhir.Node]:
    nodes = [fhir.node(each) for each in fhir.items(found.get("contained", []))]
    return {fhir.text(each["id"]): each for each in nodes}


def _offer(extensions: Values) -> Offer | None:
    if fhir.OURS + "offer" not in extensions:
        return None
    found = _group(extensions, fhir.OURS + "offer")
    return Offer(
        slot_id=fhir.reference(_only(found, "slot"), "Slot"),
        service_id=fhir.text(fhir.identifier(_only(found, "service"), fhir.SERVICE_ID), fhir.ID_FORM),
        provider_name=fhir.text(_only(found, "provider")),
        start=moment(_only(found, "start")),
        until=moment(_only(found, "until")),
    )


def referral(answer: Json) -> Referral:
    """A ReferralRequest (A005)."""
    found = fhir.resource(answer, "ReferralRequest")
    ubrn = fhir.text(found["id"], fhir.UBRN_FORM)
    extensions = fhir.extensions(found)
    contained = _contained(found)
    criteria = fhir.named(contained["serviceSearchCriteria"], "parameter", "name")
    items = [
        fhir.node(fhir.node(each)["item"]) for each in fhir.items(contained["shortlist"].get("entry", []))
    ]
    current = None
    if fhir.profile("Extension-eRS-Appointment") in extensions:
        # It is contained, so its id is a mere anchor; the identifier is e-RS's own.
        node = contained["appointment"]
        own = fhir.identifier(fhir.only(node["identifier"]), fhir.APPOINTMENT_ID)
        current = _appointment(node, fhir.text(own, fhir.ID_FORM))
    return Referral(
        ubrn=ubrn,
        version=_version(found),
        state=cast("State", one_of(State, _only(extensions, fhir.OURS + "referral-state"))),
        priority=cast(
            Priority,
            one_of(
                Priority,
                fhir.concept_code(_only(extensions, fhir.profile("Extension-eRS-ReferralPriority"))),
            ),
        ),
        specialty=_concept(found["specialty"]),
        clinic_type=_coded(_only(criteria, "clinicType")),
        given_name=fhir.text(fhir.node(found["subject"])["display"]),
        postcode=fhir.text(_only(criteria, "postcode")) if "postcode" in criteria else None,
        shortlist=tuple(
            Listed(fhir.identifier(item["identifier"], fhir.SERVICE_ID), fhir.text(item["display"]))
            for item in items
        ),
        appointment=current,
        referred_on=date.fromisoformat(fhir.text(found["authoredOn"])[:10])
        if "authoredOn" in found
        else None,
        advice=fhir.text(_only(extensions, fhir.OURS + "advice"))
        if fhir.OURS + "advice" in extensions
        else None,
        offer=_offer(extensions),
        for_another=fhir.OURS + "for-another" in extensions,
    )


def outcome(raw: bytes) -> tuple[str, str, dict[str, str | int]] | None:
    """The code, diagnostics and details of an OperationOutcome; None if it is something else."""
    try:
        issue = fhir.node(fhir.items(fhir.resource(parse(raw), "OperationOutcome")["issue"])[0])
        details: dict[str, str | int] = {}
        for url, [value] in fhir.extensions(issue).items():
            if url.startswith(fhir.OURS) and isinstance(value, str | int):
                details[url.removeprefix(fhir.OURS)] = value
        diagnostics = fhir.text(issue.get("diagnostics", ""))
        return fhir.concept_code(issue["details"]), diagnostics, details
    except (LookupError, TypeError, ValueError, RecursionError):
        return None


def communication(value: Json) -> str:
    """The id of a Communication that was kept."""
    return fhir.text(fhir.resource(value, "Communication")["id"], fhir.ID_FORM)
