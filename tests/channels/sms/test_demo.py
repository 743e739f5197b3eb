"""The demo phone, as a browser without scripts and the page's own script use it."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.outbox import Delivery
from bot.queue import Pool
from bot.settings import Settings
from bot.worker import Worker
from channels.sms.demo import demo_application
from channels.sms.sender import DemoPhoneSender
from tests.channels.sms.conftest import add_outbound

type Browser = TestClient[web.Request, web.Application]

NUMBER = "+447700900123"


@pytest.fixture
async def browser(pool: Pool) -> AsyncIterator[Browser]:
    app = web.Application()
    app.add_subapp("/demo", demo_application(pool, Settings(_env_file=None)))  # type: ignore[call-arg]
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


def origin(browser: Browser) -> dict[str, str]:
    return {"Origin": str(browser.make_url("")).rstrip("/")}


async def be(browser: Browser, number: str = NUMBER) -> str:
    """Opens the page, makes the phone that of a number, and gives the page."""
    await browser.get("/demo/phone")
    async with browser.post("/demo/phone/number", data={"number": number}, headers=origin(browser)) as page:
        assert page.status == 200
        return await page.text()


async def send(browser: Browser, text: str, key: str = "key-of-a-form") -> dict[str, object]:
    headers = {**origin(browser), "Accept": "application/json"}
    async with browser.post("/demo/phone/text", data={"text": text, "key": key}, headers=headers) as answer:
        assert answer.status == 200
        told: dict[str, object] = await answer.json()
        return told


async def answer_all(pool: Pool, database_url: str, *answers: str) -> None:
    """Does what the turn and the delivery do: answers, and puts the answers on the phone."""
    for number, answer in enumerate(answers, start=1):
        await add_outbound(pool, answer, to=NUMBER)
        await pool.execute("UPDATE outbound SET part = $1 WHERE text = $2", number, answer)
    await pool.execute("UPDATE inbound SET done_at = now()")
    worker = await Worker.start(database_url)
    conversation_id = await pool.fetchval("SELECT id FROM conversation WHERE address = $1", NUMBER)
    await Delivery(pool, {"sms": DemoPhoneSender(pool)}, worker).deliver(conversation_id)
    await worker.stop()


async def test_the_number_stays_for_the_session_and_is_nobodys(browser: Browser, pool: Pool) -> None:
    await add_outbound(pool, to="+447700900001")
    pages = [await (await browser.get("/demo/phone")).text() for _ in range(2)]
    shown = [re.findall(r'data-number="(\+447700900\d{3})"', page) for page in pages]
    assert shown[0] == shown[1]
    assert shown[0][0] not in ("+447700900000", "+447700900001")


async def test_the_cookie_and_the_page_are_locked_down(browser: Browser) -> None:
    async with browser.get("/demo/phone") as page:
        cookie = page.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/demo"} <= set(cookie.split("; "))
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        html = await page.text()
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html)
    for path in re.findall(r"/demo/static/[^\"]+", html):
        async with browser.get(path) as file:
            assert (file.status, "immutable" in file.headers["Cache-Control"]) == (200, True)


@pytest.mark.parametrize(
    "path", ["/demo/static/0/phone.css", "/demo/static/0/../demo.py", "/demo/static/0/x"]
)
async def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).status == 404


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("07700 900123", NUMBER),
        (" +44 7700 900123 ", NUMBER),
        ("0044 (7700) 900-123", NUMBER),
        ("447700900123", NUMBER),
        ("07700 900999", "+447700900999"),
    ],
)
async def test_a_number_is_read_as_people_write_it(browser: Browser, typed: str, number: str) -> None:
    assert f'data-number="{number}"' in await be(browser, typed)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "drama"),
        ("07700 90012", "drama"),
        ("07700 9001234", "drama"),
        ("07911 123456", "drama"),
        ("+1 7700 900123", "drama"),
        ("٠٧٧٠٠٩٠٠١٢٣", "drama"),
        ('"><script>alert(1)</script>', "drama"),
        ("07700 900000", "own number"),
    ],
)
async def test_another_number_is_refused_in_words(browser: Browser, typed: str, told: str) -> None:
    await be(browser)
    async with browser.post("/demo/phone/number", data={"number": typed}, headers=origin(browser)) as page:
        html = await page.text()
        assert page.status == 400
    assert told in re.findall(r'id="number-error">.*', html)[0]
    assert f'data-number="{NUMBER}"' in html
    assert "<script>alert" not in html


async def test_a_new_phone_is_another_number(browser: Browser) -> None:
    await be(browser)
    async with browser.post("/demo/phone/number", data={"new": "1"}, headers=origin(browser)) as page:
        assert f'data-number="{NUMBER}"' not in await page.text()


async def test_a_text_and_its_answer_without_scripts(browser: Browser, pool: Pool, database_url: str) -> None:
    await be(browser)
    await send(browser, "Dw i’n chwilio am <b>ysbyty</b>")
    await answer_all(pool, database_url, "Which — “one”?", "Tŷ " * 30)
    async with browser.post("/demo/phone/text", data={"text": " "}, headers=origin(browser)) as page:
        html = (await page.text()).partition("<template")[0]
        assert page.url.path == "/demo/phone"
    words = re.findall(r'<p class="words"[^>]*>(.*?)</p>', html, re.DOTALL)
    assert words == ["Dw i&#39;n chwilio am &lt;b&gt;ysbyty&lt;/b&gt;", "Which - &#34;one&#34;?", "Tŷ " * 30]
    lengths = re.findall(r'<p class="length">(.*?)</p>', html)
    assert lengths == [
        "1 segment, GSM-7, 31 of 160",
        "1 segment, GSM-7, 14 of 160",
        "2 segments, UCS-2, 90 of 134",
    ]
    assert re.findall(r'<p class="state">(.*?)</p>', html) == ["Delivered"] * 3


async def test_the_same_form_twice_is_one_text(browser: Browser, pool: Pool) -> None:
    await be(browser)
    for key in ("key-of-a-form", "key-of-a-form", "another-form"):
        await send(browser, "hello", key)
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 2


async def test_the_script_is_told_of_changes_only(browser: Browser, pool: Pool, database_url: str) -> None:
    await be(browser)
    assert (await send(browser, "hello"))["waiting"] is True
    async with browser.get("/demo/phone/texts") as answer:
        etag = answer.headers["ETag"]
    async with browser.get("/demo/phone/texts", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    await answer_all(pool, database_url, "hello to you")
    async with browser.get("/demo/phone/texts", headers={"If-None-Match": etag}) as answer:
        told = await answer.json()
    assert told["waiting"] is False
    assert [(text["sender"], text["text"], text["failed"]) for text in told["texts"]] == [
        ("phone", "hello", False), ("onedoor", "hello to you", False),
    ]  # fmt: skip


async def test_stop_is_what_the_carrier_makes_of_it(browser: Browser, pool: Pool, database_url: str) -> None:
    await be(browser)
    assert (await send(browser, "STOP", "first-key"))["waiting"] is False
    await answer_all(pool, database_url, "an answer")
    async with browser.get("/demo/phone/texts") as answer:
        last = (await answer.json())["texts"][-1]
    assert (last["failed"], "START" in last["state"]) == (True, True)
    await send(browser, "START", "second-key")
    assert await pool.fetchval("SELECT opted_out_at FROM conversation") is None


@pytest.mark.parametrize("path", ["/demo/phone/text", "/demo/phone/number"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}])
async def test_another_sites_form_is_refused(
    browser: Browser, pool: Pool, path: str, headers: dict[str, str]
) -> None:
    await be(browser)
    async with browser.post(path, data={"text": "a", "number": "07700900124"}, headers=headers) as answer:
        assert answer.status == 403
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 0


@pytest.mark.parametrize("cookie", [None, "+447911123456", "07700900123", "x" * 1000])
async def test_without_the_cookie_nothing_is_sent_or_shown(browser: Browser, cookie: str | None) -> None:
    headers = {**origin(browser), **({"Cookie": f"onedoor_demo_phone={cookie}"} if cookie else {})}
    assert (await browser.post("/demo/phone/text", data={"text": "a"}, headers=headers)).status == 403
    assert (await browser.get("/demo/phone/texts", headers=headers)).status == 403


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"text=" + b"a" * 100_000, "application/x-www-form-urlencoded", 413),
        (b"text=" + b"a" * 1_601, "application/x-www-form-urlencoded", 400),
        (b"text=caf\xe9", "application/x-www-form-urlencoded", 400),
        (b"text=a", "application/x-www-form-urlencoded; charset=nonsense", 400),
        (bytes(range(256)), "multipart/form-data; boundary=x", 400),
        (bytes(range(256)), "multipart/form-data", 400),
    ],
)
async def test_forms_that_are_refused(
    browser: Browser, pool: Pool, body: bytes, content_type: str, status: int
) -> None:
    await be(browser)
    headers = {**origin(browser), "Content-Type": content_type}
    async with browser.post("/demo/phone/text", data=body, headers=headers) as answer:
        assert answer.status == status
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 0
