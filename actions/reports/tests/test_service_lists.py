"""What a list holds: filters, ranges of dates, pages that visit each problem once; and what keys may."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from actions.reports.service import application, new_key, revoke_key
from actions.reports.service.categories import Category
from actions.reports.service.keys import digest
from actions.reports.service.store import EARTH, circle, point
from actions.reports.service.writing import moment
from actions.reports.tests.conftest import KEY, LEEDS, TEN, Api, opened
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def day(number: int) -> str:
    return moment(START + timedelta(days=number))


@pytest.fixture(scope="module")
async def filled(server_url: str, template: str, known: dict[str, Category]) -> AsyncIterator[Api]:
    """Problems `0`, `1`… reported on day 0, 40, 80, 120, 160; two rubbish, one in work, one fixed."""
    clock = Clock(TEN)
    async with (
        opened(server_url, template, known, clock) as (_, url),
        aiohttp.ClientSession() as session,
    ):
        api, references = Api(url, session), []
        for number in range(5):
            clock.now = START + timedelta(days=40 * number)
            code = "flytipping" if number >= 3 else "street_light"
            references.append(await api.report(service_code=code, description=str(number)))
        clock.forward(days=1)
        await api.update(references[2], "in_progress")
        clock.forward(days=1)
        await api.update(references[0], "fixed")
        yield api


async def told(api: Api, **params: str) -> list[str]:
    answer = await api.get("requests", **params)
    assert answer.status == 200, answer.raw
    return [each["description"] for each in answer.content]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "4 3 2"),  # the last 90 days, newest first
        ({"start_date": day(0)}, "2 1 0"),
        ({"end_date": day(81)}, "2 1 0"),
        ({"start_date": day(30), "end_date": day(90)}, "2 1"),
        ({"start_date": day(40), "end_date": day(40)}, "1"),
        ({"start_date": "", "end_date": "", "status": "", "service_code": ""}, "4 3 2"),
        ({"service_code": "flytipping"}, "4 3"),
        ({"service_code": "flytipping,street_light"}, "4 3 2"),
        ({"service_code": "unicorn"}, ""),
        ({"status": "closed"}, ""),
        ({"status": "closed", "start_date": day(0)}, "0"),
        ({"status": "open,closed", "start_date": day(0)}, "2 1 0"),
        ({"status": "open,open", "start_date": day(0)}, "2 1"),
        ({"status": "in_progress"}, "2"),
        ({"status": "fixed,in_progress", "start_date": day(0)}, "2 0"),
        ({"status": "closed,in_progress", "start_date": day(0)}, "2 0"),
        ({"updated_after": day(161)}, "2 0"),  # whenever they were reported; the oldest change first
        ({"updated_after": day(161), "status": "closed"}, "0"),
        ({"updated_before": day(100)}, "1"),
        ({"updated_after": day(161), "start_date": day(80), "end_date": day(90)}, "2"),
        ({**LEEDS, "radius": "10"}, "0 1 2 3 4"),
        ({**LEEDS, "radius": "10", "status": "open", "service_code": "street_light"}, "1 2"),
        ({"page_size": "2"}, "4 3"),
        ({"page_size": "2", "page": "2"}, "2"),
        ({"page_size": "2", "page": "3"}, ""),
    ],
)
async def test_what_a_list_holds(filled: Api, params: dict[str, str], expected: str) -> None:
    assert await told(filled, **params) == expected.split()


async def test_references_override_everything_else(filled: Api) -> None:
    everything = await filled.get("requests", **LEEDS, radius="10")
    first, second, *_ = [each["service_request_id"] for each in everything.content]
    params = {
        "service_request_id": f"{first}, {second},{first},999,abc",
        "status": "closed",
        "start_date": "x",
    }
    assert await told(filled, **params) == ["1", "0"]
    assert await told(filled, service_request_id="abc") == []


async def test_updates_of_a_range_and_of_one_problem(filled: Api) -> None:
    async def states(**params: str) -> list[str]:
        return [each["status"] for each in (await filled.get("servicerequestupdates", **params)).content]

    [first, *_] = [each["service_request_id"] for each in (await filled.get("requests", **LEEDS)).content]
    assert await states() == ["in_progress", "fixed"]
    assert await states(start_date=day(162)) == ["fixed"]
    assert await states(end_date=day(161)) == ["in_progress"]
    assert await states(service_request_id=first) == ["fixed"]
    assert await states(service_request_id="abc") == []
    assert await states(page="2", page_size="1") == ["fixed"]
    assert await states(start_date=day(0)) == []  # and 90 days on


@pytest.mark.parametrize("params", [{}, {**LEEDS, "radius": "20000"}, {"updated_after": day(-1)}])
@pytest.mark.parametrize("size", [1, 7, 100])
async def test_pages_visit_each_problem_once(xml: Api, pool: Pool, params: dict[str, str], size: int) -> None:
    # Many at one place and one time, so that only the reference tells them apart.
    await pool.execute(
        """INSERT INTO problem (category, description, lat, long, agency, agency_cy, notice, notice_cy,
                                private, requested_at, updated_at)
           SELECT 'street_light', n, 53.8008 + n % 3 * 0.001, -1.5491, 'a', 'a', 'n', 'n', n = 0,
                  $1::timestamptz - n % 4 * interval '1 hour', $1::timestamptz - n % 5 * interval '1 hour'
           FROM generate_series(0, 40) AS n""",
        START,
    )
    seen: list[str] = []
    page = 1
    while found := await told(xml, **params, page=str(page), page_size=str(size)):
        assert len(found) <= size
        seen += found
        page += 1
    assert sorted(seen, key=int) == [str(n) for n in range(1, 41)]


async def test_without_a_size_there_are_a_thousand(xml: Api, pool: Pool) -> None:
    await pool.execute(
        """INSERT INTO problem (category, description, lat, long, agency, agency_cy, notice, notice_cy,
                                private, requested_at, updated_at)
           SELECT 'street_light', n, 53.8008, -1.5491, 'a', 'a', 'n', 'n', false, $1, $1
           FROM generate_series(1, 1100) AS n""",
        START,
    )
    assert len(await told(xml)) == 1000
    assert len(await told(xml, **LEEDS)) == 50


LATITUDES = st.floats(50, 60)
LONGITUDES = st.floats(-8, 1.7)


def metres(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """The distance on a sphere by its vectors: another formula than the service's."""
    import math

    def vector(lat: float, long: float) -> tuple[float, float, float]:
        north, east = math.radians(lat), math.radians(long)
        return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)

    return EARTH * 2 * math.asin(math.dist(vector(lat, long), vector(other_lat, other_long)) / 2)


