"""Booking a hospital by text: signed webhooks in, Twilio's library out, the department's tables last."""

import re
from datetime import datetime
from itertools import permutations

import pytest

from actions.health.service import DEMO_REFERRALS, DemoReferral
from bot.queue import Pool
from bot.wording import LONDON
from tests.channels.sms.double import new_sid
from tests.service.running import Service, new_number

MAYA, GEORGE, AISHA, TOM, CAROL = DEMO_REFERRALS
ENGLISH = ("hello", "I need to choose a hospital")
WELSH = ("helo", "dw i eisiau dewis ysbyty")


def proof(who: DemoReferral) -> tuple[str, str, str]:
    return who.ubrn, who.access_code, str(who.birth_year)


async def booked(pool: Pool, who: DemoReferral) -> list[dict[str, object]]:
    """What the department has for a referral: appointments that stand, with the slot's own word for it."""
    rows = await pool.fetch(
        "SELECT a.id, a.status, a.contact_by, s.booked_by, s.starts_at, v.bookable, p.name AS hospital"
        " FROM ers.appointment a LEFT JOIN ers.slot s ON s.id = a.slot_id"
        " JOIN ers.service v ON v.id = a.service_id JOIN ers.provider p USING (ods)"
        " WHERE a.ubrn = $1 AND a.status <> 'cancelled'",
        who.ubrn,
    )
    return [dict(row) for row in rows]


@pytest.mark.parametrize(
    ("first", "rest", "words"),
    [
        (ENGLISH, ("nearest", "1", "1", "agree"), ("Booked:", "Reference", "Bring your letter")),
        (WELSH, ("agosaf", "1", "1", "cytuno"), ("Wedi'i archebu:", "Cyfeirnod", "Dewch â'ch llythyr")),
    ],
    ids=["en", "cy"],
)
async def test_books(
    service: Service, first: tuple[str, ...], rest: tuple[str, ...], words: tuple[str, ...]
) -> None:
    citizen, said = new_number(), (*first, *proof(MAYA), *rest)
    assert len(said) <= 9
    answers = [await service.ask(citizen, text) for text in said]

    [appointment] = await booked(service.pool, MAYA)
    assert appointment["status"] == "booked"
    assert appointment["booked_by"] == MAYA.ubrn
    assert all(word in answers[-1] for word in words)
    assert str(appointment["id"]) in answers[-1]
    assert str(appointment["hospital"]) in answers[-1]
    # In order, each question once, and nothing but the one answer a message.
    assert [sent.body for sent in service.texts(citizen)] == answers
    assert len(set(answers)) == len(answers)
    assert all(sent.sender == "+447700900001" for sent in service.texts(citizen))
    assert "Maya" in answers[len(first) + 2]


async def test_receipts_in_any_order_move_a_status_forward_only(service: Service) -> None:
    orders = list(permutations(("queued", "sent", "delivered")))
    for order in orders:
        citizen = new_number()
        await service.ask(citizen, "hello")
        [sent] = service.texts(citizen)
        for status in (*order, order[0]):
            assert await service.receipt(sent, status) == 204
        row = await service.pool.fetchrow(
            "SELECT o.status, o.sender_message_id,"
            " (SELECT count(*) FROM receipt WHERE outbound_id = o.id) AS kept"
            " FROM outbound o JOIN conversation c ON c.id = o.conversation_id WHERE c.address = $1",
            citizen,
        )
        assert row is not None
        assert (row["status"], row["sender_message_id"], row["kept"]) == ("delivered", sent.sid, 3)


async def test_failure_is_not_hidden_by_a_later_success(service: Service) -> None:
    citizen = new_number()
    await service.ask(citizen, "hello")
    [sent] = service.texts(citizen)
    for status, code in (("undelivered", "30003"), ("delivered", None)):
        assert await service.receipt(sent, status, code) == 204
    found = await service.pool.fetchrow("SELECT status, error_code FROM outbound")
    assert found is not None
    assert tuple(found) == ("undelivered", "30003")


async def test_a_slot_lost_to_another_is_said_and_others_are_offered(service: Service) -> None:
    citizen = new_number()
    offered = await service.say(citizen, "choose a hospital", *proof(MAYA), "soonest", "1")
    first = re.findall(r"^1 (.+)$", offered, re.MULTILINE)[0]
    # Everybody else is quicker: the first time of every hospital goes to another referral.
    await service.pool.execute(
        "UPDATE ers.slot SET booked_by = $1 WHERE id IN"
        " (SELECT DISTINCT ON (service_id) id FROM ers.slot WHERE booked_by IS NULL"
        " ORDER BY service_id, starts_at)",
        GEORGE.ubrn,
    )
    answer = await service.ask(citizen, "1")
    assert "that time has just been taken" in answer
    assert first not in answer
    assert re.search(r"^1 .+\d", answer, re.MULTILINE)
    done = await service.say(citizen, "1", "agree")
    [appointment] = await booked(service.pool, MAYA)
    assert str(appointment["id"]) in done


