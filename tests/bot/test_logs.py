"""Nothing of a citizen's reaches the logs, whoever writes them."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import cast

import aiohttp
import pytest
import structlog

from bot.engine.engine import Engine, Turn
from bot.engine.runtime import packs
from bot.inbox import Arrival, accept
from bot.logs import configure_logs
from bot.outbox import Delivery, Outgoing, SendError
from bot.queue import Pool
from bot.services import Services
from bot.turn import Turns
from bot.worker import Worker

PRIVATE = "my name is Maya Quill, code KITE 4821, ring 07700 900123"
NUMBER = "+447700900123"
PIECES = ("Maya", "Quill", "KITE", "4821", "900123")


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Standard error of a process whose logs are set up; all is put back afterwards."""
    root = logging.getLogger()
    handlers, level, known = list(root.handlers), root.level, structlog.get_config()
    root.handlers = []
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs("debug")
    yield written
    structlog.configure(**known)
    root.handlers = handlers
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    """What was logged; each line must be JSON, and none may hold a piece of what was private."""
    text = written.getvalue()
    assert [piece for piece in PIECES if piece in text] == []
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    "name", ["rasa.core.processor", "twilio.http_client", "aiohttp.server", "pgqueuer.qm", "asyncio", "sanic"]
)
def test_a_library_s_line_is_its_place(logs: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("received %s", PRIVATE)
    [line] = lines(logs)
    assert (line["event"], line["logger"], line["level"]) == ("library", name, "warning")
    assert str(line["at"]).startswith("test_logs:")


def test_a_library_s_exception_is_its_kind_and_place(logs: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError(PRIVATE)

    try:
        fail()
    except ValueError:
        logging.getLogger("aiohttp.server").exception("while handling %s", PRIVATE)
    [line] = lines(logs)
    assert line["error"] == "ValueError"
    assert "fail" in str(line["raised"])


@pytest.mark.parametrize("level", ["debug", "info"])
def test_libraries_are_heard_from_warnings_on(logs: io.StringIO, level: str) -> None:
    getattr(logging.getLogger("rasa.core"), level)(PRIVATE)
    assert lines(logs) == []


@pytest.mark.parametrize(
    "event", ["processor.message.parse", "rule_policy.actions", "slot.set", "tracker.saved"]
)
def test_rasa_s_events_with_words_are_dropped(logs: io.StringIO, event: str) -> None:
    structlog.get_logger().info(event, text=PRIVATE)
    assert lines(logs) == []


def test_ours_are_one_json_line_each(logs: io.StringIO) -> None:
    structlog.get_logger().info("sms.arrived", conversation=12)
    [line] = lines(logs)
    assert (line["event"], line["conversation"], line["level"]) == ("sms.arrived", 12, "info")


class FailingEngine:
    """An engine whose error holds what the citizen wrote, as errors do."""

    async def respond(self, *_: object) -> Turn:
        """Fails."""
        raise ValueError(PRIVATE)


class FailingSender:
    """A sender whose first error holds the text."""

    name = "failing"

    async def send(self, message: Outgoing) -> str:
        """Refuses."""
        raise SendError("30007", permanent=True) from ValueError(message.text + message.to)

    async def find(self, message: Outgoing) -> str | None:
        """Finds nothing."""
        return None


async def test_a_failing_turn_and_a_refused_text_tell_nothing(
    pool: Pool, database_url: str, logs: io.StringIO
) -> None:
    worker = await Worker.start(database_url)
    try:
        accepted = await accept(pool, Arrival("sms", NUMBER, "SM1", PRIVATE))
        async with aiohttp.ClientSession() as session:
            services = Services(packs(), session, {})
            await Turns(pool, cast(Engine, FailingEngine()), services, worker).run(accepted.conversation_id)
        await Delivery(pool, {"sms": FailingSender()}, worker).deliver(accepted.conversation_id)
    finally:
        await worker.stop()
    events = {str(line["event"]): line for line in lines(logs)}
    assert {"turn.failed", "turn.done", "send.refused"} <= events.keys()
    assert events["turn.failed"]["error"] == "ValueError"
    assert events["send.refused"]["code"] == "30007"
