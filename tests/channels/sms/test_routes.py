"""Whose a text is: by the number it was sent to, or its first word; and what a pack may take."""

from pathlib import Path

import pytest

from bot.callbacks import set_address
from bot.engine.runtime import packs
from bot.flows.grammar import GrammarError
from bot.packs import load_packs
from bot.queue import Pool
from tests.channels.sms.conftest import CITIZEN, PUBLIC
from tests.channels.sms.double import TwilioDouble

INBOUND = f"{PUBLIC}/sms/twilio"
BINS, FRONT = "+447700900321", "+447700900001"


@pytest.fixture(autouse=True)
def departments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs(), "departments", {BINS: "reports", "bins": "reports", "biniau": "reports"})


@pytest.mark.parametrize(
    ("to", "text", "department"),
    [
        (BINS, "hello", "reports"),
        (FRONT, "hello", None),
        (FRONT, "BINS", "reports"),
        (FRONT, "bins mine was missed", "reports"),
        (FRONT, "Bins: mine was missed", "reports"),
        (FRONT, " BINIAU\nyn llawn", "reports"),
        (FRONT, "my bins", None),
        (FRONT, "bins,mine", None),
        (FRONT, "binsbinsbins", None),
        (FRONT, "", None),
        (FRONT, "...", None),
        ("onedoor", "hello", None),
    ],
)
async def test_whose_a_text_is(
    twilio: TwilioDouble, at: str, pool: Pool, to: str, text: str, department: str | None
) -> None:
    assert (await twilio.post(INBOUND, twilio.inbound(CITIZEN, text, To=to), at))[0] == 200
    row = await pool.fetchrow("SELECT to_address, department FROM inbound")
    assert row is not None
    assert tuple(row) == (to if to.startswith("+") else None, department)


async def test_the_department_is_told_of_each_text_once(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    await pool.execute("DELETE FROM callback; DELETE FROM department")
    async with pool.acquire() as connection:
        await set_address(connection, b"s" * 32, "reports", "received", "https://reports.example")
    texts = [("a bin", BINS), ("BINS too", FRONT), ("hello", FRONT), ("STOP", BINS)]
    for text, to in texts:
        fields = twilio.inbound(CITIZEN, text, To=to)
        for _ in range(2):
            assert (await twilio.post(INBOUND, fields, at))[0] == 200
    told = [row["body"] for row in await pool.fetch("SELECT body FROM callback ORDER BY id")]
    assert [(each["message"], each["source_number"], each["destination_number"]) for each in told] == [
        (text, CITIZEN, to) for text, to in texts if text != "hello"
    ]
    assert await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'callback'") == 3


PACK = """
pack: {name}
title: {{en: Bins, cy: Biniau}}
{more}
"""


def write_pack(folder: Path, name: str, more: str) -> None:
    pack = folder / name
    (pack / "responses").mkdir(parents=True)
    (pack / "pack.yml").write_text(PACK.format(name=name, more=more))
    (pack / "flows.yml").write_text("{}")
    for language in ("en", "cy"):
        (pack / "responses" / f"{language}.yml").write_text("{}")


def test_a_pack_takes_numbers_and_keywords_in_both_languages(tmp_path: Path) -> None:
    write_pack(tmp_path, "bins", 'numbers: ["+447700900321"]\nkeywords: {en: [BINS], cy: [BINIAU, Tŷ]}')
    assert load_packs(["bins"], tmp_path).departments == dict.fromkeys([BINS, "bins", "biniau", "tŷ"], "bins")


@pytest.mark.parametrize(
    "more", ['numbers: ["+447700900321"]', "keywords: {en: [BINS], cy: []}", "keywords: {en: [], cy: [Bins]}"]
)
def test_two_packs_with_the_same_are_both_named(tmp_path: Path, more: str) -> None:
    write_pack(tmp_path, "bins", 'numbers: ["+447700900321"]\nkeywords: {en: [BINS], cy: [BINIAU]}')
    write_pack(tmp_path, "waste", more)
    with pytest.raises(GrammarError, match=r"waste/pack.yml and .*bins/pack.yml both have"):
        load_packs(["bins", "waste"], tmp_path)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("numbers: [07700900321]", "numbers"),
        ('numbers: "+447700900321"', "numbers"),
        ('numbers: ["07700 900321"]', "numbers"),
        ("keywords: {en: [BINS]}", "both languages"),
        ("keywords: [BINS]", "both languages"),
        ("keywords: {en: [MY BINS], cy: []}", "not one word"),
        ("keywords: {en: [7], cy: []}", "not one word"),
        ("keywords: {en: [STOP], cy: []}", "means something everywhere"),
        ("keywords: {en: [Start], cy: []}", "means something everywhere"),
        ("keywords: {en: [], cy: [CYMORTH]}", "means something everywhere"),
    ],
)
def test_what_a_pack_may_not_take(tmp_path: Path, more: str, why: str) -> None:
    write_pack(tmp_path, "bins", more)
    with pytest.raises(GrammarError, match=why):
        load_packs(["bins"], tmp_path)
