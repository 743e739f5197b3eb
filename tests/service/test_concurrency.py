"""Many messages at once, and many processes: one turn at a time for a citizen, in the order of arrival."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.inbox import Arrival, accept
from bot.outbox import Delivery
from bot.process import open_process
from bot.retention import Retention
from bot.sweeper import Sweeper
from bot.turn import Turns
from tests.channels.sms.double import TwilioDouble, new_sid
from tests.service.running import PATIENCE, Service, make_settings, new_number, until


async def test_twenty_messages_at_once_are_answered_in_the_order_of_arrival(service: Service) -> None:
    citizen = new_number()
    await service.ask(citizen, "choose a hospital")
    wrong = [f"{number:011}" for number in range(20)]
    await asyncio.gather(*(service.text(citizen, text) for text in wrong))
    await until(lambda: len(service.texts(citizen)) == 21 or None)
    rows = await service.pool.fetch(
        "SELECT i.id AS came, o.id AS answered, o.text, r.created_at FROM inbound i"
        " JOIN outbound o ON o.inbound_id = i.id JOIN turn_record r ON r.inbound_id = i.id ORDER BY i.id"
    )
    assert len(rows) == 21
    answered = [row["answered"] for row in rows]
    assert answered == sorted(answered)
    assert len({row["created_at"] for row in rows}) == 21
    begun = [row["created_at"] for row in rows]
    assert begun == sorted(begun)
    # Twilio got them in the same order, the next only when the one before was taken.
    callbacks = [int(re.findall(r"message=(\d+)", sent.callback)[0]) for sent in service.texts(citizen)]
    assert callbacks == answered


async def test_one_message_ten_times_at_once_is_one_turn(service: Service) -> None:
    citizen, sid = new_number(), new_sid()
    await asyncio.gather(*(service.text(citizen, "hello", sid) for _ in range(10)))
    await service.next(citizen)
    await service.ask(citizen, "thank you")
    assert len(service.texts(citizen)) == 2
    for table in ("inbound", "turn_record", "outbound"):
        assert await service.pool.fetchval(f"SELECT count(*) FROM {table}") == 2
    assert await service.pool.fetchval("SELECT count(*) FROM conversation") == 1


async def test_many_citizens_at_once_each_get_their_own_answers(service: Service) -> None:
    citizens = [new_number() for _ in range(15)]
    answers = await asyncio.gather(*(service.say(each, "hello", "choose a hospital") for each in citizens))
    assert all("UBRN" in answer for answer in answers)
    assert [len(service.texts(each)) for each in citizens] == [2] * 15


class Watched:
    """Notes when turns of a conversation begin and end, in whichever process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.notes: list[tuple[int, str]] = []
        self.pause = asyncio.Event()
        self.pause.set()
        answer = Turns._answer

        async def noted(turns: Turns, conversation_id: int, row: object) -> bool:
            worker = turns._worker.number
            self.notes.append((worker, "begin"))
            await asyncio.sleep(0.005)
            try:
                return await answer(turns, conversation_id, row)
            finally:
                self.notes.append((worker, "end"))

        monkeypatch.setattr(Turns, "_answer", noted)


async def test_two_processes_never_have_one_conversation_at_once(
    database_url: str, twilio: TwilioDouble, loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    settings = make_settings(database_url, twilio)
    async with AsyncExitStack() as stack:
        two = [await open_process(stack, settings, database_url, {"ONEDOOR_HEALTH_URL": "http://127.0.0.1:9"})
               for _ in range(2)]  # fmt: skip
        pool, citizen = two[0].pool, new_number()
        accepted = await accept(pool, Arrival("sms", citizen, new_sid(), "hello"))
        number = accepted.conversation_id

        async def write(count: int) -> None:
            for _ in range(count):
                await accept(pool, Arrival("sms", citizen, new_sid(), "hello"))
                await asyncio.sleep(0.003)

        async def work(turns: Turns) -> None:
            while await pool.fetchval("SELECT count(*) FROM turn_record") < 31:
                await turns.run(number)

        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(write(30), *(work(process.turns) for process in two))
    pairs = list(zip(watched.notes[::2], watched.notes[1::2], strict=True))
    assert len(pairs) == 31
    assert all(began[0] == ended[0] and (began[1], ended[1]) == ("begin", "end") for began, ended in pairs)


@pytest.mark.parametrize(
    ("holder", "name"),
    [(Turns, "_commit"), (Turns, "_next"), (Delivery, "_take"), (Delivery, "_send"), (Delivery, "_handed")],
)
async def test_a_database_that_fails_for_a_moment_holds_nothing_up_for_good(
    service: Service, monkeypatch: pytest.MonkeyPatch, holder: Any, name: str
) -> None:
    """The worker lives on, and so would its claim: it lets go, and the next look of the sweeper goes on."""
    run = getattr(holder, name)
    failed = asyncio.Event()

    async def fails_once(*arguments: object, **named: object) -> object:
        if not failed.is_set():
            failed.set()
            raise asyncpg.DeadlockDetectedError("a moment")
        return await run(*arguments, **named)

    static = isinstance(vars(holder).get(name), staticmethod)
    monkeypatch.setattr(holder, name, staticmethod(fails_once) if static else fails_once)
    citizen = new_number()
    await service.text(citizen, "hello")
    sweeper = Sweeper(
        service.pool, Retention(service.pool, bodies=timedelta(days=1), facts=timedelta(days=1))
    )
    async with asyncio.timeout(PATIENCE):
        await failed.wait()
        while await service.pool.fetchval("SELECT count(*) FROM outbound WHERE status = 'accepted'") < 1:
            await sweeper.sweep(older_than=timedelta(0))
            await asyncio.sleep(0.05)
    assert len(service.texts(citizen)) == 1
    assert "Onedoor" in await service.next(citizen)


async def test_a_claim_that_was_lost_commits_nothing(
    database_url: str, twilio: TwilioDouble, loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that hung so long that PostgreSQL let go of its lock finds that another did the work."""
    settings = make_settings(database_url, twilio)
    async with AsyncExitStack() as stack:
        slow, quick = [
            await open_process(stack, settings, database_url, {"ONEDOOR_HEALTH_URL": "http://127.0.0.1:9"})
            for _ in range(2)
        ]
        pool = quick.pool
        accepted = await accept(pool, Arrival("sms", new_number(), new_sid(), "hello"))
        respond = slow.turns._respond
        thinking, go_on = asyncio.Event(), asyncio.Event()

        async def hangs(conversation_id: int, row: object) -> object:
            turn = await respond(conversation_id, row)
            thinking.set()
            await go_on.wait()
            return turn

        monkeypatch.setattr(slow.turns, "_respond", hangs)
        stale = asyncio.create_task(slow.turns.run(accepted.conversation_id))
        await thinking.wait()
        # While it is alive nobody takes the conversation from it.
        await quick.turns.run(accepted.conversation_id)
        assert await pool.fetchval("SELECT count(*) FROM turn_record") == 0
        await slow.worker.stop()
        await quick.turns.run(accepted.conversation_id)
        assert await pool.fetchval("SELECT count(*) FROM turn_record") == 1
        go_on.set()
        await stale
        assert await pool.fetchval("SELECT count(*) FROM turn_record") == 1
        assert await pool.fetchval("SELECT count(*) FROM outbound") == 1
        assert await pool.fetchval("SELECT version FROM conversation") == 1
