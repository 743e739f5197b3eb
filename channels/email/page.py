"""What an e-mail looks like: the same words as plain text and as HTML, each language marked as what it is."""

import re
from typing import Final

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from bot.markup import LINK, Block, read_blocks
from bot.outbox import Outgoing
from bot.settings import ROOT

RULE: Final = "-" * 40
"""A line between parts, in plain text."""

_BLANK_LINES: Final = re.compile(r"\n{3,}")


def parts(message: Outgoing) -> list[tuple[str, str, str]]:
    """A message's languages, with the subject and the words in each; two where the citizen's is not known."""
    languages, said = message.language.split(), message.details.get("said")
    if not said or len(said) != len(languages):
        return [(languages[0], message.subject or "", message.text)]
    return [(language, *words) for language, words in zip(languages, said, strict=True)]


def plain(message: Outgoing) -> str:
    """The words for readers without HTML: the marks are taken for what they mean."""
    told = [
        "\n".join(line for block in read_blocks(body) for line in _lines(block))
        for _, _, body in parts(message)
    ]
    return _BLANK_LINES.sub("\n\n", f"\n\n{RULE}\n\n".join(each.strip() for each in told)) + "\n"


def _lines(block: Block) -> list[str]:
    match block.kind:
        case "rule":
            return ["", RULE, ""]
        case "bullet" | "number":
            return [f"{block.place}. {block.text}" if block.place else f"- {block.text}"]
        case "heading" | "subheading":
            return ["", block.text.upper() if block.kind == "heading" else block.text, ""]
        case _:
            return ["", block.text, ""]


def html(message: Outgoing) -> str:
    """The words as HTML that needs nothing from elsewhere: no picture, no script, no style sheet."""
    said = [(language, _grouped(read_blocks(body))) for language, _, body in parts(message)]
    return _PAGE.render(subject=message.subject or "", parts=said)


def _grouped(blocks: list[Block]) -> list[tuple[str, list[Block]]]:
    """The blocks, with the lines of a list together."""
    groups: list[tuple[str, list[Block]]] = []
    for block in blocks:
        if groups and groups[-1][0] == block.kind and block.kind in ("bullet", "number"):
            groups[-1][1].append(block)
        else:
            groups.append((block.kind, [block]))
    return groups


def _linked(text: str) -> Markup:
    """A text, escaped, with its addresses as links and its lines as lines."""
    made, at = Markup(), 0
    for found in LINK.finditer(text):
        made += escape(text[at : found.start()])
        made += Markup('<a href="{0}" style="color:#1d70b8">{0}</a>').format(found[0])
        at = found.end()
    return (made + escape(text[at:])).replace("\n", Markup("<br>"))


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(ROOT / "templates" / "messages"),
    autoescape=True, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_ENVIRONMENT.filters["linked"] = _linked
_PAGE: Final = _ENVIRONMENT.get_template("email.html")
