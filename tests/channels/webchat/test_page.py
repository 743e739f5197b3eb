"""The page without JavaScript: what a form does, and what a hostile one does not."""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Request

from bot.queue import Pool
from tests.channels.webchat.answering import Answer, answer, answering

type Client = TestClient[Request, None]

HOSPITALS = Answer("Which hospital?", (("Leeds General", "1"), ("Bradford Royal", "2")))


async def form_of(client: Client, path: str = "/") -> dict[str, str]:
    page = await (await client.get(path)).text()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert fields.keys() >= {"token", "id"}
    return fields


def words_of(page: str) -> str:
    page = re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def count(pool: Pool, table: str) -> int:
    number: int = await pool.fetchval(f"SELECT count(*) FROM {table}")
    return number


async def test_a_visit_stores_nothing_and_a_message_makes_a_conversation(client: Client, pool: Pool) -> None:
    page = await (await client.get("/")).text()
    assert "You are talking to a computer" in page
    assert "choose a hospital" in page
    assert await count(pool, "conversation") == await count(pool, "citizen") == 0

    async with answering(pool, lambda said: [Answer(f"You said {said}"), HOSPITALS]):
        response = await client.post("/", data={**await form_of(client), "text": "knee & hip"})
    page = words_of(await response.text())
    assert response.history[0].status == 303
    assert response.history[0].headers["Location"] == "/#latest"
    assert re.search(
        r"You said: \S+ knee & hip .*Onedoor said: .*You said knee & hip .*Which hospital\?", page
    )
    assert await count(pool, "conversation") == 1
    assert await pool.fetchval("SELECT status FROM outbound LIMIT 1") == "sent"


async def test_options_are_buttons_and_the_answer_shows_what_was_chosen(client: Client, pool: Pool) -> None:
    async with answering(pool, lambda said: [HOSPITALS] if said == "hospital" else [Answer("Booked.")]):
        response = await client.post("/", data={**await form_of(client), "text": "hospital"})
        page = await response.text()
        assert re.findall(r'name="option" value="(.)"[^>]*>([^<]+)<', page) == [
            ("1", "1. Leeds General"),
            ("2", "2. Bradford Royal"),
        ]
        response = await client.post("/", data={**await form_of(client), "option": "2", "text": ""})
    page = await response.text()
    assert "2. <strong>Bradford Royal</strong>" in page
    assert "Which hospital? 1. Leeds General 2. Bradford Royal" in words_of(page)
    assert 'name="option"' not in page
    assert await pool.fetchval("SELECT text FROM inbound ORDER BY id DESC LIMIT 1") == "2"


async def test_what_was_typed_beside_a_pressed_button_stays_in_the_form(client: Client, pool: Pool) -> None:
    async with answering(pool, lambda said: [HOSPITALS]):
        await client.post("/", data={**await form_of(client), "text": "hospital"})
        data = {**await form_of(client), "option": "1", "text": "is there parking?"}
        page = await (await client.post("/", data=data)).text()
    assert re.search(r"<textarea[^>]*>is there parking\?</textarea>", page)
    assert [row["text"] for row in await pool.fetch("SELECT text FROM inbound ORDER BY id")] == [
        "hospital",
        "1",
    ]


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ("", 422, "Write a message, or choose an answer"),
        (" \r\n\t ", 422, "Write a message, or choose an answer"),
        ("\U000e0041\u202e\x00", 422, "Write a message, or choose an answer"),
        ("é" * 301, 422, "Your message must be 300 characters or fewer. It is 1 too long."),
        ("my card is 4111 1111 1111 1111", 422, "We don't need a card number"),
        ("my number is AB 12 34 56 C", 422, "We don't need your National Insurance number"),
    ],
)
async def test_an_error_says_what_to_do_and_keeps_what_was_typed(
    client: Client, pool: Pool, text: str, status: int, error: str
) -> None:
    response = await client.post("/", data={**await form_of(client), "text": text})
    page = await response.text()
    assert response.status == status
    assert words_of(page).count(error) == 2  # the summary, and the one at the field
    assert re.search(r'<textarea[^>]*aria-describedby="[^"]*message-error', page)
    typed = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert typed
    assert html.unescape(typed[1]).strip("\n") == text.replace("\r\n", "\n").strip("\n") or not text.strip()
    assert "<title>Error: " in page
    assert await count(pool, "inbound") == 0


@pytest.mark.parametrize("length", [1, 300])
async def test_lengths_that_are_allowed(client: Client, pool: Pool, length: int) -> None:
    async with answering(pool, lambda said: [Answer("ok")]):
        response = await client.post("/", data={**await form_of(client), "text": "é" * length})
    assert response.status == 200
    assert await pool.fetchval("SELECT length(text) FROM inbound") == length


async def test_a_form_sent_twice_is_one_message(client: Client, pool: Pool) -> None:
    fields = await form_of(client)
    async with answering(pool, lambda said: [Answer("ok")]):
        await asyncio.gather(
            *(client.post("/", data={**fields, "text": "report a pothole"}) for _ in range(4))
        )
        assert await count(pool, "inbound") == 1
        # Back to the same form, and another text: another message.
        await client.post("/", data={**fields, "text": "report a broken light"})
    assert await count(pool, "inbound") == 2


