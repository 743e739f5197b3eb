"""The open internet: where a call may go whose address a department gave, and a session that keeps to it."""

import ipaddress
import socket
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.problems import Problem

SECONDS: Final = 5.0
"""For an answer: docs/sources.md, Notify"""
LONGEST_URL: Final = 500

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_INSIDE_V6: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that a gateway turns into IPv4 ones, private ones among them."""


def check_url(url: str, *, private: bool) -> None:
    """Whether a call-back may go there, as far as its text tells; `open_session` looks at the address itself.

    Raises:
        Problem: it may not.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Problem(f"The address must be a URL of at most {LONGEST_URL} characters, such as https://…")
    if parts.username or parts.password or parts.fragment:
        raise Problem("The address must have no user, password or #: our calls show a token.")
    if parts.scheme != "https" and not (parts.scheme == "http" and private and host in _LOOPBACK):
        raise Problem("The address must begin with https://.")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if not (private or is_public(address)):
        raise Problem("The address is a private one: ONEDOOR_PRIVATE_CALLBACKS allows those.")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an IP address is one of the open internet's, whatever form it is written in."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is not None:
            return is_public(inside)
        if any(address in network for network in _INSIDE_V6):
            return False
    return address.is_global and not address.is_multicast


def open_session(*, private: bool) -> aiohttp.ClientSession:
    """A session that connects to addresses of the open internet only.

    The address is looked at when it is connected to, after the name was resolved, so that no name can
    say one thing when it is checked and another when it is used.

    Args:
        private: whether it may connect to any.
    """

    def connect(found: Any) -> socket.socket:
        family, kind, protocol, _, address = found
        if not private and not is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])):
            raise PermissionError("not an address of the open internet")
        return socket.socket(family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=100, socket_factory=connect),
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Onedoor"},
    )
