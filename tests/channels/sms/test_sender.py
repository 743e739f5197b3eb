"""Texts out: what Twilio is handed, in which order, and what happens when it says no or nothing."""

import logging
from collections.abc import AsyncIterator

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.outbox import FORWARD, Delivery, Outgoing, SendError
from bot.queue import Pool
from bot.settings import Settings
from bot.worker import Worker
from channels.sms.sender import TRIAL, DemoPhoneSender, TwilioSender
from tests.channels.sms.conftest import CITIZEN, PUBLIC, add_outbound, make_settings
from tests.channels.sms.double import Sent, TwilioDouble

OTHER = "+447700900999"
DEAD = 2_000_000_000
"""The number of a worker that nobody is."""


@pytest.fixture
async def sender(pool: Pool, settings: Settings) -> AsyncIterator[TwilioSender]:
    sender = TwilioSender(pool, settings)
    yield sender
    await sender.close()


@pytest.fixture
async def delivery(pool: Pool, database_url: str, sender: TwilioSender) -> AsyncIterator[Delivery]:
    worker = await Worker.start(database_url)
    yield Delivery(pool, {"sms": sender}, worker)
    await worker.stop()


async def conversation(pool: Pool) -> int:
    found: int = await pool.fetchval("SELECT id FROM conversation")
    return found


async def states(pool: Pool) -> list[tuple[str, str | None, str | None]]:
    rows = await pool.fetch("SELECT status, error_code, sender_message_id FROM outbound ORDER BY id")
    return [(row[0], row[1], row[2]) for row in rows]


async def outgoing(pool: Pool, number: int) -> Outgoing:
    row = await pool.fetchrow("SELECT conversation_id, text FROM outbound WHERE id = $1", number)
    assert row is not None
    return Outgoing(number, row["conversation_id"], CITIZEN, row["text"])


async def dies_after_handing(pool: Pool, sender: TwilioSender, number: int) -> str:
    """What a worker leaves behind that was killed between handing a message over and recording it."""
    await pool.execute(
        "UPDATE outbound SET status = 'handing', attempts = 1, attempted_at = now() WHERE id = $1", number
    )
    await pool.execute("UPDATE conversation SET sending_by = $1", DEAD)
    return await sender.send(await outgoing(pool, number))


async def test_parts_go_in_order_over_one_connection(
    pool: Pool, twilio: TwilioDouble, delivery: Delivery
) -> None:
    texts = ["First — “one”", "Tŷ, w\u0302yn", "3", "4", "€5"]
    numbers = [await add_outbound(pool, text) for text in texts]
    await delivery.deliver(await conversation(pool))
    assert [form for _, form in twilio.calls] == [
        {
            "To": CITIZEN,
            "From": "+447700900001",
            "Body": body,
            "StatusCallback": f"{PUBLIC}/sms/twilio/status?message={number}",
        }
        for body, number in zip(['First - "one"', "Tŷ, ŵyn", "3", "4", "€5"], numbers, strict=True)
    ]
    assert await states(pool) == [("accepted", None, sent.sid) for sent in twilio.messages]
    assert len(twilio.peers) == 1


async def test_a_messaging_service_chooses_the_number(pool: Pool, twilio: TwilioDouble) -> None:
    service = "MG" + "a" * 32
    sender = TwilioSender(pool, make_settings(twilio, TWILIO_FROM=service))
    sid = await sender.send(await outgoing(pool, await add_outbound(pool)))
    await sender.close()
    assert "From" not in twilio.calls[0][1]
    assert [(sent.sid, sent.sender) for sent in twilio.messages] == [(sid, service)]


@pytest.mark.parametrize("prefix", ["", TRIAL])
async def test_a_crash_after_handing_over_sends_nothing_twice(
    pool: Pool, twilio: TwilioDouble, sender: TwilioSender, delivery: Delivery, prefix: str
) -> None:
    first, _ = await add_outbound(pool, "First – part"), await add_outbound(pool, "Second part")
    sid = await dies_after_handing(pool, sender, first)
    twilio.messages[0].body = prefix + twilio.messages[0].body
    await delivery.deliver(await conversation(pool))
    assert [sent.body for sent in twilio.messages] == [f"{prefix}First - part", "Second part"]
    assert [state[::2] for state in await states(pool)] == [
        ("accepted", sid), ("accepted", twilio.messages[1].sid),
    ]  # fmt: skip


