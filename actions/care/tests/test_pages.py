"""The public pages of a budget: signing in, the plan without a script, statements; nothing forged."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pypdf import PdfReader
from yarl import URL

from actions.care.pages import application
from actions.care.pages.site import PAGES
from actions.care.pages.statement import draw
from actions.care.tests.conftest import DORIS, KELLY, Department
from actions.sdk.serving import digest
from channels.pages import add_pages
from tests.departments import much_tried, tries

ROBIN = {"reference": "4000 0003", "code": "robin7714", "year": "1996"}
LINE = {"words": "Bookkeeping course", "outcome": "so that I earn", "amount": "1,200", "period": "once"}


class Browser:
    """A browser on the pages."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url, self.session = url, session
        self.page = ""

    async def get(self, path: str = "", status: int = 200) -> str:
        async with self.session.get(f"{self.url}/care{path}", allow_redirects=False) as answer:
            self.page = await answer.text()
            assert answer.status == status, self.page
            return self.page

    async def post(self, path: str, origin: str | None = "own", **fields: str) -> tuple[int, str]:
        """Sends a form with what the last page gave."""
        given = {
            name: (re.findall(rf'name="{name}" value="([^"]*)"', self.page) or [""])[-1]
            for name in ("csrf", "once")
        }
        headers = {"Origin": self.url if origin == "own" else origin} if origin else {}
        async with self.session.post(
            f"{self.url}/care{path}", data={**given, **fields}, headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.text()
            if 'name="once"' in text:
                self.page = text
            return answer.status, answer.headers.get("Location", "") or text

    async def sign_in(self, **fields: str) -> tuple[int, str]:
        return await self.post("/sign-in", **{**ROBIN, **fields})


@pytest.fixture
async def url(department: Department) -> AsyncIterator[str]:
    root = web.Application()
    add_pages(root, https=False)
    pages = application(lambda: department.care, None, tries=tries(department.pool), clock=department.clock)
    root.add_subapp("/care", pages)
    async with TestServer(root) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def browser(url: str) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Browser(url, session)


@pytest.fixture
async def kelly(browser: Browser) -> Browser:
    assert await browser.sign_in() == (303, "/care")
    await browser.get()
    return browser


async def test_signing_in_and_out(browser: Browser) -> None:
    assert PAGES.words("en")["lead"] in await browser.get()
    await browser.sign_in()
    text = await browser.get()
    assert "Budget of Kelly" in text
    assert "£1,850 for the year" in text
    assert "Nothing is planned yet" in text
    assert await browser.post("/sign-out") == (303, "/care")
    assert PAGES.words("en")["lead"] in await browser.get()
    await browser.get("/lines/900", 303)


async def test_wrong_details_and_the_lock(browser: Browser) -> None:
    await browser.get()
    years = ("old", "196", "1879", "001996" + "0" * 5_000, "١٩٩٦")
    for wrong in ({"reference": "4000"}, {"code": ""}, *({"year": year} for year in years)):
        status, text = await browser.sign_in(**wrong)
        assert (status, "Enter the 8 numbers" in text) == (422, True)
    for left in (4, 3, 2, 1):
        status, text = await browser.sign_in(code="ROBIN 7715")
        assert (status, f"You have {left} more tries" in text) == (401, True)
    status, text = await browser.sign_in(code="ROBIN 7715")
    assert (status, "locked until 09:30" in text) == (423, True)
    assert (await browser.sign_in())[0] == 423


async def test_many_wrong_tries_lock_the_network_for_every_reference(
    browser: Browser, department: Department
) -> None:
    await browser.get()
    assert (await browser.sign_in())[0] == 303  # who is right is not counted
    assert (await browser.sign_in(code="ROBIN 7715"))[0] == 401
    await much_tried(department.pool)
    for reference in ("4000 0003", "4000 0001", "4999 9999"):
        status, text = await browser.sign_in(reference=reference)
        assert (status, "from your internet connection" in text) == (429, True)
    # The service was not even asked: its own count stands where it stood.
    assert await department.pool.fetch("SELECT reference, tries FROM service_wrong_proof") == [
        ("40000003", 1)
    ]


async def test_a_plan_is_written_changed_and_sent(department: Department, kelly: Browser) -> None:
    assert await kelly.post("/lines", **LINE) == (303, "/care#plan")
    text = await kelly.get()
    assert "1 Bookkeeping course" in text
    assert "£650 left to plan" in text
    number = re.findall(r'href="/care/lines/(\d+)"', text)[0]
    assert 'value="1200.00"' in await kelly.get(f"/lines/{number}")
    await kelly.post(f"/lines/{number}", **{**LINE, "amount": "38", "period": "week"})
    assert "£126 more than your budget" in await kelly.get()
    await kelly.post("/lines", **{**LINE, "words": "A laptop", "amount": "400.50"})
    text = await kelly.get()
    other = re.findall(r'href="/care/lines/(\d+)"', text)[1]
    assert (await kelly.post(f"/lines/{other}/remove"))[0] == 303
    assert "A laptop" not in await kelly.get()
    assert (await kelly.post("/send"))[0] == 303
    assert "This plan is with the council" in await kelly.get()
    assert [each.name for each in await department.care.sent_plans()] == ["Tom", "Kelly"]


async def test_the_same_form_twice_is_one_line(department: Department, kelly: Browser) -> None:
    for _ in range(2):
        assert (await kelly.post("/lines", **LINE))[0] == 303
    plan = await department.care.plan(KELLY)
    assert plan.open is not None
    assert len(plan.open.lines) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"words": "  "}, "wrong_words"), ({"words": "x" * 201}, "wrong_words"),
        ({"outcome": "x" * 201}, "wrong_outcome"), ({"period": "day"}, "wrong_period"),
        *(({"amount": each}, "wrong_amount") for each in ("", "0", "-5", "1.005", "1e99999999", "ten", "£")),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_line_is_said_and_kept(
    kelly: Browser, wrong: dict[str, str], sentence: str
) -> None:
    status, text = await kelly.post("/lines", **{**LINE, **wrong})
    assert (status, text.count(PAGES.words("en")[sentence])) == (422, 2)  # in the summary, and at the field
    assert 'value="so that I earn"' in text or "outcome" in wrong


