"""The queue of a desk: its order, who gets what, what citizens are told of it, and that it stays quick."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions.sdk import Case
from bot.desk.cases import LATE, escalate
from bot.desk.measures import board, causes, splits, sums
from bot.desk.outlook import outlook
from bot.desk.ownership import close, snooze, take, transfer
from bot.desk.queue import ORDER, counts, entries, take_next
from bot.desk.record import clock, read_messages, read_record
from bot.desk.replies import ReplyError, canned, keep, remove
from bot.desk.rounds import Rounds
from bot.desk.search import search
from bot.desk.work import TextError, add_note, keep_draft, label, look
from bot.inbox import Arrival, accept
from bot.queue import Pool

DESKS = ("front", "health", "reports")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def officer(pool: Pool, name: str, *, on_duty: bool = True, **more: Any) -> int:
    number: int = await pool.fetchval(
        "INSERT INTO officer (email, name, role, desks, skills, most_cases, pulls, on_duty, seen_at)"
        " VALUES ($1, $2, 'officer', $3, $4, $5, $6, $7, now()) RETURNING id",
        f"{name.lower()}@onedoor.example", name, list(more.get("desks", DESKS)), more.get("skills", []),
        more.get("most", 5), more.get("pulls", False), on_duty,
    )  # fmt: skip
    return number


async def case(pool: Pool, who: int, desk: str = "front", **more: Any) -> int:
    """A citizen's case; `who` tells citizens apart."""
    accepted = await accept(
        pool, Arrival("terminal", f"+4477009{who:05}", f"m{who}", more.get("text", "Help"))
    )
    async with pool.acquire() as connection, connection.transaction():
        number = await escalate(
            connection, accepted.conversation_id, accepted.inbound_id, desk,
            Case(more.get("reason", "asked_for_person"), more.get("urgent", False),
                 {"language": more.get("language", "en"), **more.get("known", {})}),
            now=more.get("now"), due=more.get("due"),
        )  # fmt: skip
    assert number is not None
    return number


async def next_for(pool: Pool, who: int, desks: Any = DESKS, skills: Any = ()) -> int | None:
    async with pool.acquire() as connection, connection.transaction():
        return await take_next(connection, who, desks, skills)


async def test_danger_then_what_is_late_then_what_is_promised_then_the_oldest(pool: Pool) -> None:
    jo = await officer(pool, "Jo")
    day = timedelta(days=1)
    third = await case(pool, 1, due=NOON + 2 * day)
    fourth = await case(pool, 2, due=NOON + 3 * day, now=NOON - day)
    fifth = await case(pool, 3, due=NOON + 3 * day, now=NOON)
    second = await case(pool, 4, due=NOON + 9 * day)
    first = await case(pool, 5, due=NOON + 9 * day, urgent=True)
    await pool.execute("UPDATE escalation SET priority = $2 WHERE id = $1", second, LATE)
    shown = [entry.id for entry in await entries(pool, "waiting", DESKS, jo)]
    taken = [await next_for(pool, jo) for _ in range(6)]
    assert taken == [first, second, third, fourth, fifth, None]
    assert shown == taken[:-1]


async def test_welsh_goes_to_who_speaks_it_while_somebody_does(pool: Pool) -> None:
    jo, sian = await officer(pool, "Jo"), await officer(pool, "Sian", skills=["cy"])
    welsh = await case(pool, 1, language="cy")
    assert await next_for(pool, jo) is None
    assert await next_for(pool, sian, skills=["cy"]) == welsh
    again = await case(pool, 2, language="cy")
    await pool.execute("UPDATE officer SET on_duty = false WHERE id = $1", sian)
    assert await next_for(pool, jo) == again


async def test_another_desks_cases_are_not_there(pool: Pool) -> None:
    jo = await officer(pool, "Jo", desks=["health"])
    theirs = await case(pool, 1, "reports")
    assert await next_for(pool, jo, ["health"]) is None
    assert await entries(pool, "waiting", ["health"], jo) == []
    assert await read_record(pool, theirs, jo, ["health"]) is None
    assert await search(pool, "Help", ["health"], jo, contact=True) == []