async def test_a_crash_before_handing_over_loses_nothing(
    pool: Pool, twilio: TwilioDouble, delivery: Delivery
) -> None:
    # The same words were sent before, on record, and went to someone else: neither is this message.
    await add_outbound(pool, "Which?")
    await delivery.deliver(await conversation(pool))
    twilio.messages.append(
        Sent("SM" + "9" * 32, "+447700900999", "", "Which?", "", twilio.messages[0].created_at)
    )
    number = await add_outbound(pool, "Which?")
    await pool.execute("UPDATE outbound SET status = 'handing' WHERE id = $1", number)
    await pool.execute("UPDATE conversation SET sending_by = $1", DEAD)
    await delivery.deliver(await conversation(pool))
    assert [sent.to for sent in twilio.messages if sent.body == "Which?"] == [
        CITIZEN,
        "+447700900999",
        CITIZEN,
    ]
    assert [state[::2] for state in await states(pool)] == [
        ("accepted", twilio.messages[0].sid), ("accepted", twilio.messages[2].sid),
    ]  # fmt: skip


async def test_what_was_sent_long_before_is_not_this_message(
    pool: Pool, sender: TwilioSender, twilio: TwilioDouble
) -> None:
    number = await add_outbound(pool)
    await dies_after_handing(pool, sender, number)
    await pool.execute("UPDATE outbound SET created_at = created_at + interval '1 hour'")
    assert await sender.find(await outgoing(pool, number)) is None


async def test_a_receipt_tells_what_a_crash_did_not(
    pool: Pool, twilio: TwilioDouble, sender: TwilioSender, delivery: Delivery, at: str
) -> None:
    number = await add_outbound(pool)
    sid = await dies_after_handing(pool, sender, number)
    assert (await twilio.receipt(twilio.messages[0], "queued", at=at))[0] == 204
    twilio.fail_with = (500, 20500)  # nothing needs to be asked
    await delivery.deliver(await conversation(pool))
    assert await states(pool) == [("queued", None, sid)]
    assert await sender.find(await outgoing(pool, number)) == sid


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ((429, 20429), "20429"),
        ((500, 20500), "20500"),
        ((503, 0), "0"),
        ((401, 20003), "20003"),
        ((400, 21606), "21606"),
        ((400, 30001), "30001"),
        ((400, 30003), "30003"),
        ((400, 30008), "30008"),
    ],
)
async def test_a_refusal_that_passes_is_tried_again(
    pool: Pool,
    twilio: TwilioDouble,
    sender: TwilioSender,
    delivery: Delivery,
    failure: tuple[int, int],
    code: str,
) -> None:
    first, _ = await add_outbound(pool, "one"), await add_outbound(pool, "two")
    twilio.fail_with = failure
    with pytest.raises(SendError) as refused:
        await sender.send(await outgoing(pool, first))
    assert (refused.value.code, refused.value.permanent) == (code, False)
    await delivery.deliver(await conversation(pool))
    assert [state[0] for state in await states(pool)] == [
        "retry",
        "created",
    ]  # the second waits for the first
    assert await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send'") == 1
    twilio.fail_with = None
    await delivery.deliver(await conversation(pool))
    assert [sent.body for sent in twilio.messages] == ["one", "two"]
    assert [state[0] for state in await states(pool)] == ["accepted", "accepted"]


@pytest.mark.parametrize("trouble", ["lose_answers", "nonsense", "slow"])
async def test_an_answer_that_did_not_come_sends_nothing_twice(
    pool: Pool, twilio: TwilioDouble, settings: Settings, database_url: str, trouble: str
) -> None:
    sender = TwilioSender(pool, settings, timeout=0.2 if trouble == "slow" else 5)
    worker = await Worker.start(database_url)
    delivery = Delivery(pool, {"sms": sender}, worker)
    twilio.latency = 0.6 if trouble == "slow" else 0
    twilio.lose_answers, twilio.nonsense = trouble == "lose_answers", trouble == "nonsense"
    await add_outbound(pool)
    await delivery.deliver(await conversation(pool))
    assert [state[0] for state in await states(pool)] == ["retry"]
    await twilio.idle()
    twilio.latency, twilio.lose_answers, twilio.nonsense = 0, False, False
    await delivery.deliver(await conversation(pool))
    assert await states(pool) == [("accepted", None, twilio.messages[0].sid)]
    assert len(twilio.messages) == 1
    await worker.stop()
    await sender.close()


