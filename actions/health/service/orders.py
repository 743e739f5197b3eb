"""What callers send with our own calls, read as strictly as `requests` does e-RS's."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from aiohttp import web

from actions.health import fhir, reading
from actions.health.service import changes, waits
from actions.health.service.bookings import LONGEST_SHORTLIST
from actions.health.service.creation import New
from actions.health.service.moves import Move
from actions.health.service.outcomes import Refusal
from actions.health.service.requests import PRIORITIES, WORDS, by, count, one, parameters
from actions.health.service.requests import reading as reading_it
from actions.health.service.results import Said
from actions.health.service.wishes import Wish
from actions.sdk.service import Json

PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
MOST: Final = 1000
"""Changes, or long waits, on a page."""
_LETTERS: Final = frozenset({"NOT_NEEDED", "NEED_TO_ADD_LATER"})
_AFTER: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})_([0-9]{12})")


def changes_page(request: web.Request) -> changes.Page:
    """The query of the feed."""
    many = count(request, MOST, "500")
    with reading_it("query"):
        since = request.query["since"]
        number = None if since == changes.NEWEST else int(fhir.text(since, fhir.ID_FORM))
    return changes.Page(number, many)


def waits_page(request: web.Request) -> waits.Page:
    """The query of the long waits."""
    many = count(request, MOST, "500")
    with reading_it("query"):
        now = _moment(request.query["now"])
        after = request.query.get("after")
        place = None
        if after is not None:
            found = _AFTER.fullmatch(after)
            if found is None:
                raise ValueError("after: what the page before said is next")
            place = date.fromisoformat(found[1]), found[2]
    return waits.Page(now, place, many)


def _moment(value: Json) -> datetime:
    found = reading.moment(value)
    # So that sums of days and zones stay within what a datetime holds.
    if not 1900 <= found.year <= 9000:
        raise ValueError("a time out of range")
    return found


def acting(sent: Json) -> str:
    """Who acts, and nothing else."""
    with reading_it("Parameters"):
        return by(parameters(sent))


def slot(sent: Json) -> tuple[int, str]:
    """A slot, and who acts."""
    with reading_it("Parameters"):
        found = parameters(sent)
        return int(fhir.reference(fhir.only(found["slot"]), "Slot")), by(found)


def wish(ubrn: str, sent: Json) -> Wish:
    """A wish for an earlier appointment."""
    with reading_it("Parameters"):
        found = parameters(sent)
        service = fhir.text(fhir.identifier(fhir.only(found["service"]), fhir.SERVICE_ID), fhir.ID_FORM)
        return Wish(ubrn, int(service), _moment(fhir.only(found["before"])), by(found))


def phone(sent: Json) -> str:
    """A mobile number."""
    with reading_it("Parameters"):
        return fhir.text(fhir.only(parameters(sent)["phone"]), PHONE)


def permission(sent: Json) -> tuple[str, date | None]:
    """A carer's number, and the last day of what is permitted."""
    with reading_it("Parameters"):
        found = parameters(sent)
        until = one(found, "until")
        last = None if until is None else date.fromisoformat(fhir.text(until))
        return fhir.text(fhir.only(found["phone"]), PHONE), last


def said(sent: Json) -> Said:
    """The QuestionnaireResponse after a visit."""
    with reading_it("QuestionnaireResponse"):
        found = fhir.resource(sent, "QuestionnaireResponse")
        answers: dict[str, Json] = {}
        for each in fhir.items(found["item"]):
            item = fhir.node(each)
            name = fhir.text(item["linkId"])
            if name not in {"how", "life", "asked"} or name in answers:
                raise ValueError("a question that is not asked, or twice")
            answer = fhir.node(fhir.only(item["answer"]))
            answers[name] = answer["valueString" if name == "asked" else "valueInteger"]
        how, life = (fhir.whole(answers[name]) if name in answers else None for name in ("how", "life"))
        asked = fhir.text(answers["asked"]) if "asked" in answers else None
        ubrn = fhir.reference(fhir.only(found["basedOn"]), "ReferralRequest", fhir.UBRN_FORM)
        if not answers or not (how is None or 1 <= how <= 5) or not (life is None or life <= 100):
            raise ValueError("how is 1 to 5, life is 0 to 100, and one answer is needed")
        if asked not in (None, "1", "2"):
            raise ValueError("asked is 1 or 2")
        return Said(ubrn, how, life, None if asked is None else asked == "1", by(fhir.extensions(found)))


