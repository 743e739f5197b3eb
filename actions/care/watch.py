"""Looks for what happened to budgets, and tells citizens, their helpers and the desk."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from actions.care.budget import Event
from actions.care.client import Care
from actions.care.figures import statement_slot
from actions.care.who import as_slot, thing
from actions.sdk import Decision, News, Seen, Watch, WatchCall

SAID: Final[Mapping[str, str]] = {
    "plan_agreed": "care_news_plan_agreed", "line_talk": "care_news_line_talk",
    "spend_agreed": "care_news_spend_agreed", "spend_refused": "care_news_spend_refused",
    "spend_paid": "care_news_spend_paid", "spend_back": "care_news_spend_back",
    "helper_acted": "care_news_helper_acted", "holding_decided": "care_news_holding",
    "surplus_left": "care_news_surplus_left", "surplus_taken": "care_news_surplus_taken",
    "statement_ready": "care_news_statement",
}  # fmt: skip
"""What a citizen is told of an event."""
BEGUN: Final[Mapping[str, str]] = {
    "surplus_noticed": "answer_care_surplus", "review_due": "choose_care_review",
}  # fmt: skip
"""What is begun with a citizen, as it asks them something."""
TO_HELPER: Final[Mapping[str, str]] = {
    "helper_allowed": "care_news_you_may", "helper_ended": "care_news_you_may_not",
}  # fmt: skip
DESK: Final[Mapping[str, str]] = {
    "plan_sent": "A plan waits to be agreed line by line.",
    "spend_asked": "A payment that is over or off the plan was asked for.",
    "holding_asked": "Another way of holding the money was asked for.",
    "surplus_explained": "A citizen said what a surplus is for.",
}
"""What the desk decides, as its queue has it."""
NAMED: Final[Mapping[str, Any]] = {
    "pence": 0, "payee": "", "reason": "", "way": "", "line": "", "words": "", "number": 0, "helper": "",
    "yearly": 0, "agreed": False, "start": "",
}  # fmt: skip
"""What texts about events may name."""
DUE: Final = timedelta(days=5)


class Budgets(Watch):
    """The events of the care service, in their order."""

    async def look(self, call: WatchCall) -> Seen:
        """Asks for those since the last look."""
        client = call.service(Care)
        news, decisions, last = list[News](), list[Decision](), int(call.cursor or 0)
        for event in await client.events(last):
            last = event.id
            if event.kind in DESK:
                decisions.append(_decision(event, call.now))
            elif event.kind in TO_HELPER:
                news.append(_to_helper(event))
            else:
                news += _to_citizen(event, await _values(event, client))
        return Seen(news, last, decisions)


async def _values(event: Event, client: Care) -> dict[str, Any]:
    """What the texts about an event name."""
    if event.kind == "statement_ready":
        month = date.fromisoformat(f"{event.told['month']}-01")
        return {"care_statement": statement_slot(await client.statement(event.reference, month))}
    if event.kind in BEGUN:
        return {"care": as_slot(event.reference, event.name)}
    return {**NAMED, **event.told}


def _to_citizen(event: Event, values: dict[str, Any]) -> list[News]:
    """To who proved themself from there, and to the number on record; each contact point is told once."""
    to: list[tuple[Literal["sms", "webchat"], str] | None] = [None]
    if event.phone is not None:
        to.append(("sms", event.phone))
    return [
        News(
            f"event:{event.id}", thing(event.reference), SAID.get(event.kind), values,
            begin=BEGUN.get(event.kind), to=each, language=event.language if each else None,
            topic=event.kind,
        )
        for each in to
    ]  # fmt: skip


def _to_helper(event: Event) -> News:
    limits = {"per_payment": 0, "per_week": 0}
    values = {**limits, **event.told, "owner": event.name}
    return News(
        f"event:{event.id}", f"helper:{event.told['phone']}", TO_HELPER[event.kind], values,
        to=("sms", str(event.told["phone"])), language=event.language,
    )  # fmt: skip


def _decision(event: Event, now: datetime) -> Decision:
    known = {"reference": event.reference, **{k: v for k, v in event.told.items() if isinstance(v, int)}}
    return Decision(f"event:{event.id}", event.kind, DESK[event.kind], now + DUE, known)
