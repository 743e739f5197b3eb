"""Pictures by text: fetched from Twilio alone, drawn anew, kept, and there when the text has its turn."""

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from PIL import Image, PngImagePlugin

from bot.queue import Kind, Pool
from bot.retention import Retention
from bot.settings import Settings
from bot.sweeper import Sweeper
from channels.sms import pictures
from channels.sms.pictures import Pictures
from channels.sms.redrawing import LONGEST_SIDE, MOST_BYTES, PictureError, redraw
from tests.channels.sms.conftest import CITIZEN, PUBLIC, make_settings
from tests.channels.sms.double import Media, TwilioDouble

SECRET: Final = b"51.4778N 0.0014W"
ORIENTATION: Final = 0x0112


def save(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def draw(mode: str = "RGB", size: tuple[int, int] = (60, 40), colour: Any = None) -> Image.Image:
    return Image.new(mode, size, colour if colour is not None else ("red" if mode in ("RGB", "RGBA") else 1))


JPEG: Final = save(draw(), "JPEG")


def with_exif() -> bytes:
    """As a telephone held upright takes it: turned, with the place and more in it."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = SECRET.decode()
    return save(draw(), "JPEG", exif=exif, comment=SECRET, icc_profile=SECRET * 20, xmp=SECRET)


def with_words() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Location", SECRET.decode())
    words.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return save(draw(), "PNG", pnginfo=words)


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 2,500,000,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (JPEG, (60, 40)),
        (with_exif(), (40, 60)),
        (with_words(), (60, 40)),
        (save(draw("L"), "JPEG"), (60, 40)),
        (save(draw("CMYK", colour=(0, 0, 0, 0)), "JPEG"), (60, 40)),
        (save(draw("1"), "PNG"), (60, 40)),
        (save(draw("P"), "PNG"), (60, 40)),
        (save(draw("P"), "PNG", transparency=1), (60, 40)),
        (save(draw("I;16"), "PNG"), (60, 40)),
        (save(draw("LA", colour=(9, 0)), "PNG"), (60, 40)),
        (save(draw("RGBA", colour=(255, 0, 0, 0)), "PNG"), (60, 40)),
        (save(draw(), "GIF", save_all=True, append_images=[draw(colour="blue")]), (60, 40)),
        (save(draw(), "WEBP"), (60, 40)),
        (save(draw("RGBA"), "WEBP", save_all=True, append_images=[draw("RGBA", colour="blue")]), (60, 40)),
        (save(draw(size=(5000, 2500)), "JPEG"), (2048, 1024)),
        (save(draw(size=(10, 4096)), "PNG"), (5, 2048)),
        (save(draw(size=(1, 1)), "PNG"), (1, 1)),
    ],
)  # fmt: skip
def test_a_picture_is_drawn_anew(data: bytes, size: tuple[int, int]) -> None:
    drawn = redraw(data)
    assert (drawn.width, drawn.height) == size
    with Image.open(io.BytesIO(drawn.data)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
        assert max(image.size) <= LONGEST_SIDE
        assert not image.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"}.intersection(image.info)
    assert SECRET not in drawn.data


def test_only_the_first_picture_of_several_and_white_where_it_is_clear() -> None:
    moving = save(draw(), "GIF", save_all=True, append_images=[draw(colour="blue")])
    clear = save(draw("RGBA", colour=(255, 0, 0, 0)), "PNG")
    for data, colour in ((moving, (254, 0, 0)), (clear, (255, 255, 255))):
        with Image.open(io.BytesIO(redraw(data).data)) as image:
            pixel = image.getpixel((30, 20))
        assert isinstance(pixel, tuple)
        assert max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 8


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", "not_a_picture"),
        (b"hello", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"%PDF-1.7", "not_a_picture"),
        (JPEG[: len(JPEG) // 2], "not_a_picture"),
        (JPEG[:3] + b"\0" * 500, "not_a_picture"),
        (save(draw(), "BMP"), "not_a_picture"),
        (save(draw(), "TIFF"), "not_a_picture"),
        (bomb(), "too_big"),
        (JPEG + b"\0" * MOST_BYTES, "too_big"),
    ],
    ids=["empty", "words", "svg", "pdf", "half", "broken", "bmp", "tiff", "bomb", "heavy"],
)
def test_what_is_no_picture_or_too_big(data: bytes, trouble: str) -> None:
    with pytest.raises(PictureError) as refused:
        redraw(data)
    assert refused.value.trouble == trouble


@pytest.fixture
async def fetcher(pool: Pool, twilio: TwilioDouble, settings: Settings) -> AsyncIterator[Pictures]:
    fetcher = Pictures(pool, settings, cdn={twilio.cdn})
    yield fetcher
    await fetcher.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow at once; the time a text waits is long, whatever the machine's load."""
    monkeypatch.setattr(pictures, "TRY_AGAIN", (0.0, 0.0))
    monkeypatch.setattr(pictures, "GIVE_UP", 120.0)
    monkeypatch.setattr(pictures, "WAIT", timedelta(minutes=5))


async def arrive(twilio: TwilioDouble, at: str, fields: dict[str, str]) -> None:
    assert (await twilio.post(f"{PUBLIC}/sms/twilio", fields, at))[0] == 200


async def jobs(pool: Pool, kind: Kind) -> list[int]:
    """The payloads of what may run now."""
    rows = await pool.fetch(
        "SELECT payload FROM pgqueuer WHERE entrypoint = $1 AND execute_after <= now()", kind.value
    )
    return [int(row["payload"]) for row in rows]


async def rows(pool: Pool) -> list[tuple[str, bool, Any]]:
    """Texts, whether they are due, and what came with them."""
    found = await pool.fetch(
        "SELECT text, due_at <= now() AS due, details -> 'media' AS media FROM inbound ORDER BY id"
    )
    return [tuple(row) for row in found]


async def test_a_picture_is_there_when_the_text_has_its_turn(
    twilio: TwilioDouble, at: str, pool: Pool, fetcher: Pictures
) -> None:
    url = twilio.add_media(Media(with_exif()))
    await arrive(twilio, at, twilio.with_media(CITIZEN, "a hole", url))
    number = await pool.fetchval("SELECT id FROM inbound")
    assert await jobs(pool, Kind.TURN) == []
    assert await jobs(pool, Kind.PICTURE) == [number]
    assert await rows(pool) == [("a hole", False, [{"url": url, "type": "image/jpeg"}])]
    await fetcher.fetch(number)
    row = await pool.fetchrow("SELECT * FROM picture")
    assert row is not None
    assert (row["inbound_id"], row["type"], row["width"], row["height"]) == (number, "image/jpeg", 40, 60)
    assert SECRET not in row["bytes"]
    assert await rows(pool) == [("a hole", True, [{"type": "image/jpeg", "photo": str(row["id"])}])]
    assert await jobs(pool, Kind.TURN) == [row["conversation_id"]]


def media(data: bytes = JPEG, **more: Any) -> Callable[[TwilioDouble], str]:
    return lambda twilio: twilio.add_media(Media(data, **more))


PLACES: Final[dict[str, tuple[Callable[[TwilioDouble], str], str | None]]] = {
    "there": (media(), None),
    "there after a while": (media(missing=2), None),
    "on the CDN": (media(location="cdn"), None),
    "never there": (media(missing=9), "gone"),
    "an error": (media(status=500), "gone"),
    "another account's": (lambda t: t.add_media(Media(JPEG)).replace(t.account_sid, "AC1"), "gone"),
    "sent on to elsewhere": (media(location="http://169.254.169.254/latest/meta-data"), "gone"),
    "sent on to a file": (media(location="file:///etc/passwd"), "gone"),
    "sent on to itself": (media(location=""), "gone"),
    "elsewhere": (lambda _: "https://pictures.example/1", "gone"),
    "elsewhere with our name": (lambda t: f"http://{t.url[7:]}@pictures.example/1", "gone"),
    "the CDN itself": (lambda t: f"{t.cdn}/cdn/1", "gone"),
    "not a picture": (media(b"hello"), "not_a_picture"),
    "too heavy": (media(b"\0" * (MOST_BYTES + 1)), "too_big"),
    "a bomb": (media(bomb()), "too_big"),
}


@pytest.mark.parametrize("name", PLACES)
async def test_where_a_picture_may_be(
    twilio: TwilioDouble, at: str, pool: Pool, fetcher: Pictures, name: str
) -> None:
    place, trouble = PLACES[name]
    await arrive(twilio, at, twilio.with_media(CITIZEN, "", place(twilio)))
    await fetcher.fetch(await pool.fetchval("SELECT id FROM inbound"))
    (_, due, told) = (await rows(pool))[0]
    assert due
    assert await pool.fetchval("SELECT count(*) FROM picture") == (1 if trouble is None else 0)
    assert "url" not in told[0]
    assert told[0].get("error") == trouble


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", True),
        ("https://api.dublin.ie1.twilio.com/2010-04-01/x", True),
        ("http://api.twilio.com/x", False),
        ("https://twilio.com.pictures.example/x", False),
        ("https://api.pictures.example/.twilio.com", False),
        ("https://api.twilio.com@pictures.example/x", False),
        ("https://user:pass@api.twilio.com/x", False),
        ("https://mms.twiliocdn.com/x", False),
        ("https://127.0.0.1/x", False),
        ("https://", False),
    ],
)
async def test_whose_addresses_see_our_credentials(
    pool: Pool, twilio: TwilioDouble, url: str, fetched: bool
) -> None:
    settings = make_settings(twilio).model_copy(update={"twilio_api_url": None})
    assert Pictures(pool, settings)._is_twilios(url) is fetched


