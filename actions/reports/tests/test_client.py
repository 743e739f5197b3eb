"""The client against a council's endpoint that is not ours: odd but legal XML, and lost answers."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reports import reading
from actions.reports.client import Open311, distance, our_reference
from actions.reports.problem import Report
from actions.reports.tests.council import JURISDICTION, KEY, Council
from actions.sdk import ServiceDown, ServiceRefused

SETTINGS = {"key": KEY, "jurisdiction": JURISDICTION}
HOLE = Report("POT", "A hole <b>&", 53.8, -1.55, "Mill Lane", {"size": "S", "more": ["a", "b"]})


@pytest.fixture
async def council() -> AsyncIterator[Council]:
    async with Council() as council:
        yield council


@pytest.fixture
async def client(council: Council) -> AsyncIterator[Open311]:
    async with aiohttp.ClientSession() as session:
        yield Open311(council.url, session, settings=SETTINGS)


async def test_its_categories_become_ours(client: Open311) -> None:
    hole, lamp = await client.categories("en")
    assert (hole.code, hole.name, hole.group, hole.type) == ("POT", "Pot & holes", "Roads", "batch")
    assert (hole.keywords, hole.has_questions) == (("hole", "road"), True)
    assert (lamp.name, lamp.has_questions, lamp.place, lamp.near) == ("Lamps", False, "point", 250)


async def test_categories_are_asked_for_once(client: Open311, council: Council) -> None:
    await client.categories("en")
    await client.categories("en")
    assert len(council.queries) == 1


async def test_its_questions_in_their_order(client: Open311) -> None:
    size, when = await client.attributes("POT", "en")
    assert (size.code, size.kind, size.required) == ("size", "singlevaluelist", True)
    assert size.values == (("S", "Small"), ("L", "L"))
    assert (when.code, when.kind, when.required) == ("when", "datetime", False)


async def test_a_report(client: Open311, council: Council) -> None:
    receipt = await client.report(HOLE, "turn-1")
    assert (receipt.id, receipt.token) == (None, "T1")
    assert await client.token("T1") == "638344"
    assert council.forms == [
        {
            "service_code": ["POT"], "description": [f"A hole <b>&\n\nRef {our_reference('turn-1')}"],
            "lat": ["53.800000"], "long": ["-1.550000"], "address_string": ["Mill Lane"],
            "attribute[size]": ["S"], "attribute[more][]": ["a", "b"],
        }
    ]  # fmt: skip


async def test_an_answer_that_was_lost_makes_no_second_report(client: Open311, council: Council) -> None:
    council.lost = 1
    with pytest.raises(ServiceDown):
        await client.report(HOLE, "turn-1", again=True)
    receipt = await client.report(HOLE, "turn-1", again=True)
    assert receipt.id == "1"
    assert len(council.forms) == 1
    # Another citizen's report of the same words is another report.
    await client.report(HOLE, "turn-2", again=True)
    assert len(council.forms) == 2


async def test_near_where_a_service_knows_no_places(client: Open311) -> None:
    await client.report(HOLE, "turn-1")
    await client.report(Report("POT", "far", 53.9, -1.55), "turn-2")
    await client.report(Report("LAMP", "a lamp", 53.8, -1.55), "turn-3")
    (found,) = await client.near(53.8005, -1.55, 100, "POT")
    assert (found.id, found.distance) == ("1", 56)


async def test_a_wrong_key(council: Council) -> None:
    async with aiohttp.ClientSession() as session:
        client = Open311(council.url, session, settings={**SETTINGS, "key": "other"})
        with pytest.raises(ServiceRefused) as refused:
            await client.report(HOLE, "turn-1")
    assert (refused.value.status, refused.value.code) == (403, "403")
    assert refused.value.diagnostics == "Wrong key"


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><services>&b;</services>'
ELSEWHERE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><services>&a;</services>'


@pytest.mark.parametrize(
    "answer", [b"", b"<services>", b"not xml", b"\xff\xfe\x00", BOMB, ELSEWHERE, b"<a/>" * 9]
)
async def test_nonsense_is_a_service_that_is_down(client: Open311, council: Council, answer: bytes) -> None:
    council.answer = answer
    with pytest.raises(ServiceDown):
        await client.categories("en")


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_not_now(client: Open311, council: Council, status: int) -> None:
    council.status = status
    with pytest.raises(ServiceDown):
        await client.attributes("POT", "en")


async def test_an_error_page_is_a_refusal(client: Open311, council: Council) -> None:
    council.status, council.answer = 404, b"<html><body>gone"
    with pytest.raises(ServiceRefused) as refused:
        await client.problem("7")
    assert refused.value.code == "HTTP_404"


_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["1", "true", "-1.5", "2026-03-02T09:00:00Z", "closed", "nan", "1e400"]),
)
_TAGS = st.sampled_from([
    "request", "service", "attributes", "attribute", "values", "value", "key", "lat", "status", "distance",
    "service_code", "service_request_id", "update_id", "updated_datetime", "order", "code", "token",
])  # fmt: skip


def _tree(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    from xml.sax.saxutils import escape

    inner = st.one_of(children, _TEXTS.map(lambda text: escape("".join(c for c in text if c.isprintable()))))
    return st.tuples(_TAGS, st.lists(inner, max_size=4)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"
    )


@given(st.recursive(_TAGS.map(lambda tag: f"<{tag}/>"), _tree, max_leaves=12))
def test_whatever_xml_comes_is_read_or_is_nonsense(xml: str) -> None:
    raw = f"<list>{xml}</list>".encode()
    for read in (reading.categories, reading.problems, reading.updates, reading.attributes, reading.refusal):
        read(raw)
    with contextlib.suppress(LookupError):
        reading.receipt(raw)
    reading.update_id(raw)


def test_a_mark_of_ours_is_short_and_its_own() -> None:
    marks = {our_reference(f"key {number}") for number in range(5_000)}
    assert len(marks) == 5_000
    assert all(len(mark) == 10 and not set(mark[3:]) & set("01IO") for mark in marks)


def test_distances_on_the_great_circle() -> None:
    assert distance(53.8, -1.55, 53.8, -1.55) == 0
    assert round(distance(53.8008, -1.5491, 53.7957, -1.7594) / 1000, 1) == 13.8
    assert distance(0, 0, 0, 1) == pytest.approx(111_195, abs=1)


def test_a_moment_without_a_zone_is_read() -> None:
    (update,) = reading.updates(
        b"<u><request_update><update_id>1</update_id><updated_datetime>2026-03-02T09:00:00</updated_datetime>"
        b"<status>FIXED</status></request_update></u>"
    )
    assert (update.updated, update.state) == (datetime(2026, 3, 2, 9, tzinfo=UTC), "fixed")
