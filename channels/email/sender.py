"""Carries e-mails: by SMTP to the installation's mail server, or to the mailbox in the demo's browser."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

import aiosmtplib
from aiosmtplib import errors

from bot.mailserver import Server, read_server
from bot.outbox import Outgoing, SendError, record_receipt
from bot.queue import Pool
from bot.settings import Settings
from channels.email.page import html, plain

MAIL_SERVER: Final = "smtp"
DEMO_MAILBOX: Final = "demo mailbox"

TIMEOUT: Final = 20.0
"""Seconds for each step of handing an e-mail over."""
PERMANENT: Final = 500
"""Refusals from here on are for good (RFC 5321, 4.2.1), when they are about the citizen's address or the
e-mail. Those about our own account or connection an operator can mend while we try again."""


def compose(message: Outgoing, sender: str) -> EmailMessage:
    """The e-mail of a message: the same words as text and HTML.

    Its Message-ID is made of our own number: should a crash hand it over twice, mail programs show it once.

    Args:
        message: to whom, and what.
        sender: `Name <address>`, or the address alone.
    """
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(name, addr_spec=address)
    made["To"] = Address(addr_spec=message.to)
    made["Subject"] = message.subject or ""
    made["Message-ID"] = f"<{message.id}.onedoor@{domain}>"
    # RFC 3834: nobody's holiday answer comes back to us.
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    if leave := message.details.get("unsubscribe"):  # RFC 8058
        made["List-Unsubscribe"] = f"<{leave}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(plain(message))
    made.add_alternative(html(message), subtype="html")
    made["Content-Language"] = ", ".join(message.language.split())
    return made


class SmtpSender:
    """Hands e-mails to the installation's mail server."""

    name: str = MAIL_SERVER

    def __init__(self, pool: Pool, settings: Settings, *, context: ssl.SSLContext | None = None) -> None:
        """Prepares it; no connection is made yet.

        Args:
            pool: the process's connections.
            settings: with `smtp_url` and `email_from`.
            context: what certificates are trusted, where it is not the machine's own.
        """
        assert settings.smtp_url is not None
        assert settings.email_from is not None
        self._pool = pool
        self._server = read_server(settings.smtp_url.get_secret_value())
        self._from = settings.email_from
        self._context = context

    async def send(self, message: Outgoing) -> str:
        """Hands the message over and gives its Message-ID.

        Raises:
            SendError: it was not taken, with the server's code.
        """
        composed = compose(message, self._from)
        created = await self._pool.fetchval("SELECT created_at FROM outbound WHERE id = $1", message.id)
        if created is not None:
            composed["Date"] = format_datetime(created)
        async with _connected(self._server, self._context) as client:
            try:
                await client.send_message(composed)
            except errors.SMTPRecipientsRefused as refused:
                code = refused.recipients[0].code
                raise SendError(str(code), permanent=code >= PERMANENT) from None
            except errors.SMTPResponseException as refused:
                about_the_mail = isinstance(refused, errors.SMTPDataError) and refused.code >= PERMANENT
                raise SendError(str(refused.code), permanent=about_the_mail) from None
            except (errors.SMTPException, OSError):
                raise SendError("no-answer", permanent=False) from None
        # The server has it; what comes later of it (a bounce) goes to the sender's own mailbox.
        async with self._pool.acquire() as connection, connection.transaction():
            await record_receipt(connection, message.id, "sent")
        return str(composed["Message-ID"])

    async def find(self, message: Outgoing) -> str | None:
        """A mail server can't be asked what it has."""
        del message
        return None


async def check_server(settings: Settings) -> str | None:
    """Greets the mail server as for an e-mail, and sends none.

    Returns:
        None when it takes us, otherwise the code that `SmtpSender` would fail with.
    """
    assert settings.smtp_url is not None
    server = read_server(settings.smtp_url.get_secret_value())
    try:
        async with _connected(server, None) as client:
            await client.mail(parseaddr(settings.email_from or "")[1])
    except SendError as error:
        return error.code
    except errors.SMTPResponseException as refused:
        return str(refused.code)
    except (errors.SMTPException, OSError):
        return "no-answer"
    return None


@asynccontextmanager
async def _connected(server: Server, context: ssl.SSLContext | None) -> AsyncIterator[aiosmtplib.SMTP]:
    """A connection over which nothing was sent yet, with TLS and our name as the server's address asks.

    Raises:
        SendError: there is none.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, username=server.user, password=server.password,
        use_tls=server.security == "tls", start_tls=server.security == "starttls", tls_context=context,
        timeout=TIMEOUT,
    )  # fmt: skip
    try:
        await client.connect()
    except errors.SMTPResponseException as refused:
        raise SendError(str(refused.code), permanent=False) from None
    except OSError:  # a server that does not answer, or not with TLS
        raise SendError("no-connection", permanent=False) from None
    except errors.SMTPException:  # it knows no STARTTLS, or no login
        raise SendError("no-tls", permanent=False) from None
    try:
        yield client
    finally:
        with suppress(errors.SMTPException, OSError):
            await client.quit()


class DemoMailbox:
    """Stands in for a mail server in the demo: an e-mail is in the mailbox when it is recorded."""

    name: str = DEMO_MAILBOX

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def send(self, message: Outgoing) -> str:
        """Puts the message into the mailbox."""
        async with self._pool.acquire() as connection, connection.transaction():
            await record_receipt(connection, message.id, "delivered")
        return f"<{message.id}.onedoor@demo>"

    async def find(self, message: Outgoing) -> str | None:
        """The id of a message that is in the mailbox."""
        there = await self._pool.fetchval(
            "SELECT true FROM outbound WHERE id = $1 AND status = 'delivered'", message.id
        )
        return f"<{message.id}.onedoor@demo>" if there else None
