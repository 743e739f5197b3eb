"""Machines that text us are not answered for a while, and a person always is."""

from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from bot.loops import is_automatic
from bot.queue import Pool
from tests.channels.sms.conftest import CITIZEN, PUBLIC
from tests.channels.sms.double import TwilioDouble

ROWS: Final[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("loops.yml").read_text())


@pytest.mark.parametrize("text", ROWS["machines"])
def test_what_a_machine_says(text: str) -> None:
    assert is_automatic(text)


@pytest.mark.parametrize("text", ROWS["people"])
def test_what_a_person_says(text: str) -> None:
    assert not is_automatic(text)


class Phone:
    """A telephone that texts us."""

    def __init__(self, twilio: TwilioDouble, at: str, pool: Pool) -> None:
        self._twilio, self._at, self.pool = twilio, at, pool

    async def text(self, text: str, times: int = 1, more: dict[str, str] | None = None) -> bool:
        """Texts so often; whether the last one is answered."""
        for _ in range(times):
            fields = self._twilio.inbound(CITIZEN, text, **(more or {}))
            assert (await self._twilio.post(f"{PUBLIC}/sms/twilio", fields, self._at))[0] == 200
        answered: bool = await self.pool.fetchval(
            "SELECT done_at IS NULL FROM inbound ORDER BY id DESC LIMIT 1"
        )
        return answered

    async def later(self, minutes: int) -> None:
        """So much time goes by, as the rows tell it."""
        await self.pool.execute(
            "UPDATE inbound SET received_at = received_at - $1 * interval '1 minute'", minutes
        )
        await self.pool.execute(
            "UPDATE conversation SET hushed_until = hushed_until - $1 * interval '1 minute'", minutes
        )

    async def cases(self) -> list[tuple[str, str, Any]]:
        """What the desk was given."""
        rows = await self.pool.fetch("SELECT department, reason, known FROM escalation ORDER BY id")
        return [tuple(row) for row in rows]


@pytest.fixture
async def phone(twilio: TwilioDouble, at: str, pool: Pool) -> Phone:
    return Phone(twilio, at, pool)


async def test_the_twentieth_identical_text_is_not_answered(phone: Phone) -> None:
    assert await phone.text("ping", 19)
    assert not await phone.text("ping")
    assert not await phone.text("ping", 5)
    assert await phone.cases() == [("front", "loop", {"why": "identical"})]
    assert await phone.pool.fetchval("SELECT count(*) FROM inbound WHERE done_at IS NULL") == 19
    assert (
        await phone.pool.fetchval("SELECT count(*) FROM inbound WHERE details ->> 'hushed' = 'identical'")
        == 6
    )


async def test_twenty_in_a_longer_time_are_a_person_s(phone: Phone) -> None:
    assert await phone.text("any news", 15)
    await phone.later(6)
    assert await phone.text("any news", 15)
    assert await phone.cases() == []


async def test_a_different_text_ends_it_and_the_same_does_not(phone: Phone) -> None:
    assert not await phone.text("ping", 20)
    assert not await phone.text("ping")
    assert await phone.text("is anybody there")
    assert await phone.pool.fetchval("SELECT hushed_until IS NULL FROM conversation")
    assert not await phone.text("ping")  # and a machine that goes on is found at once
    assert len(await phone.cases()) == 1


async def test_it_ends_by_itself(phone: Phone) -> None:
    assert not await phone.text("ping", 20)
    await phone.later(16)
    assert await phone.text("ping")


async def test_a_picture_is_a_different_text(phone: Phone) -> None:
    assert not await phone.text("ping", 20)
    picture = {"MediaUrl0": "https://api.twilio.com/1", "MediaContentType0": "image/jpeg"}
    assert await phone.text("", 1, {"NumMedia": "1", **picture})


@pytest.mark.parametrize(
    ("texts", "answered"),
    [
        (["I am driving"], [True]),
        (["I am driving", "Out of office"], [True, False]),
        (["I am driving", "I am driving", "I am driving"], [True, False, False]),
        (["I am driving", "hello", "I am driving"], [True, True, True]),
        (["I am driving", "I am driving", "hello", "I am driving"], [True, False, True, True]),
        (["Delivery failed", "Dwi'n gyrru", "delivery failed"], [True, False, False]),
    ],
)
async def test_autoresponders(phone: Phone, texts: list[str], answered: list[bool]) -> None:
    assert [await phone.text(text) for text in texts] == answered
    assert len(await phone.cases()) == (0 if all(answered) else 1)


async def test_an_autoresponder_hours_after_another_answers_another_text(phone: Phone) -> None:
    assert await phone.text("I am driving")
    await phone.later(61)
    assert await phone.text("I am driving")


async def test_danger_is_always_answered(phone: Phone) -> None:
    assert await phone.text("he is not breathing", 25)
    assert not await phone.text("ping", 20)
    assert await phone.text("he is not breathing")
    assert await phone.text("I am driving and he is not breathing", 2)


async def test_stop_is_heard_of_a_machine_too(phone: Phone) -> None:
    assert not await phone.text("ping", 20)
    assert not await phone.text("STOP")
    assert await phone.pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")
