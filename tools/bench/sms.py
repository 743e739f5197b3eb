"""SMS: from a signed webhook in to the reply handed to a double of Twilio, and to the webhook's answer."""

import asyncio
from collections import defaultdict, deque
from time import perf_counter
from typing import Final

from tests.channels.sms.double import Sent, TwilioDouble
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.load import Load
from tools.bench.place import Place
from tools.bench.start import MEMORY
from tools.bench.words import talk

RATE: Final = 50
SECONDS: Final = 60.0
CITIZENS: Final = 500
FIRST: Final = 400
"""+447700900400 and on: Ofcom's range for tests, beyond the demo's own citizens."""
REPLY: Final = 250.0
"""Milliseconds, p95."""
ANSWER: Final = 50.0
"""Milliseconds, p99."""


class _Twilio(TwilioDouble):
    """The double that also tells who awaits a text that it has come, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited: defaultdict[str, deque[asyncio.Future[float]]] = defaultdict(deque)
        self.messages = _Told(self.awaited)


class _Told(list[Sent]):
    """The double's list of messages; each that is added goes to the first that waits for it."""

    def __init__(self, awaited: dict[str, deque[asyncio.Future[float]]]) -> None:
        super().__init__()
        self._awaited = awaited

    def append(self, sent: Sent) -> None:
        super().append(sent)
        waiting = self._awaited[sent.to]
        if waiting:
            waiting.popleft().set_result(perf_counter())


async def measure(place: Place) -> list[Figure]:
    """Fifty texts a second from five hundred numbers, for a minute."""
    replies: list[float] = []
    answers: list[float] = []
    load = Load()
    async with (
        _Twilio() as twilio,
        place.database() as url,
        place.service({"DATABASE_URL": url, **twilio.settings()}, "--demo") as service,
    ):

        async def send(number: int, counts: bool) -> None:
            citizen, turn = number % CITIZENS, number // CITIZENS
            address = f"+447700900{FIRST + citizen}"
            reply: asyncio.Future[float] = asyncio.get_running_loop().create_future()
            twilio.awaited[address].append(reply)
            began = perf_counter()
            status, _ = await twilio.text(service.url, address, talk(citizen, turn))
            answered = perf_counter()
            if status != 200:
                raise BenchError(f"the webhook was answered {status}")
            handed = await reply
            if counts:
                answers.append((answered - began) * 1000)
                replies.append((handed - began) * 1000)

        await load.run(RATE, SECONDS * place.share, send)
        memory = service.memory()
        sent, handed_over = len(load.late), len(twilio.messages)
    if sent != handed_over:
        raise BenchError(f"{sent} texts came in and {handed_over} replies went out.")
    what = f"SMS at {RATE} a second"
    return [
        Figure("sms.reply.p50", f"{what}, webhook in to reply handed over, p50", median(replies), "ms"),
        Figure(
            "sms.reply.p95", f"{what}, webhook in to reply handed over, p95",
            percentile(replies, 0.95), "ms", REPLY,
        ),
        Figure("sms.answer.p50", f"{what}, webhook answered, p50", median(answers), "ms"),
        Figure("sms.answer.p99", f"{what}, webhook answered, p99", percentile(answers, 0.99), "ms", ANSWER),
        Figure("sms.late.p99", "  the load generator itself late, p99", percentile(load.late, 0.99), "ms"),
        Figure("sms.memory", "memory of the one process, after the texts", memory, "MB", MEMORY),
    ]  # fmt: skip