async def test_the_sixteenth_message_in_a_minute_waits(client: Client, pool: Pool) -> None:
    async with answering(pool, lambda said: [Answer("ok")]):
        for number in range(15):
            assert (await client.post("/", data={**await form_of(client), "text": str(number)})).status == 200
        response = await client.post("/", data={**await form_of(client), "text": "one more"})
        assert response.status == 429
        assert "Wait a minute" in await response.text()
        assert ">one more</textarea>" in await response.text()
        assert await count(pool, "inbound") == 15
        await pool.execute("UPDATE inbound SET received_at = received_at - interval '61 seconds'")
        response = await client.post("/", data={**await form_of(client), "text": "one more"})
    assert response.status == 200
    assert await count(pool, "inbound") == 16


async def test_too_many_looks_in_a_minute(client: Client) -> None:
    for _ in range(181):
        assert (await client.get("/")).status == 200  # the first, before it has a cookie, does not count
    response = await client.get("/", headers={"Accept": "text/html"})
    assert response.status == 429
    assert response.headers["Retry-After"] == "60"


async def test_a_form_without_its_token_is_shown_again_with_the_text(client: Client, pool: Pool) -> None:
    fields = await form_of(client)
    for bad in ({}, {"token": ""}, {"token": "é\x00"}, {"token": fields["token"][:-1]}):
        response = await client.post("/", data={"id": fields["id"], **bad, "text": "my <b>knee</b>"})
        page = await response.text()
        assert response.status == 403
        assert "allow cookies" in page
        assert "my &lt;b&gt;knee&lt;/b&gt;</textarea>" in page
    assert await count(pool, "inbound") == 0


async def test_a_token_is_one_browsers_alone(
    browser: Callable[[], Awaitable[Client]], client: Client, pool: Pool
) -> None:
    other = await browser()
    await other.get("/")
    response = await other.post("/", data={**await form_of(client), "text": "hello"})
    assert response.status == 403
    assert await count(pool, "inbound") == 0


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://onedoor.example", 200),
        ("same", 200),
        (None, 200),
        ("https://evil.example", 403),
        ("http://onedoor.example.evil.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
async def test_a_form_on_another_page_is_refused(
    client: Client, pool: Pool, origin: str | None, status: int
) -> None:
    fields = await form_of(client)
    origin = str(client.make_url("/")).rstrip("/") if origin == "same" else origin
    async with answering(pool, lambda said: [Answer("ok")]):
        response = await client.post(
            "/", data={**fields, "text": "hello"}, headers={} if origin is None else {"Origin": origin}
        )
    assert response.status == status
    assert await count(pool, "inbound") == (status == 200)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 50, "application/x-www-form-urlencoded", 400),
        (b"text=" + b"x" * 100_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b"text=%ff%fe", "application/x-www-form-urlencoded", 403),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"text=hello", "application/x-www-form-urlencoded; charset=klingon", 403),
    ],
)
async def test_forms_that_are_not_ours(
    client: Client, pool: Pool, body: bytes, content_type: str, status: int
) -> None:
    await client.get("/")
    response = await client.post(
        "/", data=body, headers={"Content-Type": content_type, "Accept": "text/html"}
    )
    assert response.status == status
    assert "<h1" in await response.text()
    assert await count(pool, "inbound") == 0


@pytest.mark.parametrize(
    "form_id", ["", "x", "a b c d e f g", "x" * 200, "';DROP TABLE inbound;--", "ééééééééé"]
)
async def test_a_form_with_an_id_of_its_own_invention(client: Client, pool: Pool, form_id: str) -> None:
    data = {**await form_of(client), "id": form_id, "text": "hello"}
    response = await client.post("/", data=data, allow_redirects=False)
    assert response.status in {303, 422}
    if response.status == 422:
        assert "Send your message again" in await response.text()
    assert await count(pool, "inbound") == (response.status == 303)


async def test_a_cookie_that_we_did_not_sign_is_a_new_browser(client: Client) -> None:
    for cookie in ["", "x", ".", "AAAA.AAAA", "A" * 24 + "." + "A" * 43, "é.é", "A" * 5000, '"";x']:
        header = f"onedoor={cookie}".encode().decode("latin-1")
        client.session.cookie_jar.clear()
        response = await client.get("/", headers={"Cookie": header})
        assert response.status == 200, cookie
        assert "onedoor" in response.cookies, cookie


async def test_the_database_does_not_hold_the_cookie(client: Client, pool: Pool) -> None:
    fields = await form_of(client)
    async with answering(pool, lambda said: [Answer("ok")]):
        await client.post("/", data={**fields, "text": "hello"})
    secret = next(cookie.value for cookie in client.session.cookie_jar if cookie.key == "onedoor")
    address = await pool.fetchval("SELECT address FROM conversation")
    assert re.fullmatch(r"[0-9a-f]{64}", address)
    assert secret.partition(".")[0] not in str(await pool.fetch("SELECT * FROM conversation, inbound"))


