"""`onedoor doctor`: says what is wrong with this installation, and for each thing how to mend it."""

import asyncio
import errno
import json
import os
import shutil
import socket
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from bot.database import CORE, MIGRATIONS, History, start_embedded
from bot.engine import EngineError
from bot.engine.training import find_model, tuning
from bot.flows.grammar import GrammarError
from bot.keys import kept_secret, lost_keys
from bot.packs import Packs, expand, histories, load_packs
from bot.settings import ROOT, Settings, SettingsError, read_settings
from bot.wording import WordingError
from bot.worker import LOCK_CLASS
from channels.email.sender import check_server

SECONDS: Final = 2.0
"""For one answer over the network: the doctor is asked when somebody waits."""
LEAST_DISK: Final = 1024**3
"""Bytes. A day of 50 texts a second is more; PostgreSQL stops at none."""
CLOCKS_APART: Final = 60
"""Seconds between our clock and the database's. `TwilioSender.find` allows for two minutes."""
WAITED: Final = 60
"""Seconds for which a message may wait before the doctor speaks of it."""
MODULES: Final = ROOT / "node_modules"
MAKE_KEY: Final = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


@dataclass(frozen=True)
class Finding:
    """What one look came to.

    Args:
        subject: what was looked at, one or two words.
        said: a sentence: what was found.
        mend: a sentence: what to do about it; empty when nothing is wrong.
    """

    subject: str
    said: str
    mend: str = ""


def doctor() -> int:
    """Prints a line for each thing that was looked at.

    Returns:
        0 when everything is well, 1 when something is to be mended.
    """
    return asyncio.run(_print())


async def _print() -> int:
    wrong = 0
    async for finding in examine():
        wrong += bool(finding.mend)
        mark = "WRONG" if finding.mend else "ok"
        print(f"{mark:<6} {finding.subject:<12} {finding.said} {finding.mend}".rstrip(), flush=True)
    print("Nothing is wrong." if not wrong else f"To be mended: {wrong}.")
    return min(wrong, 1)


async def examine() -> AsyncIterator[Finding]:
    """Looks at everything. What can't be looked at before something else is mended is left out."""
    yield look_at_python(sys.version_info[:2])
    try:
        settings = read_settings()
    except SettingsError as error:
        for sentence in str(error).splitlines():
            yield Finding("settings", sentence, "Set it in the environment or in onedoor.env; see README.md.")
        return
    try:
        packs = load_packs(settings.packs, settings.packs_dir)
    except (GrammarError, WordingError) as error:
        packs = None
        yield Finding("packs", str(error), "Mend that, or leave the pack out with ONEDOOR_PACKS.")
    except Exception as error:  # a pack's own code runs when it is read, and may raise anything
        packs = None
        said = f"A pack can't be read ({type(error).__name__})."
        yield Finding("packs", said, "Leave packs out with ONEDOOR_PACKS until you find which one it is.")
    for finding in look_at_settings(settings, packs):
        yield finding
    yield look_at_pages(MODULES)
    yield look_at_disk(settings)
    if packs is not None:
        yield Finding("packs", f"{', '.join(packs.packs)}: {len(packs.flows)} journeys.")
        yield look_at_model(settings)
    yield await look_at_port(settings)
    if settings.smtp_url is not None:
        yield await look_at_mail(settings)
    async for finding in look_at_database(settings, histories(packs) if packs else [CORE]):
        yield finding
    for pack in packs.packs.values() if packs else ():
        if pack.service_url:
            own = f"http://{settings.host}:{settings.port}{pack.stand_in}" if pack.always else ""
            yield await look_at_department(pack.name, pack.service_url, own, demo=is_demo(settings))


def is_demo(settings: Settings) -> bool:
    """Whether nothing was set that only a real service has."""
    return not (settings.database_url or settings.public_url or settings.twilio)


