"""The pages of decision aids, as a browser gets them."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from actions.health.aids import OUTCOMES, aids
from actions.health.pages import application, people
from channels.pages import Language, add_pages

type Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    root = web.Application()
    add_pages(root, https=False)
    root.add_subapp("/treatments", application(lambda: None, None, demo=True))
    async with TestClient(TestServer(root)) as client:
        yield client


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("aid", aids())
async def test_every_option_is_told_in_full_and_its_pictures_say_the_same(
    client: Client, aid: str, language: str
) -> None:
    async with client.get(f"/treatments/{aid}?lang={language}") as answer:
        assert answer.status == 200
        page = await answer.text()
    assert f'<html lang="{language}"' in page
    for option in aids()[aid].options:
        part = page.split(f'id="{option.id}"')[1].split("</section>")[0]
        pictures = part.split("<svg")[1:]
        known = [number for name in OUTCOMES if (number := option.figures[name]) is not None]
        assert [each.count("<circle") for each in pictures] == [100] * len(known)
        assert [each.count("aid__one") for each in pictures] == known
        assert re.findall(r">(\d+) (?:of|o bob) 100", part) == list(map(str, known))
        assert part.count("aid__outcome--unknown") == len(OUTCOMES) - len(known)
    for title, _ in aids()[aid].sources:
        assert title in page.replace("&#39;", "'")


@pytest.mark.parametrize("language", ["en", "cy"])
async def test_danger_goes_first_and_how_to_get_it_is_told(client: Client, language: Language) -> None:
    aid = aids()["depression"]
    assert aid.safety is not None
    assert aid.next is not None
    async with client.get(f"/treatments/depression?lang={language}") as answer:
        page = unescape(await answer.text())
    assert page.index(aid.safety[language]) < page.index(aid.options[0].texts["title"][language])
    assert aid.next[language] in page


async def test_the_list_and_what_there_is_not(client: Client) -> None:
    async with client.get("/treatments") as answer:
        page = await answer.text()
    assert all(f'href="/treatments/{aid}"' in page for aid in aids())
    for path in ("/treatments/gout", "/treatments/knee/x", "/treatments/..%2f"):
        async with client.get(path) as answer:
            assert answer.status == 404
    async with client.get("/treatments/treatments.css") as answer:
        assert answer.content_type == "text/css"


@pytest.mark.parametrize("number", [0, 1, 55, 100])
def test_the_picture_has_a_hundred_people_each_in_a_place_of_their_own(number: int) -> None:
    drawn = people(number)
    assert len({(x, y) for x, y, _ in drawn}) == 100
    assert sum(each for *_, each in drawn) == number
