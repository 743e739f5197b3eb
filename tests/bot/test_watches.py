"""Watches: what is new is told to those who follow it, once each, in their language, and to nobody else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.sdk import News, Seen, ServiceDown, Watch, WatchCall
from bot.follows import follow, followed
from bot.inbox import open_conversation
from bot.notices import Notices
from bot.packs import Pack, Packs
from bot.queue import Pool
from bot.watches import Watches
from bot.wording import Wording

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Told(Watch):
    """Gives what a test put in."""

    def __init__(self) -> None:
        self.news: Sequence[News] = ()
        self.cursors: list[Any] = []
        self.down = False

    async def look(self, call: WatchCall) -> Seen:
        self.cursors.append(call.cursor)
        if self.down:
            raise ServiceDown("a test")
        return Seen(self.news, len(self.cursors))


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """A pack with one watch, its words, and the citizens who follow it."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        for language, words in (("en", "is"), ("cy", "yw")):
            (folder / f"{language}.yml").write_text(
                f'news: "{{{{ name }}}} {words} {{{{ state }}}}"\nasked: "{{{{ name }}}}?"\n'
            )
        wording = Wording()
        wording.add(folder)
        self.pool, self.watch, self.clock = pool, Told(), Clock()
        title = {"en": "Roads", "cy": "Ffyrdd"}
        pack = Pack("roads", folder, title, "roads", None, None, (), watches={"Told": self.watch})
        packs = Packs([pack], wording)

        def nobody(_: type[Any]) -> Any:
            raise AssertionError("no department is asked here")

        self.watches = [Watches(pool, packs, Notices(), nobody, clock=self.clock) for _ in range(2)]

    async def citizen(self, number: str, thing: str, name: str = "The hole", language: str = "en") -> int:
        async with self.pool.acquire() as connection, connection.transaction():
            found = await open_conversation(connection, "sms", number)
            await connection.execute(
                "UPDATE conversation SET language = $2, language_known_at = now() WHERE id = $1",
                found,
                language,
            )
            await follow(connection, found, "roads", thing, {"name": name})
        return found

    async def look(self) -> int:
        self.clock.now += timedelta(minutes=2)
        return sum([await each.step() for each in self.watches])

    async def texts(self) -> list[tuple[str, str]]:
        rows = await self.pool.fetch(
            "SELECT c.address, o.text FROM outbound o JOIN conversation c ON c.id = o.conversation_id"
            " WHERE o.status = 'created' ORDER BY o.id"
        )
        return [(row[0], row[1]) for row in rows]


MAYA, SION, NIA = "+447700900123", "+447700900124", "+447700900125"


@pytest.fixture
def desk(pool: Pool, tmp_path: Path) -> Desk:
    return Desk(pool, tmp_path)


def fixed(key: str = "update:1", thing: str = "report:1", **more: Any) -> News:
    return News(key, thing, "news", {"state": "fixed"}, **more)


async def test_those_who_follow_are_told_once(desk: Desk) -> None:
    await desk.citizen(MAYA, "report:1")
    await desk.citizen(SION, "report:1", "Y twll", "cy")
    await desk.citizen(NIA, "report:2")
    desk.watch.news = [fixed()]
    assert await desk.look() == 2
    await desk.look()  # the same news again, as an overlap brings it
    assert await desk.texts() == [(MAYA, "The hole is fixed"), (SION, "Y twll yw fixed")]


async def test_each_look_begins_where_the_last_one_ended(desk: Desk) -> None:
    await desk.look()
    await desk.look()
    assert desk.watch.cursors == [None, 1]  # of two processes one looks


async def test_a_department_that_is_down_is_asked_again_from_the_same_place(desk: Desk) -> None:
    await desk.look()
    desk.watch.down = True
    assert await desk.look() == 0
    desk.watch.down = False
    await desk.look()
    assert desk.watch.cursors == [None, 1, 1]


async def test_not_before_it_is_due(desk: Desk) -> None:
    await desk.look()
    for each in desk.watches:
        await each.step()
    assert len(desk.watch.cursors) == 1