def look_at_python(version: tuple[int, ...]) -> Finding:
    """Rasa 3.6 with our set-up runs on one version."""
    said = f"Python {version[0]}.{version[1]}."
    mend = "" if version[:2] == (3, 12) else "Onedoor needs Python 3.12: install it and run `make setup`."
    return Finding("python", said, mend)


def look_at_settings(settings: Settings, packs: Packs | None) -> Iterator[Finding]:
    """What is valid by itself and still not meant: misspelt names, a weak key, an address without https."""
    known = {_variable(name) for name in Settings.model_fields} | _addresses(packs) | {"ONEDOOR_PICTURES"}
    unknown = [
        name for name in (*os.environ, *_names_in_file()) if name.startswith("ONEDOOR_") and name not in known
    ]
    for name in sorted(set(unknown)) if packs is not None else ():
        close = get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else "Remove it; README.md lists the settings."
        yield Finding("settings", f"{name} is no setting.", hint)
    url = urlsplit(settings.base_url)
    if url.scheme == "http" and url.hostname not in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):  # noqa: S104
        yield Finding(
            "settings",
            "The public address is http, so anyone on the way can read the web chat and its cookie.",
            "Put a proxy with https before Onedoor and set ONEDOOR_PUBLIC_URL to its address.",
        )
    key = settings.secret_key.get_secret_value() if settings.secret_key else None
    if key is not None and len(set(key)) < 10:
        yield Finding("secret key", "ONEDOOR_SECRET_KEY is easy to guess.", f"Make one: {MAKE_KEY}.")
    else:
        kept = "in the database" if key is None else "in the settings"
        yield Finding("secret key", f"Kept {kept}.")
    carriers = {"Twilio": settings.twilio, "GOV.UK Notify": settings.notify_sender}
    senders = [name for name, there in carriers.items() if there]
    texts = f"go through {' and '.join(senders)}" if senders else "go to the demo phone: Twilio is not set"
    mails = "to a mail server" if settings.smtp_url else "nowhere: ONEDOOR_SMTP_URL is not set"
    yield Finding("settings", f"Read. Texts {texts}. E-mails go {mails}.")


def _variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"ONEDOOR_{field.upper()}"


def _addresses(packs: Packs | None) -> set[str]:
    """The variables that departments' services are found with, such as ONEDOOR_HEALTH_URL."""
    return set().union(*(pack.variables for pack in (packs.packs.values() if packs else ())))


def _names_in_file() -> list[str]:
    path = Path("onedoor.env")
    if not path.is_file():
        return []
    lines = (line.strip().removeprefix("export ") for line in path.read_text().splitlines())
    return [line.partition("=")[0].strip().upper() for line in lines if "=" in line and line[0] != "#"]


def look_at_pages(modules: Path) -> Finding:
    """GOV.UK Frontend, at the version whose markup our templates make."""
    try:
        there = json.loads((modules / "govuk-frontend" / "package.json").read_text())["version"]
    except (OSError, ValueError, KeyError):
        return Finding("web pages", "GOV.UK Frontend is not there.", "Run `make setup`, which fetches it.")
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = lock["node_modules/govuk-frontend"]["version"]
    if there != wanted:
        said = f"GOV.UK Frontend is {there}, and {wanted} is needed."
        return Finding("web pages", said, "Run `make setup`.")
    return Finding("web pages", f"GOV.UK Frontend {there}.")


def look_at_disk(settings: Settings) -> Finding:
    """Room for the database's files, where it is ours, or else for the model."""
    folder = (settings.models_dir if settings.database_url else settings.data_dir).absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        said = f"{folder} can't be written to."
        return Finding("disk", said, "Give this user the folder, or set ONEDOOR_DATA_DIR to another.")
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**3:.1f} GB free."
    return Finding("disk", said, "Make room: 1 GB is the least." if free < LEAST_DISK else "")


