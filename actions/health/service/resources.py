"""The FHIR resources this service answers with, made from rows."""

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from actions.health import fhir
from actions.sdk.service import Json

type Resource = dict[str, Json]


def listed(name: str, members: Sequence[Json]) -> Resource:
    """A list as a part of a resource: left out where it has no members, as FHIR knows no such list."""
    return {name: list(members)} if members else {}


def instant(moment: datetime) -> str:
    """A FHIR instant, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _wait(url: str, days: int | None, capacity: str) -> Resource:
    """Days, or the code that says why there is no number."""
    if days is None:
        return {"url": url, "valueCodeableConcept": fhir.concept("IWT", capacity)}
    return {"url": url, "valueUnsignedInt": days}


def _appointment_wait(row: asyncpg.Record) -> Resource:
    return _wait("indicativeAppointmentWaitTime", row["wait"], "LIMITED_AVAILABILITY")


def _service_extensions(row: asyncpg.Record) -> list[Json]:
    summary: list[Json] = [
        {"url": "serviceName", "valueString": row["name"]},
        {
            "url": "specialty",
            "valueCodeableConcept": fhir.concept("Specialty", row["specialty"], row["specialty_title"]),
        },
        {"url": "genderTreated", "valueCodeableConcept": fhir.concept("GenderTreated", row["gender"])},
        {"url": "bookableType", "valueCodeableConcept": fhir.concept("BookableType", row["bookable"])},
        {"url": "referralLetterRequired", "valueBoolean": row["letter_required"]},
        {
            "url": "location",
            "valueReference": fhir.identified(fhir.ODS_CODE, row["ods"], row["provider_name"]),
        },
    ]
    # What a citizen compares beyond e-RS's summary. Ours, not in the published API.
    comparison: list[Json] = [
        {
            "url": "clinicType",
            "valueCodeableConcept": fhir.concept("ClinicType", row["clinic_type"], row["title"]),
        },
        _appointment_wait(row),
        _wait("indicativeTreatmentWaitTime", row["treatment_wait"], row["treatment_capacity"]),
        {"url": "figureDate", "valueDate": row["figure_date"].isoformat()},
        {"url": "figures", "valueString": row["figures"]},
        {"url": "town", "valueString": row["town"]},
        {"url": "postcode", "valueString": row["postcode"]},
        {"url": "kind", "valueCode": row["kind"]},
        {"url": "phone", "valueString": row["phone"]},
        {"url": "cqcRating", "valueString": row["cqc_rating"]},
        {"url": "recommended", "valueUnsignedInt": row["recommended"]},
        {"url": "parking", "valueCode": row["parking"]},
        {"url": "stepFree", "valueBoolean": row["step_free"]},
        {"url": "ageFrom", "valueUnsignedInt": row["age_from"]},
        {"url": "contactDays", "valueUnsignedInt": row["contact_days"]},
    ]
    if row["age_to"] is not None:
        comparison.append({"url": "ageTo", "valueUnsignedInt": row["age_to"]})
    for url, member, kind in (
        ("exclusion", "exclusions", "valueString"),
        ("conditionTreated", "conditions", "valueString"),
        ("suggestedInvestigation", "investigations", "valueString"),
        ("additionalRequirementSupported", "supports", "valueCode"),
    ):
        comparison.extend({"url": url, kind: value} for value in row[member])
    return [
        {"url": fhir.profile("Extension-eRS-ServiceSummaryView"), "extension": summary},
        {"url": fhir.OURS + "comparison", "extension": comparison},
    ]


def healthcare_service(row: asyncpg.Record) -> Resource:
    """One service by itself."""
    return {
        "resourceType": "HealthcareService",
        "id": str(row["id"]),
        "identifier": [{"system": fhir.SERVICE_ID, "value": str(row["id"])}],
        "name": row["name"],
        "extension": _service_extensions(row),
    }


def service_list(rows: Sequence[asyncpg.Record]) -> Resource:
    """The answer to a search (A010)."""
    entries: list[Json] = []
    for row in rows:
        found: list[Json] = [{"url": "displayProminently", "valueBoolean": False}, _appointment_wait(row)]
        if row["miles"] is not None:
            found.append({"url": "distance", "valueUnsignedInt": round(row["miles"])})
        entries.append(
            {
                "extension": [
                    {"url": fhir.profile("Extension-eRS-ServiceSearch-ListItem"), "extension": found}
                ],
                "item": {
                    **fhir.identified(fhir.SERVICE_ID, str(row["id"])),
                    "extension": _service_extensions(row),
                },
            }
        )
    return {
        "resourceType": "List",
        "meta": {"profile": [fhir.profile("eRS-FetchServices-List")]},
        "status": "current",
        "mode": "snapshot",
        **listed("entry", entries),
    }


def slot(row: asyncpg.Record, status: str = "free") -> Resource:
    """One slot."""
    return {
        "resourceType": "Slot",
        "id": str(row["id"]),
        "schedule": {"reference": f"Schedule/{row['service_id']}"},
        "status": status,
        "start": instant(row["starts_at"]),
        "end": instant(row["ends_at"]),
    }


def held_slot(row: asyncpg.Record) -> Resource:
    """A slot that is kept for a while for one referral."""
    until: dict[str, Json] = {"url": fhir.OURS + "held-until", "valueInstant": instant(row["held_until"])}
    return {**slot(row, "busy-tentative"), "extension": [until]}


def slot_bundle(
    rows: Sequence[asyncpg.Record], *, service_id: int, total: int, links: dict[str, str], include: bool
) -> Resource:
    """The answer to a search of slots (A015), with its schedule if asked for."""
    entries: list[Json] = [
        {"fullUrl": f"Slot/{row['id']}", "resource": slot(row), "search": {"mode": "match"}} for row in rows
    ]
    if include and rows:
        schedule: dict[str, Json] = {
            "resourceType": "Schedule",
            "id": str(service_id),
            "actor": [fhir.identified(fhir.SERVICE_ID, str(service_id))],
        }
        entries.append(
            {"fullUrl": f"Schedule/{service_id}", "resource": schedule, "search": {"mode": "include"}}
        )
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links.items()],
        **listed("entry", entries),
    }


def appointment(row: asyncpg.Record) -> Resource:
    """A booking (`booked`) or a deferral (`proposed`)."""
    written: dict[str, Json] = {
        "resourceType": "Appointment",
        "id": str(row["id"]),
        "identifier": [{"system": fhir.APPOINTMENT_ID, "value": str(row["id"])}],
        "meta": {"versionId": "1", "profile": [fhir.profile("eRS-Appointment")]},
        "status": row["status"],
        "description": "e-Referral Appointment",
        "created": instant(row["created_at"]),
        "incomingReferral": [{"reference": f"ReferralRequest/{row['ubrn']}/_history/{row['version']}"}],
        "participant": [
            {
                "actor": fhir.identified(fhir.SERVICE_ID, str(row["service_id"]), row["service_name"]),
                "status": "accepted",
            },
            {
                "actor": fhir.identified(fhir.ODS_CODE, row["ods"], row["provider_name"]),
                "status": "accepted",
            },
        ],
    }
    if row["slot_id"] is not None:
        written["slot"] = [{"reference": f"Slot/{row['slot_id']}"}]
        written["start"], written["end"] = instant(row["starts_at"]), instant(row["ends_at"])
    if row["reason"] is not None:
        written["reason"] = [fhir.concept("ReviewReason", row["reason"])]
    if row["contact_by"] is not None:
        written["extension"] = [{"url": fhir.OURS + "contact-by", "valueDate": row["contact_by"].isoformat()}]
    return written


def _offer(row: asyncpg.Record) -> Resource:
    service: dict[str, Json] = {"system": fhir.SERVICE_ID, "value": str(row["service_id"])}
    return {
        "url": fhir.OURS + "offer",
        "extension": [
            {"url": "slot", "valueReference": {"reference": f"Slot/{row['id']}"}},
            {"url": "service", "valueIdentifier": service},
            {"url": "provider", "valueString": row["provider_name"]},
            {"url": "start", "valueInstant": instant(row["starts_at"])},
            {"url": "until", "valueInstant": instant(row["held_until"])},
        ],
    }


def referral(
    row: asyncpg.Record,
    current: asyncpg.Record | None,
    offer: asyncpg.Record | None = None,
    *,
    for_another: bool = False,
) -> Resource:
    """A referral (A005), with its shortlist, what was searched for, and its appointment.

    Args:
        row: the referral.
        current: its appointment, if it has one.
        offer: a slot it is offered, if it is.
        for_another: whether who asks is the patient's carer.
    """
    criteria = fhir.parameters(
        "ServiceSearchCriteria",
        [
            fhir.part("priority", "valueCoding", fhir.coding("Priority", row["priority"])),
            fhir.part("specialty", "valueCoding", fhir.coding("Specialty", row["specialty"])),
            fhir.part(
                "clinicType", "valueCoding", fhir.coding("ClinicType", row["clinic_type"], row["title"])
            ),
            fhir.part("postcode", "valueString", row["postcode"]),
            fhir.part("ageAndGenderAppropriate", "valueBoolean", True),
        ],
        id="serviceSearchCriteria",
    )
    names = zip(row["shortlist"], row["shortlist_names"], strict=True)
    shortlist: dict[str, Json] = {
        "resourceType": "List",
        "id": "shortlist",
        "meta": {"profile": [fhir.profile("eRS-Shortlist-List")]},
        "status": "current",
        "mode": "snapshot",
        **listed(
            "entry", [{"item": fhir.identified(fhir.SERVICE_ID, str(each), name)} for each, name in names]
        ),
    }
    contained: list[Json] = [criteria, shortlist]
    extensions: list[Json] = [
        {
            "url": fhir.profile("Extension-eRS-ReferralPriority"),
            "valueCodeableConcept": fhir.concept("Priority", row["priority"]),
        },
        {
            "url": fhir.profile("Extension-eRS-ReferralShortlist"),
            "valueReference": {"reference": "#shortlist"},
        },
        {"url": fhir.OURS + "referral-state", "valueCode": row["state"]},
    ]
    if row["advice"] is not None:
        extensions.append({"url": fhir.OURS + "advice", "valueString": row["advice"]})
    if offer is not None:
        extensions.append(_offer(offer))
    if for_another:
        extensions.append({"url": fhir.OURS + "for-another", "valueBoolean": True})
    if current is not None:
        contained.append({**appointment(current), "id": "appointment"})
        extensions.append(
            {
                "url": fhir.profile("Extension-eRS-Appointment"),
                "valueReference": {"reference": "#appointment"},
            }
        )
    return {
        "resourceType": "ReferralRequest",
        "id": row["ubrn"],
        "meta": {"versionId": str(row["version"]), "profile": [fhir.profile("eRS-ReferralRequest")]},
        "extension": extensions,
        "contained": contained,
        "authoredOn": row["referred_on"].isoformat(),
        "status": "cancelled" if row["state"] == "CANCELLED_REFERRAL" else "active",
        "intent": "plan",
        "specialty": fhir.concept("Specialty", row["specialty"], row["specialty_title"]),
        "subject": {"display": row["given_name"]},
    }


def staged(resource: Resource, row: asyncpg.Record, reachable: Sequence[str]) -> Resource:
    """A referral as the demonstration's operator sees it.

    Args:
        resource: the referral.
        row: the same, with its telephone.
        reachable: the states that it can be moved to.
    """
    more: list[Json] = [{"url": fhir.OURS + "reachable", "valueCode": each} for each in reachable]
    if row["phone"] is not None:
        more.append({"url": fhir.OURS + "phone", "valueString": row["phone"]})
    return {**resource, "extension": [*fhir.items(resource["extension"]), *more]}


def questionnaire_response(row: asyncpg.Record) -> Resource:
    """What a patient said after their visit (FHIR STU3 QuestionnaireResponse)."""
    asked = None if row["asked"] is None else "1" if row["asked"] else "2"
    answers = {
        "how": ("valueInteger", row["how"]),
        "life": ("valueInteger", row["life"]),
        "asked": ("valueString", asked),
    }
    return {
        "resourceType": "QuestionnaireResponse",
        "id": str(row["id"]),
        "basedOn": [{"reference": f"ReferralRequest/{row['ubrn']}"}],
        "status": "completed",
        "authored": instant(row["told_at"]),
        "item": [
            {"linkId": name, "answer": [{kind: value}]}
            for name, (kind, value) in answers.items() if value is not None
        ],
    }  # fmt: skip


def communication(row: asyncpg.Record) -> Resource:
    """What a patient told the clinician (FHIR STU3 Communication)."""
    return {
        "resourceType": "Communication",
        "id": str(row["id"]),
        "status": "completed",
        "basedOn": [{"reference": f"ReferralRequest/{row['ubrn']}"}],
        "category": [fhir.concept("CommunicationCategory", "TREATMENT_PREFERENCE")],
        "sent": row["sent_at"].isoformat(),
        "payload": [{"contentString": row["words"]}],
    }
