"""Twilio's webhooks: rows of calls, the answer each gets, and what is stored afterwards."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.database import close_pool, connect_pool
from bot.queue import Pool
from bot.settings import Settings
from tests.channels.sms.conftest import CITIZEN, PUBLIC, add_outbound, make_settings, serve
from tests.channels.sms.double import TwilioDouble

INBOUND = f"{PUBLIC}/sms/twilio"
STATUS = f"{PUBLIC}/sms/twilio/status"
SID = "SM" + "1" * 32
FORM = "application/x-www-form-urlencoded"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


async def stored(pool: Pool) -> list[tuple[str, str, str, bool, dict[str, object]]]:
    rows = await pool.fetch(
        "SELECT address, i.kind, text, done_at IS NOT NULL AS done, details"
        " FROM inbound i JOIN conversation c ON c.id = conversation_id ORDER BY i.id"
    )
    return [(r["address"], r["kind"], r["text"], r["done"], r["details"]) for r in rows]


async def jobs(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'turn'")
    return count


async def opted_out(pool: Pool) -> bool:
    found: bool = await pool.fetchval("SELECT opted_out_at IS NOT NULL FROM conversation")
    return found


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I need to choose a hospital", "I need to choose a hospital"),
        ("  2 \n", "  2 \n"),
        ("", ""),
        ("Dw i angen ysbyty yng Nghaerdydd, w\u0302yn", "Dw i angen ysbyty yng Nghaerdydd, ŵyn"),
        ("a & b = c + d %20 €", "a & b = c + d %20 €"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("😀", "😀"),
        ("x" * 3_000, "x" * 2_000),
    ],
)
async def test_a_text_is_stored_and_its_turn_enqueued(
    twilio: TwilioDouble, at: str, pool: Pool, text: str, kept: str
) -> None:
    assert await twilio.text(PUBLIC, CITIZEN, text, at=at) == (200, EMPTY)
    assert await stored(pool) == [(CITIZEN, "text", kept, False, {})]
    assert await jobs(pool) == 1


async def test_pictures_are_noted_and_not_fetched(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    picture = {"MediaUrl0": "https://api.twilio.example/ME1", "MediaContentType0": "image/jpeg"}
    fields = twilio.inbound(CITIZEN, "", NumMedia="1", **picture)
    assert (await twilio.post(INBOUND, fields, at))[0] == 200
    media = [{"url": "https://api.twilio.example/ME1", "type": "image/jpeg"}]
    assert await stored(pool) == [(CITIZEN, "media", "", False, {"media": media, "waits": "pictures"})]


async def test_the_same_message_again_changes_nothing(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    answers = await asyncio.gather(*(twilio.text(PUBLIC, CITIZEN, "hello", at=at, sid=SID) for _ in range(8)))
    assert set(answers) == {(200, EMPTY)}
    assert len(await stored(pool)) == 1
    assert await jobs(pool) == 1


async def test_two_citizens_have_two_conversations(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    for sender in (CITIZEN, "+447700900124", CITIZEN):
        assert (await twilio.text(PUBLIC, sender, "hello", at=at))[0] == 200
    assert await pool.fetchval("SELECT count(*) FROM conversation") == 2
    assert await pool.fetchval("SELECT count(*) FROM citizen") == 2


@pytest.mark.parametrize(
    ("texts", "stopped", "done", "turns"),
    [
        (["STOP"], True, [True], 0),
        ([" stop "], True, [True], 0),
        (["Cancel"], True, [True], 0),
        (["UNSUBSCRIBE"], True, [True], 0),
        (["OptOut"], True, [True], 0),
        (["stop 12345"], False, [False], 1),
        (["stop sign broken"], False, [False], 1),
        (["please stop texting me"], True, [True], 0),
        (["HELP"], False, [False], 1),
        (["YES"], False, [False], 1),
        (["STOP", "hello"], True, [True, False], 1),  # no message but a START-like one ends it
        (["STOP", "START"], False, [True, False], 1),
        (["STOP", "yes"], False, [True, False], 1),
        (["STOP", "START", "STOP"], True, [True, False, True], 1),
    ],
)
async def test_words_the_carrier_acts_on(
    twilio: TwilioDouble, at: str, pool: Pool, texts: list[str], stopped: bool, done: list[bool], turns: int
) -> None:
    for text in texts:
        assert (await twilio.text(PUBLIC, CITIZEN, text, at=at))[0] == 200
    assert await opted_out(pool) is stopped
    assert [row[3] for row in await stored(pool)] == done
    assert [row[2] for row in await stored(pool)] == texts
    assert await jobs(pool) == turns


async def test_the_turn_is_told_of_a_return_and_only_of_a_return(
    twilio: TwilioDouble, at: str, pool: Pool
) -> None:
    for text in ("YES", "STOP", "YES"):
        await twilio.text(PUBLIC, CITIZEN, text, at=at)
    assert [row[4] for row in await stored(pool)] == [{}, {"opted": "out"}, {"opted": "in"}]


async def test_a_repeated_stop_does_not_undo_a_start(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    await twilio.text(PUBLIC, CITIZEN, "STOP", at=at, sid=SID)
    await twilio.text(PUBLIC, CITIZEN, "START", at=at)
    assert (await twilio.text(PUBLIC, CITIZEN, "STOP", at=at, sid=SID))[0] == 200
    assert not await opted_out(pool)
    assert len(await stored(pool)) == 2


@pytest.mark.parametrize(
    ("text", "said", "stopped"),
    [("STOPIO", "STOP", True), ("CANCEL", "HELP", False), ("cancel", "ODD", True), ("hello", "ODD", False)],
)
async def test_what_advanced_opt_out_says_counts(
    twilio: TwilioDouble, at: str, pool: Pool, text: str, said: str, stopped: bool
) -> None:
    await twilio.post(INBOUND, twilio.inbound(CITIZEN, text, OptOutType=said), at)
    assert await opted_out(pool) is stopped


ORDINARY = {"From": CITIZEN, "MessageSid": SID, "Body": "hello"}


@dataclass
class Call:
    """A call that is refused: its raw parts, to be signed as the row says."""

    status: int
    error: str
    body: bytes = urlencode(ORDINARY).encode()
    content_type: str = FORM
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    sign: Callable[[TwilioDouble], dict[str, str]] | None = None


def signed(**fields: str) -> Callable[[TwilioDouble], dict[str, str]]:
    """Signs fields over the public address."""
    return lambda twilio: twilio.sign(INBOUND, fields)


def form(status: int, error: str, **changes: str | None) -> Call:
    """A signed form: the ordinary one with changes, None leaving a field out."""
    fields = {**ORDINARY, **changes}
    kept = {name: value for name, value in fields.items() if value is not None}
    return Call(status, error, urlencode(kept).encode(), sign=signed(**kept))


HASH = hashlib.sha256(b"{}").hexdigest()
CALLS = {
    "unsigned": Call(403, "signature"),
    "signature empty": Call(403, "signature", headers={"X-Twilio-Signature": ""}),
    "signature nonsense": Call(403, "signature", headers={"X-Twilio-Signature": "é=="}),
    "signed other fields": Call(403, "signature", sign=signed(Body="other")),
    "signed another address": Call(
        403, "signature", sign=lambda t: t.sign("https://evil.example/sms/twilio", {})
    ),
    "host header is not believed": Call(
        403, "signature", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
        body=b"Body=a", sign=lambda t: t.sign("https://evil.example/sms/twilio", {"Body": "a"}),
    ),
    "signed without its query": Call(403, "signature", query="?a=1", sign=signed(**ORDINARY)),
    "json, unsigned hash": Call(403, "signature", b"{}", "application/json", sign=signed()),
    "json, wrong hash": Call(
        403, "signature", b"{}", "application/json", "?bodySHA256=00",
        sign=lambda t: t.sign(f"{INBOUND}?bodySHA256=00", {}),
    ),
    "json, signed": Call(
        415, "not-a-form", b"{}", "application/json", f"?bodySHA256={HASH}",
        sign=lambda t: t.sign(f"{INBOUND}?bodySHA256={HASH}", {}),
    ),
    "no body, no type": Call(415, "not-a-form", b"", "application/octet-stream", sign=signed()),
    "hash beside a form": Call(
        403, "signature", query=f"?bodySHA256={HASH}",
        sign=lambda t: t.sign(f"{INBOUND}?bodySHA256={HASH}", {}),
    ),
    "empty": Call(400, "bad-field", b"", sign=signed()),
    "100 kB": Call(413, "too-long", b"Body=" + b"a" * 100_000, sign=signed(Body="a" * 100_000)),
    "binary": Call(400, "bad-form", bytes(range(256)), sign=signed()),
    "binary, signed no form": Call(400, "bad-form", bytes(range(256)), "image/png", sign=signed()),
    "not UTF-8": Call(400, "bad-form", b"Body=%ff%fe", sign=signed(Body="")),
    "not UTF-8, raw": Call(400, "bad-form", b"Body=caf\xe9", sign=signed(Body="")),
    "no equals sign": Call(400, "bad-form", b"hello", sign=signed()),
    "a thousand fields": Call(400, "bad-form", b"&".join(b"a=1" for _ in range(1000)), sign=signed(a="1")),
    "not gzip": Call(400, "bad-form", b"hello", headers={"Content-Encoding": "gzip"}, sign=signed()),
    "no sender": form(400, "bad-field", From=None),
    "sender not a number": form(400, "bad-field", From="whatsapp:+447700900123"),
    "sender in other digits": form(400, "bad-field", From="+٤٤٧٧٠٠٩٠٠١٢٣"),
    "sender with a new line": form(400, "bad-field", From=CITIZEN + "\n"),
    "no id": form(400, "bad-field", MessageSid=None),
    "id nonsense": form(400, "bad-field", MessageSid="1; DROP TABLE inbound"),
    "no text": form(400, "bad-field", Body=None),
    "pictures not counted": form(400, "bad-field", NumMedia="many"),
    "pictures in other digits": form(400, "bad-field", NumMedia="²"),
    "pictures without end": form(400, "bad-field", NumMedia="9" * 5000),
    "picture not there": form(400, "bad-field", NumMedia="1"),
    "picture on our disk": form(400, "bad-field", NumMedia="1", MediaUrl0="file:///etc/passwd"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_what_is_not_twilios_is_refused(twilio: TwilioDouble, at: str, pool: Pool, name: str) -> None:
    call = CALLS[name]
    headers = {"Content-Type": call.content_type, **(call.sign(twilio) if call.sign else {}), **call.headers}
    async with (
        aiohttp.ClientSession(skip_auto_headers=["User-Agent"]) as session,
        session.post(f"{at}/sms/twilio{call.query}", data=call.body, headers=headers) as answer,
    ):
        assert (answer.status, (await answer.json())["error"]) == (call.status, call.error)
    assert await stored(pool) == []
    assert await jobs(pool) == 0


async def test_a_body_that_never_comes_is_not_waited_for(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.sms.twilio.READ_SECONDS", 0.05)
    port = int(at.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /sms/twilio HTTP/1.1\r\nHost: a\r\nX-Twilio-Signature: a\r\nContent-Length: 10\r\n\r\nBody"
    )
    assert (await reader.readline()).split()[1] == b"408"
    writer.close()


@pytest.mark.parametrize("signed_url", [INBOUND, f"{PUBLIC}:443/sms/twilio"])
@pytest.mark.parametrize("public", [PUBLIC, f"{PUBLIC}:443", f"{PUBLIC}/"])
async def test_the_port_may_be_signed_or_not(
    twilio: TwilioDouble, pool: Pool, public: str, signed_url: str
) -> None:
    server = await serve(pool, make_settings(twilio, public_url=public))
    at = str(server.make_url("")).rstrip("/")
    assert (await twilio.post(signed_url, twilio.inbound(CITIZEN, "hello"), at))[0] == 200
    await server.close()


@pytest.mark.parametrize("path", ["/sms/twilio", "/sms/twilio/status?message=1"])
async def test_without_twilio_every_call_is_refused(twilio: TwilioDouble, pool: Pool, path: str) -> None:
    server = await serve(
        pool,
        Settings(
            _env_file=None,  # type: ignore[call-arg]
            twilio_account_sid=None,
            twilio_auth_token=None,
            twilio_from=None,
        ),
    )
    at = str(server.make_url("")).rstrip("/")
    status, text = await twilio.post(f"http://127.0.0.1:8080{path}", twilio.inbound(CITIZEN, "hello"), at)
    assert (status, "not-set-up" in text) == (403, True)
    await server.close()


async def test_a_database_that_is_away_is_said_so(
    twilio: TwilioDouble, settings: Settings, database_url: str
) -> None:
    pool = await connect_pool(database_url, size=2)
    server = await serve(pool, settings)
    await close_pool(pool)
    status, text = await twilio.text(PUBLIC, CITIZEN, "hello", at=str(server.make_url("")).rstrip("/"))
    assert (status, "later" in text) == (503, True)
    await server.close()


def receipt(sid: str = SID, status: str = "delivered", **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "MessageStatus": status, **more}


async def test_a_receipt_before_our_record_brings_the_id(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    number = await add_outbound(pool, status="handing")
    assert (await twilio.post(f"{STATUS}?message={number}", receipt(status="sent"), at))[0] == 204
    row = await pool.fetchrow("SELECT status, sender, sender_message_id FROM outbound")
    assert row is not None
    assert tuple(row) == ("sent", "twilio", SID)


@pytest.mark.parametrize(
    ("query", "fields", "status", "error"),
    [
        ("", receipt(), 400, "bad-field"),
        ("?message=", receipt(), 400, "bad-field"),
        ("?message=x", receipt(), 400, "bad-field"),
        ("?message=-1", receipt(), 400, "bad-field"),
        ("?message=99999999999999999999", receipt(), 400, "bad-field"),
        ("?message=1&message=2", receipt(), 400, "bad-field"),
        ("?message={known}", receipt(status="handing"), 400, "bad-field"),
        ("?message={known}", receipt(status="nonsense"), 400, "bad-field"),
        ("?message={known}", {"MessageSid": SID}, 400, "bad-field"),
        ("?message={known}", receipt(sid=""), 400, "bad-field"),
        ("?message={known}", receipt(ErrorCode="drop"), 400, "bad-field"),
        ("?message=987654321", receipt(), 404, "unknown"),
        ("?message={known}", receipt(sid="SM" + "2" * 32), 404, "unknown"),
        ("?message={other}", receipt(), 404, "unknown"),
    ],
)
async def test_receipts_that_are_refused(
    twilio: TwilioDouble, at: str, pool: Pool, query: str, fields: dict[str, str], status: int, error: str
) -> None:
    known, other = await add_outbound(pool), await add_outbound(pool)
    await pool.execute(
        "UPDATE outbound SET sender = 'twilio', sender_message_id = $2 WHERE id = $1", known, SID
    )
    url = STATUS + query.format(known=known, other=other)
    answered, text = await twilio.post(url, fields, at)
    assert (answered, error in text) == (status, True)
    assert await pool.fetchval("SELECT count(*) FROM receipt") == 0
    assert await pool.fetchval("SELECT sender_message_id FROM outbound WHERE id = $1", other) is None


async def test_a_receipt_for_a_web_chat_message_is_refused(twilio: TwilioDouble, at: str, pool: Pool) -> None:
    number = await add_outbound(pool)
    await pool.execute("UPDATE outbound SET channel = 'webchat'")
    assert (await twilio.post(f"{STATUS}?message={number}", receipt(), at))[0] == 404


async def test_every_event_is_kept_and_the_state_only_moves_forward(
    twilio: TwilioDouble, at: str, pool: Pool
) -> None:
    number = await add_outbound(pool)
    events = [("delivered", None), ("queued", None), ("sent", None), ("delivered", None), ("queued", None)]
    for status, code in [*events, ("undelivered", "30003"), ("delivered", None)]:
        fields = receipt(status=status, **({"ErrorCode": code} if code else {}))
        assert (await twilio.post(f"{STATUS}?message={number}", fields, at))[0] == 204
    kept = await pool.fetch("SELECT status, error_code FROM receipt ORDER BY id")
    assert [tuple(row) for row in kept] == [
        ("delivered", None), ("queued", None), ("sent", None), ("undelivered", "30003"),
    ]  # fmt: skip
    row = await pool.fetchrow("SELECT status, error_code FROM outbound")
    assert row is not None
    assert tuple(row) == ("undelivered", "30003")
