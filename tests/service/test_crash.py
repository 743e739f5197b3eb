"""Killing the service at every step of a turn: nothing is lost, and nothing happens twice."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.health.service import DEMO_REFERRALS, application
from bot.queue import Pool
from bot.settings import ROOT
from channels.sms.segments import prepare
from tests.channels.sms.double import TwilioDouble, new_sid
from tests.service.lives import POINTS
from tests.service.running import PATIENCE, PUBLIC, new_number, signed

MAYA = DEMO_REFERRALS[0]
CONVERSATION = (
    "hello", "choose a hospital", MAYA.ubrn, MAYA.access_code, str(MAYA.birth_year), "nearest",
    "1", "1", "agree", "thank you",
)  # fmt: skip
DEADLY = {
    CONVERSATION.index("choose a hospital"): "engine answered",
    CONVERSATION.index(str(MAYA.birth_year)): "department answered",
    CONVERSATION.index("1") + 1: "department answered",
    CONVERSATION.index("agree"): "department answered",
}
"""Messages at which every step is the last of some life; and what stands for the third step there."""


def points(third: str) -> list[str]:
    """All points at which the service dies while it answers one message, in their order."""
    thirds = {"department answered", "engine answered"}
    return [point for point in POINTS if point not in thirds or point == third]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Lives:
    """The service, one life after the other."""

    def __init__(
        self, forge: asyncio.subprocess.Process, pool: Pool, twilio: TwilioDouble, port: int
    ) -> None:
        self._forge, self._pool, self._twilio, self._port = forge, pool, twilio, port
        self.kills = 0

    async def _line(self) -> str:
        assert self._forge.stdout is not None
        async with asyncio.timeout(PATIENCE):
            return (await self._forge.stdout.readline()).decode().strip()

    async def _all_gone(self) -> None:
        """Until PostgreSQL has noticed that the last life is over."""
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'onedoor worker'"
        )
        async with asyncio.timeout(PATIENCE):
            while await self._pool.fetchval(query):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def life(self, ends_at: str) -> AsyncIterator[asyncio.Task[int]]:
        """One life; the task ends with its wait status."""
        await self._all_gone()
        assert self._forge.stdin is not None
        self._forge.stdin.write(f"{ends_at}\n".encode())
        child = int(await self._line())
        ended = asyncio.create_task(self._line())
        status = asyncio.create_task(self._status(ended))
        yield status
        if not status.done():
            os.kill(child, signal.SIGKILL)
            await status

    @staticmethod
    async def _status(line: asyncio.Task[str]) -> int:
        return int(await line)

    async def deliver(self, sender: str, text: str, sid: str) -> None:
        """Posts a text as Twilio does: again and again until it is taken."""
        fields = self._twilio.inbound(sender, text, sid)
        headers = signed(f"{PUBLIC}/sms/twilio", fields, self._twilio.auth_token)
        url = f"http://127.0.0.1:{self._port}/sms/twilio"
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.post(url, data=fields, headers=headers) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.02)

    async def answered(self, number: int) -> None:
        """Until so many messages were answered, and every answer is recorded as handed over."""
        query = "SELECT count(*) FROM outbound WHERE handed_at IS NOT NULL AND status = 'accepted'"
        async with asyncio.timeout(PATIENCE):
            while await self._pool.fetchval(query) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def tell(self, sender: str, text: str, deaths: list[str]) -> asyncio.Task[None]:
        """One message, with a life for each death; the next life has the rest of it to do."""
        posting = asyncio.create_task(self.deliver(sender, text, new_sid()))
        for point in deaths:
            async with self.life(point) as status:
                async with asyncio.timeout(PATIENCE):
                    assert os.WTERMSIG(await status) == signal.SIGKILL, point
                self.kills += 1
        return posting


@pytest.fixture
async def lives(model: None, pool: Pool, database_url: str, twilio: TwilioDouble) -> AsyncIterator[Lives]:
    """A process from which lives are forked, and a department that outlives them."""
    app = web.Application()
    app.add_subapp("/ers", application(pool))
    port = free_port()
    async with TestServer(app) as department:
        environment = {
            **os.environ, **twilio.settings(), "DATABASE_URL": database_url, "PORT": str(port),
            "ONEDOOR_PUBLIC_URL": PUBLIC, "ONEDOOR_HEALTH_URL": str(department.make_url("/ers")),
            "ONEDOOR_LOG_LEVEL": "error",
        }  # fmt: skip
        forge = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.service.lives", env=environment, cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        lives = Lives(forge, pool, twilio, port)
        assert await lives._line() == "ready"
        yield lives
        assert forge.stdin is not None
        forge.stdin.close()
        await forge.wait()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_killed_at_every_step(lives: Lives, pool: Pool, twilio: TwilioDouble) -> None:
    citizen = new_number()
    turns = [*sorted(DEADLY), len(CONVERSATION)]
    async with lives.life("none"):
        for place, text in enumerate(CONVERSATION[: turns[0]]):
            await lives.deliver(citizen, text, new_sid())
            await lives.answered(place + 1)
    for place, after in pairwise(turns):
        posting = await lives.tell(citizen, CONVERSATION[place], points(DEADLY[place]))
        async with lives.life("none"):
            await posting
            await lives.answered(place + 1)
            for later in range(place + 1, after):
                await lives.deliver(citizen, CONVERSATION[later], new_sid())
                await lives.answered(later + 1)
    assert lives.kills >= 30

    # Every message was stored once and answered once, in order.
    kept = await pool.fetch(
        "SELECT i.text, i.done_at IS NOT NULL AS done, array_agg(o.text) AS answers, min(o.status) AS status"
        " FROM inbound i LEFT JOIN outbound o ON o.inbound_id = i.id GROUP BY i.id ORDER BY i.id"
    )
    assert len(kept) == len(CONVERSATION)
    assert all(row["done"] and len(row["answers"]) == 1 and row["status"] == "accepted" for row in kept)
    assert await pool.fetchval("SELECT count(*) FROM turn_record WHERE outcome <> 'failed'") == len(kept)
    assert await pool.fetchval("SELECT count(*) FROM escalation") == 0
    # The citizen got each answer once, in that order.
    assert [sent.body for sent in twilio.messages] == [prepare(row["answers"][0]) for row in kept]
    # The department booked once, and it is what the citizen was told.
    booked = await pool.fetch("SELECT id, slot_id FROM ers.appointment WHERE ubrn = $1", MAYA.ubrn)
    assert len(booked) == 1
    slots = await pool.fetch("SELECT id FROM ers.slot WHERE booked_by = $1", MAYA.ubrn)
    assert [row["id"] for row in slots] == [booked[0]["slot_id"]]
    assert f"Reference {booked[0]['id']}" in twilio.messages[CONVERSATION.index("agree")].body
    assert await pool.fetchval("SELECT count(*) FROM ers.wrong_proof") == 0