async def test_a_citizen_is_told_the_place_or_when_somebody_is_there(pool: Pool) -> None:
    assert await outlook(pool, "health", NOON) is None  # a desk without officers promises nothing
    jo = await officer(pool, "Jo")
    assert await outlook(pool, "health", NOON) == ("desk_first", {})
    for who in range(3):
        await case(pool, who, "health")
    assert await outlook(pool, "health", NOON) == ("desk_place", {"place": 4, "minutes": 40})
    await pool.execute("UPDATE officer SET on_duty = false")
    told = await outlook(pool, "health", NOON)
    assert told == ("desk_nobody", {"by": "2026-11-24T13:00:00+00:00"})
    told = await outlook(pool, "health", datetime(2026, 11, 28, 12, tzinfo=UTC))  # a Saturday
    assert told == ("desk_closed", {"opens": "2026-11-30T08:00:00+00:00"})
    await pool.execute(
        "UPDATE officer SET on_duty = true, seen_at = now() - interval '3 minutes' WHERE id = $1", jo
    )
    assert (await outlook(pool, "health", NOON) or ("",))[0] == "desk_nobody"


async def test_what_is_put_off_comes_back_to_its_officer_or_to_the_queue(pool: Pool) -> None:
    jo = await officer(pool, "Jo")
    one, two = await case(pool, 1), await case(pool, 2)
    async with pool.acquire() as connection, connection.transaction():
        for each in (one, two):
            await take(connection, each, jo, None)
            await snooze(connection, each, jo, datetime.now(UTC) + timedelta(hours=1))
    assert (await counts(pool, DESKS, jo))["snoozed"] == 2
    await Rounds(pool).go()
    assert (await counts(pool, DESKS, jo))["snoozed"] == 2
    await pool.execute("UPDATE escalation SET snoozed_until = now() WHERE id = $1", one)
    await Rounds(pool).wake()
    await pool.execute("UPDATE officer SET on_duty = false")
    await pool.execute("UPDATE escalation SET snoozed_until = now() WHERE id = $1", two)
    await Rounds(pool).wake()
    states = await pool.fetch("SELECT state, officer_id FROM escalation ORDER BY id")
    assert [tuple(row) for row in states] == [("taken", jo), ("waiting", None)]


async def test_clocks_warn_before_they_run_out_and_hurry_what_is_late(pool: Pool) -> None:
    jo = await officer(pool, "Jo")
    number = await case(pool, 1)
    await pool.execute("UPDATE escalation SET reply_by = now() + interval '20 minutes'")
    await Rounds(pool).go()
    [entry] = await entries(pool, "waiting", DESKS, jo)
    assert clock(entry, datetime.now(UTC)) == ("fine", entry.reply_by)
    await pool.execute("UPDATE escalation SET reply_by = now() + interval '10 minutes'")
    for _ in range(2):
        await Rounds(pool).go()
    [entry] = await entries(pool, "waiting", DESKS, jo)
    assert (clock(entry, datetime.now(UTC)) or ("",))[0] == "soon"
    await pool.execute("UPDATE escalation SET reply_by = now() - interval '1 minute'")
    for _ in range(2):
        await Rounds(pool).go()
    kinds = await pool.fetch("SELECT kind FROM escalation_event WHERE escalation_id = $1 ORDER BY id", number)
    assert [row["kind"] for row in kinds] == ["made", "warned", "late"]
    assert await pool.fetchval("SELECT priority FROM escalation") == LATE


async def test_a_reply_that_did_not_arrive_is_a_case_once(pool: Pool) -> None:
    accepted = await accept(pool, Arrival("sms", "+447700900001", "m", "Help"))
    await pool.execute(
        "INSERT INTO outbound (conversation_id, channel, language, text, status, error_code, completed_at,"
        " priority) VALUES ($1, 'sms', 'en', 'x', 'undelivered', '30005', now(), 1)",
        accepted.conversation_id,
    )
    for _ in range(2):
        await Rounds(pool).tell_failures()
    rows = await pool.fetch("SELECT reason, known FROM escalation")
    assert [(row["reason"], row["known"]) for row in rows] == [("message_failed", {"code": "30005"})]


