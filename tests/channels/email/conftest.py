"""A double of a mail server, which keeps what it is sent and refuses as it is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """What the double was sent, and what it answers.

    Args:
        recipient: its answer to RCPT.
        data: its answer to the e-mail.
    """

    recipient: str = "250 OK"
    data: str = "250 taken"
    envelopes: list[Envelope] = field(default_factory=list)
    port: int = 0

    @property
    def messages(self) -> list[EmailMessage]:
        parser = BytesParser(policy=default)
        return [parser.parsebytes(bytes(envelope.original_content or b"")) for envelope in self.envelopes]

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.envelopes.append(envelope)
        return self.data


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"onedoor", b"s3cret")
    return AuthResult(success=right, handled=False)


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    double = MailServer()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(double, authenticator=_login, auth_require_tls=False, auth_required=True),
        "0.0.0.0",
        0,
    )
    double.port = server.sockets[0].getsockname()[1]
    yield double
    server.close()