async def test_five_wrong_tries_lock_it_for_30_minutes_and_the_desk_is_told(service: Service) -> None:
    citizen = new_number()
    await service.ask(citizen, "choose a hospital")
    answers = [
        await service.say(citizen, MAYA.ubrn, f"KITE {4000 + number}", str(MAYA.birth_year))
        for number in range(5)
    ]
    left = [re.search(r"You have (\d) more tr(?:y|ies)", answer) for answer in answers]
    assert [match and match[1] for match in left] == ["4", "3", "2", "1", None]
    assert "locked until" in answers[-1]
    assert "hospital desk" in answers[-1]
    locked = await service.pool.fetchval(
        "SELECT locked_until - last_at FROM ers.wrong_proof WHERE ubrn = $1", MAYA.ubrn
    )
    assert locked.total_seconds() == 30 * 60
    rows = await service.pool.fetch("SELECT department, reason FROM escalation")
    assert [tuple(row) for row in rows] == [("health", "locked_out")]

    # The right answers don't open it before the time; after it they do.
    again = await service.say(citizen, "choose a hospital", *proof(MAYA))
    assert "locked until" in again
    await service.pool.execute("UPDATE ers.wrong_proof SET locked_until = now() - interval '1 second'")
    opened = await service.say(citizen, "choose a hospital", *proof(MAYA))
    assert "Maya" in opened


async def test_nothing_free_is_left_to_the_hospital_with_a_date(service: Service) -> None:
    citizen = new_number()
    asked = await service.say(citizen, "choose a hospital", *proof(AISHA), "nearest", "LS6 2CV", "1")
    assert "no free times now" in asked
    done = await service.ask(citizen, "agree")
    [deferral] = await booked(service.pool, AISHA)
    assert deferral["status"] == "proposed"
    day = deferral["contact_by"]
    assert str(deferral["id"]) in done
    assert re.search(rf"contact you by \w+ {day.day} {day:%B}", done), done  # type: ignore[attr-defined]


async def test_a_hospital_that_is_rung_gives_its_number(service: Service) -> None:
    citizen = new_number()
    asked = await service.say(citizen, "choose a hospital", *proof(TOM), "soonest")
    answer = asked
    for number in range(1, 7):  # one hospital of this clinic takes bookings online
        answer = await service.ask(citizen, str(number))
        if "by phone only" in answer:
            break
        answer = await service.ask(citizen, "back")
    phone = re.search(r"0113 496 0\d{3}", answer)
    assert phone, answer
    assert (
        await service.pool.fetchval("SELECT bookable FROM ers.service WHERE phone = $1", phone[0])
        == "INDIRECTLY_BOOKABLE"
    )
    done = await service.ask(citizen, "agree")
    assert phone[0] in done
    assert "1111 2222 3334" in done
    assert await booked(service.pool, TOM) == []


async def test_the_same_message_again_is_neither_answered_nor_booked_again(service: Service) -> None:
    citizen, again = new_number(), new_sid()
    await service.say(citizen, "choose a hospital", *proof(MAYA), "nearest", "1", "1")
    await service.ask(citizen, "agree", sid=again)
    for _ in range(3):
        await service.text(citizen, "agree", sid=again)
    await service.ask(citizen, "thank you")
    assert len(service.texts(citizen)) == 9
    assert len(await booked(service.pool, MAYA)) == 1


async def test_a_booking_is_followed_by_its_reminders(service: Service) -> None:
    """A week and a day before, at ten in the morning, in the language of the conversation."""
    citizen = new_number()
    await service.say(citizen, "dw i eisiau dewis ysbyty", *proof(MAYA), "agosaf", "1", "1")
    await service.ask(citizen, "1")
    [booking] = await booked(service.pool, MAYA)
    rows = await service.pool.fetch(
        "SELECT text, thing, due_at, status FROM outbound WHERE department = 'health' ORDER BY due_at"
    )
    starts_at = booking["starts_at"]
    assert isinstance(starts_at, datetime)
    days = [
        (starts_at.astimezone(LONDON).date() - row["due_at"].astimezone(LONDON).date()).days for row in rows
    ]
    assert days in ([7, 1], [1])  # the first free time may be within the week
    assert all(row["due_at"].astimezone(LONDON).hour == 10 and row["status"] == "created" for row in rows)
    assert all("I'ch atgoffa" in row["text"] and str(booking["id"]) in row["text"] for row in rows)
    assert {row["thing"].split("@")[0] for row in rows} == {f"booking:{booking['id']}"}