async def test_what_must_be_decided_has_no_conversation(pool: Pool) -> None:
    jo = await officer(pool, "Jo")
    for _ in range(2):
        async with pool.acquire() as connection, connection.transaction():
            await escalate(
                connection, None, None, "reports", Case("decision", known={"report": "123"}),
                key="repeat 123", subject="A third pothole in Mill Lane", due=NOON,
            )  # fmt: skip
    [entry] = await entries(pool, "waiting", DESKS, jo)
    assert (entry.subject, entry.channel, entry.solve_by) == ("A third pothole in Mill Lane", None, NOON)
    assert await next_for(pool, jo) == entry.id
    record = await read_record(pool, entry.id, jo, DESKS)
    assert record is not None
    assert (record.conversation_id, record.known) == (None, {"report": "123"})
    async with pool.acquire() as connection, connection.transaction():
        await close(connection, entry.id, jo, outcome="done", contact="other")
    assert (await counts(pool, DESKS, jo))["mine"] == 0


async def test_the_record_has_what_the_officer_need_not_ask(pool: Pool) -> None:
    jo, sam = await officer(pool, "Jo"), await officer(pool, "Sam")
    known = {"flow": "choose_hospital", "answers": [["postcode", "LS6 2AB"], ["exact", True]], "code": "X1"}
    number = await case(pool, 1, "health", text="<b>help</b> me", known=known)
    async with pool.acquire() as connection, connection.transaction():
        await add_note(connection, number, jo, "Ask @sam about it")
        await label(connection, number, jo, ["Urgent ", "urgent", "call back"])
        await keep_draft(connection, number, jo, "Dear …")
    assert await look(pool, number, jo) == []
    assert await look(pool, number, sam) == ["Jo"]
    record = await read_record(pool, number, jo, DESKS)
    assert record is not None
    assert (record.journey, record.known, record.draft) == (
        "choosing your hospital",
        {"code": "X1"},
        "Dear …",
    )
    assert [value for _, value in record.answers] == ["LS6 2AB", "yes"]
    assert record.entry.labels == ("urgent", "call back")
    assert [note.text for note in record.notes] == ["Ask @sam about it"]
    assert await pool.fetchval("SELECT mentions FROM escalation_note") == [sam]
    assert record.conversation_id is not None
    [line] = await read_messages(pool, record.conversation_id)
    assert (line.speaker, line.text) == ("citizen", "<b>help</b> me")


@pytest.mark.parametrize("labels", [["a" * 31], ["<b>"], [str(number) for number in range(11)]])
async def test_labels_are_a_word_or_two(pool: Pool, labels: list[str]) -> None:
    jo, number = await officer(pool, "Jo"), await case(pool, 1)
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(TextError):
            await label(connection, number, jo, labels)


@pytest.mark.parametrize("note", ["", " \n", "x" * 10_001])
async def test_a_giant_note_is_refused(pool: Pool, note: str) -> None:
    jo, number = await officer(pool, "Jo"), await case(pool, 1)
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(TextError):
            await add_note(connection, number, jo, note)


@pytest.mark.parametrize(
    ("words", "found"),
    [("bins", True), ("BINS", True), ("50%", False), ("_ins", False), ("07700 900001", True),
     ("07700 900002", False), ("urgent", True), ("asked", True), ("'; DROP TABLE", False)],
)  # fmt: skip
async def test_search(pool: Pool, words: str, found: bool) -> None:
    jo = await officer(pool, "Jo")
    accepted = await accept(pool, Arrival("sms", "+447700900001", "m", "the bins again"))
    async with pool.acquire() as connection, connection.transaction():
        number = await escalate(
            connection, accepted.conversation_id, accepted.inbound_id, "front", Case("asked_for_person")
        )
        assert number is not None
        await label(connection, number, jo, ["urgent"])
    assert [entry.id for entry in await search(pool, words, DESKS, jo, contact=True)] == [number] * found
    assert len(await search(pool, str(number), DESKS, jo, contact=False)) == 1
    if words.startswith("0"):
        assert await search(pool, words, DESKS, jo, contact=False) == []


