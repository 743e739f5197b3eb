"""`onedoor segments`: how many parts a text message has, and what it costs."""

import sys
from dataclasses import asdict
from typing import Any

from bot.commands.jsonlines import read_lines, text_of, write_line
from channels.sms.segments import measure


def segments(*, json_lines: bool) -> int:
    """Measures the texts of standard input.

    Args:
        json_lines: JSON lines in and out; otherwise plain lines in, a sentence out.
    """
    if json_lines:
        for line in read_lines():
            write_line(_measured(text_of(line)))
        return 0
    for text in sys.stdin:
        found = _measured(text.rstrip("\n"))
        print(
            f"{found['segments']} in {found['encoding']}, {found['units']} units: {found['text']}", flush=True
        )
    return 0


def _measured(text: str) -> dict[str, Any]:
    found = asdict(measure(text))
    return {name: found[name] for name in ("encoding", "segments", "units", "text")}
