"""Looks for what is new of referrals, and tells those it is about: each news once, while it is so."""

from datetime import timedelta
from typing import Any, Final, Literal

from actions.health.client import Ers
from actions.health.referral import Change, LongWait
from actions.health.waiting import LONDON, clinic
from actions.sdk import News, Seen, Watch, WatchCall

VISIT_ASKED_AFTER: Final = timedelta(days=1)
ASKED_AGAIN_AFTER: Final = timedelta(days=90)
"""When the citizen is asked how a visit went, and again."""

type Contact = tuple[Literal["sms", "webchat"], str] | None


class ReferralChanges(Watch):
    """What changed at e-RS: a referral's state, and times that come free or go."""

    async def look(self, call: WatchCall) -> Seen:
        """Asks for the changes since the last look; the first look only begins."""
        client = call.service(Ers)
        if call.cursor is None:
            return Seen([], await client.newest_change())
        seen = await client.changes(call.cursor)
        news = [each for change in seen.changes for each in await self._news(client, change)]
        return Seen(news, seen.cursor)

    @staticmethod
    async def _news(client: Ers, change: Change) -> list[News]:
        match change.kind:
            case "slot_taken":
                return [_gone(change)]
            case "slot_free" if change.values.get("wanted") and change.slot_id is not None:
                meant = await client.wanting(change.slot_id)
                return [each for one in meant for each in _earlier(change, one.ubrn, one.phone)]
            case "permitted" | "revoked":
                return [await _carer(client, change)]
            case "state" if change.state == "ATTENDED":
                return _visited(change)
            case "state":
                return _changed(change)
            case _:
                return []


class LongWaits(Watch):
    """Who waits longer than they may: all are looked through once a day, a page at a time."""

    async def look(self, call: WatchCall) -> Seen:
        """Tells each once for each limit, however often they are seen."""
        today, cursor = call.now.astimezone(LONDON).date().isoformat(), call.cursor or {}
        begun = cursor.get("day") == today
        if begun and cursor["next"] is None:
            return Seen([], cursor)
        found = await call.service(Ers).long_waits(call.now, after=cursor["next"] if begun else None)
        news = [each for wait in found.waits for each in _long(wait)]
        return Seen(news, {"day": today, "next": found.next})


def _to_all(phone: str | None, key: str, ubrn: str, **told: Any) -> list[News]:
    """The same news to who showed the referral's letter somewhere, and to the number on record: once each."""
    thing = f"referral:{ubrn}"
    followers = News(key, thing, **told)
    return [followers, News(key, thing, to=("sms", phone), **told)] if phone else [followers]


def _changed(change: Change) -> list[News]:
    assert change.ubrn is not None
    values = {"ubrn": change.ubrn, "changed": change.state, "was": change.values.get("was")}
    return _to_all(
        change.phone,
        f"state:{change.number}",
        change.ubrn,
        values=values,
        begin="referral_news",
        topic="state",
    )


def _visited(change: Change) -> list[News]:
    """The questions after a visit come once: to the number on record, or else to who follows."""
    assert change.ubrn is not None
    to: Contact = ("sms", change.phone) if change.phone else None
    thing, values = f"referral:{change.ubrn}", {"ubrn": change.ubrn}
    return [
        News(
            f"visit:{change.number}", thing, values={**values, "again": False}, begin="after_visit",
            after=VISIT_ASKED_AFTER, topic="visit", to=to,
        ),
        News(
            f"life:{change.number}", thing, values={**values, "again": True}, begin="after_visit_again",
            after=ASKED_AGAIN_AFTER, topic="life", to=to,
        ),
    ]  # fmt: skip


def _earlier(change: Change, ubrn: str, phone: str | None) -> list[News]:
    assert change.start is not None
    values = {
        "ubrn": ubrn, "offer_slot": change.slot_id, "offer_start": change.start.isoformat(),
        "offer_at": change.values.get("provider", ""),
    }  # fmt: skip
    key = f"earlier:{change.number}:{ubrn}"
    return _to_all(phone, key, ubrn, values=values, begin="earlier_offered", topic="earlier")


def _gone(change: Change) -> News:
    """For who was offered the time; what they were told of it is kept with what they follow."""
    return News(f"gone:{change.number}", f"offer:{change.slot_id}", begin="earlier_gone", ends=True)


def _long(wait: LongWait) -> list[News]:
    values = {"ubrn": wait.ubrn, "weeks": wait.weeks, "long_wait": wait.kind}
    key = f"long:{wait.kind}:{wait.ubrn}"
    return _to_all(wait.phone, key, wait.ubrn, values=values, begin="wait_offer", topic="wait")


async def _carer(client: Ers, change: Change) -> News:
    """For the carer's own number, whether or not they ever wrote to us."""
    assert change.ubrn is not None
    referral = await client.referral_by_ubrn(change.ubrn)
    values = {
        "name": referral.given_name, "clinic": clinic(referral), "until": change.values.get("until"),
    }  # fmt: skip
    say = "carer_told" if change.kind == "permitted" else "carer_told_end"
    to: Contact = ("sms", str(change.values["carer"]))
    return News(f"carer:{change.number}", f"referral:{change.ubrn}", say, values, to=to, topic="carer")
