"""Broken installations, and what the doctor says of each and of how to mend it."""

import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import asyncpg
import pytest

from bot.commands import doctor as d
from bot.inbox import Arrival, accept
from bot.queue import Pool
from bot.settings import Settings
from bot.worker import Worker

SECRET = "p4ssw0rd-of-the-database"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> pytest.MonkeyPatch:
    """An installation with a database, in a folder of its own, on a port that is free."""
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "ONEDOOR_PUBLIC_URL", "HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
    monkeypatch.setenv("DATABASE_URL", database_url)
    return monkeypatch


async def look() -> dict[str, list[str]]:
    """What the doctor finds wrong, by subject."""
    wrong: dict[str, list[str]] = {}
    async for finding in d.examine():
        if finding.mend:
            wrong.setdefault(finding.subject, []).append(f"{finding.said} {finding.mend}")
    return wrong


@pytest.mark.parametrize(
    ("environment", "subject", "sentence"),
    [
        ({"PORT": "99999"}, "settings", "PORT is wrong"),
        ({"ONEDOOR_LOG_LEVEL": "loud"}, "settings", "ONEDOOR_LOG_LEVEL is wrong"),
        ({"ONEDOOR_SECRET_KEY": "short"}, "settings", "ONEDOOR_SECRET_KEY is wrong: needs 32 characters"),
        ({"ONEDOOR_SECRET_KEY": "ab" * 20}, "secret key", "easy to guess. Make one: python3 -c"),
        ({"ONEDOOR_PACKS": "health"}, "settings", "ONEDOOR_PACKS is wrong"),
        ({"ONEDOOR_PACKS": '["helth"]'}, "packs", "no pack helth in actions/: ONEDOOR_PACKS names it"),
        ({"TWILIO_FROM": "+447700900000"}, "settings", "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN is missing"),
        (
            {"TWILIO_FROM": "MG1", "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"},
            "settings",
            "ONEDOOR_PUBLIC_URL is missing",
        ),
        (
            {"ONEDOOR_PUBLIC_URL": "http://onedoor.example"},
            "settings",
            "Put a proxy with https before Onedoor",
        ),
        ({"ONEDOOR_TURN_TIMEUOT": "3"}, "settings", "is no setting. Did you mean ONEDOOR_TURN_TIMEOUT?"),
        ({"HOST": "192.0.2.1"}, "port", "Can't listen on 192.0.2.1"),
        ({"HOST": "no.such.host.invalid"}, "port", "HOST is no address of this machine"),
        ({"ONEDOOR_MODELS_DIR": "nowhere"}, "model", "There is no model. Run `onedoor train`"),
        (
            {"DATABASE_URL": f"postgresql://a:{SECRET}@127.0.0.1:1/x"},
            "database",
            "can't be reached (ConnectionRefusedError). Is PostgreSQL up",
        ),
        ({"DATABASE_URL": f"mysql://a:{SECRET}@127.0.0.1/x"}, "database", "can't be reached"),
        ({"ONEDOOR_HEALTH_URL": ""}, "health", "ONEDOOR_HEALTH_URL is not set. Set it to the address"),
        ({"ONEDOOR_HEALTH_URL": "http://127.0.0.1:1/fhir"}, "health", "Nothing answers at the address in"),
        ({"ONEDOOR_HEALTH_URL": "not an address"}, "health", "Nothing answers at the address in"),
    ],
)
async def test_a_broken_installation_is_told_what_to_mend(
    installed: pytest.MonkeyPatch, environment: dict[str, str], subject: str, sentence: str
) -> None:
    for name, value in environment.items():
        installed.setenv(name, value)
    wrong = await look()
    assert any(sentence in said for said in wrong[subject]), wrong
    assert SECRET not in str(wrong)


@pytest.mark.parametrize("version", [(3, 11), (3, 13)])
def test_another_python_is_refused(version: tuple[int, int]) -> None:
    assert "needs Python 3.12" in d.look_at_python(version).mend
    assert not d.look_at_python((3, 12)).mend


