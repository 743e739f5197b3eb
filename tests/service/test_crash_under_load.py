"""Killing the sender at random while a department sends: no notice is lost, and none goes twice unmarked."""

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.notices import Notice, Notices, Words
from bot.queue import Pool
from bot.urgency import Urgency
from tests.channels.sms.double import TwilioDouble
from tests.service.running import PATIENCE
from tests.service.test_crash import Lives, lives

__all__ = ["lives"]

KILLS = int(os.environ.get("ONEDOOR_KILLS", "15"))
"""Fifty for docs/figures.md."""
A_SECOND = 20
NUMBERS = 40


async def send(pool: Pool, enough: asyncio.Event) -> int:
    """Notices to a few numbers, several to each, until it is enough; how many there were."""
    notices, made = Notices(), 0
    while not enough.is_set():
        words = Words(f"Notice {made} of the department.")
        notice = Notice(
            "reports", "sms", f"+447700900{200 + made % NUMBERS}", {"en": words, "cy": words},
            urgency=Urgency.URGENT, language="en", idempotency_key=f"notice {made}",
        )  # fmt: skip
        async with pool.acquire() as connection, connection.transaction():
            await notices.make(connection, notice, now=datetime.now(UTC))
        made += 1
        await asyncio.sleep(1 / A_SECOND)
    return made


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_killed_at_random_under_load(lives: Lives, pool: Pool, twilio: TwilioDouble) -> None:
    twilio.latency = 0.1
    chance = random.Random(4)
    await pool.execute("INSERT INTO department (name) VALUES ('reports')")
    enough = asyncio.Event()
    sending = asyncio.create_task(send(pool, enough))
    handed = "SELECT count(*) FROM outbound WHERE handed_at IS NOT NULL"
    for _ in range(KILLS):
        before = await pool.fetchval(handed)
        async with lives.life("none"), asyncio.timeout(PATIENCE):
            # Each life does something before it is killed, wherever it may be then.
            while await pool.fetchval(handed) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 0.25))
    enough.set()
    made = await sending
    async with lives.life("none"), asyncio.timeout(2 * PATIENCE):
        while await pool.fetchval("SELECT count(*) FROM outbound WHERE status <> 'accepted'"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await twilio.idle()

    rows = await pool.fetch("SELECT text, perhaps_twice FROM outbound ORDER BY id")
    assert len(rows) == made
    sent = Counter(message.body for message in twilio.messages)
    assert set(sent) == {row["text"] for row in rows}
    marked = {row["text"] for row in rows if row["perhaps_twice"]}
    assert {text for text, times in sent.items() if times > 1} <= marked
    assert max(sent.values()) <= 2
    # What each number got first came in its order, whatever died between.
    for number in range(200, 200 + NUMBERS):
        firsts = list(dict.fromkeys(m.body for m in twilio.messages if m.to == f"+447700900{number}"))
        assert firsts == sorted(firsts, key=lambda body: int(body.split()[1]))
