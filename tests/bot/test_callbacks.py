"""Call-backs: what a department is told, once and in order, how often it is tried, and where it may go."""

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import asyncpg
import pytest
import structlog
from aiohttp import ClientSession, web

from bot.callbacks import (
    AT_ONCE,
    DOWN_AFTER,
    DOWN_FOR,
    MOST_ATTEMPTS,
    RETRY_AFTER,
    Callbacks,
    list_addresses,
    remove_address,
    set_address,
    sign,
    tell_delivery,
    tell_received,
)
from bot.internet import check_url, is_public, open_session
from bot.keys import open_department
from bot.outbox import record_receipt
from bot.problems import Problem
from bot.queue import Kind, Pool, QueueWorker
from bot.retention import Retention
from bot.sweeper import Sweeper

SECRET = b"s" * 32
NUMBER = "+447700900123"


class Department:
    """A department's own address: keeps what it is told, and answers as a test says."""

    def __init__(self) -> None:
        self.calls: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []
        self.answers: list[int] = []
        self.url = ""
        self.came: asyncio.Queue[None] = asyncio.Queue()

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keeps a call and answers with the next status, 200 after the last."""
        self.calls.append(request)
        self.bodies.append(await request.read())
        self.came.put_nowait(None)
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": self.url} if 300 <= status < 400 else None)

    @property
    def told(self) -> list[str]:
        """The statuses it was told."""
        return [json.loads(body)["status"] for body in self.bodies]


class Clock:
    """A clock that is moved by hand. It begins where the database's is, which stores what is told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now


class Office:
    """A department with messages, and what calls it back."""

    def __init__(self, pool: Pool, department: Department, session: ClientSession) -> None:
        self.pool = pool
        self.department = department
        self.clock = Clock()
        self.callbacks = Callbacks(pool, SECRET, session, clock=self.clock)
        self.token = ""

    async def listen(self, kind: Any = "delivery", url: str | None = None) -> None:
        """Has the department told."""
        async with self.pool.acquire() as connection:
            self.token = await set_address(
                connection, SECRET, "reports", kind, url or self.department.url, private=True
            )

    async def message(self, **more: Any) -> int:
        """A notice of the department's that its sender took; its number."""
        async with self.pool.acquire() as connection:
            await open_department(connection, "reports")
        values = {
            "channel": "sms", "status": "accepted", "department": "reports", "reference": "ref 1",
            "text": "Your bin", "handed_at": datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC), **more,
        }  # fmt: skip
        names = ", ".join(values)
        places = ", ".join(f"${at}" for at in range(3, len(values) + 3))
        made: int = await self.pool.fetchval(
            "WITH c AS (INSERT INTO citizen DEFAULT VALUES RETURNING id), k AS ("
            " INSERT INTO conversation (citizen_id, channel, address) SELECT id, 'sms', $1 FROM c"
            " ON CONFLICT (channel, address) DO UPDATE SET address = $1 RETURNING id)"
            f" INSERT INTO outbound (conversation_id, language, {names}) SELECT k.id, $2, {places} FROM k"
            " RETURNING id",
            NUMBER, "en", *values.values(),
        )  # fmt: skip
        return made

    async def receive(self, text: str = "thanks", department: str | None = "reports") -> int:
        """A citizen's message for the department; its number."""
        made: int = await self.pool.fetchval(
            "WITH c AS (INSERT INTO citizen DEFAULT VALUES RETURNING id), k AS ("
            " INSERT INTO conversation (citizen_id, channel, address) SELECT id, 'sms', $1 FROM c"
            " ON CONFLICT (channel, address) DO UPDATE SET address = $1 RETURNING id)"
            " INSERT INTO inbound (conversation_id, channel, channel_message_id, text, department,"
            " to_address) SELECT id, 'sms', $2, $2, $3, '+447700900000' FROM k RETURNING id",
            NUMBER, text, department,
        )  # fmt: skip
        async with self.pool.acquire() as connection, connection.transaction():
            await tell_received(connection, made)
        return made

    async def receipt(self, message: int, *states: str, code: str | None = None) -> None:
        """What the sender says of a message."""
        for state in states:
            async with self.pool.acquire() as connection, connection.transaction():
                await record_receipt(connection, message, state, code)

    async def rows(self) -> Sequence[asyncpg.Record]:
        """All call-backs."""
        rows: Sequence[asyncpg.Record] = await self.pool.fetch("SELECT * FROM callback ORDER BY id")
        return rows

    async def work(self, after: timedelta = timedelta(0)) -> None:
        """Later, each job whose call-back is due runs once, and those they make."""
        self.clock.now += after
        while True:
            jobs = await self.pool.fetch(
                "DELETE FROM pgqueuer q USING callback c WHERE q.entrypoint = 'callback'"
                " AND convert_from(q.payload, 'UTF8')::bigint = c.id AND c.due_at <= $1 RETURNING q.payload",
                self.clock.now,
            )
            if not jobs:
                return
            for number in sorted(int(job["payload"]) for job in jobs):
                await self.callbacks.deliver(number)


