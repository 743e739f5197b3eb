"""The hospitals' department slow, refusing, answering nonsense or gone: what the citizen hears."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.health.service import DEMO_REFERRALS
from bot.dialogue import MOST_WAITS
from bot.queue import Pool
from tests.channels.sms.double import TwilioDouble
from tests.service.running import PATIENCE, Service, new_number, running, until

MAYA = DEMO_REFERRALS[0]
PROOF = (MAYA.ubrn, MAYA.access_code, str(MAYA.birth_year))
KEPT = "I've kept what you told me"

type Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Department:
    """Stands before the stand-in: passes calls on, or answers as a department in trouble does."""

    def __init__(self) -> None:
        self.trouble: Answer | None = None
        self.real = ""
        self.calls = 0
        self.session = aiohttp.ClientSession()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        return await (self.trouble or self.passed_on)(request)

    async def passed_on(self, request: web.Request) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k not in {"Host", "Content-Length"}}
        async with self.session.request(
            request.method, self.real + request.raw_path, data=await request.read(), headers=headers
        ) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), headers={"Content-Type": answer.content_type}
            )


async def silent(_: web.Request) -> web.StreamResponse:
    """Says nothing until the caller gives up."""
    await asyncio.sleep(PATIENCE)
    return web.Response()


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=503, text="Service Unavailable")


async def nonsense(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>It works!</html>", content_type="text/html")


async def other_fhir(_: web.Request) -> web.StreamResponse:
    return web.json_response({"resourceType": "Patient", "id": "1"})


async def gone(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def refusing(_: web.Request) -> web.StreamResponse:
    return web.json_response({"resourceType": "OperationOutcome"}, status=403)


@pytest.fixture
async def department() -> AsyncIterator[Department]:
    department = Department()
    yield department
    await department.session.close()


@pytest.fixture
async def service(
    database_url: str, twilio: TwilioDouble, loaded: None, department: Department, impatient: None
) -> AsyncIterator[Service]:
    """The service with a department that can be put into trouble."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", department.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("/ers"))
        async with running(database_url, twilio, health=url) as service:
            department.real = service.at
            yield service


def mend(department: Department) -> None:
    """The department is well again; it failed too seldom for its circuit to open."""
    department.trouble = None


async def go_on(service: Service) -> None:
    """The time at which the department is tried again has come, and it is tried."""
    tried = None
    async with asyncio.timeout(PATIENCE):
        while tried is None:
            tried = await service.pool.fetchrow(
                "UPDATE inbound SET due_at = now() WHERE kind = 'resume' AND done_at IS NULL"
                " RETURNING id, conversation_id"
            )
        while not await service.pool.fetchval(
            "SELECT done_at IS NOT NULL FROM inbound WHERE id = $1", tried["id"]
        ):
            await service.process.turns.run(tried["conversation_id"])


async def waits(pool: Pool) -> list[str]:
    """Requests that wait for a department."""
    rows = await pool.fetch(
        "SELECT c.address FROM inbound i JOIN conversation c ON c.id = i.conversation_id"
        " WHERE i.kind = 'resume' AND i.done_at IS NULL"
    )
    return [row["address"] for row in rows]


@pytest.mark.parametrize("trouble", [silent, broken, nonsense, other_fhir, gone])
async def test_the_citizen_is_told_and_hears_when_it_is_back(
    service: Service, department: Department, trouble: Answer
) -> None:
    citizen = new_number()
    await service.say(citizen, "choose a hospital", *PROOF[:2])
    department.trouble = trouble
    told = await service.ask(citizen, PROOF[2])
    assert "isn't answering just now" in told
    assert KEPT in told
    assert "I'll message you" in told
    assert await waits(service.pool) == [citizen]

    # Tried again in vain: nothing more is said, and the request still waits.
    await go_on(service)
    assert await waits(service.pool) == [citizen]
    assert len(service.texts(citizen)) == 4

    mend(department)
    await go_on(service)
    back = await service.next(citizen)
    assert "answering again" in back
    assert "What matters most to you?" in back
    assert await waits(service.pool) == []
    booked = await service.say(citizen, "nearest", "1", "1", "agree")
    assert "Booked:" in booked
    assert await service.pool.fetchval("SELECT count(*) FROM escalation") == 0