async def test_twilio_that_is_not_there_is_tried_again(pool: Pool, twilio: TwilioDouble) -> None:
    sender = TwilioSender(pool, make_settings(twilio, TWILIO_API_URL="http://127.0.0.1:9"))
    message = await outgoing(pool, await add_outbound(pool))
    for call in (sender.send, sender.find):
        with pytest.raises(SendError) as refused:
            await call(message)
        assert (refused.value.code, refused.value.permanent) == ("no-answer", False)
    await sender.close()


@pytest.mark.parametrize("code", [21211, 21408, 21610, 21614, 21617, 30004, 30005, 30006, 30007, 21999])
async def test_a_refusal_for_good_fails_and_lets_the_next_go(
    pool: Pool, twilio: TwilioDouble, sender: TwilioSender, code: int
) -> None:
    first = await outgoing(pool, await add_outbound(pool))
    twilio.fail_with = (400, code)
    with pytest.raises(SendError) as refused:
        await sender.send(first)
    assert (refused.value.code, refused.value.permanent) == (str(code), True)
    opted_out = await pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")
    assert opted_out is (code == 21610)


async def test_a_failed_part_does_not_keep_the_others(
    pool: Pool, twilio: TwilioDouble, delivery: Delivery
) -> None:
    await add_outbound(pool, "a" * 1601)
    await add_outbound(pool, "two")
    await delivery.deliver(await conversation(pool))
    assert await states(pool) == [("failed", "21617", None), ("accepted", None, twilio.messages[0].sid)]


EVENTS = ["accepted", "scheduled", "queued", "sending", "sent", "delivered", "read", "undelivered", "failed"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(EVENTS), min_size=1, max_size=6).flatmap(
        lambda events: st.tuples(
            st.just(events), st.permutations(events), st.lists(st.sampled_from(events), max_size=6)
        )
    )
)
async def test_receipts_in_any_order_end_in_the_same_state(
    pool: Pool, twilio: TwilioDouble, at: str, received: tuple[list[str], list[str], list[str]]
) -> None:
    events, order, repeated = received
    number = await add_outbound(pool, status="handing")
    sent = Sent(
        f"SM{number:032x}", CITIZEN, "+447700900001", "", f"{PUBLIC}/sms/twilio/status?message={number}",
        twilio.epoch,
    )  # fmt: skip
    for event in [*order, *repeated]:
        assert (await twilio.receipt(sent, event, at=at))[0] == 204
    state = await pool.fetchval("SELECT status FROM outbound WHERE id = $1", number)
    assert state == max(events, key=FORWARD.index)
    kept = await pool.fetch("SELECT status FROM receipt WHERE outbound_id = $1", number)
    assert {row["status"] for row in kept} == set(events)


async def test_no_text_and_no_number_is_logged(
    pool: Pool, twilio: TwilioDouble, sender: TwilioSender, delivery: Delivery, at: str,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    structlog.reset_defaults()  # every event, printed as it comes
    caplog.set_level(logging.DEBUG)
    await twilio.text(PUBLIC, CITIZEN, "my secret words", at=at)
    await add_outbound(pool, "our secret answer")
    twilio.fail_with = (400, 21606)
    await delivery.deliver(await conversation(pool))
    twilio.fail_with = None
    await delivery.deliver(await conversation(pool))
    await twilio.receipt(twilio.messages[0], "delivered", at=at)
    logged = caplog.text + "".join(capfd.readouterr())
    assert "sms.arrived" in logged
    assert "sms.receipt" in logged
    assert [word for word in ("secret", "7700900123", twilio.auth_token) if word in logged] == []


async def test_the_demo_phone_has_a_message_when_it_is_recorded(pool: Pool, database_url: str) -> None:
    numbers = [await add_outbound(pool, text) for text in ("one", "two")]
    sender = DemoPhoneSender(pool)
    worker = await Worker.start(database_url)
    await Delivery(pool, {"sms": sender}, worker).deliver(await conversation(pool))
    await worker.stop()
    assert [state[0] for state in await states(pool)] == ["delivered", "delivered"]
    sids = [state[2] for state in await states(pool)]
    assert [await sender.find(await outgoing(pool, number)) for number in numbers] == sids
    unsent = await outgoing(pool, await add_outbound(pool, "three"))
    assert await sender.find(unsent) is None


async def test_the_demo_phone_refuses_after_stop(pool: Pool) -> None:
    message = await outgoing(pool, await add_outbound(pool))
    await pool.execute("UPDATE conversation SET opted_out_at = now()")
    with pytest.raises(SendError) as refused:
        await DemoPhoneSender(pool).send(message)
    assert (refused.value.code, refused.value.permanent) == ("21610", True)
    assert await states(pool) == [("created", None, None)]