@pytest.mark.parametrize(
    ("package", "sentence"),
    [
        (None, "GOV.UK Frontend is not there. Run `make setup`"),
        ("{", "GOV.UK Frontend is not there."),
        ('{"version": "5.0.0"}', "GOV.UK Frontend is 5.0.0, and"),
    ],
)
def test_pages_without_their_files(tmp_path: Path, package: str | None, sentence: str) -> None:
    if package is not None:
        (tmp_path / "govuk-frontend").mkdir()
        (tmp_path / "govuk-frontend" / "package.json").write_text(package)
    found = d.look_at_pages(tmp_path)
    assert sentence in f"{found.said} {found.mend}"


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x1f\x8b\x08\x00half"])
def test_a_model_that_was_cut_off(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "onedoor.tar.gz").write_bytes(content)
    found = d.look_at_model(Settings.model_validate({"models_dir": tmp_path}))
    assert (found.said[:24], found.mend) == (
        "The model can't be read ",
        "Run `onedoor train` to make it anew.",
    )


def test_no_room_and_no_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d, "LEAST_DISK", 10**18)
    settings = Settings.model_validate({"data_dir": tmp_path / "to" / "come"})
    assert d.look_at_disk(settings).mend.startswith("Make room")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "can't be written to" in d.look_at_disk(settings).said


@contextmanager
def listening(answers: dict[str, tuple[int, str]]) -> Iterator[int]:
    """An HTTP server on a thread; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, ""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


OURS = {"/healthz": (200, "ok\n")}


@pytest.mark.parametrize(
    ("answers", "said", "wrong"),
    [
        ({}, "Another program listens", True),
        (OURS, "but it is not ready", True),
        (OURS | {"/readyz": (503, "not ready\n")}, "but it is not ready", True),
        (OURS | {"/readyz": (200, "ready\n")}, "and is ready", False),
    ],
)
async def test_who_has_the_port(answers: dict[str, tuple[int, str]], said: str, wrong: bool) -> None:
    with listening(answers) as port:
        found = await d.look_at_port(Settings.model_validate({"host": "127.0.0.1", "port": port}))
    assert said in found.said
    assert bool(found.mend) == wrong


@pytest.mark.parametrize(
    ("status", "wrong"), [(200, False), (401, False), (404, False), (500, True), (503, True)]
)
async def test_a_department_that_answers(monkeypatch: pytest.MonkeyPatch, status: int, wrong: bool) -> None:
    with listening({"/fhir": (status, "{}")}) as port:
        monkeypatch.setenv("ONEDOOR_HEALTH_URL", f"http://127.0.0.1:{port}/fhir")
        found = await d.look_at_department("health", "${ONEDOOR_HEALTH_URL}", demo=False)
    assert bool(found.mend) == wrong


@pytest.mark.parametrize(
    ("sql", "subject", "sentence"),
    [
        ("UPDATE alembic_version_core SET version_num = '0000'", "migrations", "The tables of core are not"),
        ("DROP TABLE alembic_version_health", "migrations", "The tables of health are not"),
    ],
)
async def test_tables_of_another_version(
    installed: pytest.MonkeyPatch, database_url: str, sql: str, subject: str, sentence: str
) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(sql)
    await connection.close()
    assert sentence in (await look())[subject][0]


async def test_messages_that_wait_for_nobody(
    installed: pytest.MonkeyPatch, pool: Pool, database_url: str
) -> None:
    assert "workers" not in await look()
    await accept(pool, Arrival("sms", "+447700900123", "SM1", "hello"))
    await pool.execute("UPDATE inbound SET due_at = now() - interval '2 min'")
    assert "0 alive; 1 messages wait" in (await look())["workers"][0]
    worker = await Worker.start(database_url)
    try:
        said = (await look())["workers"][0]
    finally:
        await worker.stop()
    assert "1 alive" in said
    assert "docs/operator.md" in said


async def test_a_clock_that_is_wrong(installed: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d, "CLOCKS_APART", -1)
    assert "apart. Turn on time synchronisation" in (await look())["clock"][0]


@pytest.mark.parametrize(
    ("wrong", "code", "last"), [(False, 0, "Nothing is wrong."), (True, 1, "To be mended: 1.")]
)
def test_the_command_s_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: bool, code: int, last: str
) -> None:
    async def findings() -> AsyncIterator[d.Finding]:
        yield d.Finding("disk", "2 GB free.")
        if wrong:
            yield d.Finding("model", "There is no model.", "Run `onedoor train`.")

    monkeypatch.setattr(d, "examine", findings)
    assert d.doctor() == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["ok", "disk", "2", "GB", "free."]
    assert lines[-1] == last
