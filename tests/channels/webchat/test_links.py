"""Links in plain text, and nothing else."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.webchat.links import linked


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Call 999 now, or 111.", ["tel:999", "tel:111"]),
        ("Samaritans 116 123. Gas 0800 111 999", ["tel:116123", "tel:+44800111999"]),
        ("ring 0113 496 0000\n01274 542200", ["tel:+441134960000", "tel:+441274542200"]),
        ("UBRN 0000 4950 0001, NHS 943 476 5919", []),
        ("RP-482371, £111, 1999, 111%, 999.50, 3/111, 999 12", []),
        ("2026-03-03 at 10:30, 01/02/2026", []),
        ("See https://example.org/a?b=1&c=2.", ["https://example.org/a?b=1&c=2"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("https://example.org/01134960000", ["https://example.org/01134960000"]),
        ("http://example.org javascript:alert(1) https:// https://? xhttps://a.example", []),
        ("https://a.example/\"onclick=x'><script>", ["https://a.example/"]),
        ("https://[", []),
    ],
)
def test_what_is_a_link(text: str, links: list[str]) -> None:
    assert [html.unescape(href) for href in re.findall(r'href="([^"]*)"', linked(text))] == links
    assert html.unescape(re.sub(r"</?a\b[^>]*>", "", linked(text))) == text


@given(st.text(alphabet="<>&\"'ahttps:/. 0123456789\n()") | st.text())
def test_any_text_comes_out_as_it_was_and_only_links_are_marked_up(text: str) -> None:
    out = str(linked(text))
    assert html.unescape(re.sub(r'<a class="govuk-link" href="[^"<>]*">|</a>', "", out)) == html.unescape(
        str(linked.__globals__["Markup"].escape(text))
    )
