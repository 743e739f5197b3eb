"""A person at the desk: the citizen asks for one, is answered, and goes on where they were."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.desk.ownership import (
    ClosedError,
    NotYoursError,
    TakenError,
    close,
    hand_back,
    release,
    take,
    transfer,
)
from bot.desk.rounds import Patience, Rounds
from bot.desk.work import TextError, answer
from bot.queue import Pool
from tests.service.running import Service, new_number, until


async def officer(pool: Pool, name: str, *desks: str, **more: object) -> int:
    """An officer who is on duty."""
    number: int = await pool.fetchval(
        "INSERT INTO officer (email, name, role, desks, skills, pulls, on_duty, seen_at)"
        " VALUES ($1, $2, 'officer', $3, $4, $5, true, now()) RETURNING id",
        f"{name.lower()}@onedoor.example", name, list(desks) or ["front", "health", "reports"],
        more.get("skills", []), more.get("pulls", False),
    )  # fmt: skip
    return number


async def case_of(pool: Pool) -> int:
    """The one open case."""
    number: int = await pool.fetchval("SELECT id FROM escalation WHERE closed_at IS NULL")
    return number


async def done(pool: Pool, text: str) -> None:
    """Waits until a message of the citizen's was looked at."""
    async with asyncio.timeout(30):
        while not await pool.fetchval("SELECT done_at IS NOT NULL FROM inbound WHERE text = $1", text):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_from_person_to_thank_you(service: Service) -> None:
    pool, citizen = service.pool, new_number()
    jo = await officer(pool, "Jo")
    asked = await service.say(citizen, "choose a hospital", "person")
    assert "I've asked a person" in asked
    assert "You're next." in asked
    case = await case_of(pool)
    async with pool.acquire() as connection, connection.transaction():
        assert await take(connection, case, jo, None) == [case]
    assert "a member of staff is here now" in await service.next(citizen)

    await service.text(citizen, "my letter has no number on it")
    await done(pool, "my letter has no number on it")
    async with pool.acquire() as connection, connection.transaction():
        await answer(connection, case, jo, "Hello, Jo here. I'll look it up for you.", uuid4())
    assert await service.next(citizen) == "Hello, Jo here. I'll look it up for you."
    assert len(service.texts(citizen)) == 4  # the assistant said nothing in between

    async with pool.acquire() as connection, connection.transaction():
        await hand_back(connection, case, jo)
    back = await service.next(citizen)
    assert "You're back with the automated service." in back
    assert "UBRN" in back  # the question that was open

    async with pool.acquire() as connection, connection.transaction():
        await take(connection, case, jo, None)
        await close(connection, case, jo, outcome="done", contact="new")
    await service.next(citizen)
    asked = await service.next(citizen)
    assert "Did we sort it out" in asked
    thanks = await service.ask(citizen, "yes, thank you so much Jo")
    assert "passed that on to the team" in thanks
    row = await pool.fetchrow("SELECT state, rating, thanks, replied_at FROM escalation")
    assert (row["state"], row["rating"], row["thanks"]) == ("closed", 3, "yes, thank you so much Jo")
    assert "UBRN" in await service.ask(citizen, "go on with the hospital")


async def test_danger_is_watched_for_while_an_officer_speaks(service: Service) -> None:
    pool, citizen = service.pool, new_number()
    jo = await officer(pool, "Jo")
    await service.ask(citizen, "person")
    case = await case_of(pool)
    async with pool.acquire() as connection, connection.transaction():
        await take(connection, case, jo, None)
    await service.next(citizen)
    assert "116 123" in await service.ask(citizen, "I want to kill myself")
    row = await pool.fetchrow(
        "SELECT state, priority, reply_by <= now() AS at_once FROM escalation ORDER BY id DESC"
    )
    assert (row["state"], row["priority"], row["at_once"]) == ("waiting", 0, True)
    assert await pool.fetchval("SELECT speaker FROM conversation WHERE officer_id = $1", jo) == "officer"


async def test_one_of_two_has_it_and_the_other_is_told_who(service: Service) -> None:
    pool, citizen = service.pool, new_number()
    jo, sam = await officer(pool, "Jo"), await officer(pool, "Sam")
    await service.ask(citizen, "person")
    case = await case_of(pool)

    async def try_to(who: int) -> str:
        async with pool.acquire() as connection, connection.transaction():
            try:
                await take(connection, case, who, None)
            except TakenError as error:
                return error.name
            return "mine"

    got = await asyncio.gather(*(try_to(who) for who in (jo, sam) for _ in range(5)))
    assert got in (["mine"] * 5 + ["Jo"] * 5, ["Sam"] * 5 + ["mine"] * 5)
    other = sam if got[0] == "mine" else jo
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(NotYoursError):
            await answer(connection, case, other, "me too", uuid4())
        with pytest.raises(NotYoursError):
            await close(connection, case, other, outcome="done", contact="new")