def look_at_model(settings: Settings) -> Finding:
    """The model's file, read through to its figures. It is not loaded into Rasa, which takes seconds."""
    model = find_model(settings)
    if not model.path.exists():
        return Finding("model", "There is no model.", "Run `onedoor train`.")
    try:
        figures = tuning(model)
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError, EngineError) as error:
        said = f"The model can't be read ({type(error).__name__})."
        return Finding("model", said, "Run `onedoor train` to make it anew.")
    if not model.current:
        return Finding("model", "The model is older than the packs or the code.", "Run `onedoor train`.")
    right = f"{figures['accuracy']:.1%}"
    return Finding(
        "model", f"Current; right in {right} of the sentences that a third of its training left out."
    )


async def look_at_mail(settings: Settings) -> Finding:
    """The mail server: whether it takes us, without an e-mail being sent."""
    code = await check_server(settings)
    if code is None:
        return Finding("mail", "The mail server takes our e-mails.")
    said = f"The mail server does not take us ({code})."
    return Finding("mail", said, "Mend ONEDOOR_SMTP_URL: its host, port, user and password, and TLS.")


async def look_at_port(settings: Settings) -> Finding:
    """Whether it is free, or already ours."""
    try:
        family, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return Finding(
            "port", f"HOST is no address of this machine: {settings.host}.", "Set it to 127.0.0.1."
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return await _who_has_port(settings)
        mend = "Set PORT above 1023." if error.errno == errno.EACCES else "Set HOST to 127.0.0.1."
        return Finding("port", f"Can't listen on {settings.host}:{settings.port}: {error.strerror}.", mend)
    return Finding("port", f"{settings.port} is free.")


async def _who_has_port(settings: Settings) -> Finding:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    base = f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
    if await _get(f"{base}/healthz") != (200, "ok\n"):
        said = f"Another program listens on port {settings.port}."
        return Finding("port", said, "Stop it, or set PORT to another, such as PORT=8081.")
    if await _get(f"{base}/readyz") != (200, "ready\n"):
        said = f"Onedoor runs on port {settings.port}, but it is not ready."
        return Finding("port", said, "See what is said of the database here; if all is well, restart it.")
    return Finding("port", f"Onedoor runs on port {settings.port} and is ready.")


async def _get(url: str) -> tuple[int, str] | str:
    """The status and the start of the body, or why there was none."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status, (await response.content.read(200)).decode(errors="replace")
    except TimeoutError:
        return f"no answer in {SECONDS:.0f} s"
    except (aiohttp.ClientError, ValueError, OSError) as error:
        return type(error).__name__


async def look_at_database(settings: Settings, wanted: list[History]) -> AsyncIterator[Finding]:
    """Reached, up to date, with a clock like ours, and somebody to do its work."""
    try:
        url = _database(settings)
    except RuntimeError as error:
        yield Finding(
            "database", str(error), "Read the log's last lines; the folder must belong to this user."
        )
        return
    if url is None:
        yield Finding("database", "None yet: the first `onedoor serve` makes the embedded one.")
        return
    try:
        connection: Any = await asyncpg.connect(url, timeout=SECONDS, command_timeout=SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # The error's own text may hold the address, and the address the password.
        said = f"The database can't be reached ({type(error).__name__})."
        yield Finding("database", said, "Is PostgreSQL up, and DATABASE_URL right (postgresql://…)?")
        return
    try:
        version = connection.get_server_version()
        mend = "" if version.major >= 15 else "Onedoor needs PostgreSQL 15 or newer."
        kind = "yours" if settings.database_url else "embedded"
        yield Finding("database", f"PostgreSQL {version.major}, {kind}.", mend)
        yield await _migrations(connection, wanted)
        yield _clock(await connection.fetchval("SELECT now()"), settings)
        if await connection.fetchval("SELECT to_regclass('inbound') IS NOT NULL"):
            yield await _workers(connection)
        if await connection.fetchval("SELECT to_regclass('api_key') IS NOT NULL"):
            yield await _keys(connection, settings)
    finally:
        await connection.close(timeout=SECONDS)


def _database(settings: Settings) -> str | None:
    """Its address; None when the embedded one was never made, which is for `serve` to do."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    if not (settings.data_dir / "postgresql").exists():
        return None
    return start_embedded(settings.data_dir)


async def _keys(connection: Any, settings: Settings) -> Finding:
    """Departments' keys are made from the installation's secret: with another one they all end."""
    secret = await kept_secret(connection, settings)
    lost = await lost_keys(connection, secret) if secret is not None else 0
    if not lost:
        return Finding("API keys", "Those of departments fit the installation's secret.")
    said = f"{lost} of departments' API keys were made with another secret, and are refused."
    mend = "Set ONEDOOR_SECRET_KEY to the former one, or make new keys with `onedoor keys new`."
    return Finding("API keys", said, mend)


async def _migrations(connection: Any, wanted: list[History]) -> Finding:
    behind = []
    for history in wanted:
        table = f"alembic_version_{history.name}"
        there = await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table)
        # The table's name is from a folder's: Python's own names of modules, quoted all the same.
        at = await connection.fetchval(f'SELECT version_num FROM "{table}"') if there else None  # noqa: S608
        if at != _newest(history):
            behind.append(history.name)
    if behind:
        said = f"The tables of {', '.join(behind)} are not of this version."
        return Finding("migrations", said, "Restart `onedoor serve`, which brings them up to date.")
    return Finding("migrations", "Up to date.")


