"""Moves the demonstration's referrals on, so that one can watch on the demo phone what a citizen gets."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from actions.health import fhir
from actions.health.client import Ers
from actions.health.referral import HealthcareService, State
from actions.health.staff.operator import Operator, Staged
from actions.sdk import ServiceRefused
from bot.officers import Ability
from channels.desk.departments import StaffPages
from channels.desk.rules import OFFICER, form

LONDON: Final = ZoneInfo("Europe/London")
PAGE: Final = 25
"""Referrals on a page."""
MOST_HOSPITALS: Final = 10
LONGEST: Final = 1000
"""Characters of the clinic's words."""
ADVISED: Final = frozenset({"TRIAGE_RESPONSE", "ASSESSMENT_RESULT"})
"""States that come with the clinic's words."""

STATES: Final[Mapping[State, str]] = {
    "NOT_BOOKED": "Not booked",
    "BOOKED": "Booked",
    "DEFERRED_TO_PROVIDER": "The hospital is to be in touch",
    "AWAITING_TRIAGE": "The clinic looks at it",
    "TRIAGE_RESPONSE": "The clinic answered with advice",
    "TRIAGED_PROVIDER_TO_ACTION": "The clinic makes an appointment itself",
    "ASSESSMENT_RESULT": "The clinic assessed it",
    "APPT_CANCELLED_BY_PATIENT": "The patient cancelled",
    "APPT_CANCELLED_BY_PROVIDER": "The hospital cancelled",
    "DID_NOT_ATTEND": "The patient did not come",
    "REJECTED": "The hospital sent it back",
    "CANCELLED_REFERRAL": "The referral was cancelled",
    "ATTENDED": "The patient was seen",
}
"""For officers: e-RS's states in words."""

SAID: Final = {
    "move": "The referral was moved on.",
    "again": "The story begins again. Nobody is told.",
    "free": "The time is free.",
    "clinic": "The clinic was cancelled.",
}
REFUSED: Final = {
    "INVALID_REQUEST_STATE": "It has moved meanwhile: look at where it is now.",
    "SLOT_UNAVAILABLE": "Nothing is free at that time. Choose another.",
    "MISSING_VALUE": "A triage response and an assessment's result come with the clinic's words; nothing else"
    " does.",
    "INVALID_VALUE": "The time must be to come.",
    "REFERENCE_NOT_FOUND": "It is not there, or no story of the demonstration.",
    "KEY_REUSED": "That form was sent before with something else in it: look at where it is now.",
}
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{20,60}")


class MistakeError(Exception):
    """A sentence for the officer: what to write otherwise."""


@dataclass(frozen=True)
class _Form:
    """What an officer sent, and the key that makes it be done once."""

    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        return str(self.fields.get(name, "")).strip()

    @property
    def key(self) -> str:
        key = self.text("key")
        # One of the desk's: the assistant's keys are not to be used up by a form.
        return f"desk-{key if _KEY.fullmatch(key) else secrets.token_urlsafe(24)}"

    def service(self) -> str:
        found = self.text("service")
        if not fhir.ID_FORM.fullmatch(found):
            raise MistakeError("Choose a hospital.")
        return found

    def day(self) -> date:
        try:
            return date.fromisoformat(self.text("day"))
        except ValueError:
            raise MistakeError("Choose a day, as 2026-04-01.") from None

    def start(self) -> datetime:
        try:
            local = datetime.fromisoformat(self.text("start"))
        except ValueError:
            raise MistakeError("Choose a day and a time, as 2026-04-01 10:00.") from None
        if local.tzinfo is not None or not 2000 <= local.year <= 2200:
            raise MistakeError("Choose a day and a time, as 2026-04-01 10:00.")
        return local.replace(tzinfo=LONDON).astimezone(UTC)