async def test_what_is_passed_on_is_not_asked_again(service: Service) -> None:
    pool, citizen = service.pool, new_number()
    jo = await officer(pool, "Jo")
    await service.say(citizen, "choose a hospital", "person")
    case = await case_of(pool)
    async with pool.acquire() as connection, connection.transaction():
        await take(connection, case, jo, None)
        await transfer(connection, case, jo, "reports", "wrong_team")
    await service.next(citizen)
    assert "passed this on to Reports of problems" in await service.next(citizen)
    row = await pool.fetchrow("SELECT department, state, officer_id, known FROM escalation")
    assert (row["department"], row["state"], row["officer_id"]) == ("reports", "waiting", None)
    assert row["known"]["flow"] == "choose_hospital"
    # Meanwhile the assistant answers.
    assert "UBRN" in await service.ask(citizen, "choose a hospital")


async def test_who_falls_silent_loses_it_and_the_citizen_is_told(service: Service) -> None:
    pool, citizen = service.pool, new_number()
    jo = await officer(pool, "Jo")
    await service.ask(citizen, "person")
    case = await case_of(pool)
    async with pool.acquire() as connection, connection.transaction():
        await take(connection, case, jo, None)
    await service.next(citizen)
    rounds = Rounds(pool, Patience(silent=timedelta(minutes=10)))
    await rounds.go()
    assert await pool.fetchval("SELECT state FROM escalation") == "taken"
    await pool.execute("UPDATE escalation SET unanswered_since = now() - interval '11 minutes'")
    await rounds.go()
    assert "someone else will answer" in await service.next(citizen)
    assert await pool.fetchval("SELECT state FROM escalation") == "waiting"
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(NotYoursError):
            await release(connection, case, jo, "released")


async def test_the_free_are_given_the_next_danger_first(service: Service) -> None:
    pool = service.pool
    for words in ("person", "person", "I want to die"):
        await service.ask(new_number(), words)
    jo = await officer(pool, "Jo", pulls=True)
    await pool.execute("UPDATE officer SET most_cases = 2")
    rounds = Rounds(pool)
    for _ in range(3):
        await rounds.pull()
    taken = await pool.fetch("SELECT reason FROM escalation WHERE officer_id = $1 ORDER BY priority, id", jo)
    assert [row["reason"] for row in taken] == ["danger_suicide", "asked_for_person"]


async def test_asking_again_is_the_same_case_and_counted(service: Service) -> None:
    citizen = new_number()
    await service.say(citizen, "person", "person", "person")
    assert await service.pool.fetchval("SELECT count(*) FROM escalation") == 1
    kinds = await service.pool.fetch("SELECT kind FROM escalation_event ORDER BY id")
    assert [row["kind"] for row in kinds] == ["made", "again", "again"]


async def test_a_closed_case_is_not_taken(service: Service) -> None:
    pool = service.pool
    jo = await officer(pool, "Jo")
    await service.ask(new_number(), "person")
    case = await case_of(pool)
    async with pool.acquire() as connection, connection.transaction():
        await take(connection, case, jo, None)
        await close(connection, case, jo, outcome="done", contact="new", ask=False)
        with pytest.raises(ClosedError):
            await take(connection, case, jo, None)
        assert await connection.fetchval("SELECT speaker FROM conversation") == "assistant"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 1_601, "your card 4111 1111 1111 1111"])
async def test_what_cannot_be_sent_says_why(service: Service, text: str) -> None:
    pool = service.pool
    jo = await officer(pool, "Jo")
    await service.ask(new_number(), "person")
    async with pool.acquire() as connection, connection.transaction():
        case = await case_of(pool)
        await take(connection, case, jo, None)
        with pytest.raises(TextError, match=r"\.$"):
            await answer(connection, case, jo, text, uuid4())


async def test_pressing_twice_sends_once(service: Service) -> None:
    pool, citizen = service.pool, new_number()
    jo = await officer(pool, "Jo")
    await service.ask(citizen, "person")
    case, page_id = await case_of(pool), uuid4()
    for _ in range(2):
        async with pool.acquire() as connection, connection.transaction():
            await take(connection, case, jo, None)
            await answer(connection, case, jo, "Hello.", page_id)
    await service.next(citizen)
    assert await service.next(citizen) == "Hello."
    await until(lambda: True)
    assert len(service.texts(citizen)) == 3