def _newest(history: History) -> str | None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(history.folder))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config).get_current_head()


def _clock(theirs: datetime, settings: Settings) -> Finding:
    ours = datetime.now(UTC)
    apart = abs((ours - theirs).total_seconds())
    if apart > CLOCKS_APART:
        said = f"This machine's clock and the database's are {apart:.0f} s apart."
        return Finding("clock", said, "Turn on time synchronisation (NTP) on both.")
    model = find_model(settings).path
    if model.exists() and model.stat().st_mtime > ours.timestamp() + CLOCKS_APART:
        said = "The clock stands before the day the model was trained."
        return Finding("clock", said, "Turn on time synchronisation (NTP).")
    return Finding("clock", f"{ours:%Y-%m-%d %H:%M} UTC, as the database says.")


async def _workers(connection: Any) -> Finding:
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS alive,"
        " (SELECT count(*) FROM inbound WHERE done_at IS NULL AND due_at <= now() - $2 * interval '1 s')"
        " + (SELECT count(*) FROM outbound WHERE status IN ('created', 'handing')"
        " AND created_at <= now() - $2 * interval '1 s') AS waiting",
        LOCK_CLASS,
        WAITED,
    )
    said = f"{row['alive']} alive; {row['waiting']} messages wait for more than a minute."
    if row["waiting"] and not row["alive"]:
        return Finding("workers", said, "Start `onedoor serve`: it takes up what waits.")
    mend = "See “The queue grows” in docs/operator.md." if row["waiting"] else ""
    return Finding("workers", said, mend)


async def look_at_department(name: str, template: str, own: str = "", *, demo: bool) -> Finding:
    """Whether a department's address is set, and whether anything answers there.

    Args:
        name: of the pack.
        template: its address, as pack.yml has it.
        own: where this installation serves it itself, where no setting says otherwise.
        demo: whether nothing real was set.
    """
    variable, url = f"ONEDOOR_{name.upper()}_URL", expand(template, {})
    if not url and own:
        return Finding(name, f"Served by this installation itself, at {own}.")
    if not url:
        said = f"{variable} is not set."
        if demo:
            return Finding(name, f"{said} The demo has an invented department; a real service needs it.")
        return Finding(name, said, "Set it to the address of the department's service API.")
    answer = await _get(url)
    if isinstance(answer, str) or answer[0] >= 500:
        reason = answer if isinstance(answer, str) else f"HTTP {answer[0]}"
        return Finding(
            name,
            f"Nothing answers at the address in {variable} ({reason}).",
            "Check it, then ask the department; what citizens ask for is kept and tried again meanwhile.",
        )
    return Finding(name, "The department's service answers.")