class StagePages:
    """The list of referrals, and the page of one with all that can be done to it."""

    def __init__(self, pages: StaffPages) -> None:
        """Prepares.

        Args:
            pages: where they are added.
        """
        self._pages = pages

    def add(self) -> None:
        """Adds them."""
        add, act = self._pages.add, Ability.ACT
        add("GET", "/referrals", self.listed, needs=act, title="Demo referrals")
        add("GET", "/referrals/{ubrn:[0-9]{12}}", self.one, needs=act)
        for name, do in (
            ("move", self._move), ("again", self._again), ("free", self._free), ("clinic", self._clinic),
        ):  # fmt: skip
            add("POST", f"/referrals/{{ubrn:[0-9]{{12}}}}/{name}", self._doing(name, do), needs=act)

    async def listed(self, request: web.Request) -> web.Response:
        """All referrals, or leads to the one that is looked for."""
        wanted = re.sub(r"\s", "", request.query.get("ubrn", ""))[:50]
        if fhir.UBRN_FORM.fullmatch(wanted):
            raise web.HTTPSeeOther(f"{self._pages.base}/referrals/{wanted}")
        after = request.query.get("after", "")
        after = after if fhir.UBRN_FORM.fullmatch(after) else ""
        found = await self._pages.service(Operator).listed(after, PAGE)
        names = request[OFFICER].may(Ability.CONTACT)
        return self._pages.page(
            request, "health_referrals.html", rows=[_row(each, names) for each in found], names=names,
            wanted=wanted, after=found[-1].referral.ubrn if len(found) == PAGE else None,
            mistake="A referral's number has 12 digits." if wanted else None,
        )  # fmt: skip

    async def one(self, request: web.Request) -> web.Response:
        """One referral."""
        return await self._show(request, told=SAID.get(request.query.get("done", "")))

    async def _show(
        self, request: web.Request, *, told: str | None = None, mistake: str | None = None,
        typed: Mapping[str, object] | None = None,
    ) -> web.Response:  # fmt: skip
        staged = await self._pages.service(Operator).one(request.match_info["ubrn"])
        if staged is None:
            raise web.HTTPNotFound
        referral = staged.referral
        booked = referral.appointment.start if referral.appointment else None
        return self._pages.page(
            request, "health_referral.html", status=422 if mistake else 200, told=told, mistake=mistake,
            each=_row(staged, request[OFFICER].may(Ability.CONTACT)),
            typed=typed or {}, key=secrets.token_urlsafe(24),
            reachable=[(state, STATES[state]) for state in staged.reachable], longest=LONGEST,
            hospitals=await self._hospitals(staged), start=_suggested(booked),
            day=booked.astimezone(LONDON).date() if booked and referral.state == "BOOKED" else None,
        )  # fmt: skip

    async def _hospitals(self, staged: Staged) -> list[HealthcareService]:
        """Where a time can come free: where it is booked or offered first, then the nearest or soonest."""
        referral, ers = staged.referral, self._pages.service(Ers)
        found = await ers.search(
            clinic_type=referral.clinic_type.code, specialty=referral.specialty.code,
            priority=referral.priority, postcode=referral.postcode, ubrn=referral.ubrn,
            sort_by="DISTANCE" if referral.postcode else "IWT",
        )  # fmt: skip
        mine = {each.service_id for each in (referral.appointment, referral.offer) if each is not None}
        found = [each for each in found if each.bookable == "DIRECTLY_BOOKABLE"]
        return sorted(found, key=lambda each: each.id not in mine)[:MOST_HOSPITALS]

    def _doing(
        self, name: str, do: Callable[[str, _Form], Awaitable[None]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def doing(request: web.Request) -> web.Response:
            ubrn, sent = request.match_info["ubrn"], _Form(await form(request))
            try:
                await do(ubrn, sent)
            except MistakeError as mistake:
                return await self._show(request, mistake=str(mistake), typed=sent.fields)
            except ServiceRefused as refused:
                sentence = REFUSED.get(refused.code, f"The stand-in refused it: {refused.code}.")
                return await self._show(request, mistake=sentence, typed=sent.fields)
            raise web.HTTPSeeOther(f"{self._pages.base}/referrals/{ubrn}?done={name}")

        return doing

    async def _move(self, ubrn: str, sent: _Form) -> None:
        state = next((each for each in STATES if each == sent.text("state")), None)
        if state is None:
            raise MistakeError("Choose what happens.")
        advice = " ".join(sent.text("advice").split())
        if state in ADVISED and not advice:
            raise MistakeError("Write what the clinic says.")
        if len(advice) > LONGEST:
            raise MistakeError(f"Write at most {LONGEST} letters.")
        given = advice if state in ADVISED else None
        await self._pages.service(Operator).move(ubrn, state, sent.key, advice=given)

    async def _again(self, ubrn: str, sent: _Form) -> None:
        await self._pages.service(Operator).begin_again(ubrn, sent.key)

    async def _free(self, _ubrn: str, sent: _Form) -> None:
        await self._pages.service(Operator).free(sent.service(), sent.start(), sent.key)

    async def _clinic(self, _ubrn: str, sent: _Form) -> None:
        await self._pages.service(Operator).cancel_clinic(sent.service(), sent.day(), sent.key)


def _row(staged: Staged, names: bool) -> dict[str, object]:
    """A referral as the pages show it; with name and telephone number only where `names` are shown."""
    referral, appointment = staged.referral, staged.referral.appointment
    phone = staged.phone if names else None
    number = f"{referral.ubrn[:4]} {referral.ubrn[4:8]} {referral.ubrn[8:]}"
    return {
        "referral": referral, "state": STATES[referral.state],
        "number": number, "name": referral.given_name if names else number,
        "phone": f"0{phone[3:7]} {phone[7:]}" if phone and phone.startswith("+44") else phone,
        "start": _told(appointment.start if appointment else None),
        "day": _day(appointment.start.astimezone(LONDON) if appointment and appointment.start else None),
        "contact_by": _day(appointment.contact_by if appointment else None),
        "referred_on": _day(referral.referred_on),
        "offer": _told(referral.offer.start if referral.offer else None),
        "until": _told(referral.offer.until if referral.offer else None),
    }  # fmt: skip


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(LONDON):%a %-d %B %Y, %H:%M}"


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day:%-d %B %Y}"


def _suggested(booked: datetime | None) -> str:
    """A time that somebody may want: the working day before the booking, or one of next week."""
    now = datetime.now(LONDON)
    day = (booked.astimezone(LONDON) if booked else now + timedelta(days=8)).date() - timedelta(1)
    while day.weekday() >= 5:
        day -= timedelta(1)
    return datetime.combine(max(day, now.date() + timedelta(1)), time(10)).isoformat(timespec="minutes")