def new(sent: Json) -> New:
    """The Parameters of A011; `patient` is a UBRN of theirs instead of an NHS number."""
    with reading_it("Parameters"):
        found = parameters(sent)
        patient = fhir.text(fhir.identifier(fhir.only(found["patient"]), fhir.UBRN), fhir.UBRN_FORM)
        letter = fhir.code(fhir.only(found["intentionToAddReferralLetter"]))
        fhir.whole(fhir.only(found["firstReminderLetterFollowUpDays"]))
        listed = fhir.resource(fhir.only(found["shortlist"]), "List")
        inner = parameters(fhir.only(listed["contained"]))
        priority = fhir.code(fhir.only(inner["priority"]))
        specialty, clinic_type = (fhir.code(fhir.only(inner[name])) for name in ("specialty", "clinicType"))
        services = services_of(listed)
    for name, value, known in (("priority", priority, PRIORITIES), ("letter", letter, _LETTERS)):
        if value not in known:
            raise Refusal(422, "INVALID_CODE", f"{name}: one of {', '.join(sorted(known))}.")
    return New(patient, specialty, clinic_type, priority, checked(services))


def services_of(listed: fhir.Node) -> tuple[int, ...]:
    """The ids of a List of services; to be called within `reading`."""
    return tuple(
        int(fhir.text(fhir.identifier(fhir.node(fhir.node(entry)["item"])["identifier"], fhir.SERVICE_ID),
                      fhir.ID_FORM))
        for entry in fhir.items(listed["entry"])
    )  # fmt: skip


def checked(services: tuple[int, ...]) -> tuple[int, ...]:
    """A shortlist as it may be."""
    if not 1 <= len(services) <= LONGEST_SHORTLIST or len(set(services)) < len(services):
        raise Refusal(422, "INVALID_VALUE", f"A shortlist has 1 to {LONGEST_SHORTLIST} different services.")
    return services


def shortlist(sent: Json) -> tuple[int, ...]:
    """The services of A031's shortlist, in order."""
    with reading_it("Parameters"):
        services = services_of(fhir.resource(fhir.only(parameters(sent)["shortlist"]), "List"))
    return checked(services)


def move(ubrn: str, sent: Json) -> Move:
    """A state that the operator wants, and the clinic's words."""
    with reading_it("Parameters"):
        found = parameters(sent)
        advice = one(found, "advice")
        state = fhir.text(fhir.only(found["state"]), fhir.CODE_FORM)
        return Move(ubrn, state, None if advice is None else fhir.text(advice, WORDS))


def day(sent: Json) -> date:
    """The day of a clinic."""
    with reading_it("Parameters"):
        found = date.fromisoformat(fhir.text(fhir.only(parameters(sent)["date"])))
        if not 1900 <= found.year <= 9000:
            raise ValueError("a day out of range")
        return found


def start(sent: Json) -> datetime:
    """When a free time is to begin."""
    with reading_it("Parameters"):
        return _moment(fhir.only(parameters(sent)["start"]))


@dataclass(frozen=True)
class Listed:
    """Which referrals the operator's page shows: after a number, or one of them."""

    after: str
    ubrn: str | None
    count: int


def listed(request: web.Request) -> Listed:
    """The query of the operator's list."""
    many = count(request, 100, "50")
    with reading_it("query"):
        after, ubrn = (
            fhir.text(request.query[name], fhir.UBRN_FORM) if name in request.query else None
            for name in ("after", "ubrn")
        )
    return Listed(after or "", ubrn, many)
