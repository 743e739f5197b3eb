"""Where a request comes from: whose page sent it, and from which network address."""

from ipaddress import ip_address

from aiohttp import web


def own_origin(request: web.Request, netloc: str) -> bool | None:
    """Whether the page that sent this is ours; None when the browser does not say.

    Ours is the public address, and the host the request was made to: a page elsewhere can't choose
    that one.

    Args:
        request: of a browser.
        netloc: host and port of the public address.
    """
    origin = request.headers.get("Origin")
    return None if origin is None else origin.partition("://")[2] in (netloc, request.host)


def caller(request: web.Request, proxies: int) -> str:
    """The network address of who asks.

    Args:
        request: theirs.
        proxies: how many proxies of ours stand before us. Each adds to `X-Forwarded-For` whom it saw;
            what stands further left anybody may have written.

    Returns:
        An address; one that can't be read is "unknown". Of IPv6 the network of 64 bits, which is one
        subscriber's.
    """
    seen = request.remote or ""
    if proxies > 0:
        hops = [
            hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")
        ]
        if len(hops) >= proxies:
            seen = hops[-proxies]
    try:
        address = ip_address(seen)
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return ":".join(address.exploded.split(":")[:4]) + "::/64"
