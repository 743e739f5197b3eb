"""E-mails out: what the mail server is handed, and what happens when it says no."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.keys import open_department
from bot.mailserver import read_server
from bot.notices import Notice, Notices, Words
from bot.outbox import Delivery, Outgoing, SendError
from bot.queue import Pool
from bot.settings import Settings
from bot.statuses import notify_status
from bot.worker import Worker
from channels.email.sender import DemoMailbox, SmtpSender, check_server
from tests.channels.email.conftest import MailServer

WORDS = {"en": Words("Bins go *Tuesday*.", "Bins"), "cy": Words("Biniau ddydd Mawrth.", "Biniau")}


def settings(server: MailServer, url: str = "smtp://onedoor:s3cret@127.0.0.1:{port}") -> Settings:
    return Settings(
        _env_file=None, smtp_url=url.format(port=server.port),  # type: ignore[call-arg, arg-type]
        email_from="Leeds City Council <no-reply@leeds.example>",
    )  # fmt: skip


@pytest.fixture
async def worker(database_url: str) -> AsyncIterator[Worker]:
    worker = await Worker.start(database_url)
    yield worker
    await worker.stop()


async def notify(pool: Pool, **more: object) -> int:
    """Makes a notice by e-mail; its conversation."""
    async with pool.acquire() as connection, connection.transaction():
        await open_department(connection, "reports")
        notice = Notice("reports", "email", "maya@example.com", WORDS, **more)  # type: ignore[arg-type]
        made = await Notices().make(connection, notice, now=datetime.now(UTC))
        found: int = await connection.fetchval("SELECT conversation_id FROM outbound WHERE id = $1", made.id)
    return found


async def state(pool: Pool) -> tuple[str, str | None]:
    row = await pool.fetchrow("SELECT status, error_code FROM outbound")
    assert row is not None
    return row["status"], row["error_code"]


async def test_what_the_server_is_handed(pool: Pool, worker: Worker, mail_server: MailServer) -> None:
    leave = {"unsubscribe": "https://leeds.example/leave"}
    conversation = await notify(pool, details=leave)
    await Delivery(pool, {"email": SmtpSender(pool, settings(mail_server))}, worker).deliver(conversation)
    (envelope,), (message,) = mail_server.envelopes, mail_server.messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@leeds.example", ["maya@example.com"])
    assert message["From"] == "Leeds City Council <no-reply@leeds.example>"
    assert (message["To"], message["Subject"]) == ("maya@example.com", "Bins / Biniau")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<https://leeds.example/leave>"
    assert message["Date"]
    number = await pool.fetchval("SELECT id FROM outbound")
    assert message["Message-ID"] == f"<{number}.onedoor@leeds.example>"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Biniau ddydd Mawrth." in plain.get_content()
    assert '<div lang="cy">' in html.get_content()
    assert await state(pool) == ("sent", None)
    assert notify_status("email", "sent", None) == "sent"


async def test_a_known_language_alone(pool: Pool, worker: Worker, mail_server: MailServer) -> None:
    conversation = await notify(pool, language="cy")
    await Delivery(pool, {"email": SmtpSender(pool, settings(mail_server))}, worker).deliver(conversation)
    (message,) = mail_server.messages
    assert (message["Subject"], message["Content-Language"]) == ("Biniau", "cy")


@pytest.mark.parametrize(
    ("recipient", "data", "code", "ended"),
    [
        ("550 no such mailbox", "250 taken", "550", "failed"),
        ("250 OK", "554 looks like spam", "554", "failed"),
        ("452 full", "250 taken", "452", "retry"),
        ("250 OK", "451 come again", "451", "retry"),
        ("421 going down", "250 taken", "421", "retry"),
    ],
)
async def test_a_refusal(
    pool: Pool, worker: Worker, mail_server: MailServer, recipient: str, data: str, code: str, ended: str
) -> None:
    mail_server.recipient, mail_server.data = recipient, data
    conversation = await notify(pool)
    await Delivery(pool, {"email": SmtpSender(pool, settings(mail_server))}, worker).deliver(conversation)
    assert await state(pool) == (ended, code)
    assert not mail_server.messages


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("smtp://onedoor:wrong@127.0.0.1:{port}", "535"),
        ("smtp://127.0.0.1:{port}", "530"),
        ("smtp://onedoor:s3cret@127.0.0.1:1", "no-connection"),
        ("smtps://onedoor:s3cret@127.0.0.1:{port}", "no-connection"),
        # Not this machine's own server, as its name says: without TLS nothing is handed to it.
        ("smtp://onedoor:s3cret@127.0.0.2:{port}", "no-tls"),
    ],
)
async def test_what_an_operator_can_mend_is_tried_again(
    pool: Pool, mail_server: MailServer, url: str, code: str
) -> None:
    wrong = settings(mail_server, url)
    assert await check_server(wrong) == code
    conversation = await notify(pool)
    row = await pool.fetchrow("SELECT id, text FROM outbound")
    assert row is not None
    with pytest.raises(SendError) as error:
        await SmtpSender(pool, wrong).send(Outgoing(row["id"], conversation, "maya@example.com", row["text"]))
    assert (error.value.code, error.value.permanent) == (code, False)


async def test_a_server_that_takes_us(mail_server: MailServer) -> None:
    assert await check_server(settings(mail_server)) is None
    assert not mail_server.messages


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://a%40b:p%2Fw@mail.example", ("mail.example", 587, "a@b", "p/w", "starttls")),
        ("smtps://mail.example", ("mail.example", 465, None, None, "tls")),
        ("smtp://localhost:2525", ("localhost", 2525, None, None, "none")),
        ("smtp://mail.example:25", ("mail.example", 25, None, None, "starttls")),
    ],
)
def test_a_servers_address(url: str, read: tuple[object, ...]) -> None:
    server = read_server(url)
    assert (server.host, server.port, server.user, server.password, server.security) == read


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail:99999"])
def test_what_is_no_servers_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"form smtp://|up to 65535"):
        read_server(url)


async def test_the_demos_mailbox(pool: Pool, worker: Worker) -> None:
    conversation = await notify(pool)
    await Delivery(pool, {"email": DemoMailbox(pool)}, worker).deliver(conversation)
    assert await state(pool) == ("delivered", None)
