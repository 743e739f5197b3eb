"""Retention: words go after a week, facts after a year, and what a person still works on stays."""

from datetime import timedelta
from typing import Any

import pytest

from bot.inbox import Arrival, accept
from bot.queue import Pool
from bot.retention import Retention

WEEK, YEAR = timedelta(days=7), timedelta(days=365)


async def exchange(pool: Pool, days: int, *, number: str = "+447700900123", name: str = "SM1") -> int:
    """A message in with a picture, a reply, a receipt and a letter, so many days old; the conversation."""
    accepted = await accept(
        pool,
        Arrival(
            "sms",
            number,
            name,
            "my name is Maya",
            details={"media": [{"url": "x"}], "values": {"name": "Maya"}},
        ),
    )
    age = timedelta(days=days)
    await pool.execute("UPDATE inbound SET done_at = now(), received_at = now() - $1::interval", age)
    out = await pool.fetchval(
        "INSERT INTO outbound (conversation_id, inbound_id, channel, language, text, subject, options,"
        " status, details, reference, created_at) VALUES ($1, $2, 'sms', 'en', 'Hello Maya', 'Maya', $3,"
        " 'delivered', $4, 'case 7', now() - $5::interval) RETURNING id",
        accepted.conversation_id, accepted.inbound_id, [{"label": "Maya", "value": "1"}],
        {"name": "Maya"}, age,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO letter (outbound_id, pdf, pages, created_at) VALUES ($1, 'x', 1, now() - $2::interval)",
        out, age,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO picture (conversation_id, inbound_id, type, width, height, bytes, created_at)"
        " VALUES ($1, $2, 'image/jpeg', 1, 1, 'x', now() - $3::interval)",
        accepted.conversation_id, accepted.inbound_id, age,
    )  # fmt: skip
    return accepted.conversation_id


async def left(pool: Pool) -> dict[str, Any]:
    """What is still there of it."""
    row = await pool.fetchrow(
        "SELECT (SELECT text FROM inbound) AS said,"
        " (SELECT details ?| '{media,values}' FROM inbound) AS media,"
        " (SELECT text || coalesce(subject, '') || options::text || details::text FROM outbound) AS answered,"
        " (SELECT reference FROM outbound) AS reference, (SELECT count(*) FROM letter) AS letters,"
        " (SELECT count(*) FROM picture) AS pictures"
    )
    assert row is not None
    return dict(row)


@pytest.mark.parametrize("days", [6, 8, 366])
async def test_words_after_a_week_and_facts_after_a_year(pool: Pool, days: int) -> None:
    await exchange(pool, days)
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    found = await left(pool)
    if days == 6:
        assert found["said"] == "my name is Maya"
        assert "Maya" in found["answered"]
        assert (found["media"], found["letters"], found["pictures"]) == (True, 1, 1)
    elif days == 8:
        assert found == {
            "said": "", "media": False, "answered": "[]{}", "reference": "case 7",
            "letters": 0, "pictures": 0,
        }  # fmt: skip
    else:
        assert found["said"] is None
        assert found["answered"] is None
    # A second look finds nothing more to do.
    before = await left(pool)
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert await left(pool) == before


async def test_an_open_case_keeps_its_conversation_whole(pool: Pool) -> None:
    conversation = await exchange(pool, 30)
    await pool.execute(
        "INSERT INTO escalation (conversation_id, department, reason, priority) VALUES ($1, 'front', 'x', 5)",
        conversation,
    )
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert (await left(pool))["said"] == "my name is Maya"
    await pool.execute("UPDATE escalation SET closed_at = now(), state = 'closed'")
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert (await left(pool))["said"] == ""


async def test_consent_to_teaching_keeps_what_the_citizen_wrote_and_not_what_was_answered(pool: Pool) -> None:
    await exchange(pool, 30)
    await pool.execute("UPDATE conversation SET training_consent_at = now()")
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    found = await left(pool)
    assert (found["said"], found["answered"]) == ("my name is Maya", "[]{}")


async def test_a_letter_stays_until_it_is_in_the_post(pool: Pool) -> None:
    await exchange(pool, 30)
    await pool.execute("UPDATE outbound SET status = 'accepted'")
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert (await left(pool))["letters"] == 1
    await pool.execute("UPDATE outbound SET status = 'delivered'")
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert (await left(pool))["letters"] == 0


@pytest.mark.parametrize("status", ["created", "handing", "retry"])
async def test_what_is_not_sent_yet_stays(pool: Pool, status: str) -> None:
    await exchange(pool, 400)
    await pool.execute("UPDATE outbound SET status = $1, inbound_id = NULL", status)
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert "Hello Maya" in (await left(pool))["answered"]


async def test_more_rows_than_one_statement_takes(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.retention.AT_ONCE", 3)
    await pool.execute(
        "INSERT INTO sender_fault (channel, sender, created_at)"
        " SELECT 'sms', 'twilio', now() - interval '30 days' FROM generate_series(1, 10)"
    )
    await Retention(pool, bodies=WEEK, facts=YEAR).run()
    assert await pool.fetchval("SELECT count(*) FROM sender_fault") == 0
