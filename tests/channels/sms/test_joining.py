"""A long text that arrives in pieces is one text with one answer; what is whole does not wait."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest

from bot.engine.runtime import packs
from bot.queue import Pool
from channels.sms import joining
from channels.sms.joining import short_by
from tests.channels.sms.conftest import CITIZEN, PUBLIC
from tests.channels.sms.double import TwilioDouble

FULL: Final = ("my street light has been out for weeks and " * 4)[:153]
LAST: Final = "the other one is flickering."
WELSH: Final = ("mae'r golau stryd ger y tŷ wedi torri ers " * 2)[:67]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (FULL, 0),
        (FULL[:152], 1),
        (FULL[:150], 3),
        (FULL[:149], None),
        ("a" * 160, 0),
        ("a" * 158, 2),
        ("a" * 154, None),
        ("a" * 161, None),
        ("a" * 306, None),
        ("a" * 152 + ".", None),
        ("a" * 151 + "? ", None),
        ("a" * 152 + "😀", None),
        ("€" * 76, 1),
        ("ŵ" * 67, 0),
        ("ŵ" * 70, 0),
        ("ŵ" * 66, 1),
        ("ŵ" * 63, None),
        ("😀" * 33, 1),
        ("a" * 150 + ".”)", None),
        ("a" * 66 + "’", 0),  # no end of a sentence: the “’” of “it’s”
        ("it’s" + "a" * 63, 0),
        ("", None),
        ("2", None),
    ],
)
def test_what_may_be_a_part(text: str, short: int | None) -> None:
    assert short_by(text) == short


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine under load may take more than three seconds for two texts."""
    monkeypatch.setattr(joining, "WAIT", timedelta(minutes=5))


class Phone:
    """A telephone that texts us in pieces."""

    def __init__(self, twilio: TwilioDouble, at: str, pool: Pool) -> None:
        self._twilio, self._at, self.pool = twilio, at, pool

    async def text(self, *texts: str, sid: str | None = None, more: dict[str, str] | None = None) -> None:
        for text in texts:
            fields = self._twilio.inbound(CITIZEN, text, sid, **(more or {}))
            assert (await self._twilio.post(f"{PUBLIC}/sms/twilio", fields, self._at))[0] == 200

    async def rows(self) -> list[tuple[str, str]]:
        """Each text that is stored: what became of it, and its words."""
        rows = await self.pool.fetch(
            "SELECT text, CASE WHEN done_at IS NOT NULL THEN 'done' WHEN due_at > now() THEN 'waits'"
            " ELSE 'due' END AS state FROM inbound ORDER BY id"
        )
        return [(row["state"], row["text"]) for row in rows]

    async def time_out(self) -> None:
        """The wait is over."""
        await self.pool.execute("UPDATE inbound SET due_at = now() WHERE done_at IS NULL")


@pytest.fixture
async def phone(twilio: TwilioDouble, at: str, pool: Pool) -> Phone:
    return Phone(twilio, at, pool)


async def test_two_pieces_are_one_text(phone: Phone) -> None:
    await phone.text(FULL)
    assert await phone.rows() == [("waits", FULL)]
    await phone.text(LAST)
    assert await phone.rows() == [("due", FULL + LAST), ("done", LAST)]
    first, second = [
        row["details"] for row in await phone.pool.fetch("SELECT details FROM inbound ORDER BY id")
    ]
    assert second["joined"] == await phone.pool.fetchval("SELECT min(id) FROM inbound")
    assert first == {"parts": 2, "short": None}


async def test_three_pieces_are_one_text_and_the_fourth_text_is_another(phone: Phone) -> None:
    await phone.text(FULL, "b" * 153)
    assert await phone.rows() == [("waits", FULL + "b" * 153), ("done", "b" * 153)]
    await phone.text(LAST, "hello")
    rows = await phone.rows()
    assert rows[0] == ("due", FULL + "b" * 153 + LAST)
    assert rows[2:] == [("done", LAST), ("due", "hello")]


async def test_a_piece_that_comes_twice_is_there_once(phone: Phone) -> None:
    one, two = "SM" + "1" * 32, "SM" + "2" * 32
    for sid, text in ((one, FULL), (one, FULL), (two, LAST), (two, LAST), (one, FULL)):
        await phone.text(text, sid=sid)
    assert await phone.rows() == [("due", FULL + LAST), ("done", LAST)]


