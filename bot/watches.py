"""Watches: each pack's looks at its department, and the texts to those who follow what has changed."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from actions.sdk import Case, News, Seen, Service, ServiceDown, ServiceRefused, Watch, WatchCall
from bot.beginnings import begin, withdraw
from bot.desk.cases import escalate
from bot.inbox import open_conversation
from bot.keys import open_department
from bot.notices import Notice, Notices, Words
from bot.packs import Packs
from bot.queue import Connection, Pool
from bot.wording import LANGUAGES

log = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
"""After which a look is given up, and another process may begin one."""
WAKE_EVERY: Final = 5.0
"""Seconds between two looks at whether a watch is due."""

_KNOWN: Final = "INSERT INTO watch (department, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
# The row is ours for as long as a look may take: two processes never tell the same news.
_TAKE: Final = """
UPDATE watch SET looked_at = $3::timestamptz
WHERE department = $1 AND name = $2 AND looked_at <= $3::timestamptz - $4::interval RETURNING cursor
"""
_MOVE: Final = (
    "UPDATE watch SET cursor = $3 WHERE department = $1 AND name = $2 AND looked_at = $4 RETURNING 1"
)
_FOLLOWERS: Final = """
SELECT f.conversation_id, f.known, c.channel, c.address FROM follow f JOIN conversation c
ON c.id = f.conversation_id WHERE f.department = $1 AND f.thing = $2 ORDER BY f.conversation_id
"""
_INTO: Final = """
INSERT INTO follow (department, thing, conversation_id, known, since)
SELECT department, $3, conversation_id, known, since FROM follow WHERE department = $1 AND thing = $2
ON CONFLICT DO NOTHING
"""
_ENDS: Final = "DELETE FROM follow WHERE department = $1 AND thing = $2"


class Watches:
    """Runs the watches of all packs; one in each process that sends, and one look at a time of each."""

    def __init__(
        self,
        pool: Pool,
        packs: Packs,
        notices: Notices,
        services: Callable[[type[Service]], Service],
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Prepares them.

        Args:
            pool: the process's connections.
            packs: whose watches, and whose words.
            notices: makes the texts.
            services: gives a department's client.
            clock: the time, where it is not the wall's.
        """
        self._pool, self._packs, self._notices, self._services = pool, packs, notices, services
        self._clock = clock or (lambda: datetime.now(UTC))

    async def run(self) -> None:
        """Works until it is cancelled; a database that is away is tried again."""
        while True:
            try:
                await self.step()
            except Exception as error:  # whatever it is with one watch, the others go on
                log.warning("watch.failed", error=type(error).__name__)
            await asyncio.sleep(WAKE_EVERY)

    async def step(self) -> int:
        """Makes each look that is due; how many texts came of them."""
        made = 0
        for pack in self._packs.packs.values():
            for name, watch in pack.watches.items():
                made += await self._look(pack.name, name, watch)
        return made

    async def _look(self, pack: str, name: str, watch: Watch) -> int:
        now = self._clock()
        await self._pool.execute(_KNOWN, pack, name)
        every = max(watch.every, timedelta(seconds=1))
        row = await self._pool.fetchrow(_TAKE, pack, name, now, every)
        if row is None:
            return 0
        try:  # no connection is held while the department is asked
            async with asyncio.timeout(LOOK_SECONDS):
                seen = await watch.look(WatchCall(row["cursor"], now, self._services))
        except (ServiceDown, ServiceRefused, TimeoutError) as error:
            log.warning("watch.no_look", department=pack, watch=name, error=type(error).__name__)
            return 0
        return await self._tell(pack, name, seen, now)

    async def _tell(self, pack: str, name: str, seen: Seen, now: datetime) -> int:
        """Stores the texts and how far was looked, together."""
        made = 0
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(_MOVE, pack, name, seen.cursor, now) is None:
                return 0  # it took so long that another look has begun
            for each in seen.decisions:
                case = Case(each.reason, known=dict(each.known))
                await escalate(
                    connection, None, None, self._packs.packs[pack].desk, case,
                    key=f"{pack}:{each.key}", subject=each.subject, due=each.due, now=now,
                )  # fmt: skip
            if seen.news:
                await open_department(connection, pack)
            for news in seen.news:
                made += await self._tell_followers(connection, pack, news, now)
        if made:
            log.info("watch.told", department=pack, watch=name, texts=made)
        return made

    async def _tell_followers(self, connection: Connection, pack: str, news: News, now: datetime) -> int:
        rows = await self._told(connection, pack, news)
        for row in rows:
            conversation_id = row["conversation_id"]
            later = f"{news.about}:later@{conversation_id}"
            for waiting in (later, f"{news.about}@{conversation_id}"):
                await self._notices.withdraw(connection, pack, waiting)
            key = f"{pack}:{news.key}"
            await withdraw(connection, conversation_id, f"{pack}:{news.about}", but=key)
            if news.begin is not None:
                due = self._notices.allowed(row["channel"], row["address"], now + news.after)
                await begin(
                    connection, conversation_id, row["channel"], news.begin, {**row["known"], **news.values},
                    key=key, thing=f"{pack}:{news.about}", after=due - now,
                )  # fmt: skip
                continue
            notice = Notice(
                pack, row["channel"], row["address"], self._words(news, row),
                thing=later if news.after else None, due_at=now + news.after, language=news.language,
                idempotency_key=f"{news.key}@{conversation_id}",
            )  # fmt: skip
            await self._notices.make(connection, notice, now=now, counted=False)
        if news.into is not None:
            await connection.execute(_INTO, pack, news.thing, news.into)
        if news.ends or news.into is not None:
            await connection.execute(_ENDS, pack, news.thing)
        return len(rows)

    @staticmethod
    async def _told(connection: Connection, pack: str, news: News) -> list[Mapping[str, Any]]:
        """Who hears of it: the followers, or the one contact point that is named."""
        if news.to is None:
            return list(await connection.fetch(_FOLLOWERS, pack, news.thing))
        channel, address = news.to
        number = await open_conversation(connection, channel, address, news.language or "en")
        return [{"conversation_id": number, "known": {}, "channel": channel, "address": address}]

    def _words(self, news: News, row: Mapping[str, Any]) -> dict[str, Words]:
        assert news.say is not None, f"{news.key} says nothing and begins nothing"
        render, values = self._packs.wording.render, {**row["known"], **news.values}
        return {language: Words(render(news.say, language, row["channel"], values)) for language in LANGUAGES}
