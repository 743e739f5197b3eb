"""A department's API that is slow, refusing, failing, talking nonsense or gone, as its client sees it."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import circuitbreaker
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from actions.sdk.service import MAX_ANSWER, Json, Service, ServiceDown, ServiceRefused, problem_refusal

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Quick(Service):
    """The same client with less patience, so that the tests need none."""

    timeout = aiohttp.ClientTimeout(total=0.15, connect=0.1)


@dataclass
class Double:
    """A service that answers as the test says, and keeps what it was sent."""

    url: str = ""
    answer: Handler | None = None
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        assert self.answer is not None
        return await self.answer(request)

    def answers(
        self, body: bytes = b"{}", *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=status, headers=headers)

        self.answer = answer


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    double = Double()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.handle)
    server = TestServer(app)
    await server.start_server()
    double.url = str(server.make_url("/api"))
    double.answers()
    yield double
    await server.close()


def same(body: Json) -> Json:
    return body


async def test_sends_what_it_is_given(double: Double, session: aiohttp.ClientSession) -> None:
    double.answers(b'{"name": "Caf\xc3\xa9"}', status=201)
    service = Service(double.url + "/", session, correlation="turn-7", headers={"Authorization": "Bearer x"})
    answer = await service.call(
        "POST",
        "Things/$make",
        same,
        params={"a:b": "c d&e"},
        body={"n": 1},
        key="k-1",
        headers={"If-Match": "4"},
    )
    assert answer == {"name": "Café"}
    [(method, path, headers, body)] = double.seen
    assert (method, path, body) == ("POST", "/api/Things/$make?a:b=c+d%26e", b'{"n": 1}')
    expected = {
        "Idempotency-Key": "k-1",
        "X-Correlation-ID": "turn-7",
        "Authorization": "Bearer x",
        "If-Match": "4",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    assert expected.items() <= headers.items()


async def test_sends_no_key_and_no_correlation_it_was_not_given(
    double: Double, session: aiohttp.ClientSession
) -> None:
    await Service(double.url, session).call("GET", "x", same)
    assert not {"Idempotency-Key", "X-Correlation-ID", "Content-Type"} & double.seen[0][2].keys()


async def test_an_empty_answer_is_none(double: Double, session: aiohttp.ClientSession) -> None:
    double.answers(b"", status=204)
    assert await Service(double.url, session).call("DELETE", "x", same) is None


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"{}", "status 500"),
        (503, b"<html>", "status 503"),
        (302, b"", "status 302"),
        (408, b"{}", "status 408"),
        (429, b"{}", "status 429"),
        (200, b"<html>It works!</html>", "nonsense"),
        (200, b'{"half": ', "nonsense"),
        (200, b'{"name": "\xff\xfe"}', "nonsense"),
        (200, b'{"wait": NaN}', "nonsense"),
        (200, b"[" * 100_000, "nonsense"),
        (200, b"9" * 5_000, "nonsense"),
        (200, b" " * (MAX_ANSWER + 1), "answer too large"),
    ],
)
async def test_is_down(
    double: Double, session: aiohttp.ClientSession, status: int, body: bytes, reason: str
) -> None:
    double.answers(
        body, status=status, headers={"Location": "http://127.0.0.1:1/"} if status == 302 else None
    )
    with pytest.raises(ServiceDown) as caught:
        await Service(double.url, session).call("GET", "x", same)
    assert caught.value.reason == reason


async def test_a_small_answer_that_unpacks_huge_is_cut_off(
    double: Double, session: aiohttp.ClientSession
) -> None:
    double.answers(gzip.compress(b" " * (MAX_ANSWER * 4)), headers={"Content-Encoding": "gzip"})
    with pytest.raises(ServiceDown, match="answer too large"):
        await Service(double.url, session).call("GET", "x", same)


@pytest.mark.parametrize("error", [KeyError("id"), ValueError("id"), TypeError("id"), IndexError(0)])
async def test_an_answer_its_reader_cannot_read_is_nonsense(
    double: Double, session: aiohttp.ClientSession, error: Exception
) -> None:
    def read(body: Json) -> None:
        raise error

    with pytest.raises(ServiceDown, match="nonsense"):
        await Service(double.url, session).call("GET", "x", read)


@pytest.mark.usefixtures("impatient")
def test_how_long_it_waits() -> None:
    assert (Service.timeout.connect, Service.timeout.total) == (2, 5)


async def test_slow_to_start(double: Double, session: aiohttp.ClientSession) -> None:
    never = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        await never.wait()
        raise AssertionError

    double.answer = answer
    with pytest.raises(ServiceDown, match="time-out"):
        await Quick(double.url, session).call("GET", "x", same)


async def test_slow_to_finish(double: Double, session: aiohttp.ClientSession) -> None:
    never = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"first": ')
        await never.wait()
        raise AssertionError

    double.answer = answer
    with pytest.raises(ServiceDown, match="time-out"):
        await Quick(double.url, session).call("GET", "x", same)


async def test_hangs_up(double: Double, session: aiohttp.ClientSession) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    double.answer = answer
    with pytest.raises(ServiceDown):
        await Service(double.url, session).call("POST", "x", same, body={})


async def test_gone(session: aiohttp.ClientSession) -> None:
    with pytest.raises(ServiceDown, match="ClientConnectorError"):
        await Service(f"http://127.0.0.1:{unused_port()}", session).call("GET", "x", same)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 423])
async def test_refuses(double: Double, session: aiohttp.ClientSession, status: int) -> None:
    double.answers(b"<html>no</html>", status=status)
    with pytest.raises(ServiceRefused) as caught:
        await Service(double.url, session).call("GET", "x", same)
    assert (caught.value.status, caught.value.code) == (status, f"HTTP_{status}")


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(circuitbreaker, "monotonic", clock)
    return clock


async def calls(service: Service, times: int) -> list[str]:
    """What came of each of so many calls, one after another."""
    outcomes = []
    for _ in range(times):
        try:
            await service.call("GET", "x", same)
            outcomes.append("answered")
        except ServiceDown as down:
            outcomes.append(down.reason)
        except ServiceRefused as refused:
            outcomes.append(refused.code)
    return outcomes


async def test_the_circuit_opens_for_every_client_of_the_address_and_closes_again(
    double: Double, session: aiohttp.ClientSession, clock: Clock
) -> None:
    double.answers(status=503)
    assert await calls(Service(double.url, session), 5) == ["status 503"] * 5
    another = Service(double.url + "/", session)
    assert await calls(another, 3) == ["circuit open"] * 3
    assert len(double.seen) == 5
    clock.now += 31
    assert await calls(another, 2) == ["status 503", "circuit open"]
    assert len(double.seen) == 6
    double.answers()
    clock.now += 31
    assert await calls(another, 3) == ["answered"] * 3


async def test_an_open_circuit_harms_no_other_address(
    double: Double, session: aiohttp.ClientSession, clock: Clock
) -> None:
    gone = f"http://127.0.0.1:{unused_port()}"
    await calls(Service(gone, session), 5)
    assert await calls(Service(gone, session), 1) == ["circuit open"]
    assert await calls(Service(double.url, session), 1) == ["answered"]


async def test_an_address_called_by_another_session_starts_afresh(
    double: Double, session: aiohttp.ClientSession, clock: Clock
) -> None:
    double.answers(status=503)
    await calls(Service(double.url, session), 5)
    assert await calls(Service(double.url, session), 1) == ["circuit open"]
    async with aiohttp.ClientSession() as other:
        assert await calls(Service(double.url, other), 1) == ["status 503"]


async def test_a_refusal_or_an_answer_between_keeps_the_circuit_closed(
    double: Double, session: aiohttp.ClientSession, clock: Clock
) -> None:
    service = Service(double.url, session)
    for status, outcome in [(404, "HTTP_404"), (200, "answered")]:
        double.answers(status=503)
        await calls(service, 4)
        double.answers(status=status)
        assert await calls(service, 1) == [outcome]
    assert await calls(service, 20) == ["answered"] * 20
    double.answers(status=404)
    assert await calls(service, 20) == ["HTTP_404"] * 20


@pytest.mark.parametrize(("status", "body"), [(500, b""), (200, b"nonsense"), (429, b"")])
async def test_what_makes_a_service_stumble_closes_it_to_nobody(
    double: Double, session: aiohttp.ClientSession, clock: Clock, status: int, body: bytes
) -> None:
    double.answers(body, status=status)
    assert "circuit open" not in await calls(Service(double.url, session), 20)


async def test_a_call_given_up_on_does_not_count_as_an_answer(
    double: Double, session: aiohttp.ClientSession, clock: Clock
) -> None:
    double.answers(status=503)
    service = Service(double.url, session)
    await calls(service, 4)
    reached, never = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        reached.set()
        await never.wait()
        raise AssertionError

    double.answer = answer
    call = asyncio.create_task(service.call("GET", "x", same))
    await reached.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert await calls(service, 1) == ["circuit open"]


@pytest.mark.parametrize(
    ("raw", "code", "details"),
    [
        (b'{"title": "LOCKED", "status": 423, "code": "LOCKED", "detail": "x", "until": "9:30", "left": 2}',
         "LOCKED", {"until": "9:30", "left": 2}),
        (b'{"code": "NO", "deep": {"a": 1}, "many": [1], "none": null}', "NO", {}),
        (b'{"until": "9:30"}', "HTTP_423", {"until": "9:30"}),
        (b'["LOCKED"]', "HTTP_423", {}),
        (b"<html>", "HTTP_423", {}),
        (b"\xff", "HTTP_423", {}),
        (b"", "HTTP_423", {}),
        (b"[" * 100_000, "HTTP_423", {}),
    ],
)  # fmt: skip
def test_what_a_problem_says(raw: bytes, code: str, details: dict[str, object]) -> None:
    refusal = problem_refusal(423, raw)
    assert (refusal.status, refusal.code, refusal.details) == (423, code, details)
