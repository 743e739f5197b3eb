"""Tells and asks each of the three, the tutor and the desk what came up about tutoring."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from actions.education import tuition
from actions.education.client import Education
from actions.education.handlers.people import as_option, thing
from actions.education.reading import Notice, Proposal, Speaker
from actions.sdk import Decision, News, Seen, ServiceRefused, Values, Watch, WatchCall

DESK: Final = "desk"
ANSWERED_IN: Final = timedelta(days=2)
MOBILE: Final = "+447"
SAYS: Final = {
    "agreed": "tutoring_begins", "not_agreed": "tutoring_not_agreed", "ended": "tutoring_ended",
    "unapproved": "tutor_lost_approval", "settled": "tutoring_settled",
}  # fmt: skip
"""Notices that are told, with the response; a pupil has one of their own, and so has a tutor."""


class TutoringNews(Watch):
    """What came up since the last look."""

    async def look(self, call: WatchCall) -> Seen:
        """The cursor is the last notice that was seen."""
        education, last = call.service(Education), int(call.cursor or 0)
        notices = await education.news(last)
        news, decisions = list[News](), list[Decision]()
        for each in notices:
            if each.party == DESK:
                decisions.append(_decision(each))
            elif (proposal := await _proposal(education, each)) is not None:
                news += _news(each, proposal)
        return Seen(news, notices[-1].id if notices else last, decisions)


async def _proposal(education: Education, notice: Notice) -> Proposal | None:
    """What a notice is about, as who is told may see it; None for what ended long ago."""
    try:
        return await education.proposal(notice.proposal, notice.party)
    except ServiceRefused as refusal:
        if refusal.code != "PROPOSAL_NOT_FOUND":
            raise
        return None


def _news(notice: Notice, proposal: Proposal) -> Sequence[News]:
    """To the number on record, and to who proved to be that party from elsewhere."""
    about, say, begin, values = f"proposal:{notice.proposal}", None, None, _values(notice, proposal)
    if notice.kind == "agree":
        if proposal.state != "open" or proposal.mine or proposal.version != notice.version:
            return ()
        begin = "agree_tutoring"
    elif notice.kind == "session":
        wanted = (notice.version, notice.details["session"])
        found = [each for each in proposal.sessions if (each.version, each.number) == wanted]
        if not found or found[0].state != "held" or found[0].day is None or found[0].mine is not None:
            return ()
        values["tutoring_session"] = tuition.session_option(proposal, found[0])
        begin, about = "session_took_place", f"{about}:session:{wanted[1]}"
    elif notice.kind == "progress":
        begin = "tutoring_progress"
    else:
        say = tuition.worded(SAYS[notice.kind], notice.party)
        say = f"{say}_tutor" if notice.party == "tutor" else say
    told = [
        News(
            f"{notice.key}:followers", thing(notice.reference, notice.party), say, values, begin=begin,
            language=notice.language, topic=about,
        )
    ]  # fmt: skip
    if notice.phone and notice.phone.startswith(MOBILE):
        told.append(
            News(
                notice.key, about, say, values, begin=begin, to=("sms", notice.phone),
                language=notice.language,
            )
        )  # fmt: skip
    return told


def _values(notice: Notice, proposal: Proposal) -> Values:
    speaker = Speaker(notice.reference, notice.given_name, notice.party, notice.tutor)
    return {
        "which_pupil": as_option(speaker), "tuition_id": notice.proposal,
        "asked_because": notice.details.get("why", "new"), "tuition": tuition.terms(proposal),
        "settled": {each: notice.details.get(each) for each in ("day", "outcome")},
    }  # fmt: skip


def _decision(notice: Notice) -> Decision:
    """For the desk, which tells nobody who it was that refused."""
    known = {"pupil": notice.reference, "proposal": notice.proposal, **notice.details}
    subject = f"Proposal {notice.proposal}, version {notice.version}"
    return Decision(notice.key, f"tutoring_{notice.kind}", subject, notice.at + ANSWERED_IN, known)
