"""Tells families what became of their bookings and credit, and asks them to confirm before it lapses."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from actions.childcare.client import Childcare
from actions.childcare.records import Notice
from actions.sdk import News, Seen, Watch, WatchCall

# The response of each kind; of a booking, of what became of it.
_SAID: Final = {
    "grace": "childcare_told_grace", "expiring": "childcare_told_expiring", "low": "childcare_told_low",
    "expired": "childcare_told_expired", "awarded": "childcare_told_awarded",
    "eligibility": "childcare_told_eligibility", "top_up": "childcare_told_top_up",
}  # fmt: skip
_BOOKINGS: Final = {
    "posted": "childcare_told_posted", "part": "childcare_told_part", "agreed": "childcare_told_agreed",
    "provider_cancelled": "childcare_told_back", "declined": "childcare_told_back",
    "not_agreed": "childcare_told_back", "struck_off": "childcare_told_back",
    "expired": "childcare_told_back",
    "held_late": "childcare_told_late", "refused_late": "childcare_told_late",
}  # fmt: skip


class Families(Watch):
    """The notices of the childcare service."""

    every = timedelta(minutes=1)

    async def look(self, call: WatchCall) -> Seen:
        """Reads on from the last notice that was told."""
        notices, cursor = await call.service(Childcare).notices(int(call.cursor or 0))
        return Seen([news for each in notices for news in _news(each)], cursor)


def _news(notice: Notice) -> list[News]:
    """For those who proved who they are from a browser or another phone, and for the phone on record.

    Who is both is told once: the two have one key.
    """
    key, thing = f"notice:{notice.number}", f"family:{notice.family}"
    language: Literal["en", "cy"] = "cy" if notice.language == "cy" else "en"
    say, values = _said(notice), _values(notice.values)
    if say is None:
        return []
    told = [News(key, thing, say, values)]
    if notice.phone is None:
        return told
    to: tuple[Literal["sms", "webchat"], str] = ("sms", notice.phone)
    if notice.kind != "reconfirm":
        return [*told, News(key, f"phone:{notice.family}", say, values, to=to, language=language)]
    # The phone on record is the family's: it is asked there and then.
    ask = {"childcare_by": notice.values["by"], "childcare_family": {"reference": notice.family, **_NOBODY}}
    begun = News(
        f"{key}:ask", f"confirm:{notice.family}", begin="confirm_childcare_due", values=ask, to=to,
        language=language,
    )  # fmt: skip
    return [*told, begun]


_NOBODY: Final[Mapping[str, Any]] = {"name": "", "children": [], "born": {}}


def _said(notice: Notice) -> str | None:
    if notice.kind == "reconfirm":
        return "childcare_told_reconfirm"
    if notice.kind == "booking":
        return _BOOKINGS.get(str(notice.values["what"]))
    return _SAID.get(notice.kind)


# What the responses name, and what it is where a notice has nothing of it: a text is never left unsaid.
_NOTHING: Final[Mapping[str, Any]] = {
    "amount": 0, "attended": 0, "before": None, "after": 0, "low_income": 0, "training": 0, "days": 0,
    "child": "", "children": [], "gains": [], "loses": [], "reweighted": False, "why": "", "what": "",
    "booking": "", "provider": {"en": "", "cy": ""},
}  # fmt: skip
_DAYS: Final[Mapping[str, Any]] = {
    "by": None, "ended": None, "until": None, "begins": None, "expires": None, "ends": None,
    "grace_until": None, "since": None, "on": None,
}  # fmt: skip


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the responses name them: `from` is a word of the templates' own language."""
    told = {("begins" if name == "from" else name): value for name, value in values.items()}
    return {**_NOTHING, **_DAYS, **{name: value for name, value in told.items() if value is not None}}
