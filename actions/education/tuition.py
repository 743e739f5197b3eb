"""Tutoring as it is shown and asked about: the terms in both languages, sessions, the credit behind it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from actions.education.client import Education
from actions.education.reading import Credit, Proposal, Session, Tutor
from actions.education.words import BRIEF_DAYS, DAYS, DISADVANTAGES, PLACES, SUBJECTS
from actions.sdk import Call, Values

LONDON: Final = ZoneInfo("Europe/London")


def today(now: datetime) -> date:
    """The day in London."""
    return now.astimezone(LONDON).date()


def terms(proposal: Proposal) -> Values:
    """What all three read: the same facts in everybody's words, with the version they are of."""
    days = [each.day for each in proposal.sessions if each.day and each.version == proposal.version]
    return {
        "id": proposal.id, "version": proposal.version, "name": proposal.given_name,
        "tutor": proposal.tutor.name, "tutor_id": proposal.tutor.id, "subject_id": proposal.subject,
        "subject": dict(SUBJECTS[proposal.subject]), "hours": proposal.hours, "price": proposal.price,
        "total": proposal.total, "day_id": proposal.day, "day": dict(DAYS[proposal.day]),
        "place_id": proposal.place, "place": dict(PLACES[proposal.place]), "goal": proposal.goal,
        "agreed": proposal.agreed, "until": proposal.lapses_at.isoformat(),
        "first": min(days).isoformat() if days else None, "last": max(days).isoformat() if days else None,
        "rating": None if proposal.tutor.rating is None else proposal.tutor.rating / 10,
        "rated": proposal.tutor.rated, "approved_until": proposal.tutor.approved_until.isoformat(),
        "unreached": list(proposal.unreached),
    }  # fmt: skip


def tutor_option(tutor: Tutor) -> Values:
    """A tutor as an entry of a list."""
    return {
        "id": tutor.id, "name": tutor.name, "price": tutor.price, "distance": tutor.distance,
        "rating": None if tutor.rating is None else tutor.rating / 10, "rated": tutor.rated,
        "days": [
            {"id": each, "day": dict(DAYS[each]), "brief": dict(BRIEF_DAYS[each])} for each in tutor.days
        ],
        "places": [{"id": each, "place": dict(PLACES[each])} for each in tutor.places],
        "approved_until": tutor.approved_until.isoformat(),
    }  # fmt: skip


def credit_slot(credit: Credit, party: str) -> Values:
    """The credit as texts name it. A pupil is not told what the school has on the family."""
    most = max(credit.behind, key=lambda subject: credit.behind[subject], default=None)
    known = DISADVANTAGES.get(credit.disadvantage or "") if party != "pupil" else None
    return {
        "amount": credit.amount, "available": credit.available, "held": credit.held, "spent": credit.spent,
        "subject": dict(SUBJECTS[most]) if most else None, "months": credit.furthest,
        "reason": credit.reason, "of": credit.figure_date.isoformat(),
        "because": dict(known) if known else None,
    }  # fmt: skip


def due(proposals: Sequence[Proposal], now: datetime) -> list[Values]:
    """The sessions whose day has come and that the side of the one who looks has said nothing of yet."""
    return [
        session_option(proposal, each)
        for proposal in proposals for each in proposal.sessions
        if waits(each, now) and each.mine is None
    ]  # fmt: skip


def coming(proposals: Sequence[Proposal], now: datetime) -> Values | None:
    """The next session that is planned, of several agreements; None for none."""
    planned = [
        (each.day, proposal) for proposal in proposals for each in proposal.sessions
        if each.state == "held" and each.day is not None and each.day >= today(now)
    ]  # fmt: skip
    if not planned:
        return None
    day, proposal = min(planned, key=lambda each: each[0])
    return {
        "on": day.isoformat(), "name": proposal.given_name, "subject": dict(SUBJECTS[proposal.subject]),
        "place": dict(PLACES[proposal.place]),
    }  # fmt: skip


def waits(session: Session, now: datetime) -> bool:
    """Whether a session can be confirmed."""
    return session.state == "held" and session.day is not None and session.day <= today(now)


def session_option(proposal: Proposal, session: Session) -> Values:
    """A session as an entry of a list."""
    assert session.day is not None
    return {
        "id": f"{proposal.id}-{session.version}-{session.number}", "proposal": proposal.id,
        "version": session.version, "number": session.number, "on": session.day.isoformat(),
        "tutor": proposal.tutor.name, "subject": dict(SUBJECTS[proposal.subject]),
        "name": proposal.given_name,
    }  # fmt: skip


def running(proposal: Proposal, now: datetime) -> Values:
    """Tutoring that was agreed: what has been, what is left, and when it goes on."""
    mine = [each for each in proposal.sessions if each.version == proposal.version]
    coming = [each.day for each in mine if each.state == "held" and each.day and each.day >= today(now)]
    return {
        **terms(proposal), "been": sum(each.state == "posted" for each in mine),
        "left": sum(each.state == "held" for each in mine),
        "next": min(coming).isoformat() if coming else None,
    }  # fmt: skip


def to_come(proposal: Proposal, now: datetime) -> int:
    """How many sessions can still be given back."""
    return sum(
        each.state == "held" and (each.day is None or each.day > today(now)) for each in proposal.sessions
    )


async def find(call: Call, number: int) -> Proposal:
    """A proposal, as the one who writes may see it."""
    return await call.service(Education).proposal(number, call.slots["which_pupil"]["party"])


def mine(call: Call) -> tuple[str, str]:
    """The pupil's reference and the party of the one who writes."""
    pupil = call.slots["which_pupil"]
    return str(pupil["reference"]), str(pupil["party"])


def worded(key: str, party: str) -> str:
    """The response for a party: a pupil has a wording of their own."""
    return f"{key}_pupil" if party == "pupil" else key
