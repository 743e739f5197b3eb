"""JSON lines on standard input and output, an answer flushed before the next line is read."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from bot.problems import Problem


def read_lines() -> Iterator[dict[str, Any]]:
    """The objects of standard input.

    Raises:
        Problem: a line is not a JSON object; the text gives its number.
    """
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
        except ValueError:
            raise Problem(f"Line {number} is not JSON.") from None
        if not isinstance(read, dict):
            raise Problem(f"Line {number} is not a JSON object.")
        yield read


def write_line(answer: dict[str, Any]) -> None:
    """Writes one object and flushes it."""
    print(json.dumps(answer, ensure_ascii=False), flush=True)


def text_of(line: dict[str, Any]) -> str:
    """The field `text`.

    Raises:
        Problem: it is missing or no text.
    """
    text = line.get("text")
    if not isinstance(text, str):
        raise Problem('A line needs a text, such as {"text": "hello"}.')
    return text
