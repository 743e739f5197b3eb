"""Looks for what teams did about reports, and tells those who follow them in plain words."""

from datetime import datetime, timedelta
from typing import Final

from actions.reports.client import Open311
from actions.reports.problem import Update
from actions.reports.words import CLOSED, STATES
from actions.sdk import News, Seen, Watch, WatchCall

OVERLAP: Final = timedelta(minutes=10)
"""Teams' clocks are not ours, and an update may come after its time; each is told once all the same."""
ASK_AFTER: Final = timedelta(days=28)


class Reports(Watch):
    """The updates of the reports' service."""

    every = timedelta(minutes=1)

    async def look(self, call: WatchCall) -> Seen:
        """Asks for updates since the last look; the first look only begins."""
        if call.cursor is None:
            return Seen([], call.now.isoformat())
        since = datetime.fromisoformat(call.cursor) - OVERLAP
        client = call.service(Open311)
        updates = await client.updates(since, call.now)
        welsh = {each.id: each for each in await client.updates(since, call.now, "cy")} if updates else {}
        news = [each for update in updates for each in _news(update, welsh.get(update.id, update))]
        return Seen(news, call.now.isoformat())


def _news(update: Update, welsh: Update) -> list[News]:
    """What followers are told of an update, and what they are asked when it is over."""
    values = {
        "state": STATES.get(update.state, STATES["open"]),
        "notes": {"en": update.description, "cy": welsh.description},
    }
    thing = f"report:{update.problem_id}"
    into = f"report:{update.duplicate_of}" if update.duplicate_of else None
    told = [News(f"update:{update.id}", thing, "report_news", values, into=into)]
    if update.state in CLOSED:
        told.append(News(f"fixed?:{update.id}", thing, "is_it_fixed", after=ASK_AFTER))
    return told
