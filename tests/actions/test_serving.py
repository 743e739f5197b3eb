"""The toolkit of a department's service: bodies read strictly, work done once, proof counted and locked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from actions.sdk.service import Json
from actions.sdk.serving import (
    KEPT,
    LOCK,
    TRIES,
    Body,
    Connection,
    Pool,
    Problem,
    answer,
    digest,
    idempotency_key,
    once,
    prove,
    read,
    service_application,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
type Client = TestClient[web.Request, web.Application]


class Asked(Body):
    amount: int
    on: datetime | None = None


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async def post(request: web.Request) -> web.Response:
        key, asked = idempotency_key(request), await read(request, Asked)
        return answer({"key": key, "amount": asked.amount})

    app = service_application()
    app.router.add_post("/", post)
    async with TestClient(TestServer(app)) as made:
        yield made


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b'{"amount": 5}', 200, None, None),
        (b'{"amount": 5, "on": "2026-11-26T12:00:00Z"}', 200, None, None),
        (b"", 400, "NOT_JSON", None),
        (b"\xff", 400, "NOT_JSON", None),
        (b"[" * 100_000, 400, "NOT_JSON", None),
        (b'{"amount": NaN}', 400, "NOT_JSON", None),
        (b'{"amount": 5.5}', 422, "INVALID", "amount"),
        (b'{"amount": "5"}', 422, "INVALID", "amount"),
        (b'{"amount": true}', 422, "INVALID", "amount"),
        (b'{"amount": 5, "more": 1}', 422, "INVALID", "more"),
        (b'{"amount": 5, "on": "\\u0000"}', 422, "INVALID", ""),
        (b"{}", 422, "INVALID", "amount"),
        (b'{"amount": 5, "x": "' + b"x" * 300_000 + b'"}', 413, "TOO_LARGE", None),
    ],
)
async def test_a_body_is_what_it_must_be_or_a_problem(
    client: Client, body: bytes, status: int, code: str | None, field: str | None
) -> None:
    async with client.post("/", data=body, headers={"Idempotency-Key": "k"}) as response:
        found: dict[str, Any] = await response.json()
    assert response.status == status
    assert found.get("code") == code
    if field is not None:
        assert found["field"] == field


@pytest.mark.parametrize("key", [None, "", "x" * 201])
async def test_a_change_needs_a_key(client: Client, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    async with client.post("/", data=b'{"amount": 5}', headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, "KEY_NEEDED")


async def test_the_same_key_at_the_same_time_does_the_work_once(pool: Pool) -> None:
    done: list[int] = []

    async def work(_: Connection) -> Json:
        done.append(1)
        await asyncio.sleep(0)
        return {"number": len(done)}

    results = await asyncio.gather(*(once(pool, "test", "k", "spend 5", NOW, work) for _ in range(8)))
    assert len(done) == 1
    assert sorted(new for new, _ in results) == [False] * 7 + [True]
    assert all(found == {"number": 1} for _, found in results)


async def test_a_used_key_for_something_else_is_refused_and_a_failure_frees_it(pool: Pool) -> None:
    async def work(_: Connection) -> Json:
        return 1

    async def fails(_: Connection) -> Json:
        raise Problem(422, "NO")

    with pytest.raises(Problem):
        await once(pool, "test", "k", "spend 5", NOW, fails)
    assert await once(pool, "test", "k", "spend 5", NOW, work) == (True, 1)
    with pytest.raises(Problem) as refused:
        await once(pool, "test", "k", "spend 6", NOW, work)
    assert refused.value.code == "KEY_REUSED"
    assert (await once(pool, "other", "k", "spend 6", NOW, work))[0]  # keys are each service's own


async def test_answers_are_forgotten_after_their_time(pool: Pool) -> None:
    async def work(_: Connection) -> Json:
        return 1

    await once(pool, "test", "old", "a", NOW, work)
    await once(pool, "test", "new", "a", NOW + KEPT + timedelta(days=1), work)
    assert await pool.fetchval("SELECT array_agg(key) FROM service_answered") == ["new"]


KEPT_PROOF = (digest("82", "OTTER 4821"), 1961)


async def tried(pool: Pool, code: str, year: int, now: datetime = NOW, *, there: bool = True) -> str:
    try:
        await prove(pool, "test", "82", (code, year), KEPT_PROOF if there else None, now)
    except Problem as problem:
        return f"{problem.code} {problem.more.get('remaining-tries', '')}".strip()
    return "proved"


@pytest.mark.parametrize(
    ("code", "year", "came"),
    [
        ("OTTER 4821", 1961, "proved"),
        ("otter-4821", 1961, "proved"),
        ("OTTER 4822", 1961, "PROOF_FAILED 4"),
        ("OTTER 4821", 1962, "PROOF_FAILED 4"),
        ("", 1961, "PROOF_FAILED 4"),
    ],
)
async def test_all_three_belong_together(pool: Pool, code: str, year: int, came: str) -> None:
    assert await tried(pool, code, year) == came


@pytest.mark.parametrize("there", [True, False])
async def test_wrong_tries_lock_a_reference_whether_it_is_there_or_not(pool: Pool, there: bool) -> None:
    came = [await tried(pool, "X", 1, there=there) for _ in range(TRIES)]
    assert came == [*(f"PROOF_FAILED {left}" for left in (4, 3, 2, 1)), "LOCKED"]
    assert await tried(pool, "OTTER 4821", 1961, there=there) == "LOCKED"
    later = NOW + LOCK + timedelta(seconds=1)
    assert await tried(pool, "OTTER 4821", 1961, later) == "proved"


async def test_tries_at_the_same_time_are_all_counted(pool: Pool) -> None:
    came = await asyncio.gather(*(tried(pool, "X", 1) for _ in range(8)))
    assert sorted(came)[0] == "LOCKED"
    assert sorted(came).count("LOCKED") == 4
