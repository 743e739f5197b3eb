"""GOV.UK Notify as a sender: what it is handed, how its refusals are taken, and its calls to us."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.outbox import Outgoing, SendError
from bot.queue import Pool
from bot.senders import WeightedSender
from bot.settings import Settings
from channels.sms.govuk import NOTIFY, NotifySender, add_notify
from tests.channels.sms.conftest import CITIZEN, add_outbound
from tests.channels.sms.govuk_double import NotifyDouble

TOKEN = "a-token-of-sixteen-or-more"


@pytest.fixture
async def notify() -> AsyncIterator[NotifyDouble]:
    async with NotifyDouble() as double:
        yield double


@pytest.fixture
def configured(notify: NotifyDouble) -> Settings:
    return Settings(_env_file=None, notify_sender_token=TOKEN, **notify.settings())  # type: ignore[call-arg, arg-type]


@pytest.fixture
async def sender(pool: Pool, configured: Settings) -> AsyncIterator[NotifySender]:
    sender = NotifySender(pool, configured)
    yield sender
    await sender.close()


@pytest.fixture
async def hooks(pool: Pool, configured: Settings) -> AsyncIterator[str]:
    app, texts = web.Application(), web.Application()
    add_notify(texts, pool, configured)
    app.add_subapp("/sms", texts)
    async with TestServer(app) as server:
        yield str(server.make_url("/sms/notify/"))


async def outgoing(pool: Pool, number: int) -> Outgoing:
    row = await pool.fetchrow("SELECT conversation_id, text FROM outbound WHERE id = $1", number)
    assert row is not None
    return Outgoing(number, row["conversation_id"], CITIZEN, row["text"])


async def test_a_text_is_handed_over_and_found_by_our_reference(
    pool: Pool, notify: NotifyDouble, sender: NotifySender
) -> None:
    message = await outgoing(pool, await add_outbound(pool, "Tŷ – one"))
    assert await sender.find(message) is None
    given = await sender.send(message)
    assert [each["personalisation"] for each in notify.texts] == [{"body": "Tŷ - one"}]
    assert await sender.find(message) == given


@pytest.mark.parametrize(
    ("status", "error", "code", "permanent"),
    [
        (400, "ValidationError", "ValidationError", True),
        (400, "BadRequestError", "400", False),
        (403, "AuthError", "403", False),
        (429, "RateLimitError", "429", False),
        (503, "Exception", "503", False),
    ],
)
async def test_refusals(
    pool: Pool,
    notify: NotifyDouble,
    sender: NotifySender,
    status: int,
    error: str,
    code: str,
    permanent: bool,
) -> None:
    notify.fail_with = (status, error)
    with pytest.raises(SendError) as caught:
        await sender.send(await outgoing(pool, await add_outbound(pool)))
    assert (caught.value.code, caught.value.permanent) == (code, permanent)


async def test_a_refused_text_goes_to_the_other_and_is_not_asked_for(
    pool: Pool, notify: NotifyDouble, sender: NotifySender
) -> None:
    number = await add_outbound(pool)
    both = WeightedSender(pool, "sms", {NOTIFY: sender, "second": sender}, random=lambda: 0.0)
    message = await outgoing(pool, number)
    notify.fail_with = (503, "Exception")
    with pytest.raises(SendError):
        await both.send(message)
    assert await pool.fetchval("SELECT sender FROM outbound WHERE id = $1", number) == NOTIFY
    await pool.execute("UPDATE outbound SET error_code = '503', attempts = 2 WHERE id = $1", number)
    assert await both.find(message) is None  # though Notify can't be asked
    notify.fail_with = None
    await both.send(message)
    assert await pool.fetchval("SELECT sender FROM outbound WHERE id = $1", number) == "second"


async def test_receipts_and_texts_need_the_token(pool: Pool, hooks: str) -> None:
    number = await add_outbound(pool)
    sid = "00000000-0000-4000-8000-000000000001"
    status = {"id": sid, "reference": str(number), "status": "delivered"}
    text = {"id": sid, "source_number": "447700900123", "message": "Hello"}
    async with aiohttp.ClientSession() as session:
        for path, body in (("status", status), ("received", text)):
            for token, answer in (("wrong", 403), (TOKEN, 204), (TOKEN, 204)):
                headers = {"Authorization": f"Bearer {token}"}
                async with session.post(hooks + path, json=body, headers=headers) as got:
                    assert got.status == answer
    row = await pool.fetchrow("SELECT status, sender, sender_message_id FROM outbound WHERE id = $1", number)
    assert row is not None
    assert tuple(row) == ("delivered", NOTIFY, sid)
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 1