@pytest.mark.parametrize(
    ("url", "follows"),
    [
        ("https://mms.twiliocdn.com/AC1/1?Expires=1", True),
        ("https://media.twiliocdn.com/1", True),
        ("https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC1/1", True),
        ("https://s3-external-1.amazonaws.com/other/1", False),
        ("http://mms.twiliocdn.com/1", False),
        ("https://twiliocdn.com.pictures.example/1", False),
        ("https://pictures.example/media.twiliocdn.com/1", False),
        ("https://mms.twiliocdn.com@pictures.example/1", False),
    ],
)
async def test_where_we_may_be_sent_on_to(pool: Pool, settings: Settings, url: str, follows: bool) -> None:
    assert Pictures(pool, settings)._is_cdn(url) is follows


async def test_several_things_are_each_told_of(
    twilio: TwilioDouble, at: str, pool: Pool, fetcher: Pictures
) -> None:
    urls = [twilio.add_media(Media(data)) for data in (JPEG, b"hello", JPEG)]
    fields = {**twilio.with_media(CITIZEN, "", *urls), "MediaContentType2": "video/mp4"}
    await arrive(twilio, at, fields)
    await fetcher.fetch(await pool.fetchval("SELECT id FROM inbound"))
    photo = str(await pool.fetchval("SELECT id FROM picture"))
    assert (await rows(pool))[0][2] == [
        {"type": "image/jpeg", "photo": photo},
        {"type": "image/jpeg", "error": "not_a_picture"},
        {"type": "video/mp4", "error": "not_a_picture"},
    ]
    assert len([call for call in twilio.calls if call[0] == "media"]) == 2


