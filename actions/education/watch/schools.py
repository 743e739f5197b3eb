"""Tells parents their right to another school, what is due and what came of it; the desk what to decide."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal

from actions.education.handlers.people import as_option, thing
from actions.education.reading import Speaker
from actions.education.school_client import SchoolNotice, Schools
from actions.education.schools import short_name
from actions.sdk import Decision, News, Seen, Values, Watch, WatchCall

DECIDED_IN: Final = timedelta(days=2)
MOBILE: Final = "+447"
SAYS: Final = {
    "right": "school_news_right", "withdrawn": "school_news_withdrawn", "remind": "school_news_remind",
    "answer": "school_news_answer",
}  # fmt: skip
BEGINS: Final = {"outcome": "school_outcome"}
"""What a parent is told by a response, and what by a journey that asks as well."""

REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "special_measures": {
        "en": "has been found failing and is in special measures",
        "cy": "wedi'i chael yn methu ac mewn mesurau arbennig",
    },
    "serious_weaknesses": {
        "en": "has been found to have serious weaknesses",
        "cy": "wedi'i chael â gwendidau difrifol",
    },
    "standards": {
        "en": "has had poor results for years",
        "cy": "wedi cael canlyniadau gwael ers blynyddoedd",
    },
    "closing": {"en": "is going to close", "cy": "ar fin cau"},
}
"""Why a school is designated, after “is” or “mae”."""

_SUBJECTS: Final = {
    "allocate": "Round {round}: {lists} lists wait for places",
    "unanswered": "Round {round}: {pupils} offers are not answered",
    "wanted": "{area}: {first} of {pupils} pupils got their first choice",
}  # fmt: skip
_DECISIONS: Final = {
    "allocate": "school_allocate", "unanswered": "school_unanswered", "wanted": "school_places_wanted",
}  # fmt: skip


class SchoolNews(Watch):
    """What came up since the last look."""

    async def look(self, call: WatchCall) -> Seen:
        """The cursor is the last notice that was seen."""
        last = int(call.cursor or 0)
        notices = await call.service(Schools).news(last)
        news = [each for notice in notices if notice.pupil is not None for each in _news(notice)]
        decisions = [_decision(each) for each in notices if each.pupil is None]
        return Seen(news, notices[-1].id if notices else last, decisions)


def _news(notice: SchoolNotice) -> Sequence[News]:
    """To the number on record, and to who proved to be the parent from elsewhere."""
    pupil = str(notice.pupil)
    say, begin, about = SAYS.get(notice.kind), BEGINS.get(notice.kind), thing(pupil, notice.party)
    if notice.kind == "right" and notice.details.get("plan"):
        say = "school_news_plan"
    values = _values(notice, pupil)
    language: Literal["en", "cy"] = "cy" if notice.language == "cy" else "en"
    topic = f"school-{notice.kind}"
    told = [News(f"school:{notice.key}", about, say, values, begin=begin, language=language, topic=topic)]
    if notice.phone and notice.phone.startswith(MOBILE):
        # The same key: who is both hears it once.
        told.append(
            News(
                f"school:{notice.key}", about, say, values, begin=begin, to=("sms", notice.phone),
                language=language, topic=topic,
            )
        )  # fmt: skip
    return told


def _values(notice: SchoolNotice, pupil: str) -> Values:
    if notice.kind == "outcome":
        return {"which_pupil": as_option(Speaker(pupil, notice.name, notice.party))}
    details = notice.details
    return {
        "child": notice.name, "school_name": short_name(str(details.get("school", ""))),
        "why": dict(REASONS.get(str(details.get("reason")), REASONS["standards"])),
        "deadline": notice.deadline.isoformat(), "days": details.get("days", 0),
        "list": [short_name(str(each)) for each in _list(details.get("list"))],
        "answer_by": notice.answer_by.isoformat() if notice.answer_by else None,
    }  # fmt: skip


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _decision(notice: SchoolNotice) -> Decision:
    known = {
        "round": notice.round,
        **{name: len(each) if isinstance(each, list) else each for name, each in notice.details.items()},
    }
    subject = _SUBJECTS[notice.kind].format(**known)
    return Decision(
        f"school:{notice.key}", _DECISIONS[notice.kind], subject, notice.at + DECIDED_IN,
        {"round": notice.round, **notice.details},
    )  # fmt: skip
