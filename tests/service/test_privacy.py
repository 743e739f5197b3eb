"""No word of a citizen in a log or a figure: whole conversations, failures, and every line is read."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from actions.health.service import DEMO_REFERRALS
from bot.queue import Pool
from bot.settings import ROOT
from tests.channels.sms.double import TwilioDouble
from tests.service.running import PATIENCE, PUBLIC, new_number, signed
from tests.service.test_crash import free_port

MAYA, GEORGE, *_ = DEMO_REFERRALS
CARD = "4111 1111 1111 1111"
NINO = "QQ123456C".replace("QQ", "AB")
WORDS = ("quokka", "zephyrine", "Llanfairpwll", "smorgasbord")
"""Words that nobody but the citizen says."""


@dataclass
class Running:
    """The real process with its log."""

    base: str
    process: asyncio.subprocess.Process
    lines: list[str]
    session: aiohttp.ClientSession
    twilio: TwilioDouble

    async def hook(self, fields: dict[str, str]) -> int:
        headers = signed(f"{PUBLIC}/sms/twilio", fields, self.twilio.auth_token)
        async with self.session.post(f"{self.base}/sms/twilio", data=fields, headers=headers) as answer:
            return answer.status

    async def say(self, sender: str, *texts: str) -> str:
        """Texts, each after the answer to the one before."""
        for text in texts:
            before = len(self.twilio.messages)
            assert await self.hook(self.twilio.inbound(sender, text)) == 200
            async with asyncio.timeout(PATIENCE):
                while len(self.twilio.messages) == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        return self.twilio.messages[-1].body

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.base + path) as answer:
            return answer.status, await answer.text()

    async def stop(self) -> str:
        """Stops it as an operator does, and gives all that it logged."""
        if self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
        return "".join(self.lines)


@pytest.fixture
async def real(model: None, database_url: str, twilio: TwilioDouble) -> AsyncIterator[Running]:
    """`onedoor serve --demo` with its log at debug; one handler that fails with what it was given."""
    port = free_port()
    environment = {
        **os.environ, **twilio.settings(), "DATABASE_URL": database_url, "PORT": str(port),
        "ONEDOOR_PUBLIC_URL": PUBLIC, "ONEDOOR_LOG_LEVEL": "debug", "PYTHONWARNINGS": "default",
    }  # fmt: skip
    # A handler that raises with the citizen's words in the error, as a careless pack's would.
    careless = (
        "import sys; from actions.health.handlers.searching import Describe\n"
        "async def fail(self, call): raise ValueError(f'{call.option} {dict(call.slots)} {call.address}')\n"
        "Describe.handle = fail\n"
        "sys.argv = ['onedoor', 'serve', '--demo']\n"
        "from bot.command import main; sys.exit(main())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", careless, env=environment, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    lines: list[str] = []

    async def read(stream: asyncio.StreamReader) -> None:
        async for line in stream:
            lines.append(line.decode(errors="replace"))  # noqa: PERF401  (it is read while it grows)

    reading = asyncio.create_task(read(process.stdout))
    async with aiohttp.ClientSession() as session:
        running = Running(f"http://127.0.0.1:{port}", process, lines, session, twilio)
        async with asyncio.timeout(2 * PATIENCE):
            while True:
                assert process.returncode is None, "".join(lines)
                try:
                    if (await running.get("/readyz"))[0] == 200:
                        break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        yield running
        await running.stop()
        await reading


@pytest.mark.slow
async def test_no_word_of_a_citizen_is_logged_or_measured(
    real: Running, pool: Pool, twilio: TwilioDouble
) -> None:
    maya, george, other = new_number(), new_number(), new_number()
    # A whole conversation, with words, names and numbers that belong to nobody else.
    await real.say(maya, f"hello my name is {WORDS[0]} and I need to choose a hospital", MAYA.ubrn)
    wrong_code, wrong_year = "TOAD 7766", "1937"
    assert "2" not in await real.say(maya, wrong_code)
    assert "don't match" in await real.say(maya, wrong_year)
    await real.say(maya, MAYA.ubrn, MAYA.access_code, str(MAYA.birth_year), "nearest")
    # A handler raises with all of it in its error.
    assert "Something went wrong" in await real.say(maya, "tell me about 2")
    await real.say(maya, "1", "1")
    assert "Booked" in await real.say(maya, "agree")
    await real.say(maya, f"{WORDS[1]} {WORDS[2]}", "chest pain, it's my heart", "person")
    # What is refused before it is stored.
    assert "card number" in await real.say(other, f"my card is {CARD}")
    assert "National Insurance" in await real.say(other, f"national insurance number {NINO}")
    # The sender refuses for now, then for good; and answers nonsense.
    twilio.fail_with = (500, 20500)
    assert await real.hook(twilio.inbound(george, f"hello from {WORDS[3]}")) == 200
    await seen(real, "send.refused")
    twilio.fail_with = None
    twilio.opted_out.add(other)
    assert await real.hook(twilio.inbound(other, f"and {WORDS[3]} again")) == 200
    await seen(real, '"permanent": true')
    # Calls that are not Twilio's, with words in every part of them.
    async with real.session.post(f"{real.base}/sms/twilio?{WORDS[0]}=1", data={"Body": WORDS[0]}) as answer:
        assert answer.status == 403
    await real.get(f"/{WORDS[1]}?q={WORDS[2]}")
    # The department's own tables are gone: 500s, and a request that waits.
    await pool.execute("ALTER SCHEMA ers RENAME TO away")
    await real.say(george, "choose a hospital", GEORGE.ubrn, GEORGE.access_code, str(GEORGE.birth_year))
    # The text that was refused before may still come among these answers: what is wanted is looked for.
    async with asyncio.timeout(PATIENCE):
        while not any("isn't answering just now" in sent.body for sent in twilio.messages):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    # Our own tables are gone for a moment: a webhook that can't be stored.
    await pool.execute("ALTER TABLE inbound RENAME TO away")
    assert await real.hook(twilio.inbound(george, f"{WORDS[0]} {WORDS[1]}")) == 503
    await pool.execute("ALTER TABLE away RENAME TO inbound")

    metrics = await measured(real)
    log = await real.stop()
    assert_private(log, metrics, maya, george, other, wrong_code, wrong_year)
    assert_told(log)
    assert_measured(metrics)
    await assert_masked(pool, wrong_code, wrong_year)


async def measured(real: Running) -> str:
    """The figures, when the sweeper has looked at the queue."""
    metrics = ""
    async with asyncio.timeout(PATIENCE):
        while "onedoor_waiting_messages{" not in metrics:
            status, metrics = await real.get("/metrics")
            assert status == 200
            await asyncio.sleep(0.1)
    return metrics


async def seen(real: Running, words: str) -> None:
    """Until the log has it."""
    async with asyncio.timeout(PATIENCE):
        while words not in "".join(real.lines):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def assert_private(log: str, metrics: str, *more: str) -> None:
    """Nothing a citizen wrote or is called is in either."""
    numbers = [MAYA.ubrn, GEORGE.ubrn, CARD, NINO, MAYA.postcode or "", GEORGE.postcode or "", *more]
    secrets = [MAYA.access_code, GEORGE.access_code, "KITE", "LAMP", "TOAD", str(MAYA.birth_year)]
    names = [MAYA.given_name, GEORGE.given_name, *WORDS, "my name is", "chest pain", "Hospital, "]
    for word in [*numbers, *secrets, *names]:
        for form in {word, word.replace(" ", ""), word.replace(" ", "+"), word.replace("+", "%2B")}:
            # Digits inside a longer number (a time, a sum of seconds) are nobody's year of birth.
            alone = rf"(?<![0-9.:]){re.escape(form)}(?![0-9])"
            for text in (log, metrics):
                found = re.search(alone, text, re.IGNORECASE)
                assert found is None, text[max(0, found.start() - 300) : found.end() + 100]


def assert_told(log: str) -> None:
    """What an operator needs is there: the test has seen a log that is alive."""
    for event in ("sms.arrived", "turn.done", "turn.failed", "send.handed", "send.refused", "service.down",
                  "sms.refused", "sms.not_stored", "ValueError"):  # fmt: skip
        assert event in log, event


def assert_measured(metrics: str) -> None:
    """Turn time, queue age, and sends by result."""
    for line in (
        r"onedoor_turn_seconds_bucket\{le=\"0\.05\",outcome=\"asked\"\} [1-9]",
        r"onedoor_turn_seconds_count\{outcome=\"failed\"\} 1\.0",
        r"onedoor_queue_age_seconds \d",
        r"onedoor_waiting_messages\{direction=\"out\"\} \d",
        r"onedoor_sends_total\{channel=\"sms\",result=\"handed\"\} [1-9]",
        r"onedoor_sends_total\{channel=\"sms\",result=\"retry\"\} [1-9]",
        r"onedoor_sends_total\{channel=\"sms\",result=\"refused\"\} 1\.0",
        r"onedoor_arrivals_total\{channel=\"sms\",result=\"new\"\} [1-9]",
        r"onedoor_escalations_total\{department=\"\w+\",reason=\"asked_for_person\"\} 1\.0",
    ):
        assert re.search(line, metrics), line


async def assert_masked(pool: Pool, wrong_code: str, wrong_year: str) -> None:
    """Secret answers are masked where they were used, and refused numbers are nowhere in the database."""
    texts = [row["text"] for row in await pool.fetch("SELECT text FROM inbound ORDER BY id")]
    secrets = {MAYA.access_code, str(MAYA.birth_year), wrong_code, wrong_year, GEORGE.access_code}
    assert not secrets & set(texts)
    assert texts.count("•••") == 6
    tables = ("inbound", "outbound", "conversation", "escalation", "turn_record", "receipt", "pgqueuer")
    everything = [
        row["words"]
        for table in tables
        for row in await pool.fetch(f"SELECT t::text AS words FROM {table} t")
    ]
    for number in (CARD, CARD.replace(" ", ""), NINO):
        assert not any(number in words for words in everything)
    # After the proof the snapshot has them no more; the one that still waits for its department must.
    snapshots = await pool.fetch("SELECT snapshot::text FROM conversation WHERE snapshot::text LIKE '%KITE%'")
    assert snapshots == []
