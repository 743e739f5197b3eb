"""Links to pictures: only who was given one sees the picture."""

from uuid import uuid4

import pytest

from bot.inbox import open_conversation
from bot.photos import Photos
from bot.queue import Pool
from bot.settings import Settings


@pytest.fixture
def photos(pool: Pool) -> Photos:
    return Photos(pool, Settings(_env_file=None))  # type: ignore[call-arg]


async def picture(pool: Pool) -> str:
    async with pool.acquire() as connection:
        conversation = await open_conversation(connection, "sms", "+447700900123")
        return str(
            await connection.fetchval(
                "INSERT INTO picture (conversation_id, type, width, height, bytes)"
                " VALUES ($1, 'image/jpeg', 1, 1, 'jpeg') RETURNING id",
                conversation,
            )
        )


async def test_a_link_leads_to_its_picture(pool: Pool, photos: Photos) -> None:
    url = await photos.url(await picture(pool))
    found = await photos.find(*url.split("/")[-2:])
    assert found is not None
    assert (found["type"], found["bytes"]) == ("image/jpeg", b"jpeg")


async def test_another_pictures_proof_is_none(pool: Pool, photos: Photos) -> None:
    one, other = await picture(pool), await photos.url(await picture(pool))
    assert await photos.find(one, other.split("/")[-1]) is None
    assert await photos.find(one, "0" * 32) is None


async def test_a_picture_that_is_gone(pool: Pool, photos: Photos) -> None:
    url = await photos.url(str(uuid4()))
    assert await photos.find(*url.split("/")[-2:]) is None


async def test_what_is_no_id(photos: Photos) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        await photos.url("../secret")