@pytest.fixture
async def department() -> AsyncIterator[Department]:
    made = Department()
    runner = web.ServerRunner(web.Server(made.take))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/told"
    yield made
    await runner.cleanup()


@pytest.fixture
async def office(pool: Pool, department: Department) -> AsyncIterator[Office]:
    async with open_session(private=True) as session:
        yield Office(pool, department, session)


async def test_what_became_of_a_message_is_told_signed_and_then_forgotten(office: Office) -> None:
    await office.listen()
    message = await office.message(template_version=2)
    await office.receipt(message, "sending", "sent")
    await office.work()
    assert office.department.told == [], "nothing came of it yet"
    await office.receipt(message, "delivered")
    await office.work()
    [call], [body] = office.department.calls, office.department.bodies
    row = await office.pool.fetchrow("SELECT * FROM outbound WHERE id = $1", message)
    assert row is not None
    assert json.loads(body) == {
        "id": str(row["public_id"]), "reference": "ref 1", "to": NUMBER, "status": "delivered",
        "created_at": row["created_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "completed_at": row["completed_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "sent_at": "2026-03-02T12:00:01.000000Z", "notification_type": "sms", "template_id": None,
        "template_version": 2,
    }  # fmt: skip
    assert (call.method, call.path) == ("POST", "/told")
    assert call.headers["Content-Type"] == "application/json"
    assert call.headers["Authorization"] == f"Bearer {office.token}"
    moment = str(int(office.clock.now.timestamp()))
    mark = hmac.new(office.token.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert call.headers["Onedoor-Signature"] == f"t={moment},v1={mark}"
    [kept] = await office.rows()
    assert (kept["body"], kept["result"], kept["done_at"] is not None) == (None, 200, True)
    assert NUMBER not in str(dict(kept))


async def test_what_a_citizen_wrote_is_told(office: Office) -> None:
    await office.listen("received")
    message = await office.receive("diolch 👍")
    await office.receive("for nobody", None)
    await office.receive("for another", "health")
    await office.work()
    [body] = office.department.bodies
    row = await office.pool.fetchrow("SELECT * FROM inbound WHERE id = $1", message)
    assert row is not None
    assert json.loads(body) == {
        "id": str(row["public_id"]), "source_number": NUMBER, "destination_number": "+447700900000",
        "message": "diolch 👍", "date_received": row["received_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }  # fmt: skip


async def test_who_did_not_ask_is_not_told(office: Office) -> None:
    await office.receipt(await office.message(), "delivered")
    await office.listen("received")
    await office.receipt(await office.message(), "delivered")
    await office.receipt(await office.message(department=None), "delivered")
    assert await office.rows() == []


async def test_what_is_rolled_back_is_not_told(office: Office) -> None:
    await office.listen()
    message = await office.message(status="delivered")
    async with office.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await tell_delivery(connection, message)
        await transaction.rollback()
    await office.work()
    assert (office.department.told, await office.rows()) == ([], [])


@pytest.mark.parametrize(
    ("channel", "states", "code", "told"),
    [
        ("sms", ("delivered", "delivered", "sent"), None, ["delivered"]),
        ("sms", ("delivered", "read"), None, ["delivered"]),
        ("sms", ("delivered", "failed"), "30005", ["delivered", "permanent-failure"]),
        ("sms", ("undelivered",), "30003", ["temporary-failure"]),
        ("sms", ("undelivered",), "no-receipt", ["temporary-failure"]),
        ("sms", ("failed",), "opted-out", ["permanent-failure"]),
        ("sms", ("failed",), "expired", ["temporary-failure"]),
        ("sms", ("failed",), "technical-failure", ["technical-failure"]),
        ("sms", ("undelivered",), None, ["temporary-failure"]),
        ("sms", ("sent",), None, []),
        ("email", ("sent",), None, ["sent"]),
    ],
)
async def test_which_states_are_told_and_each_once(
    office: Office, channel: str, states: tuple[str, ...], code: str | None, told: list[str]
) -> None:
    await office.listen()
    await office.receipt(await office.message(channel=channel), *states, code=code)
    await office.work()
    assert office.department.told == told


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_it_is_tried_five_times_more_and_then_given_up(office: Office, status: int) -> None:
    await office.listen()
    office.department.answers = [status] * 20
    await office.receipt(await office.message(), "delivered")
    for tries in range(1, MOST_ATTEMPTS + 1):
        await office.work()
        assert len(office.department.calls) == tries
        [row] = await office.rows()
        await office.callbacks.deliver(row["id"])
        assert len(office.department.calls) == tries, "not before its time"
        await office.work(RETRY_AFTER)
    assert len(office.department.calls) == 6
    assert len(set(office.department.bodies)) == 1
    [row] = await office.rows()
    assert (row["result"], row["body"]) == (status, None)
    assert row["done_at"] is not None


async def test_one_that_answers_again_is_told_what_waited(office: Office) -> None:
    await office.listen()
    office.department.answers = [503, 503]
    await office.receipt(await office.message(), "delivered")
    for _ in range(4):
        await office.work(RETRY_AFTER)
    assert len(office.department.calls) == 3
    [row] = await office.rows()
    assert (row["result"], row["attempts"]) == (200, 3)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410])
async def test_a_refusal_ends_it_and_no_redirect_is_followed(office: Office, status: int) -> None:
    await office.listen()
    office.department.answers = [status]
    await office.receipt(await office.message(), "delivered")
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await office.work(RETRY_AFTER)
    assert len(office.department.calls) == 1
    [row] = await office.rows()
    assert (row["result"], row["body"]) == (status, None)
    assert [(line["event"], line["result"]) for line in logs] == [("callback.ended", "refused")]
    assert NUMBER not in str(logs)


async def test_no_answer_is_tried_again_and_a_silent_department_is_left_alone_for_a_while(
    office: Office,
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        await office.listen(url=f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        for _ in range(DOWN_AFTER + 2):
            await office.receipt(await office.message(), "delivered")
        with structlog.testing.capture_logs() as logs:
            await office.work()
    whys = [line["why"] for line in logs]
    assert whys[DOWN_AFTER:] == ["down"] * 2
    assert "down" not in whys[:DOWN_AFTER]
    assert [row["attempts"] for row in await office.rows()] == [1] * (DOWN_AFTER + 2)
    await office.listen()
    await office.work(RETRY_AFTER)
    assert DOWN_FOR < RETRY_AFTER
    assert len(office.department.calls) == DOWN_AFTER + 2


async def test_the_states_of_one_message_are_told_in_order(office: Office) -> None:
    await office.listen()
    office.department.answers = [500]
    message = await office.message()
    await office.receipt(message, "delivered")
    await office.work()
    await office.receipt(message, "failed", code="30005")
    await office.receipt(await office.message(), "delivered")
    await office.work()
    assert office.department.told == ["delivered", "delivered"], "the second is another message's"
    await office.work(RETRY_AFTER)
    assert office.department.told[2:] == ["delivered", "permanent-failure"]


async def test_two_workers_tell_it_once(office: Office) -> None:
    await office.listen()
    await office.receipt(await office.message(), "delivered")
    [row] = await office.rows()
    async with open_session(private=True) as session:
        other = Callbacks(office.pool, SECRET, session, clock=office.clock)
        for each in (office.callbacks, other, office.callbacks):
            await each.deliver(row["id"])
    assert office.department.told == ["delivered"]


async def test_the_queue_s_worker_tells_it(office: Office, database_url: str) -> None:
    await office.listen()
    worker = QueueWorker(database_url, {Kind.CALLBACK: (office.callbacks.deliver, 2)})
    working = asyncio.create_task(worker.run())
    for _ in range(3):
        await office.receipt(await office.message(), "delivered")
    for _ in range(3):
        await office.department.came.get()
    worker.stop()
    await working
    assert office.department.told == ["delivered"] * 3


async def test_one_whose_worker_died_is_found_again(office: Office) -> None:
    await office.listen()
    await office.receipt(await office.message(), "delivered")
    await office.pool.execute("DELETE FROM pgqueuer")
    # as it was when the worker had taken it and died: its time moved on, no job left
    await office.pool.execute("UPDATE callback SET attempts = 1, due_at = now() - interval '1 minute'")
    await Sweeper(office.pool, Retention(office.pool, bodies=RETRY_AFTER, facts=RETRY_AFTER)).sweep(
        older_than=timedelta(seconds=10)
    )
    await office.work()
    assert office.department.told == ["delivered"]


async def test_a_slow_department_has_few_calls_open_and_the_rest_wait_without_being_counted(
    office: Office,
) -> None:
    await office.listen()
    office.callbacks._open["reports"] = AT_ONCE
    await office.receipt(await office.message(), "delivered")
    await office.work()
    [row] = await office.rows()
    assert (row["attempts"], row["done_at"]) == (0, None)
    assert row["due_at"] > office.clock.now
    office.callbacks._open.clear()
    await office.work(timedelta(seconds=30))
    assert office.department.told == ["delivered"]


async def test_an_address_that_was_changed_or_removed(office: Office) -> None:
    await office.listen(url="http://localhost:1/old")
    first = office.token
    await office.receipt(await office.message(), "delivered")
    await office.listen()
    assert office.token != first, "each setting has a token of its own"
    await office.work()
    assert office.department.calls[0].headers["Authorization"] == f"Bearer {office.token}"
    await office.receipt(await office.message(), "delivered")
    async with office.pool.acquire() as connection:
        assert await list_addresses(connection) == [("reports", "delivery", office.department.url)]
        assert await remove_address(connection, "reports", "delivery")
        assert not await remove_address(connection, "reports", "delivery")
    await office.work()
    assert len(office.department.calls) == 1
    assert [(row["result"], row["body"]) for row in await office.rows()] == [(200, None), (0, None)]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_without_the_setting_no_private_address_is_connected_to(
    pool: Pool, department: Department, host: str
) -> None:
    async with open_session(private=False) as session:
        office = Office(pool, department, session)
        await office.listen()
        # as though its name had been a public address when it was set
        url = department.url.replace("127.0.0.1", host)
        await pool.execute("UPDATE callback_address SET url = $1", url)
        await office.receipt(await office.message(), "delivered")
        with structlog.testing.capture_logs() as logs:
            await office.work()
    assert department.calls == []
    assert [line["event"] for line in logs] == ["callback.unanswered"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2a00:1450:4009::1", True), ("::ffff:8.8.8.8", True),
        ("10.0.0.1", False), ("172.16.5.4", False), ("192.168.1.1", False), ("127.0.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("192.0.2.1", False), ("::", False), ("::1", False), ("fe80::1", False),
        ("fc00::1", False), ("ff02::1", False), ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False), ("2001:0:1::", False),
    ],
)  # fmt: skip
def test_which_addresses_are_the_open_internet_s(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize(
    ("url", "private", "sentence"),
    [
        ("https://reports.example.gov.uk/told?a=b", False, None),
        ("https://8.8.8.8/", False, None),
        ("http://127.0.0.1:8080/", True, None),
        ("https://10.0.0.1/", True, None),
        ("http://reports.example.gov.uk/", False, "must begin with https"),
        ("http://reports.example.gov.uk/", True, "must begin with https"),
        ("http://127.0.0.1/", False, "must begin with https"),
        (
            "https://127.0.0.1/",
            False,
            "The address is a private one: ONEDOOR_PRIVATE_CALLBACKS allows those.",
        ),
        ("https://[::1]/", False, "a private one"),
        ("https://169.254.169.254/latest", False, "a private one"),
        ("https://a:b@reports.example.gov.uk/", False, "no user, password or #"),
        ("https://reports.example.gov.uk/#a", False, "no user, password or #"),
        ("ftp://reports.example.gov.uk/", False, "must begin with https"),
        ("https://", False, "must be a URL"),
        ("reports.example.gov.uk", False, "must be a URL"),
        ("https://a.example:99999/", False, "must be a URL"),
        ("https://a.example/\nX: y", False, "must be a URL"),
        ("https://a.example/" + "a" * 500, False, "must be a URL of at most 500"),
    ],
)
def test_which_urls_may_be_set(url: str, private: bool, sentence: str | None) -> None:
    if sentence is None:
        check_url(url, private=private)
        return
    with pytest.raises(Problem, match=sentence):
        check_url(url, private=private)


def test_a_signature_can_be_checked_by_anyone_with_the_token() -> None:
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert sign("secret", b"{}", moment) == (
        "t=1772452800,v1=" + hmac.new(b"secret", b"1772452800.{}", hashlib.sha256).hexdigest()
    )
