"""The address of a mail server, as a setting writes it."""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Server:
    """A mail server, read from `smtp://user:password@host:587` or `smtps://…`.

    Args:
        security: `starttls` is asked for and insisted on; `tls` from the first byte; `none` only for this
            machine's own server.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    security: Literal["starttls", "tls", "none"]


def read_server(url: str) -> Server:
    """The server an address names.

    Raises:
        ValueError: a sentence that says what is wrong with it, without the password.
    """
    found = urlsplit(url)
    if found.scheme not in PORTS or not found.hostname:
        raise ValueError("is not of the form smtp://user:password@host:587 or smtps://user:password@host")
    try:
        port = found.port or PORTS[found.scheme]
    except ValueError:
        raise ValueError("has a port that is no number up to 65535") from None
    local = found.hostname in ("localhost", "127.0.0.1", "::1")
    user = unquote(found.username) if found.username else None
    password = unquote(found.password) if found.password else None
    security: Literal["starttls", "tls", "none"] = "tls" if found.scheme == "smtps" else "starttls"
    if found.scheme == "smtp" and local:
        security = "none"
    return Server(found.hostname, port, user, password, security)
