"""Answers in the two formats of Open311, made from the same rows: XML, and JSON with bare lists."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from aiohttp import web

type Format = Literal["xml", "json"]
type Value = str | bool | int | float | datetime | Sequence[Value] | Mapping[str, Value] | None
type Node = Mapping[str, Value]

TYPES: Final[dict[Format, str]] = {"xml": "text/xml", "json": "application/json"}

DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'

CHUNK: Final = 50
"""Rows that are written before other requests have their turn: some 2 ms of work."""

ITEMS: Final = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "values": "value",
    "answers": "answer",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What an element of each list is called in XML."""

# What XML 1.0 can't hold, escaped or not.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """Text as XML data: nothing in it is markup, and what XML can't hold is left out."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text if text.isprintable() else _UNWRITABLE.sub("", text)


def moment(when: datetime) -> str:
    """A W3C datetime in UTC, to the second: `2026-03-02T09:00:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def element(name: str, value: Value) -> str:
    """One element; an absent value is an empty one."""
    if value is None or value == "":
        return f"<{name}/>"
    if isinstance(value, str):
        content = escape(value)
    elif isinstance(value, bool):
        content = "true" if value else "false"
    elif isinstance(value, datetime):
        content = moment(value)
    elif isinstance(value, Mapping):
        content = inside(value)
    elif isinstance(value, Sequence):
        content = "".join([element(ITEMS[name], item) for item in value])
    else:
        content = str(value)
    return f"<{name}>{content}</{name}>"


def inside(node: Node) -> str:
    """The elements of a node one after the other."""
    return "".join([element(name, value) for name, value in node.items()])


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(type(value).__name__)


def _json(value: Value) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _answer(wanted: Format, text: str, status: int) -> web.Response:
    return web.Response(
        # A half of a surrogate pair has no UTF-8; it can't come from the database.
        body=text.encode("utf-8", "replace"),
        status=status,
        content_type=TYPES[wanted],
        charset="utf-8",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def respond(wanted: Format, root: str, value: Value, *, status: int = 200) -> web.Response:
    """An answer that is short.

    Args:
        wanted: the format.
        root: the name of the outermost element; JSON has none.
        value: a list of nodes, or a node.
        status: of HTTP.
    """
    text = _json(value) if wanted == "json" else DECLARATION + element(root, value)
    return _answer(wanted, text, status)


async def respond_many[T](
    wanted: Format, root: str, rows: Iterable[T], node: Callable[[T], Node]
) -> web.Response:
    """A list that may be long: other requests have their turn while it is written.

    Args:
        wanted: the format.
        root: the name of the list, one of `ITEMS`.
        rows: what it is made of.
        node: makes a row's node.
    """
    each = ITEMS[root]
    parts: list[str] = []
    for at, row in enumerate(rows):
        if at % CHUNK == CHUNK - 1:
            await asyncio.sleep(0)
        made = node(row)
        parts.append(_json(made) if wanted == "json" else f"<{each}>{inside(made)}</{each}>")
    if wanted == "json":
        return _answer(wanted, f"[{','.join(parts)}]", 200)
    return _answer(wanted, f"{DECLARATION}<{root}>{''.join(parts)}</{root}>", 200)
