"""Reading a conversation: order, pages, cursors, and the indexes it uses."""

import json

import pytest

from bot import transcript
from bot.inbox import Arrival, accept
from bot.queue import Pool
from bot.transcript import Cursor, Option, read
from tests.channels.webchat.answering import Answer, answer


async def talk(pool: Pool, address: str, messages: int) -> int:
    for number in range(messages):
        accepted = await accept(pool, Arrival("webchat", address, f"{address}:{number}", f"say {number}"))
        options = (("Yes please", "1"),) if number % 2 else ()
        await answer(pool, accepted.inbound_id, [Answer(f"answer {number}", options), Answer("and more")])
    return accepted.conversation_id


async def test_lines_come_in_the_order_they_were_said(pool: Pool) -> None:
    conversation = await talk(pool, "a", 2)
    await talk(pool, "b", 1)
    lines = await read(pool, conversation, after=None, limit=50)
    assert [line.text for line in lines] == ["say 0", "answer 0", "and more", "say 1", "answer 1", "and more"]
    assert [line.speaker for line in lines] == ["citizen", "assistant", "assistant"] * 2
    assert lines[4].options == (Option("Yes please", "1"),)
    assert (lines[0].status, lines[0].message_id, lines[1].status) == ("done", "a:0", "sent")
    assert len({line.key for line in lines}) == 6


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
async def test_reading_on_from_a_cursor_misses_nothing(pool: Pool, limit: int) -> None:
    conversation = await talk(pool, "a", 5)
    everything = await read(pool, conversation, after=None, limit=100)
    assert len(everything) == 15
    assert await read(pool, conversation, after=None, limit=limit) == everything[-limit:]
    cursor, got = Cursor(), []
    while batch := await read(pool, conversation, after=cursor, limit=limit):
        got += batch
        for line in batch:
            cursor = cursor.past(line)
    assert got == everything
    assert Cursor.parse(str(cursor)) == cursor


async def test_a_resumed_turn_is_not_something_the_citizen_said(pool: Pool) -> None:
    accepted = await accept(pool, Arrival("webchat", "a", "a:1", "hello"))
    await accept(pool, Arrival("webchat", "a", "a:2", "", kind="resume"))
    lines = await read(pool, accepted.conversation_id, after=None, limit=9)
    assert [(line.text, line.status) for line in lines] == [("hello", "waiting")]


@pytest.mark.parametrize(
    "text", ["", "-", "1", "-1", "1--2", "a-b", "1-2-3", "²-1", "1-" + "9" * 30, "9" * 20 + "-1"]
)
def test_what_is_not_a_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.parse(text)


async def test_a_look_at_the_end_of_a_long_conversation_reads_a_few_rows(pool: Pool) -> None:
    conversation = await talk(pool, "a", 1)
    await pool.execute(
        "INSERT INTO inbound (conversation_id, channel, channel_message_id, text, done_at)"
        " SELECT $1, 'webchat', 'x' || n, 'words', now() FROM generate_series(1, 10000) AS n",
        conversation,
    )
    await pool.execute("ANALYZE")
    for sql in (transcript._OLDEST_FIRST, transcript._NEWEST_FIRST):
        plan = await pool.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", conversation, 9_000, 0, 20)
        plan = json.loads(plan) if isinstance(plan, str) else plan

        def rows(node: dict[str, object]) -> list[float]:
            children = node.get("Plans", [])
            assert isinstance(children, list)
            return [float(str(node["Actual Rows"])), *(each for child in children for each in rows(child))]

        assert max(rows(plan[0]["Plan"])) <= 42
