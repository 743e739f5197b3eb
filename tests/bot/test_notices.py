"""Notices: made once, in the citizen's language, at the right time and place; moved, withdrawn, merged."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.inbox import Arrival, accept
from bot.notices import Made, Notice, Notices, TooManyError, Words
from bot.outbox import MOST_IDENTICAL, MOST_IN_AN_HOUR, Delivery, Outgoing, SendError, record_receipt
from bot.queue import Pool
from bot.urgency import Urgency
from bot.worker import Worker

NUMBER = "+447700900123"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 23, tzinfo=UTC)
BINS = {"en": Words("Bins: Tuesday."), "cy": Words("Biniau: dydd Mawrth.")}


class Recorder:
    """A sender that keeps what it is handed, and refuses when told to."""

    name = "recorder"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.refusal: SendError | None = None

    async def send(self, message: Outgoing) -> str:
        """Keeps a message."""
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(message)
        return f"R{message.id}"

    async def find(self, message: Outgoing) -> str | None:
        """The id of a message it has."""
        return f"R{message.id}" if any(one.id == message.id for one in self.sent) else None


class Clock:
    """A clock that is moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Office:
    """A department with a recorder for a sender and a clock of its own."""

    def __init__(self, pool: Pool, worker: Worker) -> None:
        self.pool = pool
        self.clock = Clock(NOON)
        self.recorder = Recorder()
        self.notices = Notices()
        senders: Any = {"sms": self.recorder, "email": self.recorder}
        self.delivery = Delivery(pool, senders, worker, clock=self.clock)

    async def tell(self, words: dict[str, Words] | str = BINS, **more: Any) -> Made:
        """Makes a notice now."""
        said = words if isinstance(words, dict) else {"en": Words(words), "cy": Words(f"{words} (cy)")}
        notice = Notice(
            **{"department": "reports", "channel": "sms", "address": NUMBER, "words": said, **more}
        )
        async with self.pool.acquire() as connection, connection.transaction():
            return await self.notices.make(connection, notice, now=self.clock.now)

    async def at(self, moment: datetime) -> list[str]:
        """Lets the time come and everything that is due then go; what went."""
        self.clock.now = moment
        before = len(self.recorder.sent)
        for row in await self.pool.fetch("SELECT id FROM conversation ORDER BY id"):
            await self.delivery.deliver(row["id"])
        return [message.text for message in self.recorder.sent[before:]]

    async def now(self) -> list[str]:
        """The same without waiting."""
        return await self.at(self.clock.now)

    async def states(self) -> list[tuple[str, str | None]]:
        """The state and code of every message, the oldest first."""
        rows = await self.pool.fetch("SELECT status, error_code FROM outbound ORDER BY id")
        return [(row["status"], row["error_code"]) for row in rows]

    async def knows(self, language: str) -> None:
        """The citizen has written before, in this language, a while ago."""
        await accept(self.pool, Arrival("sms", NUMBER, "SM1", "hello"))
        await self.pool.execute("UPDATE conversation SET language = $1, language_known_at = now()", language)
        await self.pool.execute(
            "UPDATE inbound SET done_at = now(), received_at = $1", NOON - timedelta(days=9)
        )


@pytest.fixture
async def office(pool: Pool, database_url: str) -> AsyncIterator[Office]:
    await pool.execute("INSERT INTO department (name) VALUES ('reports'), ('health')")
    worker = await Worker.start(database_url)
    yield Office(pool, worker)
    await worker.stop()


@pytest.mark.parametrize(
    ("known", "asked", "text"),
    [
        (None, None, "Bins: Tuesday.\n\nBiniau: dydd Mawrth."),
        ("en", None, "Bins: Tuesday."),
        ("cy", None, "Biniau: dydd Mawrth."),
        ("en", "cy", "Biniau: dydd Mawrth."),
        (None, "en", "Bins: Tuesday."),
    ],
)
async def test_in_the_citizens_language_or_both(
    office: Office, known: str | None, asked: str | None, text: str
) -> None:
    if known:
        await office.knows(known)
    made = await office.tell(language=asked)
    assert made.text == text
    assert await office.now() == [text]


async def test_welsh_first_where_the_installation_is_welsh(office: Office) -> None:
    office.notices = Notices(first="cy")
    assert (await office.tell()).text.startswith("Biniau")


