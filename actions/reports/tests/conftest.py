"""Onedoor's own Open311 service, its clock, and a caller that reads both of its formats the same."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import aiohttp
import pytest
from aiohttp import web
from defusedxml.ElementTree import fromstring

from actions.reports.service import application
from actions.reports.service.categories import Category, categories
from actions.reports.service.responsible import Area
from actions.reports.service.writing import ITEMS
from bot.queue import Pool
from tests.departments import MORNING, Clock, copied, serve

KEY = "a key of the settings"
TEN = MORNING.replace(hour=10)
LEEDS = {"lat": "53.8008", "long": "-1.5491"}
AREAS = (
    ("E07000165", "Harrogate Council", "district"),
    ("E10000023", "North Yorkshire Council", "county"),
)


@dataclass
class Answer:
    """An answer: its status, its media type, and its content read to texts, lists and dicts."""

    status: int
    media_type: str
    root: str | None
    content: Any
    raw: str

    @property
    def reasons(self) -> list[str]:
        """The reasons of a list of errors."""
        assert all(each["code"] == str(self.status) and each["description"] for each in self.content)
        return [each["reason"] for each in self.content]


def read_xml(element: Element) -> Any:
    if element.tag in ITEMS:
        assert {child.tag for child in element} <= {ITEMS[element.tag]}
        return [read_xml(child) for child in element]
    if len(element):
        return {child.tag: read_xml(child) for child in element}
    return element.text


def read_json(value: Any) -> Any:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case dict():
            return {name: read_json(each) for name, each in value.items()}
        case list():
            return [read_json(each) for each in value]
        case "":
            return None
        case _:
            return str(value)


@dataclass
class Api:
    """A caller of the service."""

    url: str
    session: aiohttp.ClientSession
    format: str = "xml"

    async def get(self, path: str, /, **params: str) -> Answer:
        async with self.session.get(f"{self.url}/{path}.{self.format}", params=params) as response:
            return await self.read(response)

    async def post(
        self,
        path: str,
        /,
        fields: Mapping[str, str | list[str]],
        *,
        key: str | None = None,
        api_key: str = KEY,
    ) -> Answer:
        pairs = [
            (name, value)
            for name, values in fields.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        headers = {} if key is None else {"Idempotency-Key": key}
        async with self.session.post(
            f"{self.url}/{path}.{self.format}",
            data=aiohttp.FormData([("api_key", api_key), *pairs], charset="utf-8"),
            headers=headers,
        ) as response:
            return await self.read(response)

    async def read(self, response: aiohttp.ClientResponse) -> Answer:
        raw, media_type = await response.text(), response.headers["Content-Type"]
        if media_type.startswith("text/xml"):
            root = fromstring(raw)
            return Answer(response.status, media_type, root.tag, read_xml(root), raw)
        return Answer(response.status, media_type, None, read_json(json.loads(raw)), raw)

    async def report(self, **fields: str) -> str:
        """Reports a problem and gives its reference."""
        answer = await self.post("requests", {"service_code": "street_light", **LEEDS, **fields})
        assert answer.status == 200, answer.raw
        reference: str = answer.content[0]["service_request_id"]
        return reference

    async def problem(self, reference: str) -> dict[str, Any]:
        """A problem with the extensions."""
        answer = await self.get(f"requests/{reference}", extensions="true", api_key=KEY)
        assert answer.status == 200, answer.raw
        [found] = answer.content
        assert isinstance(found, dict)
        return found

    async def update(self, reference: str, status: str = "", **fields: str) -> Answer:
        """Posts an update."""
        return await self.post(
            "servicerequestupdates", {"service_request_id": reference, "status": status, **fields}
        )


@pytest.fixture
def clock() -> Clock:
    return Clock(TEN)


@pytest.fixture(scope="session")
def known() -> dict[str, Category]:
    """Categories of the tests' own, so that those of the department may change."""
    from pathlib import Path

    return categories(Path(__file__).with_name("categories.yml"))


async def areas_of_the_north(lat: float, long: float) -> tuple[Area, ...]:
    """Two tiers of government north of Leeds, one there, none elsewhere."""
    del long
    if lat > 53.95:
        return AREAS
    return (
        (("E08000035", {"en": "Leeds City Council", "cy": "Cyngor Dinas Leeds"}, "district"),)
        if lat > 53.7
        else ()
    )


@pytest.fixture
async def served(pool: Pool, clock: Clock, known: dict[str, Category]) -> AsyncIterator[str]:
    """The address of the service, mounted as in the one application."""
    app = web.Application()
    app.add_subapp(
        "/open311/v2",
        application(pool, clock=clock, keys=frozenset({KEY}), areas=areas_of_the_north, known=known),
    )
    async with serve(app) as url:
        yield f"{url}/open311/v2"


@pytest.fixture(params=["xml", "json"])
async def api(served: str, request: pytest.FixtureRequest) -> AsyncIterator[Api]:
    """A caller in each of the formats."""
    async with aiohttp.ClientSession() as session:
        yield Api(served, session, request.param)


@asynccontextmanager
async def opened(
    server_url: str, template: str, known: dict[str, Category], clock: Clock
) -> AsyncIterator[tuple[Pool, str]]:
    """A database and the address of its service, for tests that share it."""
    async with copied(server_url, template, size=4) as pool:
        app = application(pool, clock=clock, keys=frozenset({KEY}), areas=areas_of_the_north, known=known)
        async with serve(app) as url:
            yield pool, url


@pytest.fixture(scope="module")
async def shared(
    server_url: str, template: str, known: dict[str, Category]
) -> AsyncIterator[tuple[Pool, str]]:
    """A database and its service that many tests share, as what they do leaves the others alone."""
    async with opened(server_url, template, known, Clock(TEN)) as found:
        yield found


@pytest.fixture
async def xml(served: str) -> AsyncIterator[Api]:
    """A caller in XML."""
    async with aiohttp.ClientSession() as session:
        yield Api(served, session)