async def test_nothing_to_send_is_said(kelly: Browser) -> None:
    status, text = await kelly.post("/send")
    assert (status, PAGES.words("en")["no_NOTHING_TO_SEND"] in text) == (422, True)


async def test_what_is_typed_is_escaped(kelly: Browser) -> None:
    await kelly.post("/lines", **{**LINE, "words": "<script>alert(1)</script>"})
    assert "<script>alert" not in await kelly.get()
    assert "<script>alert" not in (await kelly.post("/lines", words="<script>alert(1)</script>"))[1]


async def test_welsh(kelly: Browser) -> None:
    text = await kelly.get("?lang=cy")
    assert "Cyllideb Kelly" in text
    assert '<html lang="cy"' in text
    assert await kelly.post("/lines?lang=cy", **LINE) == (303, "/care?lang=cy#plan")
    assert "£650 ar ôl i&#39;w gynllunio" in await kelly.get("?lang=cy")


async def test_forms_from_elsewhere_are_refused(browser: Browser) -> None:
    await browser.get()
    for origin in (None, "https://evil.example", "null"):
        assert (await browser.post("/sign-in", origin, **ROBIN))[0] == 403
    await browser.sign_in()
    await browser.get()
    assert (await browser.post("/lines", "https://evil.example", **LINE))[0] == 403
    assert (await browser.post("/lines", **LINE, csrf="0" * 64))[0] == 403
    assert (await browser.post("/lines", **LINE, once="mine"))[0] == 400
    assert (await browser.post("/lines", None, **LINE))[0] == 303  # an old browser, with the right token


def copied(browser: Browser) -> str:
    """The cookie of a browser, as who has stolen it keeps it."""
    return browser.session.cookie_jar.filter_cookies(URL(browser.url))["onedoor-care"].value


async def opens(url: str, cookie: str) -> bool:
    """Whether a cookie opens the budget."""
    async with aiohttp.ClientSession(cookies={"onedoor-care": cookie}) as session:
        return "Budget of" in await Browser(url, session).get()


async def test_a_cookie_is_not_forged(kelly: Browser, url: str) -> None:
    cookie = copied(kelly)
    assert await opens(url, cookie)
    for made in (KELLY, f"{KELLY}.9999999999.x.{'0' * 64}", cookie[:-1], cookie + "x" * 4000, "x" * 43, ""):
        assert not await opens(url, made), made


async def test_signing_out_ends_a_copy_of_the_cookie(kelly: Browser, url: str) -> None:
    cookie = copied(kelly)
    await kelly.post("/sign-out")
    assert not await opens(url, cookie)


