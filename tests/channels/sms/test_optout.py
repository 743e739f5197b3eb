"""What asks for no more texts, and what only looks like it: precision first, in both languages."""

from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from bot.outbox import EVEN_STOPPED, Delivery
from bot.packs import CARRIERS
from bot.queue import Pool
from bot.settings import Settings
from bot.worker import Worker
from channels.sms.optout import IN, OUT, choice
from channels.sms.sender import DemoPhoneSender, TwilioSender
from tests.channels.sms.conftest import CITIZEN, PUBLIC, add_outbound
from tests.channels.sms.double import TwilioDouble

ROWS: Final[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("optout.yml").read_text())


@pytest.mark.parametrize("text", sorted(OUT))
def test_the_carriers_own_words_are_the_carriers(text: str) -> None:
    assert {choice(said) for said in (text, text.upper(), f" {text.title()}\n")} == {"out"}


@pytest.mark.parametrize("text", [*sorted(IN), *ROWS["again"]])
def test_words_that_ask_for_texts_again(text: str) -> None:
    assert choice(text) == choice(text.upper()) == "in"


@pytest.mark.parametrize(
    ("text", "language"), [(text, language) for language in ("en", "cy") for text in ROWS["stops"][language]]
)
def test_no_more_texts(text: str, language: str) -> None:
    assert choice(text) == choice(text.upper()) == f"out_{language}"


@pytest.mark.parametrize("text", [text for language in ("en", "cy") for text in ROWS["lookalikes"][language]])
def test_lookalikes(text: str) -> None:
    assert choice(text) is None
    assert choice(f"{text}, please") is None


def test_there_are_rows_enough_and_a_pack_can_take_none_of_the_words() -> None:
    assert sum(map(len, ROWS["stops"].values())) >= 60
    assert sum(map(len, ROWS["lookalikes"].values())) >= 100
    assert CARRIERS >= OUT | IN


async def outbound(pool: Pool) -> list[tuple[str, str, bool]]:
    rows = await pool.fetch(
        "SELECT text, language, details ? 'even_stopped' AS even FROM outbound ORDER BY id"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        ("please stop texting me", "en", "text RESUME"),
        ("Peidiwch â thecstio fi", "cy", "tecstiwch DECHRAU"),
        ("STOPIO", "cy", "tecstiwch DECHRAU"),
        ("STOP", None, ""),
    ],
)
async def test_what_we_stop_is_confirmed_once_and_what_the_carrier_stopped_never(
    twilio: TwilioDouble, at: str, pool: Pool, text: str, language: str | None, told: str
) -> None:
    for _ in range(2):
        assert (await twilio.text(PUBLIC, CITIZEN, text, at=at))[0] == 200
    assert await pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")
    assert await pool.fetchval("SELECT count(*) FROM inbound WHERE done_at IS NULL") == 0
    assert await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'turn'") == 0
    sends = await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send'")
    said = await outbound(pool)
    if language is None:
        assert (said, sends) == ([], 0)
    else:
        assert [(lang, even) for _, lang, even in said] == [(language, True)]
        assert told in said[0][0]
        assert sends == 1


@pytest.mark.parametrize("sender", ["twilio", "demo"])
async def test_after_stop_only_that_we_heard_it_and_help_in_danger_are_sent(
    pool: Pool, twilio: TwilioDouble, settings: Settings, database_url: str, sender: str
) -> None:
    rows = [("farewell", 1, None, {EVEN_STOPPED: True}), ("help", 0, None, {}), ("reply", 1, None, {}),
            ("a code", 0, "health", {})]  # fmt: skip
    for text, priority, department, details in rows:
        await pool.execute(
            "UPDATE outbound SET priority = $2, department = $3, details = $4 WHERE id = $1",
            await add_outbound(pool, text), priority, department, details,
        )  # fmt: skip
    await pool.execute("UPDATE conversation SET opted_out_at = now()")
    carrier = TwilioSender(pool, settings) if sender == "twilio" else DemoPhoneSender(pool)
    worker = await Worker.start(database_url)
    await Delivery(pool, {"sms": carrier}, worker).deliver(await pool.fetchval("SELECT id FROM conversation"))
    await worker.stop()
    if isinstance(carrier, TwilioSender):
        await carrier.close()
        assert [sent.body for sent in twilio.messages] == ["help", "farewell"]
    codes = [row[0] for row in await pool.fetch("SELECT error_code FROM outbound ORDER BY id")]
    assert codes == [None, None, "opted-out", "opted-out"]


async def test_who_speaks_welsh_to_us_is_answered_in_welsh(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    await twilio.text(PUBLIC, CITIZEN, "bore da", at=at)
    await pool.execute("UPDATE conversation SET language = 'cy'")
    await twilio.text(PUBLIC, CITIZEN, "no more texts please", at=at)
    assert [language for _, language, _ in await outbound(pool)] == ["cy"]


@pytest.mark.parametrize("text", ["STOP my card is 4111 1111 1111 1111", "hello 4111 1111 1111 1111"])
@pytest.mark.parametrize("said", ["STOP", ""])
async def test_a_card_number_is_never_kept(
    twilio: TwilioDouble, at: str, pool: Pool, text: str, said: str
) -> None:
    await twilio.post(f"{PUBLIC}/sms/twilio", twilio.inbound(CITIZEN, text, OptOutType=said), at)
    row = await pool.fetchrow("SELECT text, details FROM inbound")
    assert row is not None
    assert "4111" not in row["text"]
    assert row["details"] == {"refused": "card", **({"opted": "out"} if said else {})}


async def test_danger_is_for_a_turn_even_where_the_carrier_has_stopped(
    twilio: TwilioDouble, at: str, pool: Pool
) -> None:
    fields = twilio.inbound(CITIZEN, "he is not breathing", OptOutType="STOP")
    assert (await twilio.post(f"{PUBLIC}/sms/twilio", fields, at))[0] == 200
    assert await pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")
    assert await pool.fetchval("SELECT done_at IS NULL FROM inbound")
    assert await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'turn'") == 1


@pytest.mark.parametrize("word", ["RESUME", "dechrau", "START", "unstop", "Yes", "ie"])
async def test_only_a_word_that_says_so_brings_texts_again(
    twilio: TwilioDouble, at: str, pool: Pool, word: str
) -> None:
    for text in ("stop texting me", "hello", "I need a hospital", word, word):
        await twilio.text(PUBLIC, CITIZEN, text, at=at)
        stopped = await pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")
        assert stopped is (text != word)
    opted = [row[0] for row in await pool.fetch("SELECT details ->> 'opted' FROM inbound ORDER BY id")]
    assert opted == ["out", None, None, "in", None]
