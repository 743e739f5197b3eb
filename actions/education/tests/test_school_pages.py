"""The public pages of schools, as a browser gets them: both languages, no script, nothing private."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from actions.education.pages import Reader, application
from actions.education.tests.conftest import Departments
from bot.places import load_demo, open_places
from channels.pages import add_pages

type Client = TestClient[web.Request, web.Application]

PATHS = ("", "?place=Seacroft", "?phase=special", "?place=xyzzy", "/900008", "/rules", "/wanted")


@pytest.fixture
async def pages(departments: Departments) -> AsyncIterator[Client]:
    await load_demo(departments.pool)
    root = web.Application()
    add_pages(root, https=False)
    async with aiohttp.ClientSession() as session:
        reader = Reader(departments.url, session)
        root.add_subapp("/schools", application(lambda: reader, open_places(departments.pool), demo=True))
        async with TestClient(TestServer(root)) as client:
            yield client


async def read(pages: Client, path: str, status: int = 200) -> str:
    async with pages.get(f"/schools{path}") as answer:
        assert answer.status == status
        return await answer.text()


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("path", PATHS)
async def test_every_page_in_its_language_without_a_script_of_its_own(
    pages: Client, path: str, language: str
) -> None:
    page = await read(pages, f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert f'<html lang="{language}"' in page
    assert page.count("<h1") == 1
    main = page.split("<main")[1]
    assert "<script" not in main
    assert "style=" not in main
    assert "310000" not in page  # of no pupil


async def test_all_schools_a_page_at_a_time(pages: Client) -> None:
    found, path = set[str](), ""
    for _ in range(5):
        page = await read(pages, path)
        found |= set(re.findall(r"/schools/(\d{6})", page))
        following = re.search(r'rel="next" href="/schools([^"]+)"', page)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert len(found) == 120


async def test_near_a_place_and_of_a_kind(pages: Client) -> None:
    page = await read(pages, "?place=Seacroft&phase=secondary")
    assert "Nearest to Seacroft" in page
    miles = [float(each) for each in re.findall(r"([\d.]+) miles away", page)]
    assert miles == sorted(miles)
    assert "Primary," not in page.split('id="results"')[1]


async def test_a_place_that_is_not_known_is_an_error_at_its_field(pages: Client) -> None:
    page = await read(pages, "?place=%3Cb%3Exyzzy")
    assert "<title>Error: Schools" in page
    assert 'href="#place"' in page
    assert 'aria-describedby="place-hint place-error"' in page
    assert "<b>xyzzy" not in page


async def test_one_school_with_its_places_and_their_day(pages: Client) -> None:
    page = await read(pages, "/900008")
    for text in ("Larkfield Primary School", "Year 4: 1", "2 November 2026", "0113 496 0507", "14 months"):
        assert text in page
    welsh = await read(pages, "/900010?lang=cy")
    for text in ("Gatholig", "Blwyddyn 4: 3", "2 Tachwedd 2026"):
        assert text in welsh
    special = re.search(r"/schools/(\d{6})", (await read(pages, "?phase=special")).split('id="results"')[1])
    assert special is not None
    assert "by a plan that names it" in await read(pages, f"/{special[1]}")


@pytest.mark.parametrize("path", ["/999999", "/900008/x", "/abc", "/0"])
async def test_what_there_is_not(pages: Client, path: str) -> None:
    await read(pages, path, 404)


async def test_the_rules_and_the_lottery(pages: Client) -> None:
    page = await read(pages, "/rules")
    rules = page.split("<ol")[1].split("</ol>")[0]
    assert [("care" in each, "sister" in each, "nearest" in each) for each in rules.split("<li>")[1:]] == [
        (True, False, False), (False, True, False), (False, False, True)
    ]  # fmt: skip
    assert page.count("SHA-256 of the word: ") == 2
    assert page.count("Word: ") == 1  # of the round whose places are given
    assert "BD4" in await read(pages, "/wanted")
    assert "fewer than 5" in await read(pages, "/wanted")


async def test_the_department_is_down(pages: Client, departments: Departments) -> None:
    departments.down.add("/departments/education")
    page = await read(pages, "", 503)
    assert "not answering" in page
