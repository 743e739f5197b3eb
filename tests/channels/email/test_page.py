"""What an e-mail says as plain text and as HTML."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import read_blocks
from bot.outbox import Outgoing
from channels.email.page import html, plain

MARKED = """Dear Siân,
your bins go on Tuesday.

# What to do

* put the bin out
* bring it in

1. ring us
2. tell us

^ Ring 0113 496 0000.
---
See [our page](https://leeds.example/bins) or https://leeds.example/help."""


def message(text: str, **more: object) -> Outgoing:
    return Outgoing(7, 1, "maya@example.com", text, "Bins", **more)  # type: ignore[arg-type]


def test_the_marks_are_read() -> None:
    assert [(block.kind, block.text, block.place) for block in read_blocks(MARKED)] == [
        ("paragraph", "Dear Siân,\nyour bins go on Tuesday.", 0),
        ("heading", "What to do", 0),
        ("bullet", "put the bin out", 0),
        ("bullet", "bring it in", 0),
        ("number", "ring us", 1),
        ("number", "tell us", 2),
        ("inset", "Ring 0113 496 0000.", 0),
        ("rule", "", 0),
        ("paragraph", "See our page (https://leeds.example/bins) or https://leeds.example/help.", 0),
    ]


def test_as_plain_text() -> None:
    assert plain(message("# Bins\n\nOut on Tuesday.\n\n1. one\n2. two\n* three")) == (
        "BINS\n\nOut on Tuesday.\n\n1. one\n2. two\n- three\n"
    )


def test_as_html() -> None:
    made = html(message(MARKED))
    assert made.count("<li") == 4
    assert '<a href="https://leeds.example/help"' in made
    assert "our page (<a" in made
    assert "Siân,<br>your bins" in made


def test_each_language_is_marked_as_what_it_is() -> None:
    both = message("x", language="cy en", details={"said": [["Biniau", "Dydd Mawrth"], ["Bins", "Tuesday"]]})
    made = html(both)
    assert made.index('<div lang="cy">') < made.index("Dydd Mawrth") < made.index('<div lang="en">')
    assert plain(both) == f"Dydd Mawrth\n\n{'-' * 40}\n\nTuesday\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[pay here](javascript:alert(1))",
        'https://x.example/"onmouseover="alert(1)',
        "https://x.example/<b>",
        "# <h1>",
    ],
)
def test_what_is_written_is_never_html(hostile: str) -> None:
    assert tags(html(message(hostile))) <= OURS


OURS = {"html", "head", "meta", "title", "body", "div", "p", "h2", "h3", "ul", "ol", "li", "hr", "a", "br"}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        for name, value in attrs:
            assert name in {"lang", "charset", "name", "content", "style", "href"}
            assert name != "href" or str(value).startswith(("https://", "http://"))


def tags(page: str) -> set[str]:
    parser = _Tags()
    parser.feed(page)
    return parser.found


@given(st.text(max_size=200))
def test_whatever_is_written(text: str) -> None:
    assert tags(html(message(text))) <= OURS
    plain(message(text))


def test_a_named_link_shows_where_it_leads() -> None:
    assert "your bank (" in html(message("[your bank](https://bad.example)"))
