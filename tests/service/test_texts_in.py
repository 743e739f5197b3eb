"""Texts on their whole way through the running service: stop, pieces, pictures, machines, numbers."""

from datetime import timedelta

import pytest
from PIL import Image

import channels.sms.joining
from bot.engine.runtime import packs
from tests.channels.sms.double import Media
from tests.channels.sms.test_pictures import JPEG, save
from tests.service.running import Service, new_number, until

QUESTION = (
    "I would like to choose a hospital for my knee as my doctor said that I could and my letter has a number"
)


async def test_no_more_texts_and_texts_again(service: Service) -> None:
    citizen = new_number()
    await service.ask(citizen, "hello")
    assert "RESUME" in await service.ask(citizen, "please stop texting me")
    # Neither is answered, and the order of answers shows it: danger overtakes nothing that was sent.
    await service.text(citizen, "hello")
    await service.text(citizen, "stop texting me")
    assert "999" in await service.ask(citizen, "he is not breathing")
    assert "texts from us again" in await service.ask(citizen, "resume")
    assert "Onedoor" in await service.ask(citizen, "hello")
    failed = await service.pool.fetch("SELECT error_code FROM outbound WHERE status = 'failed'")
    assert [row["error_code"] for row in failed] == ["opted-out"]


async def test_a_text_in_two_pieces_has_one_answer(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels.sms.joining, "WAIT", timedelta(minutes=5))
    citizen = new_number()
    whole = f"{QUESTION} on it which begins with a one and there is a code of a word and four numbers too"
    assert len(whole) > 153
    await service.text(citizen, whole[:153])
    await service.text(citizen, whole[153:])
    await service.next(citizen)
    await service.ask(citizen, "thank you")
    assert len(service.texts(citizen)) == 2
    texts = await service.pool.fetch(
        "SELECT text FROM inbound i JOIN turn_record t ON t.inbound_id = i.id ORDER BY i.id"
    )
    assert [row["text"] for row in texts] == [whole, "thank you"]


async def test_a_piece_that_nothing_follows_is_answered(service: Service) -> None:
    citizen = new_number()
    assert channels.sms.joining.short_by((QUESTION * 2)[:153]) == 0
    assert await service.ask(citizen, (QUESTION * 2)[:153])


async def test_a_picture_goes_from_twilio_to_its_turn(service: Service) -> None:
    citizen, twilio = new_number(), service.twilio
    urls = [twilio.add_media(Media(JPEG, missing=1)), twilio.add_media(Media(b"no picture"))]
    assert await service.hook("/sms/twilio", twilio.with_media(citizen, "", *urls)) == 200
    assert "can't look at pictures" in await service.next(citizen)
    media = await service.pool.fetchval("SELECT details -> 'media' FROM inbound")
    kept = await service.pool.fetchval("SELECT id FROM picture")
    assert media == [
        {"type": "image/jpeg", "photo": str(kept)},
        {"type": "image/jpeg", "error": "not_a_picture"},
    ]


async def test_a_great_picture_holds_nobody_up(service: Service) -> None:
    """While one is drawn, others are answered; it is done when they are."""
    citizen, other = new_number(), new_number()
    great = save(Image.effect_noise((7000, 7000), 9), "JPEG", quality=20)
    url = service.twilio.add_media(Media(great))
    assert await service.hook("/sms/twilio", service.twilio.with_media(citizen, "", url)) == 200
    for _ in range(5):
        assert "Onedoor" in await service.ask(other, "hello")
    await service.next(citizen)
    assert await service.pool.fetchval("SELECT width FROM picture") == 2048


async def test_two_machines(service: Service) -> None:
    machine = new_number()
    await service.ask(machine, "I am driving")
    for _ in range(3):
        await service.text(machine, "I am driving")
    assert "Onedoor" in await service.ask(machine, "hello")
    assert len(service.texts(machine)) == 2
    cases = await service.pool.fetch("SELECT department, reason FROM escalation")
    assert [tuple(case) for case in cases] == [("front", "loop")]


async def test_a_keyword_begins_a_journey_where_its_flow_says_so(service: Service) -> None:
    word, flow = next((word, flow) for flow in packs().flows.values() for word in flow.called[:1])
    citizen = new_number()
    await service.ask(citizen, word.upper())
    begun = await service.pool.fetchval("SELECT commands -> 0 ->> 'flow' FROM turn_record")
    assert begun == flow.id


async def test_what_is_sent_to_a_department_s_number_is_its(service: Service) -> None:
    packs().departments["+447700900999"] = "health"
    try:
        citizen = new_number()
        await service.ask(citizen, "hello", To="+447700900999")
        assert await until(lambda: service.texts(citizen) or None)
        assert await service.pool.fetchval("SELECT department FROM inbound") == "health"
    finally:
        del packs().departments["+447700900999"]


async def test_a_secret_in_the_first_message_is_not_kept(service: Service) -> None:
    citizen = new_number()
    said = "I'd like to choose a hospital, reference 1111 2222 3331, code KITE 4821, born 1961"
    assert "Maya" in await service.ask(citizen, said)
    assert await service.pool.fetchval("SELECT text FROM inbound") == "•••"
    assert not await service.pool.fetchval("SELECT snapshot::text LIKE '%4821%' FROM conversation")