async def test_followers_are_carried_to_another_thing(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    await desk.citizen(SION, "report:2")
    desk.watch.news = [fixed(into="report:2")]
    await desk.look()
    desk.watch.news = [fixed("update:2", "report:2")]
    assert await desk.look() == 2
    assert [each.thing for each in await followed(desk.pool, maya, "roads")] == ["report:2"]


async def test_what_is_asked_later_is_taken_back_when_something_newer_is_told(desk: Desk) -> None:
    await desk.citizen(MAYA, "report:1")
    asked = News("fixed?:1", "report:1", "asked", after=timedelta(days=28))
    desk.watch.news = [fixed(), asked]
    await desk.look()
    due = await desk.pool.fetchval("SELECT max(due_at) FROM outbound WHERE status = 'created'")
    assert due >= NOON + timedelta(days=28)
    desk.watch.news = [fixed("update:2")]
    await desk.look()
    assert [text for _, text in await desk.texts()] == ["The hole is fixed", "The hole is fixed"]


async def test_following_ends(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    desk.watch.news = [fixed(ends=True)]
    await desk.look()
    assert await followed(desk.pool, maya, "roads") == []


def asking(key: str = "offer:1", **more: Any) -> News:
    return News(key, "report:1", begin="rate_help", values={"state": "fixed"}, **more)


async def begun(desk: Desk) -> list[tuple[int, dict[str, Any]]]:
    rows = await desk.pool.fetch(
        "SELECT conversation_id, details FROM inbound WHERE kind = 'resume' AND done_at IS NULL ORDER BY id"
    )
    return [(row[0], row[1]["values"]) for row in rows]


async def test_news_that_ask_begin_a_flow_with_what_was_kept_once(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    desk.watch.news = [asking()]
    await desk.look()
    await desk.look()
    assert await begun(desk) == [(maya, {"name": "The hole", "state": "fixed"})]
    assert await desk.texts() == []


async def test_who_wrote_stop_is_asked_nothing(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    await desk.pool.execute("UPDATE conversation SET opted_out_at = now() WHERE id = $1", maya)
    desk.watch.news = [asking()]
    await desk.look()
    assert await begun(desk) == []


async def test_a_newer_question_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    desk.watch.news = [asking(after=timedelta(days=1))]
    await desk.look()
    desk.watch.news = [asking("offer:2")]
    await desk.look()
    assert [number for number, _ in await begun(desk)] == [maya]
    assert await desk.pool.fetchval("SELECT count(*) FROM inbound WHERE done_at IS NOT NULL") == 1


async def test_what_is_about_something_else_of_the_thing_stays(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    desk.watch.news = [
        asking("visit", after=timedelta(days=1), topic="visit"), asking("offer:1", after=timedelta(days=1)),
    ]  # fmt: skip
    await desk.look()
    desk.watch.news = [fixed(after=timedelta(days=2), topic="later"), asking("offer:2")]
    await desk.look()
    assert [number for number, _ in await begun(desk)] == [maya, maya]
    assert await desk.pool.fetchval("SELECT count(*) FROM outbound WHERE status = 'created'") == 1
    desk.watch.news = [asking("visit:2", topic="visit")]
    await desk.look()
    assert await desk.pool.fetchval("SELECT count(*) FROM inbound WHERE done_at IS NOT NULL") == 2


async def test_a_question_waits_for_the_morning(desk: Desk) -> None:
    await desk.citizen(MAYA, "report:1")
    desk.clock.now = datetime(2026, 11, 24, 23, tzinfo=UTC)
    desk.watch.news = [asking()]
    await desk.look()
    waits = await desk.pool.fetchval("SELECT due_at - received_at FROM inbound WHERE kind = 'resume'")
    assert timedelta(hours=8) < waits < timedelta(hours=9, minutes=1)


async def test_a_contact_point_is_told_that_never_wrote(desk: Desk) -> None:
    await desk.citizen(MAYA, "report:1")
    values = {"name": "Y twll", "state": "iawn"}
    desk.watch.news = [News("hello:1", "report:1", "news", values, to=("sms", NIA), language="cy")]
    await desk.look()
    await desk.look()
    assert await desk.texts() == [(NIA, "Y twll yw iawn")]


async def test_a_citizen_ends_it(desk: Desk) -> None:
    maya = await desk.citizen(MAYA, "report:1")
    async with desk.pool.acquire() as connection, connection.transaction():
        await follow(connection, maya, "roads", "report:1", None)
    desk.watch.news = [fixed()]
    assert await desk.look() == 0
