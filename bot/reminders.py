"""Reminders: what a handler wants said later, which moves and goes with the thing it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actions.sdk import Reminder
from bot.engine.runtime import packs
from bot.keys import open_department
from bot.notices import Notice, Notices, Words
from bot.queue import Connection
from bot.wording import LANGUAGES


@dataclass(frozen=True)
class Contact:
    """Where a citizen is reminded: the contact point they write from."""

    conversation_id: int
    channel: Any
    address: str


async def remind(
    connection: Connection,
    notices: Notices,
    contact: Contact,
    pack: str,
    thing: str,
    texts: Sequence[Reminder],
    now: datetime,
) -> None:
    """Takes back what still waits about a thing and stores what takes its place.

    Args:
        connection: the one that has the turn's transaction.
        notices: makes them.
        contact: whom to remind.
        pack: whose responses they are.
        thing: what they are about, this citizen's only.
        texts: what to say and when; what lies in the past is left out.
        now: the time.
    """
    # A thing's name is the pack's own; the conversation makes it this citizen's.
    about = f"{thing}@{contact.conversation_id}"
    await open_department(connection, pack)
    await notices.withdraw(connection, pack, about)
    for text in texts:
        if text.at <= now:
            continue
        words = {
            language: Words(packs().wording.render(text.say, language, contact.channel, text.values))
            for language in LANGUAGES
        }
        notice = Notice(
            pack, contact.channel, contact.address, words, thing=about, due_at=text.at,
            idempotency_key=f"{about}:{text.say}:{text.at.isoformat()}",
        )  # fmt: skip
        await notices.make(connection, notice, now=now, counted=False)