async def test_pieces_that_come_at_once_are_all_there(phone: Phone) -> None:
    await asyncio.gather(*(phone.text(letter * 153) for letter in "abcdef"))
    rows = await phone.rows()
    assert len(rows[0][1]) == 6 * 153
    assert [state for state, _ in rows[1:]] == ["done"] * 5


async def test_when_nothing_follows_it_is_answered_as_it_is(phone: Phone) -> None:
    await phone.text(FULL)
    await phone.time_out()
    await phone.text(LAST)
    assert await phone.rows() == [("due", FULL), ("due", LAST)]


async def test_what_is_being_answered_is_not_changed(phone: Phone) -> None:
    await phone.text(FULL)
    await phone.pool.execute("UPDATE inbound SET attempts = 1")
    await phone.text(LAST)
    assert [text for _, text in await phone.rows()] == [FULL, LAST]


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("a" * 153, "b", "a" * 153 + "b"),
        ("a" * 152, "b", "a" * 152 + " b"),
        ("a" * 152, " b", "a" * 152 + " b"),
        ("a" * 151 + " ", "b", "a" * 151 + " b"),
        ("a" * 152, "€5", "a" * 152 + "€5"),
        (WELSH, "fis.", WELSH + "fis."),
    ],
)
def test_how_pieces_are_put_together(first: str, second: str, whole: str) -> None:
    short = short_by(first)
    assert short is not None
    assert joining._glue(first, short, second) == whole


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FULL, FULL),  # the same again is no second piece
        ("x" * 149 + ".", "hello"),
    ],
)
async def test_what_is_not_joined(phone: Phone, first: str, second: str) -> None:
    await phone.text(first, second)
    assert [text for _, text in await phone.rows()] == [first, second]


async def test_danger_never_waits(phone: Phone) -> None:
    alarm = ("he is not breathing " + "x" * 140)[:153]
    await phone.text(alarm)
    assert await phone.rows() == [("due", alarm)]


async def test_danger_in_the_last_piece_or_across_two_makes_the_whole_due(phone: Phone) -> None:
    start = ("x " * 80)[:145] + "he is no"
    await phone.text(start)
    assert (await phone.rows())[0][0] == "waits"
    await phone.text("t breathing " + "y" * 141)
    assert (await phone.rows())[0] == ("due", start + "t breathing " + "y" * 141)


async def test_stop_is_heard_between_two_pieces(phone: Phone) -> None:
    await phone.text(FULL, "STOP")
    assert await phone.rows() == [("waits", FULL), ("done", "STOP")]
    assert await phone.pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")


async def test_a_text_to_another_number_is_another_text(phone: Phone) -> None:
    await phone.text(FULL)
    await phone.text(LAST, more={"To": "+447700900321"})
    rows = await phone.rows()
    assert [text for _, text in rows] == [FULL, LAST]
    assert {state for state, _ in rows} == {"waits"}  # in its order: not before the first


async def test_a_card_number_across_two_pieces_is_kept_in_neither(phone: Phone) -> None:
    start = "a" * 143 + " 4111 1111"
    assert len(start) == 153
    await phone.text(start, " 1111 1111 is my card.")
    rows = await phone.pool.fetch("SELECT text, details ->> 'refused' AS refused FROM inbound ORDER BY id")
    assert [row["refused"] for row in rows] == ["card", None]
    assert not any("1111" in row["text"] for row in rows)


async def test_both_pieces_go_to_the_department_of_the_first(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs(), "departments", {"bins": "reports"})
    await phone.text(("BINS " + FULL)[:153], LAST)
    found: list[Any] = [row[0] for row in await phone.pool.fetch("SELECT department FROM inbound")]
    assert found == ["reports", "reports"]


async def test_a_turn_takes_no_piece_before_its_time(phone: Phone) -> None:
    await phone.text(FULL)
    jobs = await phone.pool.fetchval(
        "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'turn' AND execute_after <= now()"
    )
    assert jobs == 0
    await phone.text(LAST)
    jobs = await phone.pool.fetchval(
        "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'turn' AND execute_after <= now()"
    )
    assert jobs == 1
