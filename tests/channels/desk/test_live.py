"""The desk's socket: told of what is new in one's own cases, and of nothing else."""

import asyncio

import pytest
from aiohttp import WSServerHandshakeError

from bot.desk.ownership import take
from tests.channels.desk.conftest import Browser, Desk


async def news(browser: Browser, path: str, desk: Desk, number: int) -> str:
    """What the socket says when a case is taken."""
    origin = str(browser.client.make_url("/")).rstrip("/")
    async with browser.client.ws_connect(path, headers={"Origin": origin}) as socket:
        while True:  # the socket listens a moment after it is open
            async with desk.pool.acquire() as connection, connection.transaction():
                officer = await connection.fetchval("SELECT id FROM officer LIMIT 1")
                await take(connection, number, officer, None)
            try:
                async with asyncio.timeout(30):
                    return str((await socket.receive_json())["type"])
            except TimeoutError:
                continue


@pytest.mark.parametrize("path", ["/desk/live", "/desk/live?case={number}"])
async def test_what_is_new_is_told(desk: Desk, path: str) -> None:
    number = await desk.case()
    browser = await desk.signed_in("officer")
    assert await news(browser, path.format(number=number), desk, number) == "changed"
    assert await desk.pool.fetchval("SELECT seen_at > now() - interval '1 minute' FROM officer")


@pytest.mark.parametrize(
    ("case", "origin", "status"),
    [
        ("{number}", "ours", 404),
        ("x", "ours", 400),
        ("9" * 19, "ours", 400),
        ("", "https://evil.example", 403),
    ],
)
async def test_who_may_not_listen(desk: Desk, case: str, origin: str, status: int) -> None:
    number = await desk.case("health")
    browser = await desk.signed_in("officer", "front")
    ours = str(browser.client.make_url("/")).rstrip("/")
    headers = {"Origin": ours if origin == "ours" else origin}
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.client.ws_connect(f"/desk/live?case={case.format(number=number)}", headers=headers)
    assert refused.value.status == status


async def test_signed_out_nobody_listens(desk: Desk) -> None:
    browser = await desk.new_browser()
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.client.ws_connect("/desk/live")
    assert refused.value.status == 401
