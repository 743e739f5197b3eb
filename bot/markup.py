"""The marks of a letter's or an e-mail's text, as GOV.UK Notify's templates have them, read into blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

type Kind = Literal["heading", "subheading", "paragraph", "bullet", "number", "inset", "rule"]

LINK: Final = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
"""An address in a text; what ends the sentence is not part of it."""

_NAMED: Final = re.compile(r"\[([^\[\]\n]{1,200})\]\((https?://[^\s()<>\"']{1,2000})\)")
_MARKS: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = (
    (re.compile(r"##\s+"), "subheading"),
    (re.compile(r"#\s*"), "heading"),
    (re.compile(r"[*•]\s+|[-–]\s+"), "bullet"),
    (re.compile(r"\d{1,3}[.)]\s+"), "number"),
    (re.compile(r"\^\s*"), "inset"),
)
"""What a line begins with: https://www.notifications.service.gov.uk/using-notify/formatting"""
_RULE: Final = re.compile(r"[-*_]{3,}")


@dataclass(frozen=True)
class Block:
    """A piece of a text.

    Args:
        kind: how it is set.
        text: its words; several lines in a paragraph stay lines. Empty for a rule.
        place: in a numbered list, from 1; otherwise 0.
    """

    kind: Kind
    text: str
    place: int = 0


def read_blocks(source: str) -> list[Block]:
    """The blocks of a text, in order.

    A link with a name, `[name](https://…)`, is shown with its address behind the name, always: a value that
    somebody filled in can't hide where it leads.

    Args:
        source: a filled body.
    """
    source = _NAMED.sub(lambda found: f"{found[1]} ({found[2]})", source)
    blocks: list[Block] = []
    for kind, lines in _pieces(source):
        place = 0
        if kind == "number":
            place = blocks[-1].place + 1 if blocks else 1
        blocks.append(Block(kind, "\n".join(lines), place))
    return blocks


def _pieces(source: str) -> Iterator[tuple[Kind, list[str]]]:
    paragraph: list[str] = []
    for line in [*(line.strip() for line in source.split("\n")), ""]:
        marked = _marked(line)
        if (marked is not None or not line) and paragraph:
            yield "paragraph", paragraph
            paragraph = []
        if marked is not None:
            yield marked[0], [marked[1]]
        elif line:
            paragraph.append(line)


def _marked(line: str) -> tuple[Kind, str] | None:
    """The kind of a line that has a mark, and its words without it."""
    if _RULE.fullmatch(line):
        return "rule", ""
    for mark, kind in _MARKS:
        found = mark.match(line)
        if found and found.end() < len(line):
            return kind, line[found.end() :]
    return None
