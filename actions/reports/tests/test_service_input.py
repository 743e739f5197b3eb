"""What callers must not send, and hostile words: refused in both formats and languages, or only ever data."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from actions.reports.service.reading import LARGEST, clean, read_moment
from actions.reports.service.refusals import Fault
from actions.reports.service.words import names, say
from actions.reports.service.writing import DECLARATION, element
from actions.reports.tests.conftest import KEY, LEEDS, Api, read_xml
from bot.database import close_pool

type Pool = asyncpg.Pool[asyncpg.Record]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


LIGHT = {"service_code": "street_light", **LEEDS}
POTHOLE = {"service_code": "pothole", **LEEDS, "attribute[size]": "plate"}
RUBBISH = {"service_code": "flytipping", **LEEDS}


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({**LEEDS}, ["service_missing"]),
        ({**LIGHT, "service_code": "unicorn"}, ["service_unknown"]),
        ({"service_code": "street_light"}, ["place_missing"]),
        ({"service_code": "street_light", "lat": "", "long": "", "address_string": "  "}, ["place_missing"]),
        ({"service_code": "street_light", "lat": "53.8"}, ["place_half"]),
        ({"service_code": "street_light", "long": "-1.5"}, ["place_half"]),
        ({**LIGHT, "lat": "north"}, ["place_number"]),
        ({**LIGHT, "lat": "NaN"}, ["place_number"]),
        ({**LIGHT, "lat": "1e1"}, ["place_number"]),
        ({**LIGHT, "lat": "0", "long": "0"}, ["place_nowhere"]),
        ({**LIGHT, "lat": "0.0000", "long": "-0.0001"}, ["place_nowhere"]),
        ({**LIGHT, "lat": "-1.5491", "long": "53.8008"}, ["place_swapped"]),
        ({**LIGHT, "lat": "48.85", "long": "2.35"}, ["place_outside"]),  # Paris
        ({**LIGHT, "lat": "53.35", "long": "-6.26"}, ["place_outside"]),  # Dublin
        ({**LIGHT, "lat": "999", "long": "999"}, ["place_outside"]),
        ({**LIGHT, "description": "x" * 4001}, ["description_long"]),
        ({**LIGHT, "description": "é" * 5000}, ["description_long"]),
        ({**LIGHT, "address_string": "x" * 501}, ["too_long"]),
        ({**LIGHT, "first_name": "x" * 121}, ["too_long"]),
        ({**LIGHT, "email": "maya"}, ["email"]),
        ({**LIGHT, "email": "maya@example.com\nBcc: all@example.com"}, ["email"]),
        *(({**LIGHT, "media_url": url}, ["media_url"]) for url in (
            "ftp://example.com/1.jpg", "javascript:alert(1)", "data:image/png;base64,AAAA", "photo.jpg",
            "http://", "https://user:word@example.com/", "https://[1", "https://example.com/" + "x" * 500,
            "https://example.com/a b",
        )),
        ({**POTHOLE, "attribute[colour]": "red"}, ["attribute_unknown"]),
        ({**POTHOLE, "attribute[]": "red"}, ["attribute_unknown"]),
        ({**POTHOLE, "attribute": "red"}, ["attribute_unknown"]),
        ({**LIGHT, "attribute[size]": "plate"}, ["attribute_unknown"]),
        ({"service_code": "pothole", **LEEDS}, ["attribute_missing"]),
        ({**POTHOLE, "attribute[size]": " "}, ["attribute_missing"]),
        ({**POTHOLE, "attribute[size]": "house"}, ["attribute_value"]),
        ({**POTHOLE, "attribute[size]": ["plate", "larger"]}, ["attribute_one"]),
        ({**POTHOLE, "attribute[depth]": "deep"}, ["attribute_number"]),
        ({**RUBBISH, "attribute[what]": ["bags", "gold"]}, ["attribute_value"]),
        ({**RUBBISH, "attribute[seen]": "yesterday"}, ["attribute_datetime"]),
        ({**RUBBISH, "attribute[seen]": "2026-03-01"}, ["attribute_datetime"]),
        (
            {"service_code": "pothole", "lat": "0", "long": "0", "description": "x" * 9999,
             "media_url": "file:///etc/passwd", "email": "@"},
            ["place_nowhere", "description_long", "media_url", "email", "attribute_missing"],
        ),
    ],
)  # fmt: skip
async def test_a_report_that_is_refused(
    shared: tuple[Pool, str],
    session: aiohttp.ClientSession,
    fields: dict[str, str | list[str]],
    reasons: list[str],
) -> None:
    pool, url = shared
    before = await pool.fetchval("SELECT count(*) FROM problem")
    answer = await Api(url, session).post("requests", fields)
    assert (answer.status, answer.reasons) == (400, reasons)
    assert await pool.fetchval("SELECT count(*) FROM problem") == before


@pytest.mark.parametrize(
    "fields",
    [
        {**LIGHT, "description": "x" * 4000},
        {**LIGHT, "description": ""},
        {**LIGHT, "lat": "+53.8"},
        {**LIGHT, "lat": "60.15", "long": "-1.15"},  # Lerwick
        {**LIGHT, "lat": "50.10", "long": "-5.55"},  # Penzance
        {**LIGHT, "lat": "54.32", "long": "-7.63"},  # Enniskillen
        {"service_code": "street_light", "address_string": "outside the Co-op on Cardigan Road"},
        {"service_code": "street_light", "address_id": "UPRN 100"},
        {**LIGHT, "media_url": "HTTPS://EXAMPLE.COM/1.jpg"},
        {**LIGHT, "jurisdiction_id": "leeds.gov.uk", "unknown_field": "is left aside"},
        {**POTHOLE, "attribute[size][]": "", "attribute[depth]": "-3.5"},
        {**RUBBISH, "attribute[what]": "bags", "attribute[what][]": ["tyres", "tyres"]},
        {**RUBBISH, "attribute[seen]": "2026-03-01T20:00:00+01:00"},
    ],
)
async def test_a_report_that_is_taken(
    shared: tuple[Pool, str], session: aiohttp.ClientSession, fields: dict[str, str | list[str]]
) -> None:
    answer = await Api(shared[1], session).post("requests", fields)
    assert answer.status == 200, answer.raw


@pytest.mark.parametrize(
    ("path", "params", "status", "reasons"),
    [
        ("nothing", {}, 404, ["no_such_page"]),
        ("services/unicorn", {}, 404, ["service_unknown"]),
        ("requests/999", {}, 404, ["problem_unknown"]),
        ("requests/abc", {}, 404, ["problem_unknown"]),
        ("requests/١٢٣", {}, 404, ["problem_unknown"]),
        ("requests/99999999999999999999", {}, 404, ["problem_unknown"]),
        ("tokens/0", {}, 404, ["token_unknown"]),
        ("requests", {"status": "lost"}, 400, ["state_unknown"]),
        ("requests", {"start_date": "2026-03-02"}, 400, ["datetime"]),
        ("requests", {"start_date": "2026-03-02T09:00:00"}, 400, ["datetime"]),
        ("requests", {"start_date": "2026-13-02T09:00:00Z"}, 400, ["datetime"]),
        ("requests", {"updated_after": "0001-01-01T00:00:00Z"}, 400, ["datetime"]),
        ("requests", {"start_date": "2026-03-02T09:00:00Z", "end_date": "2026-03-01T09:00:00Z"}, 400,
         ["range_order"]),
        ("requests", {"start_date": "2025-12-02T00:00:00Z", "end_date": "2026-03-02T10:00:00Z"}, 400,
         ["range_long"]),
        ("servicerequestupdates", {"start_date": "now", "page": "0"}, 400, ["number", "datetime"]),
        ("requests", {"page": "0"}, 400, ["number"]),
        ("requests", {"page_size": "1001"}, 400, ["number"]),
        ("requests", {"page_size": "-5"}, 400, ["number"]),
        ("requests", {**LEEDS, "radius": "20001"}, 400, ["number"]),
        ("requests", {"lat": "-1.5491", "long": "53.8008"}, 400, ["place_swapped"]),
        ("requests", {"lat": "53.8"}, 400, ["place_half"]),
        ("requests", {"api_key": "wrong"}, 403, ["key_unknown"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wanted", ["xml", "json"])
async def test_a_question_that_is_refused(
    shared: tuple[Pool, str],
    session: aiohttp.ClientSession,
    wanted: str,
    path: str,
    params: dict[str, str],
    status: int,
    reasons: list[str],
) -> None:
    answer = await Api(shared[1], session, wanted).get(path, **params)
    assert (answer.status, answer.reasons) == (status, reasons)
    assert list(answer.content[0]) == ["code", "description", "reason"]


async def test_errors_are_in_welsh_where_the_call_is(api: Api) -> None:
    for answer in (
        await api.get("requests/1", locale="cy"),
        await api.post("requests/1/support", {"locale": "cy", "account_id": "a"}),
    ):
        assert answer.content[0]["description"] == "Nid oes adroddiad gyda'r cyfeirnod hwn."
    assert (await api.get("nothing", locale="cy")).content[0]["description"].startswith("Does dim byd")


@pytest.mark.parametrize("reason", sorted(names("refused")))
def test_every_sentence_is_there_in_both_languages(reason: str) -> None:
    values = dict.fromkeys(("value", "ask", "field", "most", "least"), "7")
    english, welsh = (Fault(reason, dict(values)).sentence(language) for language in ("en", "cy"))
    assert english != welsh
    assert english[-1] in ".7"
    assert not set("{}<>") & set(english + welsh)


def test_a_sentence_does_not_read_its_values_as_a_pattern() -> None:
    assert "{most.__class__}" in say("refused", "service_unknown", "en", value="{most.__class__}")


async def test_a_form_of_another_kind_is_refused(xml: Api) -> None:
    async def post(**what: object) -> tuple[int, list[str]]:
        async with xml.session.post(f"{xml.url}/requests.xml", **what) as response:  # type: ignore[arg-type]
            answer = await xml.read(response)
            return answer.status, answer.reasons

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert await post(json={"service_code": "pothole"}) == (400, ["form_type"])
    assert await post(data="<a/>", headers={"Content-Type": "text/xml"}) == (400, ["form_type"])
    assert await post(data=b"description=%FF%FE", headers=form) == (400, ["form_broken"])
    assert await post(data=b"description=\xff", headers=form) == (400, ["form_broken"])
    assert await post(data="&".join(f"a{n}=1" for n in range(400)), headers=form) == (400, ["form_broken"])
    assert await post(data=b"x" * (LARGEST + 1), headers=form) == (413, ["form_large"])
    async with xml.session.put(f"{xml.url}/requests.xml") as response:
        answer = await xml.read(response)
        assert (answer.status, answer.reasons) == (405, ["method"])


HOSTILE = (
    "<script>alert(1)</script>", "]]><x/>", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>&b;',
    "&amp; &lt; &#0; %00", "' OR 1=1; DROP TABLE problem; --", "{0} %s ${x}", "“Twll” – ŵŷ 🕳️", "<?xml?>",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_words_are_only_data(api: Api, text: str) -> None:
    reference = await api.report(description=text, address_string=text)
    await api.update(reference, "investigating", description=text)
    found = await api.problem(reference)
    assert (found["description"], found["address"], found["status_notes"]) == (text, text, text)
    [told] = (await api.get("servicerequestupdates")).content
    assert told["description"] == text


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a\x00b", "ab"), ("a\x0b\x1fb", "ab"), ("a\r\nb\rc", "a\nb\nc"), ("\u202egnp.exe", "gnp.exe"),
        ("\ufeffhole", "hole"), ("e\u0301", "é"), ("  a  ", "a"), ("tags\U000e0041", "tags"),
    ],
)  # fmt: skip
async def test_what_nobody_can_see_is_not_stored(xml: Api, sent: str, stored: str) -> None:
    assert (await xml.problem(await xml.report(description=sent)))["description"] == stored


ANY = st.text(st.characters(codec=None))


@given(ANY)
def test_xml_of_any_text_can_be_read_and_says_the_same(text: str) -> None:
    written = (DECLARATION + element("a", text)).encode("utf-8", "replace")
    assert clean(fromstring(written).text or "") == clean(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: {"values": items})
        | st.dictionaries(st.sampled_from(["code", "name", "description"]), inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


@given(VALUES)
def test_xml_of_any_node_can_be_read(value: object) -> None:
    read_xml(fromstring((DECLARATION + element("a", value)).encode("utf-8", "replace")))  # type: ignore[arg-type]


@given(ANY)
def test_no_text_is_taken_for_a_moment_by_mistake(text: str) -> None:
    found = read_moment(text)
    assert found is None or found.tzinfo is not None


async def test_any_descriptions_at_once_are_told_as_they_were_sent(xml: Api) -> None:
    texts = [f"{text} {chr(9 + n)} {chr(0x2500 + n)}" for n, text in enumerate(HOSTILE * 8)]
    made = await asyncio.gather(*(xml.report(description=text) for text in texts))
    found = {each["service_request_id"]: each["description"] for each in (await xml.get("requests")).content}
    assert found == {reference: clean(text) for reference, text in zip(made, texts, strict=True)}


@pytest.mark.parametrize("trouble", ["no table", "no connection"])
async def test_trouble_with_the_database_is_told_and_says_nothing_of_the_citizen(
    api: Api, pool: Pool, trouble: str
) -> None:
    if trouble == "no table":
        await pool.execute("DROP TABLE problem_supporter")
    else:
        await close_pool(pool)
    secret = "Maya lives at number 7"
    with capture_logs() as logs:
        answer = await api.post("requests", {**LIGHT, "description": secret, "phone": "07700900123"})
    status, reason, event = {
        "no table": (500, "failed", "reports.failed"),
        "no connection": (503, "unavailable", "reports.unavailable"),
    }[trouble]
    assert (answer.status, answer.reasons) == (status, [reason])
    assert [entry["event"] for entry in logs] == [event]
    assert "Maya" not in str(logs) + answer.raw
    assert "900123" not in str(logs)


async def test_an_answer_is_no_page_for_a_browser(xml: Api) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{xml.url}/requests.json") as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert KEY not in (await xml.get("requests", api_key=KEY)).raw
