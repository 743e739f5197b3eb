"""One process of Onedoor: what its roles share, how they start, and how they stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import aiohttp
import structlog

from bot.batches import Batches
from bot.callbacks import AT_ONCE as CALLBACKS_AT_ONCE
from bot.callbacks import Callbacks
from bot.database import close_pool, connect_pool, migrate
from bot.desk.rounds import Rounds
from bot.engine.engine import Engine
from bot.engine.runtime import packs
from bot.engine.training import find_model
from bot.internet import open_session
from bot.keys import installation_secret
from bot.notices import Notices
from bot.outbox import Delivery, Sender
from bot.packs import histories
from bot.photos import Photos
from bot.queue import Kind, Pool, QueueWorker
from bot.retention import Retention
from bot.services import Services
from bot.settings import Settings
from bot.sweeper import Sweeper
from bot.turn import Clock, Turns, wall_clock
from bot.watches import Watches
from bot.worker import Worker

log = structlog.get_logger()

ROLES: Final = ("edge", "turns", "senders")
DEPARTMENT_CONNECTIONS: Final = 100
PICTURES_AT_ONCE: Final = 4
"""Texts whose pictures are fetched at a time: each may hold 100 MB for a moment."""


@dataclass
class Process:
    """What runs in this process.

    Args:
        settings: of the installation.
        url: the database's address.
        pool: connections to it.
        worker: the process's sign of life.
        turns: answers messages.
        services: the departments' clients.
        notices: makes messages nobody asked for just now.
    """

    settings: Settings
    url: str
    pool: Pool
    worker: Worker
    turns: Turns
    services: Services
    notices: Notices


async def open_process(
    stack: AsyncExitStack,
    settings: Settings,
    url: str,
    defaults: dict[str, str],
    *,
    clock: Clock = wall_clock,
) -> Process:
    """Migrates the database, loads the model, and opens what every role needs; closed by the stack.

    Args:
        stack: closes everything in turn.
        settings: of the installation.
        url: the database's address.
        defaults: addresses of departments that no environment variable gives: the stand-ins.
        clock: the time, for turns.
    """
    loading = asyncio.create_task(asyncio.to_thread(Engine, find_model(settings).path))
    try:
        await migrate(url, histories(packs()))
        pool = await connect_pool(url, size=settings.pool_size)
        stack.push_async_callback(close_pool, pool)
        worker = await Worker.start(url)
        stack.push_async_callback(worker.stop)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=DEPARTMENT_CONNECTIONS))
        )
        services = Services(packs(), session, defaults)
    finally:
        engine = await loading
    notices = Notices(settings.hours, first=settings.default_language)
    turns = Turns(
        pool, engine, services, worker, timeout=settings.turn_timeout, clock=clock, notices=notices,
        photos=Photos(pool, settings),
    )  # fmt: skip
    return Process(settings, url, pool, worker, turns, services, notices)


async def start_workers(
    stack: AsyncExitStack,
    process: Process,
    roles: set[str],
    senders: Callable[[], dict[str, Sender]],
    pictures: Callable[[int], Awaitable[None]] | None = None,
) -> None:
    """Starts the queue's worker and the sweeper for the roles that need them; stopped by the stack.

    Args:
        stack: stops them.
        process: from `open_process`.
        roles: of `ROLES`.
        senders: gives the sender of each channel; called only for the role `senders`.
        pictures: fetches the pictures of a text, for the same role.
    """
    handlers: dict[Kind, tuple[Callable[[int], Awaitable[None]], int]] = {}
    if "turns" in roles:
        handlers[Kind.TURN] = (process.turns.run, process.settings.turns_at_once)
    if "senders" in roles:
        delivery = Delivery(process.pool, senders(), process.worker)
        handlers[Kind.SEND] = (delivery.deliver, process.settings.sends_at_once)
        handlers[Kind.BULK] = (delivery.deliver, max(1, process.settings.sends_at_once // 2))
        secret = await installation_secret(process.pool, process.settings)
        session = await stack.enter_async_context(open_session(private=process.settings.private_callbacks))
        callbacks = Callbacks(process.pool, secret, session)
        if pictures is not None:
            handlers[Kind.PICTURE] = (pictures, PICTURES_AT_ONCE)
        handlers[Kind.CALLBACK] = (callbacks.deliver, 4 * CALLBACKS_AT_ONCE)
    if not handlers:
        return
    retention = Retention(
        process.pool,
        bodies=timedelta(days=process.settings.keep_bodies_days),
        facts=timedelta(days=process.settings.keep_messages_days),
    )
    sweeper = Sweeper(process.pool, retention)
    await sweeper.sweep(older_than=timedelta(0))
    await sweeper.measure()
    queue = QueueWorker(process.url, handlers)
    tasks = [
        asyncio.create_task(queue.run(), name="queue"),
        asyncio.create_task(sweeper.run(), name="sweeper"),
        asyncio.create_task(process.worker.keep(), name="worker"),
    ]
    if "senders" in roles:
        batches = Batches(process.pool, process.notices)
        tasks.append(asyncio.create_task(batches.run(), name="batches"))
        watches = Watches(process.pool, packs(), process.notices, process.services.client)
        tasks.append(asyncio.create_task(watches.run(), name="watches"))
        tasks.append(asyncio.create_task(Rounds(process.pool).run(), name="desk"))

    async def stop() -> None:
        queue.stop()
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks, timeout=10)

    stack.push_async_callback(stop)
    log.info("process.works", worker=process.worker.number, roles=sorted(roles))