async def test_leaving_forgets_the_conversation_on_this_device_only(client: Client, pool: Pool) -> None:
    async with answering(pool, lambda said: [Answer("Your secret is kept")]):
        page = await (await client.post("/", data={**await form_of(client), "text": "hello"})).text()
    assert "Your secret is kept" in page
    assert (await client.post("/leave", data={"token": "wrong"})).status == 403
    fields = await form_of(client)
    cookie = {cookie.key: cookie.value for cookie in client.session.cookie_jar}
    response = await client.post("/leave", data=fields)
    assert "no longer shows" in await response.text()
    assert "Your secret is kept" not in await (await client.get("/")).text()
    assert "Your secret is kept" not in await (await client.get("/", cookies=cookie)).text()
    assert await count(pool, "outbound") == await count(pool, "conversation") == 1


async def test_an_answer_that_is_late_is_promised_and_shown_on_the_next_look(
    client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.webchat.page.WAIT", 0.05)
    page = await (await client.post("/", data={**await form_of(client), "text": "hello"})).text()
    assert "We are working on your answer" in page
    look = re.search(r'href="(/\?look=[^"#]+)', page)
    assert look
    await answer(pool, await pool.fetchval("SELECT id FROM inbound"), [Answer("Here it is")])
    page = await (await client.get(look[1])).text()
    assert "Here it is" in page
    assert "We are working on your answer" not in page


async def test_welsh_by_choice_makes_a_welsh_conversation(client: Client, pool: Pool) -> None:
    page = await (await client.get("/?lang=cy")).text()
    assert '<html lang="cy"' in page
    assert "Sut gallwn ni helpu?" in page
    assert "dewis ysbyty" in page
    async with answering(pool, lambda said: [Answer("Pa ysbyty?", language="cy"), Answer("In English")]):
        fields = await form_of(client, "/?lang=cy")
        response = await client.post("/?lang=cy", data={**fields, "text": "ysbyty"})
    assert response.history[0].headers["Location"] == "/?lang=cy#latest"
    assert await pool.fetchval("SELECT language FROM conversation") == "cy"
    page = await (await client.get("/")).text()  # without being asked again
    assert '<html lang="cy"' in page
    assert re.search(r'lang="cy">\s*<div class="chat-line__words">Pa ysbyty\?<', page)
    assert re.search(r'lang="en">\s*<div class="chat-line__words">In English<', page)
    response = await client.post("/?lang=en", data={**await form_of(client), "text": ""})
    assert "Write a message" in await response.text()


async def test_a_language_we_do_not_have_is_the_first(client: Client) -> None:
    for lang, shown in {"": "en", "fr": "en", "<script>": "en", "CY": "en", "cy&lang=en": "cy"}.items():
        page = await (await client.get(f"/?lang={lang}")).text()
        assert f'<html lang="{shown}"' in page, lang
        assert "<script>" not in page


async def test_a_long_conversation_shows_its_end_and_then_all(client: Client, pool: Pool) -> None:
    async with answering(pool, lambda said: [Answer(f"part {number:02}.") for number in range(70)]):
        page = await (await client.post("/", data={**await form_of(client), "text": "first words"})).text()
    assert page.count("<li class=") == 60
    assert "part 69." in page
    assert "first words" not in page
    earlier = re.search(r'href="(/\?earlier=1)"', page)
    assert earlier
    page = await (await client.get(earlier[1])).text()
    assert "first words" in page
    assert "earlier=1" not in page


async def test_the_demo_page_lists_who_one_can_be(client: Client) -> None:
    page = await (await client.get("/demo")).text()
    assert "0000 4950 0001" in page
    assert "&lt;b&gt;Knee&lt;/b&gt;" in page
    assert 'href="/demo/phone"' in page


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/", 405), ("GET", "/assets/0/none.css", 404)],
)
async def test_what_is_not_there_is_said_on_a_page(
    client: Client, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path, headers={"Accept": "text/html"})
    assert response.status == status
    assert "<h1" in await response.text()
    assert (await client.request(method, path, headers={"Accept": "application/json"})).status == status


async def test_every_answer_has_the_security_headers_and_no_inline_script(client: Client) -> None:
    for path in ("/", "/demo", "/nowhere", "/chat/socket"):
        response = await client.get(path, headers={"Accept": "text/html"})
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        page = await response.text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    cookie = (await client.get("/")).cookies["onedoor"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")


async def test_assets_are_kept_for_ever_under_their_hash(client: Client) -> None:
    page = await (await client.get("/")).text()
    addresses = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert len(addresses) >= 5
    for address in [*addresses, re.sub(r"[^/]+$", "govuk-frontend.min.js", addresses[0])]:
        response = await client.get(address)
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
    css = await (await client.get(next(a for a in addresses if "govuk" in a))).text()
    assert "GDS Transport" not in css
    assert ".woff" not in css
    old = await client.get("/assets/0123456789abcdef/pages.css", allow_redirects=False)
    assert old.status == 302
