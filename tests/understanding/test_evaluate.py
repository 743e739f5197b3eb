"""What `onedoor evaluate` tells of conversations, and what it never tells."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from pydantic import SecretStr

from bot.commands.evaluate import evaluate, everyday_words, mask, misunderstood, report
from bot.problems import Problem
from bot.settings import read_settings

type Pool[Row] = asyncpg.Pool[Row]

CORRECT = [{"command": "Correct", "word": None, "flow": None}]
HOUR = timedelta(hours=1)
WHERE = {1: ("sms", "en"), 2: ("sms", "cy"), 3: ("webchat", "en"), 4: ("webchat", "en")}

# (conversation, channel, language, text, hours ago, record)
HOSPITAL: Final = "choose_hospital"
# (conversation, text, hours ago, record); the conversations' channels and languages are above
LIFE: Final[list[tuple[int, str, float, dict[str, Any]]]] = [
    (1, "hospital please", 50, {"flow": HOSPITAL, "step": "ubrn", "outcome": "asked"}),
    (1, "fnord the Smiths of Leeds", 49.9, {"flow": HOSPITAL, "step": "ubrn", "outcome": "unclear"}),
    (2, "ysbyty", 30, {"flow": HOSPITAL, "step": "ubrn", "outcome": "asked"}),
    (2, "na", 29.9, {
        "flow": HOSPITAL, "step": "hospital", "outcome": "asked", "commands": CORRECT,
        "handlers": [["list_hospitals", 40.0]], "milliseconds": 50,
    }),
    (2, "1", 29.8, {"flow": HOSPITAL, "outcome": "done", "handlers": [["list_hospitals", 20.0]]}),
    (3, "change my appointment", 2, {"flow": "change_appointment", "step": "when", "outcome": "asked"}),
    (3, "leave", 1.9, {"outcome": "left"}),
    (4, "still here", 1, {"flow": "report_problem", "step": "where", "outcome": "asked"}),
    (4, "years ago", 24 * 400, {"flow": "report_problem", "outcome": "unclear"}),
]  # fmt: skip


@pytest.fixture
async def life(pool: "Pool[asyncpg.Record]") -> dict[int, int]:
    """The rows of `LIFE`; from their conversation's number to the database's."""
    numbers: dict[int, int] = {}
    for place, (conversation, text, hours, record) in enumerate(LIFE):
        channel, language = WHERE[conversation]
        if conversation not in numbers:
            citizen = await pool.fetchval("INSERT INTO citizen DEFAULT VALUES RETURNING id")
            numbers[conversation] = await pool.fetchval(
                "INSERT INTO conversation (citizen_id, channel, address, language) VALUES ($1, $2, $3, $4)"
                " RETURNING id",
                citizen, channel, f"+44770090010{conversation}", language,
            )  # fmt: skip
        inbound = await pool.fetchval(
            "INSERT INTO inbound (conversation_id, channel, channel_message_id, text, done_at)"
            " VALUES ($1, $2, $3, $4, now()) RETURNING id",
            numbers[conversation], channel, str(place), text,
        )  # fmt: skip
        await pool.execute(
            "INSERT INTO turn_record (inbound_id, conversation_id, intent, confidence, commands, flow, step,"
            " outcome, milliseconds, handlers, created_at)"
            " VALUES ($1, $2, 'out_of_scope', 0.3, $3, $4, $5, $6, $7, $8, now() - $9::interval)",
            inbound, numbers[conversation], record.get("commands", []), record.get("flow"),
            record.get("step"), record["outcome"], float(record.get("milliseconds", 10)),
            record.get("handlers", []), hours * HOUR,
        )  # fmt: skip
        if record["outcome"] == "unclear":
            await pool.execute(
                "INSERT INTO escalation (conversation_id, inbound_id, department, reason, priority)"
                " VALUES ($1, $2, 'core', 'not_understood', 5)",
                numbers[conversation], inbound,
            )  # fmt: skip
    return numbers


@pytest.mark.usefixtures("life")
async def test_turns_are_counted_by_day_channel_and_language(pool: "Pool[asyncpg.Record]") -> None:
    turns = (await report(pool, 30))["turns"]
    [all_of_them] = turns["all"]
    assert all_of_them == {
        "name": "all", "turns": 8, "unclear": 1, "corrections": 1, "handed": 1, "median_ms": 10.0,
        "p95_ms": 36.0, "fallback_rate": 0.125,
    }  # fmt: skip
    assert {row["name"]: row["turns"] for row in turns["channel"]} == {"sms": 5, "webchat": 3}
    assert {row["name"]: row["fallback_rate"] for row in turns["language"]} == {"cy": 0.0, "en": 0.2}
    assert sum(row["turns"] for row in turns["day"]) == 8


@pytest.mark.usefixtures("life")
async def test_flows_end_done_left_or_abandoned_at_a_step(pool: "Pool[asyncpg.Record]") -> None:
    flows = (await report(pool, 30))["flows"]
    assert {(row["flow"], row["step"], row["ended"]): row["times"] for row in flows} == {
        ("choose_hospital", "", "done"): 1,
        ("choose_hospital", "ubrn", "abandoned"): 1,
        ("change_appointment", "when", "left"): 1,
    }


@pytest.mark.usefixtures("life")
async def test_handlers_have_their_times(pool: "Pool[asyncpg.Record]") -> None:
    handlers = (await report(pool, 30))["handlers"]
    assert handlers == [{"name": "list_hospitals", "calls": 2, "median_ms": 30.0, "p95_ms": 39.0}]


async def test_an_empty_database_has_empty_tables(pool: "Pool[asyncpg.Record]") -> None:
    assert await report(pool, 1) == {
        "days": 1, "turns": {"all": [], "day": [], "channel": [], "language": []}, "flows": [],
        "handlers": [],
    }  # fmt: skip


async def test_only_those_who_agreed_are_exported(pool: "Pool[asyncpg.Record]", life: dict[int, int]) -> None:
    assert await misunderstood(pool, 30, [life[2], life[3], life[4]]) == []
    [candidate] = await misunderstood(pool, 30, [life[1]])
    assert set(candidate) == {"text", "intent", "confidence", "language"}
    assert "Smiths" not in candidate["text"]
    assert "fnord" not in candidate["text"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("please ring me on 07700 900123", "please ring me on …"),
        ("my nursery is Little Zebedees in Otley", "my nursery is … in …"),
        ("I live at 14 zorblat lane LS6 2AB", "I live at … lane …"),
        ("mail jo.bloggs@example.com about my hospital", "mail … about my hospital"),
        ("card 4111 1111 1111 1111 for the nursery", "card … for the nursery"),
        ("I want a hospital. Can you help", "I want a hospital. Can you help"),
        ("dwi isio siarad efo Llywarch", "dwi isio siarad efo …"),
    ],
)
def test_an_exported_message_tells_nobody(written: str, kept: str) -> None:
    masked = mask(written, everyday_words())
    assert not any(c.isdigit() for c in masked)
    assert masked == kept


@pytest.mark.usefixtures("life")
async def test_the_command_prints_and_writes_what_was_agreed_to(
    database_url: str, life: dict[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = read_settings().model_copy(update={"database_url": SecretStr(database_url)})
    file = tmp_path / "candidates.jsonl"
    done = await asyncio.to_thread(
        evaluate, settings, days=30, export=file, consented=[life[1]], json_lines=True
    )
    assert done == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["turns"]["all"][0]["turns"] == 8
    assert not any(text in printed for _, text, _, _ in LIFE if len(text) > 3)
    [line] = file.read_text().splitlines()
    assert json.loads(line)["language"] == "en"
    assert file.stat().st_mode & 0o077 == 0
    assert await asyncio.to_thread(evaluate, settings, days=30) == 0
    assert "choose_hospital" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"days": 7, "export": Path("new.jsonl")}, "consent"),
        ({"days": 7, "export": Path(__file__), "consented": [1]}, "already"),
        ({"days": 0}, "days"),
    ],
)
def test_what_is_not_done(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem, match=said):
        evaluate(read_settings(), **arguments)