async def test_a_new_code_ends_what_began_with_the_one_before(
    department: Department, kelly: Browser, url: str
) -> None:
    cookie = copied(kelly)
    await department.pool.execute(
        "UPDATE care.citizen SET code_digest = $2 WHERE reference = $1", KELLY, digest(KELLY, "WREN 1182")
    )
    assert not await opens(url, cookie)
    await kelly.get()
    assert await kelly.sign_in(code="WREN 1182") == (303, "/care")
    assert "Budget of Kelly" in await kelly.get()


async def test_it_ends_after_eight_hours_however_often_a_page_is_looked_at(
    department: Department, kelly: Browser, url: str
) -> None:
    cookie, minutes = copied(kelly), 0
    while await opens(url, cookie):
        department.clock.forward(minutes=20)
        minutes += 20
    assert minutes == 8 * 60
    assert (await kelly.post("/lines", **LINE)) == (303, "/care")  # to signing in
    assert (await department.care.plan(KELLY)).open is None


async def test_silence_signs_out(department: Department, kelly: Browser) -> None:
    department.clock.forward(minutes=29)
    assert "Budget of Kelly" in await kelly.get()
    department.clock.forward(minutes=29)
    assert "Budget of Kelly" in await kelly.get()
    department.clock.forward(minutes=31)
    assert "Budget of Kelly" not in await kelly.get()


async def test_somebody_elses_line_is_not_there(kelly: Browser) -> None:
    await kelly.get("/lines/100", 404)
    await kelly.get()
    status, text = await kelly.post("/lines/100", **LINE)
    assert (status, PAGES.words("en")["no_NO_SUCH"] in text) == (422, True)


@pytest.mark.parametrize("language", ["en", "cy"])
async def test_a_statement_and_its_large_print(browser: Browser, language: str) -> None:
    await browser.sign_in(reference=DORIS, code="HERON 4821", year="1938")
    query = f"?lang={language}"
    text = await browser.get(f"/statement/2026-03{query}")
    for shown in ("£6,500", "-£750", "£4,822", "Oakfield Day Centre"):
        assert shown in text
    pdf, told = await _pdf(browser, f"/statement/2026-03.pdf{query}")
    assert "£4,822" in told
    assert "Oakfield Day Centre" in told
    assert {round(size) for size in pdf} >= {18}
    assert min(pdf) >= 14  # but the page's number nothing is below large print
    for month in ("2026-13", "9999-12", "0001-01"):
        await browser.get(f"/statement/{month}", 404)


class Threads(ThreadPoolExecutor):
    """The loop's threads; notes how many statements were drawn in them, and the most at once."""

    def __init__(self) -> None:
        super().__init__(max_workers=4)
        self.drawn = self.now = self.most = 0

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = super().submit(fn, *args, **kwargs)
        if isinstance(fn, partial) and fn.args[:1] == (draw,):
            self.drawn, self.now = self.drawn + 1, self.now + 1
            self.most = max(self.most, self.now)
            future.add_done_callback(self._is_done)
        return future

    def _is_done(self, _future: Future[Any]) -> None:
        self.now -= 1


async def test_statements_are_drawn_beside_the_loop_one_at_a_time(browser: Browser) -> None:
    await browser.sign_in(reference=DORIS, code="HERON 4821", year="1938")
    threads = Threads()
    asyncio.get_running_loop().set_default_executor(threads)
    drawn = await asyncio.gather(*(_pdf(browser, "/statement/2026-03.pdf") for _ in range(3)))
    assert all("£4,822" in told for _, told in drawn)
    assert (threads.drawn, threads.most) == (3, 1)


async def _pdf(browser: Browser, path: str) -> tuple[list[float], str]:
    """The sizes of a PDF's letters, and its words."""
    async with browser.session.get(f"{browser.url}/care{path}") as answer:
        assert answer.content_type == "application/pdf"
        reader = PdfReader(io.BytesIO(await answer.read()))
    sizes: list[float] = []

    def keep(text: str, _cm: Any, _tm: Any, _font: Any, size: float) -> None:
        if text.strip():
            sizes.append(size)

    return sizes, "".join(page.extract_text(visitor_text=keep) for page in reader.pages)


async def test_the_service_away_is_a_page(department: Department, kelly: Browser) -> None:
    department.away[0] = True
    async with kelly.session.get(f"{kelly.url}/care", headers={"Accept": "text/html"}) as answer:
        assert answer.status == 503
        assert "<h1" in await answer.text()
