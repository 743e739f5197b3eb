"""A served API, a department with templates and keys, and GOV.UK Notify's own client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from notifications_python_client import NotificationsAPIClient

from bot.keys import installation_secret, new_key, open_department
from bot.outbox import Delivery
from bot.queue import Pool
from bot.settings import Settings
from bot.templates import Template, save
from bot.urgency import Urgency
from bot.worker import Worker
from channels.letter.sender import LetterSender
from channels.notify.application import application


@dataclass
class Office:
    """A department that sends by the API.

    Args:
        url: where the API is served.
        keys: by kind.
        templates: by channel.
    """

    pool: Pool
    database_url: str
    url: str
    service_id: UUID
    keys: dict[str, str]
    templates: dict[str, Template]

    def client(self, kind: str = "normal") -> NotificationsAPIClient:
        """Notify's client, unchanged but for its base URL."""
        return NotificationsAPIClient(self.keys[kind], base_url=self.url)

    async def call(self, method: str, *given: Any, kind: str = "normal", **named: Any) -> Any:
        """A method of the client, which blocks: in a thread."""
        return await asyncio.to_thread(getattr(self.client(kind), method), *given, **named)

    async def all(self, iterator: str) -> list[Any]:
        """All that an iterator of the client gives; each step of it is a call that blocks."""
        return await asyncio.to_thread(lambda: list(getattr(self.client(), iterator)()))

    async def deliver(self) -> None:
        """Does the sender's work for all that waits."""
        worker = await Worker.start(self.database_url)
        delivery = Delivery(self.pool, {"letter": LetterSender(self.pool, zone="Europe/London")}, worker)
        for row in await self.pool.fetch("SELECT DISTINCT conversation_id FROM outbound"):
            await delivery.deliver(row[0])
        await worker.stop()

    def id(self, channel: str) -> str:
        """Of a template."""
        return str(self.templates[channel].id)


@pytest.fixture
async def office(pool: Pool, database_url: str) -> AsyncIterator[Office]:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    app = web.Application()
    app.add_subapp("/v2", application(pool, settings, demo=True))
    async with TestServer(app) as server, pool.acquire() as connection:
        secret = await installation_secret(pool, settings)
        keys = {
            kind: await new_key(connection, secret, "reports", kind, kind)
            for kind in ("normal", "team", "test")
        }
        service_id = await open_department(connection, "reports")
        made: Callable[..., Any] = save
        templates = {
            channel: await made(
                connection, department="reports", channel=channel, name=f"bins by {channel}",
                urgency=Urgency.URGENT, by="a test",
                subject=None if channel == "sms" else {"en": "Bins ((day))", "cy": "Biniau ((day))"},
                body={"en": "Dear ((name)), bins go ((day)).", "cy": "Annwyl ((name)), biniau ((day))."},
            )
            for channel in ("sms", "email", "letter")
        }  # fmt: skip
        yield Office(pool, database_url, str(server.make_url("")).rstrip("/"), service_id, keys, templates)