async def test_a_booking_that_was_made_without_an_answer_is_made_once(
    service: Service, department: Department
) -> None:
    citizen = new_number()
    await service.say(citizen, "choose a hospital", *PROOF, "nearest", "1", "1")

    async def takes_and_hangs_up(request: web.Request) -> web.StreamResponse:
        answer = await department.passed_on(request)
        return await gone(request) if request.path.endswith("/Appointment") else answer

    department.trouble = takes_and_hangs_up
    assert KEPT in await service.ask(citizen, "agree")
    assert await service.pool.fetchval("SELECT count(*) FROM ers.appointment WHERE ubrn = $1", MAYA.ubrn) == 1
    mend(department)
    await go_on(service)
    booked = await service.next(citizen)
    numbers = await service.pool.fetch("SELECT id FROM ers.appointment WHERE ubrn = $1", MAYA.ubrn)
    assert len(numbers) == 1
    assert f"Reference {numbers[0]['id']}" in booked


async def test_a_refusal_is_said_and_goes_to_a_person(service: Service, department: Department) -> None:
    citizen = new_number()
    await service.say(citizen, "choose a hospital", *PROOF)
    department.trouble = refusing
    told = await service.ask(citizen, "nearest")
    assert "would not accept this" in told
    assert "person" in told
    rows = await service.pool.fetch("SELECT department, reason, known FROM escalation")
    assert [(row["department"], row["reason"]) for row in rows] == [("health", "department_refused")]
    assert rows[0]["known"]["code"] == "HTTP_403"


async def test_after_a_day_a_person_has_it(service: Service, department: Department) -> None:
    citizen = new_number()
    await service.say(citizen, "choose a hospital", *PROOF[:2])
    department.trouble = gone
    await service.ask(citizen, PROOF[2])
    snapshot = await service.pool.fetchval("SELECT snapshot FROM conversation")
    snapshot["state"]["stack"][0]["waits"] = MOST_WAITS - 1  # nearly all of the day is over
    await service.pool.execute("UPDATE conversation SET snapshot = $1", snapshot)
    for _ in range(2):
        await go_on(service)
    told = await service.next(citizen)
    assert "tried for a day" in told
    assert "person" in told
    rows = await service.pool.fetch("SELECT department, reason FROM escalation")
    assert [tuple(row) for row in rows] == [("health", "department_down")]
    assert await waits(service.pool) == []
    assert len(service.texts(citizen)) == 5


async def test_what_the_citizen_writes_meanwhile_is_answered(
    service: Service, department: Department
) -> None:
    citizen = new_number()
    await service.say(citizen, "choose a hospital", *PROOF[:2])
    department.trouble = gone
    await service.ask(citizen, PROOF[2])
    for text in ("hello", "are you there"):
        assert await service.ask(citizen, text)
    assert "person to read this" in await service.ask(citizen, "person")
    assert set(await waits(service.pool)) == {citizen}
    mend(department)
    await go_on(service)
    assert "What matters most to you?" in await service.next(citizen)


async def test_another_conversation_is_not_held_up(service: Service, department: Department) -> None:
    """While twenty citizens wait for a department that says nothing, the twenty-first is answered."""
    arrived = asyncio.Event()
    release = asyncio.Event()

    async def holds(request: web.Request) -> web.StreamResponse:
        if department.calls - before >= 10:
            arrived.set()
        await release.wait()
        return await broken(request)

    waiting = [new_number() for _ in range(10)]
    await asyncio.gather(*(service.say(each, "choose a hospital", *PROOF[:2]) for each in waiting))
    before = department.calls
    department.trouble = holds
    for each in waiting:
        await service.text(each, PROOF[2])
    async with asyncio.timeout(PATIENCE):
        await arrived.wait()
    other = new_number()
    assert "Onedoor" in await service.ask(other, "hello")
    assert "where is it" in await service.ask(other, "report a problem")
    assert all(len(service.texts(each)) == 3 for each in waiting)
    release.set()
    for each in waiting:
        await until(lambda each=each: len(service.texts(each)) == 4 or None)  # type: ignore[misc]
