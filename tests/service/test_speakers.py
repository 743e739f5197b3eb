"""Never two speakers, never nobody: citizens, the assistant, officers and crashes in any order."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from bot.desk.ownership import ClosedError, NotYoursError, TakenError, close, hand_back, release, take
from bot.desk.rounds import Patience, Rounds
from bot.desk.work import answer
from bot.engine.engine import Engine
from bot.engine.runtime import packs
from bot.inbox import Arrival, accept
from bot.queue import Pool
from bot.services import Services
from bot.turn import Turns
from bot.worker import Worker
from tests.service.test_desk import officer

# Looked at inside the transactions themselves, so that no order of commits hides a second speaker.
TRIGGERS = """
CREATE FUNCTION one_speaker() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now_speaks record;
BEGIN
    SELECT speaker, officer_id INTO now_speaks FROM conversation WHERE id = NEW.conversation_id;
    IF NEW.inbound_id IS NOT NULL AND NEW.priority > 0 AND now_speaks.speaker = 'officer' THEN
        RAISE 'the assistant and an officer speak';
    END IF;
    IF NEW.officer_id IS NOT NULL AND now_speaks.officer_id IS DISTINCT FROM NEW.officer_id THEN
        RAISE 'an officer speaks who does not have the conversation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_speaker BEFORE INSERT ON outbound FOR EACH ROW EXECUTE FUNCTION one_speaker();
CREATE FUNCTION somebody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.outcome = 'with_officer'
        AND (SELECT speaker FROM conversation WHERE id = NEW.conversation_id) <> 'officer' THEN
        RAISE 'the assistant is silent and there is no officer';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER somebody BEFORE INSERT ON turn_record FOR EACH ROW EXECUTE FUNCTION somebody();
"""
STEPS = 60
SAID = ("person", "hello", "choose a hospital", "back", "2", "I want to die", "what now?", "leave")


class Stage:
    """One conversation, two officers, and a process that may end at any moment."""

    def __init__(self, pool: Pool, url: str, engine: Engine, chance: random.Random) -> None:
        self.pool, self.url, self.engine, self.chance = pool, url, engine, chance
        self.officers: list[int] = []
        self.running: set[asyncio.Task[None]] = set()
        self.said = 0

    async def start(self) -> None:
        await self.pool.execute(TRIGGERS)
        self.officers = [await officer(self.pool, name) for name in ("Jo", "Sam")]
        self.worker = await Worker.start(self.url)
        self._open()

    def _open(self) -> None:
        services = Services(packs(), None, {})  # type: ignore[arg-type]
        self.turns = Turns(self.pool, self.engine, services, self.worker)

    async def citizen(self) -> None:
        """Writes; the turn runs beside whatever comes next."""
        self.said += 1
        arrival = Arrival("terminal", "+447700900777", f"m{self.said}", self.chance.choice(SAID))
        accepted = await accept(self.pool, arrival)
        task = asyncio.create_task(self.turns.run(accepted.conversation_id))
        self.running.add(task)
        if self.chance.random() < 0.5:
            await asyncio.sleep(self.chance.random() * 0.02)

    async def crash(self) -> None:
        """The process ends in the middle of its work, and another begins."""
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        self.running.clear()
        await self.worker.stop()
        self.worker = await Worker.start(self.url)
        self._open()

    async def officer_acts(self) -> None:
        """Takes, answers, hands back, lets go or closes, allowed or not."""
        who = self.chance.choice(self.officers)
        case = await self.pool.fetchval("SELECT id FROM escalation ORDER BY random() LIMIT 1")
        act = self.chance.choice(("take", "take", "take", "answer", "hand_back", "release", "close"))
        if case is None:
            return
        with suppress(TakenError, NotYoursError, ClosedError):
            async with self.pool.acquire() as connection, connection.transaction():
                match act:
                    case "take":
                        await take(connection, case, who, None)
                    case "answer":
                        await answer(connection, case, who, "Hello.", uuid4())
                    case "hand_back":
                        await hand_back(connection, case, who)
                    case "release":
                        await release(connection, case, who, "released")
                    case "close":
                        await close(connection, case, who, outcome="done", contact="new")

    async def rounds(self) -> None:
        """The desk takes back what an officer leaves without a word."""
        await Rounds(self.pool, Patience(silent=timedelta(milliseconds=5))).go()

    async def settle(self) -> None:
        """All work that waits is done."""
        for _ in range(20):
            for task in list(self.running):
                await task
                self.running.discard(task)
            waiting = await self.pool.fetch(
                "SELECT DISTINCT conversation_id AS id FROM inbound WHERE done_at IS NULL AND due_at <= now()"
            )
            if not waiting:
                return
            await asyncio.gather(*(self.turns.run(row["id"]) for row in waiting))
        raise AssertionError("The conversation does not come to rest.")


@pytest.mark.parametrize("seed", range(8))
async def test_never_two_speakers_and_never_nobody(
    seed: int, pool: Pool, database_url: str, engine: Engine
) -> None:
    stage = Stage(pool, database_url, engine, random.Random(seed))
    await stage.start()
    acts = [stage.citizen] * 8 + [stage.officer_acts] * 10 + [stage.rounds] * 2 + [stage.crash]
    for _ in range(STEPS):
        some = [stage.chance.choice(acts) for _ in range(stage.chance.randint(1, 3))]
        if stage.crash in some:
            some = [stage.crash]
        await asyncio.gather(*(act() for act in some))
    await stage.settle()
    await stage.worker.stop()
    rows = await pool.fetch(
        "SELECT r.outcome, i.kind, EXISTS (SELECT 1 FROM outbound o WHERE o.inbound_id = i.id) AS answered"
        " FROM inbound i LEFT JOIN turn_record r ON r.inbound_id = i.id"
    )
    assert all(row["outcome"] for row in rows)  # every message was looked at
    assert not [row for row in rows if row["outcome"] == "with_officer" and row["answered"]]
    assert not [
        row
        for row in rows
        if row["kind"] == "text" and row["outcome"] != "with_officer" and not row["answered"]
    ]
    speakers = await pool.fetch("SELECT speaker, officer_id FROM conversation")
    for row in speakers:
        has = await pool.fetchval(
            "SELECT count(*) FROM escalation WHERE state = 'taken' AND officer_id = $1", row["officer_id"]
        )
        assert row["speaker"] != "officer" or has


async def test_a_database_that_refuses_a_second_speaker_is_believed(
    pool: Pool, database_url: str, engine: Engine
) -> None:
    """The triggers above do find one."""
    stage = Stage(pool, database_url, engine, random.Random(1))
    await stage.start()
    accepted = await accept(pool, Arrival("terminal", "+447700900778", "m", "person"))
    await stage.turns.run(accepted.conversation_id)
    await pool.execute("UPDATE conversation SET speaker = 'officer', officer_id = $1", stage.officers[0])
    with pytest.raises(asyncpg.RaiseError, match="assistant and an officer"):
        await pool.execute(
            "INSERT INTO outbound (conversation_id, inbound_id, part, channel, language, text)"
            " VALUES ($1, $2, 1, 'terminal', 'en', 'x')",
            accepted.conversation_id, accepted.inbound_id,
        )  # fmt: skip
    await stage.worker.stop()