@given(LATITUDES, LONGITUDES, st.floats(-0.17, 0.17), st.floats(-0.3, 0.3))
def test_the_index_misses_nothing_that_is_near(lat: float, long: float, north: float, east: float) -> None:
    away = metres(lat, long, lat + north, long + east)
    radius = min(max(away, 1), 20_000)
    around, there = circle(lat, long, radius), point(lat + north, long + east)
    inside = (there.x - around.center.x) ** 2 + (there.y - around.center.y) ** 2 <= around.radius**2
    assert inside or away > radius


async def test_distances_and_their_order(xml: Api, pool: Pool) -> None:
    places = [
        (53.8008 + north, -1.5491 + east) for north in (-0.02, 0, 0.013) for east in (-0.03, 0.001, 0.04)
    ]
    for lat, long in places:
        await xml.report(lat=f"{lat:.6f}", long=f"{long:.6f}")
    found: list[dict[str, Any]] = (await xml.get("requests", **LEEDS, radius="20000")).content
    away = [metres(53.8008, -1.5491, float(each["lat"]), float(each["long"])) for each in found]
    assert away == sorted(away)
    assert [each["distance"] for each in found] == [str(round(each)) for each in away]
    within = (await xml.get("requests", **LEEDS, radius=str(round(away[4]) + 1))).content
    assert len(within) == 5


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("requests", {"service_code": "street_light", **LEEDS}),
        ("requests/100001/support", {"account_id": "a"}),
        ("requests/100001/unsupport", {"account_id": "a"}),
        ("servicerequestupdates", {"service_request_id": "100001", "status": "fixed"}),
    ],
)
async def test_what_a_key_may(xml: Api, pool: Pool, path: str, fields: dict[str, str]) -> None:
    assert await xml.report() == "100001"
    report = await new_key(pool, "app")
    team, old = [await new_key(pool, name, "team") for name in ("team", "old")]
    assert await revoke_key(pool, "old")
    assert not await revoke_key(pool, "old")
    answers = [await xml.post(path, fields, api_key=key) for key in ("", "wrong", old, report, team, KEY)]
    assert [answer.status for answer in answers[:3]] == [403] * 3
    assert [answer.reasons for answer in answers[:3]] == [["key_missing"], ["key_unknown"], ["key_unknown"]]
    if path == "servicerequestupdates":
        assert (answers[3].status, answers[3].reasons) == (403, ["key_kind"])
    else:
        assert answers[3].status == 200
    assert [answer.status for answer in answers[4:]] == [200, 200]


async def test_a_key_to_report_does_not_show_what_is_private(xml: Api, pool: Pool) -> None:
    key = await new_key(pool, "app")
    made = await xml.post("requests", {"service_code": "missed_bin", **LEEDS}, api_key=key)
    reference = made.content[0]["service_request_id"]
    assert (await xml.get(f"requests/{reference}", api_key=key)).status == 404
    followed = await xml.post(f"requests/{reference}/support", {"account_id": "a"}, api_key=key)
    assert followed.status == 404
    assert (await xml.get(f"requests/{reference}", api_key=KEY)).status == 200


async def test_keys_are_kept_hashed(pool: Pool) -> None:
    key = await new_key(pool, "app")
    assert len(key) >= 43
    row = await pool.fetchrow("SELECT * FROM problem_key")
    assert row is not None
    assert row["hash"] == digest(key)
    assert key not in str(dict(row))
    for name, kind in (("app", "report"), (" ", "report"), ("b", "admin")):
        with pytest.raises(ValueError, match="key"):
            await new_key(pool, name, kind)  # type: ignore[arg-type]


async def test_a_jurisdiction_of_its_own_and_its_public_address(
    pool: Pool, xml: Api, known: dict[str, Category]
) -> None:
    server = TestServer(
        application(
            pool, jurisdiction="leeds.gov.uk", address="https://one.example/open311/v2/", known=known,
            contact="open@one.example",
        )
    )  # fmt: skip
    await server.start_server()
    api = Api(str(server.make_url("")).rstrip("/"), xml.session)
    assert (await api.get("services", jurisdiction_id="leeds.gov.uk")).status == 200
    assert (await api.get("services")).status == 200
    other = await api.get("services", jurisdiction_id="york.gov.uk")
    assert (other.status, other.reasons) == (404, ["jurisdiction_unknown"])
    found = (await api.get("discovery")).content
    assert found["endpoints"][0]["url"] == "https://one.example/open311/v2"
    assert found["contact"] == "open@one.example"
    await server.close()