async def test_what_says_it_is_no_picture_is_neither_fetched_nor_waited_for(
    twilio: TwilioDouble, at: str, pool: Pool
) -> None:
    url = twilio.add_media(Media(b"x"))
    await arrive(twilio, at, twilio.with_media(CITIZEN, "", url, kind="audio/ogg"))
    assert await rows(pool) == [("", True, [{"type": "audio/ogg", "error": "not_a_picture"}])]
    assert await jobs(pool, Kind.PICTURE) == []
    assert len(await jobs(pool, Kind.TURN)) == 1


async def test_what_is_written_after_a_picture_waits_for_it(
    twilio: TwilioDouble, at: str, pool: Pool, fetcher: Pictures
) -> None:
    for number in range(2):
        await arrive(twilio, at, twilio.with_media(CITIZEN, "", twilio.add_media(Media(JPEG))))
        await arrive(twilio, at, twilio.inbound(CITIZEN, f"text {number}"))
    first, _, second, _ = [row["id"] for row in await pool.fetch("SELECT id FROM inbound ORDER BY id")]
    assert [due for _, due, _ in await rows(pool)] == [False] * 4
    await fetcher.fetch(second)  # it comes first, and waits for the one before all the same
    assert [due for _, due, _ in await rows(pool)] == [False] * 4
    await fetcher.fetch(first)
    assert [due for _, due, _ in await rows(pool)] == [True] * 4