async def test_canned_replies_have_both_languages_and_the_same_names(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await keep(connection, "front", "Thanks", "Thank you, ((name)).", "Diolch, ((name)).")
        number = await keep(connection, "front", "Thanks", "Thanks, ((name)).", "Diolch, ((name)).")
        for wrong in (("", "a", "b"), ("x", "", "b"), ("x", "((name))", "b"), ("x", "a" * 1_601, "b")):
            with pytest.raises(ReplyError, match=r"\.$"):
                await keep(connection, "front", *wrong)
        assert [reply.en for reply in await canned(connection, "front")] == ["Thanks, ((name))."]
        assert not await remove(connection, "health", number)
        assert await remove(connection, "front", number)


async def test_the_weeks_are_counted(pool: Pool) -> None:
    jo = await officer(pool, "Jo")
    begins = datetime.now(UTC) - timedelta(days=1)
    async with pool.acquire() as connection:
        for who, (contact, rating) in enumerate((("new", 3), ("chasing", 1), ("repeat", None))):
            number = await case(pool, who, "health")
            async with connection.transaction():
                await take(connection, number, jo, None)
                if contact == "repeat":
                    await transfer(connection, number, jo, "reports", "wrong_team")
                    continue
                await close(connection, number, jo, outcome="done", contact=contact)
                await connection.execute("UPDATE escalation SET rating = $2 WHERE id = $1", number, rating)
    ends = datetime.now(UTC) + timedelta(days=1)
    rows = {row.name: row for row in await sums(pool, DESKS, begins, ends, "team")}
    health = rows["health"]
    assert (health.cases, health.closed, health.avoidable, health.at_first) == (2, 2, 1, 2)
    assert (health.rated, health.satisfied, health.avoidable_share, health.satisfied_share) == (
        2,
        1,
        0.5,
        0.5,
    )
    assert (rows["reports"].cases, rows["reports"].handed_on) == (1, 1)
    for split in splits():
        assert sum(row.cases for row in await sums(pool, DESKS, begins, ends, split)) == 3
    assert (await causes(pool, DESKS, begins, ends))["moved"] == [("wrong_team", 1)]
    lines = {line.desk: line for line in await board(pool, DESKS, datetime.now(UTC))}
    assert (lines["reports"].waiting, lines["reports"].present, lines["health"].waiting) == (1, 1, 0)


FILL = """
INSERT INTO escalation
    (department, reason, priority, state, closed_at, solve_by, reply_by, created_at, language)
SELECT (ARRAY['front', 'health', 'reports'])[1 + n % 3], 'decision', 5,
    CASE WHEN n <= 5000 THEN 'waiting' ELSE 'closed' END, CASE WHEN n > 5000 THEN now() END,
    now() + n % 999 * interval '1 minute', now() + interval '1 hour', now() - n * interval '1 minute', 'en'
FROM generate_series(1, 60000) n
"""


async def test_the_queue_does_not_read_what_is_closed(pool: Pool) -> None:
    jo = await officer(pool, "Jo")
    await pool.execute(FILL)
    await pool.execute("ANALYZE escalation")
    async with pool.acquire() as connection, connection.transaction():
        for sql, arguments in (
            ("SELECT id FROM escalation e WHERE e.state = 'waiting' AND e.department = $1"
             f" ORDER BY {ORDER} LIMIT 50", ["health"]),
            ("SELECT id FROM escalation WHERE state <> 'closed' AND"
             " least(reply_by, solve_by) <= now() LIMIT 200", []),
            ("SELECT id FROM escalation WHERE department = $1 AND state = 'closed'"
             " ORDER BY closed_at DESC LIMIT 20", ["health"]),
        ):  # fmt: skip
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *arguments))
            assert "Seq Scan" not in plan
    assert len(await entries(pool, "waiting", DESKS, jo)) == 50
    assert await counts(pool, DESKS, jo) == {"waiting": 5000, "mine": 0, "team": 0, "snoozed": 0}
