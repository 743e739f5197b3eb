"""The socket: what goes in and out, what is fetched after a break, and frames our page never sends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient
from aiohttp.web import Request

from bot.queue import Pool
from tests.channels.webchat.answering import Answer, answer, answering

type Client = TestClient[Request, None]

ORIGIN = {"Origin": "http://onedoor.example"}


async def connect(client: Client, after: str = "0-0", lang: str = "en") -> ClientWebSocketResponse:
    if not list(client.session.cookie_jar):
        await client.get("/")
    return await client.ws_connect(f"/chat/socket?after={after}&lang={lang}", headers=ORIGIN)


async def say(socket: ClientWebSocketResponse, text: str, own_id: str = "abcdefgh-1") -> None:
    await socket.send_json({"type": "say", "id": own_id, "text": text})


async def frame(socket: ClientWebSocketResponse) -> dict[str, Any]:
    content: dict[str, Any] = await socket.receive_json(timeout=5)
    return content


async def test_a_message_its_echo_and_its_answer(client: Client, pool: Pool) -> None:
    socket = await connect(client)
    await say(socket, "  knee <b>pain</b>\r\nsince May ")
    echo = await frame(socket)
    assert (echo["type"], echo["speaker"], echo["id"]) == ("line", "citizen", "abcdefgh-1")
    assert echo["text"] == "knee <b>pain</b>\nsince May"
    assert "&lt;b&gt;pain" in echo["html"]
    assert await frame(socket) == {"type": "thinking"}

    hospitals = Answer(
        "Call 116 123 or see https://example.org/?a=1&b", (("Leeds", "1"), ("York", "2")), "cy"
    )
    number = await pool.fetchval("SELECT id FROM inbound")
    first, second = await answer(pool, number, [hospitals, Answer("One more.")])
    line = await frame(socket)
    assert line["key"] == f"out-{first}"
    assert line["options"] == [{"label": "1. Leeds", "value": "1"}, {"label": "2. York", "value": "2"}]
    assert line["lang"] == "cy"
    assert 'href="tel:116123"' in line["html"]
    assert 'href="https://example.org/?a=1&amp;b"' in line["html"]
    assert (await frame(socket))["key"] == f"out-{second}"
    assert await pool.fetchval("SELECT details FROM inbound") == {"page_language": "en"}


async def test_a_chosen_number_is_shown_with_its_words_also_after_a_break(client: Client, pool: Pool) -> None:
    socket = await connect(client)
    async with answering(pool, lambda said: [Answer("Which?", (("Leeds", "1"), ("York", "2")))]):
        await say(socket, "hospital")
        while (line := await frame(socket)).get("speaker") != "assistant":
            pass
        await socket.close()
        socket = await connect(client, after=line["cursor"])
        await say(socket, "2", "abcdefgh-2")
        line = await frame(socket)
    assert line["text"] == "2"
    assert "York" in line["html"]


async def test_after_a_break_what_was_missed_comes_once(client: Client, pool: Pool) -> None:
    socket = await connect(client)
    await say(socket, "one")
    cursor = (await frame(socket))["cursor"]
    await socket.close()
    await answer(pool, await pool.fetchval("SELECT id FROM inbound"), [Answer("a"), Answer("b")])

    socket = await connect(client, after=cursor)
    await say(socket, "one")  # sent again, since its echo might have been lost
    await say(socket, "two", "abcdefgh-2")
    texts = [(await frame(socket))["text"] for _ in range(3)]
    assert texts == ["a", "b", "two"]
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 2


async def test_two_windows_of_a_browser_see_the_same(client: Client, pool: Pool) -> None:
    one = await connect(client)
    await say(one, "hello")
    await frame(one)
    other = await connect(client)
    assert (await frame(other))["text"] == "hello"
    await say(one, "again", "abcdefgh-2")
    assert {(await frame(other)).get("text") for _ in range(2)} == {"again", None}


async def test_nobody_sees_anothers_conversation(
    browser: Callable[[], Awaitable[Client]], client: Client, pool: Pool
) -> None:
    other = await browser()
    theirs = await connect(other)
    socket = await connect(client)
    await say(socket, "my secret")
    await frame(socket)
    await say(theirs, "hello")
    assert (await frame(theirs))["text"] == "hello"
    number = await pool.fetchval("SELECT id FROM inbound WHERE text = 'my secret'")
    (out,) = await answer(pool, number, [Answer("to you alone")])
    await theirs.send_json({"type": "seen", "upto": f"out-{out}"})
    await say(theirs, "bye", "abcdefgh-2")
    seen = [await frame(theirs) for _ in range(2)]
    assert all(line.get("text") in {None, "bye"} for line in seen)
    assert await pool.fetchval("SELECT status FROM outbound") == "sent"


async def test_seen_is_a_receipt(client: Client, pool: Pool) -> None:
    socket = await connect(client)
    async with answering(pool, lambda said: [Answer("a"), Answer("b"), Answer("c")]):
        await say(socket, "hello")
        keys = [key for _ in range(5) if (key := (await frame(socket)).get("key", "")).startswith("out")]
        for upto in (keys[1], keys[0]):  # a late, smaller one changes nothing
            await socket.send_json({"type": "seen", "upto": upto})
        await say(socket, "and", "abcdefgh-2")
        await frame(socket)
    states = await pool.fetchval("SELECT array_agg(status ORDER BY id) FROM outbound WHERE inbound_id = 1")
    assert states == ["delivered", "delivered", "sent"]
    assert await pool.fetchval("SELECT count(*) FROM receipt") == 2


BAD_FRAMES: list[str | bytes] = [
    "",
    "hello",
    "null",
    "3",
    "[]",
    "[" * 10_000,
    '{"type": "say"}',
    '{"type": "say", "id": 7, "text": "x"}',
    '{"type": "say", "id": "abcdefgh", "text": ["x"]}',
    '{"type": "say", "id": "abcdefgh", "text": null}',
    '{"type": "say", "id": "short", "text": "x"}',
    '{"type": "say", "id": "no spaces here", "text": "x"}',
    '{"type": "shout", "id": "abcdefgh", "text": "x"}',
    '{"type": ["say"]}',
    '{"type": "seen"}',
    '{"type": "seen", "upto": 3}',
    '{"type": "seen", "upto": "in-3"}',
    '{"type": "seen", "upto": "out-"}',
    '{"type": "seen", "upto": "out--1"}',
    '{"type": "seen", "upto": "out-²"}',
    '{"type": "seen", "upto": "out-99999999999999999999999999"}',
    '{"type": "say", "id": "abcdefgh", "text": "x", "n": NaN}x',
    b"\x00\xff",
    b'{"type": "say", "id": "abcdefgh", "text": "x"}',
]


async def test_a_frame_that_is_not_ours_gets_an_error_and_the_talk_goes_on(
    client: Client, pool: Pool
) -> None:
    for bad in BAD_FRAMES:  # in one test: each would make a database of its own
        socket = await connect(client)
        await (socket.send_bytes(bad) if isinstance(bad, bytes) else socket.send_str(bad))
        error = await frame(socket)
        assert (error["type"], error["code"]) == ("error", "broken"), bad
        assert await pool.fetchval("SELECT count(*) FROM conversation") == 0, bad
        await say(socket, "", "abcdefgh")
        assert (await frame(socket))["code"] == "empty", bad
        await socket.close()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("\u2066\U000e0041", "empty"),
        ("\ud800", "empty"),
        ("x" * 301, "long"),
        ("4111 1111 1111 1111", "card"),
    ],
)
async def test_a_refused_message_comes_back_with_the_reason(
    client: Client, pool: Pool, text: str, code: str
) -> None:
    socket = await connect(client, lang="cy")
    await socket.send_str(json.dumps({"type": "say", "id": "abcdefgh", "text": text}))
    error = await frame(socket)
    assert (error["type"], error["code"], error["id"]) == ("error", code, "abcdefgh")
    assert error["text"]
    assert await pool.fetchval("SELECT count(*) FROM conversation") == 0


async def test_a_frame_of_100_kilobytes_closes_the_socket(client: Client) -> None:
    socket = await connect(client)
    await say(socket, "x" * 100_000)
    message = await socket.receive(timeout=5)
    assert message.type is WSMsgType.CLOSE
    assert message.data == 1009


async def test_many_bad_frames_close_the_socket(client: Client) -> None:
    socket = await connect(client)
    for _ in range(5):
        await socket.send_str("{")
    for _ in range(5):
        assert (await frame(socket))["code"] == "broken"
    message = await socket.receive(timeout=5)
    assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)


async def test_the_sixteenth_message_in_a_minute_comes_back(client: Client, pool: Pool) -> None:
    socket = await connect(client)
    for number in range(16):
        await say(socket, f"message {number}", f"abcdefgh-{number}")
    await say(socket, "message 3", "abcdefgh-3")  # a repetition is never refused
    await say(socket, "message 3, differently", "abcdefgh-3")
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["type"] != "error":
        frames.append(await frame(socket))
    assert frames[-1]["code"] == "fast"
    assert frames[-1]["id"] == "abcdefgh-15"
    async with asyncio.timeout(30):
        while sum(each["type"] == "line" for each in frames) < 15:
            frames.append(await frame(socket))
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 15
    assert await pool.fetchval("SELECT text FROM inbound ORDER BY id LIMIT 1 OFFSET 3") == "message 3"


NO_ENTRY: list[tuple[dict[str, str], str, bool, int]] = [
    ({}, "", True, 403),
    ({"Origin": "https://evil.example"}, "", True, 403),
    ({"Origin": "null"}, "", True, 403),
    (ORIGIN, "", False, 403),
    (ORIGIN, "?after=", True, 400),
    (ORIGIN, "?after=x", True, 400),
    (ORIGIN, "?after=1", True, 400),
    (ORIGIN, "?after=-1", True, 400),
    (ORIGIN, "?after=99999999999999999999-1", True, 400),
    (ORIGIN, "?after=%00-%00", True, 400),
]


async def test_who_may_not_connect(browser: Callable[[], Awaitable[Client]]) -> None:
    for headers, query, cookie, status in NO_ENTRY:
        client = await browser()
        if cookie:
            await client.get("/")
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(f"/chat/socket{query}", headers=headers)
        assert refused.value.status == status, query


async def test_a_request_that_is_no_handshake(client: Client) -> None:
    await client.get("/")
    assert (await client.get("/chat/socket", headers=ORIGIN)).status == 400


async def test_one_browser_has_so_many_sockets(client: Client) -> None:
    sockets = [await connect(client) for _ in range(8)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await connect(client)
    assert refused.value.status == 429
    await sockets[0].close()
    await connect(client)


async def test_leaving_closes_the_sockets_of_that_browser(
    browser: Callable[[], Awaitable[Client]], client: Client
) -> None:
    other = await connect(await browser())
    socket = await connect(client)
    page = await (await client.get("/")).text()
    token = page.partition('name="token" value="')[2].partition('"')[0]
    assert (await client.post("/leave", data={"token": token})).status == 200
    message = await socket.receive(timeout=5)
    assert (message.type, message.data) == (WSMsgType.CLOSE, 4001)
    await say(other, "still here")
    assert (await frame(other))["text"] == "still here"


async def test_a_database_that_fails_closes_the_socket_to_try_again(client: Client, pool: Pool) -> None:
    socket = await connect(client)
    await pool.execute("ALTER TABLE inbound RENAME TO gone")
    await say(socket, "hello")
    message = await socket.receive(timeout=5)
    assert (message.type, message.data) == (WSMsgType.CLOSE, 1013)
    await pool.execute("ALTER TABLE gone RENAME TO inbound")
    socket = await connect(client)
    await say(socket, "hello")
    assert (await frame(socket))["text"] == "hello"