async def test_the_first_picture_lets_go_what_is_before_the_next(
    twilio: TwilioDouble, at: str, pool: Pool, fetcher: Pictures
) -> None:
    for _ in range(2):
        await arrive(twilio, at, twilio.with_media(CITIZEN, "", twilio.add_media(Media(JPEG))))
        await arrive(twilio, at, twilio.inbound(CITIZEN, "text"))
    await fetcher.fetch(await pool.fetchval("SELECT min(id) FROM inbound"))
    assert [due for _, due, _ in await rows(pool)] == [True, True, False, False]


@pytest.mark.parametrize("text", ["he is not breathing"])
async def test_danger_waits_for_no_picture(twilio: TwilioDouble, at: str, pool: Pool, text: str) -> None:
    await arrive(twilio, at, twilio.with_media(CITIZEN, "", twilio.add_media(Media(JPEG))))
    await arrive(twilio, at, twilio.inbound(CITIZEN, text))
    await arrive(twilio, at, twilio.with_media(CITIZEN, text, twilio.add_media(Media(JPEG))))
    assert [due for _, due, _ in await rows(pool)] == [False, True, True]


async def test_two_that_fetch_keep_one(
    twilio: TwilioDouble, at: str, pool: Pool, settings: Settings, fetcher: Pictures
) -> None:
    await arrive(twilio, at, twilio.with_media(CITIZEN, "", twilio.add_media(Media(JPEG))))
    number = await pool.fetchval("SELECT id FROM inbound")
    other = Pictures(pool, settings)
    await asyncio.gather(fetcher.fetch(number), other.fetch(number), fetcher.fetch(number))
    await fetcher.fetch(number)
    await other.close()
    assert await pool.fetchval("SELECT count(*) FROM picture") == 1


async def test_a_turn_that_went_before_is_not_changed(
    twilio: TwilioDouble, at: str, pool: Pool, fetcher: Pictures
) -> None:
    await arrive(twilio, at, twilio.with_media(CITIZEN, "", twilio.add_media(Media(JPEG))))
    number, before = await pool.fetchval("SELECT id FROM inbound"), await rows(pool)
    await pool.execute("UPDATE inbound SET attempts = 1")
    await fetcher.fetch(number)
    assert await rows(pool) == before
    assert await pool.fetchval("SELECT count(*) FROM picture") == 0


async def test_a_fetch_that_was_lost_with_its_process_is_found_again(
    twilio: TwilioDouble, at: str, pool: Pool
) -> None:
    await arrive(twilio, at, twilio.with_media(CITIZEN, "", twilio.add_media(Media(JPEG))))
    number = await pool.fetchval("SELECT id FROM inbound")
    await pool.execute("DELETE FROM pgqueuer")
    sweeper = Sweeper(pool, Retention(pool, bodies=timedelta(days=7), facts=timedelta(days=365)))
    await sweeper.sweep(older_than=timedelta(0))
    assert await jobs(pool, Kind.PICTURE) == [number]
    await pool.execute("UPDATE inbound SET due_at = now()")
    await pool.execute("DELETE FROM pgqueuer")
    await sweeper.sweep(older_than=timedelta(0))
    assert await jobs(pool, Kind.PICTURE) == []
    assert len(await jobs(pool, Kind.TURN)) == 1