@pytest.mark.parametrize(
    ("urgency", "goes_at"),
    [
        (Urgency.URGENT, NIGHT),
        (Urgency.NOTICE, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (Urgency.BULK, datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ],
)
async def test_quiet_hours(office: Office, urgency: Urgency, goes_at: datetime) -> None:
    office.clock.now = NIGHT
    made = await office.tell(urgency=urgency)
    if goes_at > NIGHT:
        assert made.due_at == goes_at
        assert await office.at(goes_at - timedelta(seconds=1)) == []
    assert len(await office.at(goes_at)) == 1


async def test_a_citizen_who_wrote_just_now_is_told_at_any_hour(office: Office) -> None:
    office.clock.now = NIGHT
    await office.knows("en")
    await office.pool.execute("UPDATE inbound SET received_at = $1", NIGHT - timedelta(minutes=14))
    await office.tell()
    assert len(await office.now()) == 1


async def test_the_same_key_is_the_same_notice(office: Office) -> None:
    first = await office.tell("Once", idempotency_key="k")
    again = await office.tell("Twice", idempotency_key="k")
    assert (again.id, again.text, again.new) == (first.id, first.text, False)
    at_once = await asyncio.gather(*(office.tell("At once", idempotency_key="other") for _ in range(8)))
    assert len({made.public_id for made in at_once}) == 1
    assert sum(made.new for made in at_once) == 1
    other_department = await office.tell("Health", idempotency_key="k", department="health")
    assert other_department.new


async def test_danger_first_then_replies_then_notices_then_bulk(office: Office) -> None:
    await office.knows("en")
    for urgency in (Urgency.BULK, Urgency.NOTICE, Urgency.REPLY, Urgency.URGENT):
        await office.tell(urgency.value, urgency=urgency)
    assert await office.now() == ["urgent", "reply", "notice", "bulk"]


async def test_what_waits_for_another_try_does_not_hold_back_what_is_more_urgent(office: Office) -> None:
    await office.knows("en")
    await office.tell("notice")
    office.recorder.refusal = SendError("30001", permanent=False)
    assert await office.now() == []
    assert await office.now() == []  # once at once, then in five minutes
    office.recorder.refusal = None
    await office.tell("second notice")
    await office.tell("code", urgency=Urgency.URGENT)
    assert await office.now() == ["code"]
    assert await office.at(office.clock.now + timedelta(minutes=5, seconds=1)) == ["notice", "second notice"]


async def test_too_old_to_be_useful(office: Office) -> None:
    await office.tell(urgency=Urgency.URGENT)
    assert await office.at(NOON + timedelta(hours=1)) == []
    assert await office.states() == [("failed", "expired")]


async def test_a_reminder_moves_and_goes_with_what_it_is_about(office: Office) -> None:
    await office.knows("en")
    soon = NOON + timedelta(days=3)
    await office.tell("Tomorrow: the clinic", thing="booking:1", due_at=soon)
    await office.tell("Tomorrow: another clinic", thing="booking:2", due_at=soon)
    async with office.pool.acquire() as connection:
        assert await office.notices.withdraw(connection, "health", "booking:1") == 0
        assert await office.notices.withdraw(connection, "reports", "booking:1") == 1
    assert await office.at(soon - timedelta(seconds=1)) == []
    assert await office.at(soon) == ["Tomorrow: another clinic"]
    assert await office.states() == [("failed", "withdrawn"), ("accepted", None)]


async def test_a_digest_instead_of_five_texts_in_an_hour(office: Office) -> None:
    await office.knows("en")
    went = []
    for minute in range(5):
        office.clock.now = NOON + timedelta(minutes=minute)
        await office.tell(f"News {minute}", department="health" if minute == 3 else "reports")
        went += await office.now()
    assert went == ["News 0", "News 1"]
    assert await office.at(NOON + timedelta(minutes=59)) == []
    (digest,) = await office.at(NOON + timedelta(hours=1, seconds=1))
    assert digest.splitlines() == [
        "3 messages for you:",
        "1. Reports of problems: News 2",
        "2. Hospital referrals: News 3",
        "3. Reports of problems: News 4",
    ]
    async with office.pool.acquire() as connection:
        await record_receipt(connection, office.recorder.sent[-1].id, "delivered")
    assert [state for state, _ in await office.states()][2:] == ["delivered"] * 4


async def test_one_held_notice_goes_by_itself_and_a_code_never_waits(office: Office) -> None:
    await office.knows("en")
    for text in ("1", "2", "3"):
        await office.tell(text)
    await office.tell("code", urgency=Urgency.URGENT)
    assert await office.now() == ["code", "1", "2"]
    assert await office.at(NOON + timedelta(hours=1, seconds=1)) == ["3"]


async def test_long_notices_share_a_text_only_as_far_as_they_fit(office: Office) -> None:
    await office.knows("en")
    for at in range(5):
        await office.tell(f"{at}" * 400)
    assert len(await office.now()) == 2
    went = await office.at(NOON + timedelta(hours=1, seconds=1))
    assert sorted(text.splitlines()[0] for text in went) == ["2 messages for you:", "4" * 400]
    assert all(len(text) <= 918 for text in went)


@pytest.mark.parametrize(("column", "span"), [("per_minute", "minute"), ("per_day", "day")])
async def test_a_departments_limit(office: Office, column: str, span: str) -> None:
    await office.pool.execute(f"UPDATE department SET {column} = 3 WHERE name = 'reports'")
    for at in range(3):
        await office.tell(str(at))
    with pytest.raises(TooManyError) as refused:
        await office.tell("4")
    assert (refused.value.span, refused.value.limit) == (span, 3)
    await office.tell("another's", department="health")
    office.clock.now += timedelta(days=1) if span == "day" else timedelta(minutes=1)
    await office.tell("5")


async def test_the_same_text_again_and_again_is_a_loop(office: Office) -> None:
    await office.knows("en")
    for _ in range(MOST_IDENTICAL + 5):
        await office.tell("Sorry?", urgency=Urgency.REPLY)
    assert len(await office.now()) == MOST_IDENTICAL
    assert (await office.states())[-5:] == [("failed", "loop")] * 5


async def test_a_number_gets_a_hundred_texts_an_hour_and_replies_all_the_same(office: Office) -> None:
    await office.knows("en")
    for at in range(MOST_IN_AN_HOUR + 3):
        await office.tell(str(at), urgency=Urgency.BULK)
    assert len(await office.now()) == MOST_IN_AN_HOUR
    await office.tell("reply", urgency=Urgency.REPLY)
    assert await office.now() == ["reply"]
    # The recorder hands over by the database's clock: an hour later the rest may go.
    await office.pool.execute("UPDATE outbound SET handed_at = handed_at - interval '2 hours'")
    assert len(await office.at(NOON + timedelta(hours=1))) == 3


async def test_an_opt_out_holds_for_every_department(office: Office) -> None:
    await office.knows("en")
    await office.pool.execute("UPDATE conversation SET opted_out_at = now()")
    await office.tell(department="health")
    await office.tell("code", urgency=Urgency.URGENT)
    assert await office.now() == []
    assert await office.states() == [("failed", "opted-out")] * 2


async def test_a_test_key_sends_nothing(office: Office) -> None:
    await office.tell(key_kind="test")
    assert await office.now() == []
    assert await office.states() == [("accepted", None)]


async def test_what_a_sender_does_not_know_after_a_crash_is_marked_as_perhaps_sent_twice(
    office: Office,
) -> None:
    office.recorder.find = lambda _: asyncio.sleep(0)  # type: ignore[method-assign, assignment]
    await office.tell(urgency=Urgency.URGENT)
    await office.pool.execute("UPDATE outbound SET status = 'handing'")  # what a crash leaves
    assert len(await office.now()) == 1
    assert await office.pool.fetchval("SELECT perhaps_twice FROM outbound")


async def test_a_notice_to_a_page_is_a_new_line_when_it_is_due(office: Office) -> None:
    later = NOON + timedelta(hours=2)
    await office.tell("Later", channel="webchat", address="a browser", due_at=later)
    await office.pool.execute(
        "INSERT INTO outbound (conversation_id, channel, language, text, status)"
        " SELECT id, 'webchat', 'en', 'Meanwhile', 'sent' FROM conversation"
    )
    await office.at(later)
    rows = await office.pool.fetch(
        "SELECT text, status FROM outbound WHERE digest_id IS NULL AND status = 'sent' ORDER BY id"
    )
    assert [row["text"].split("\n")[0] for row in rows] == ["Meanwhile", "Later"]
