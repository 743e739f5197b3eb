"""Letters: what is on the paper, where, and how it comes to whoever prints."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PageObject, PdfReader

from bot.commands.letters import describe, printed, save
from bot.keys import open_department
from bot.notices import Notice, Notices, Words
from bot.outbox import Delivery
from bot.problems import Problem
from bot.queue import Pool
from bot.worker import Worker
from channels.letter.page import draw
from channels.letter.sender import LetterSender

MILLIMETRE = 72 / 25.4
HEIGHT = 297.0
ADDRESS = ["Siân Example", "1 Mill Lane", "Leeds", "LS6 2AB"]
SENDER = {"en": "Reports of problems", "cy": "Rhoi gwybod am broblemau"}
DAY = date(2026, 11, 23)


def drawn(*parts: tuple[str, str, str], large: bool = False, address: list[str] = ADDRESS) -> PdfReader:
    pdf, pages = draw(address, list(parts), sender=SENDER, day=DAY, large=large)
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == pages
    return reader


def places(page: PageObject) -> list[tuple[str, float, float, float]]:
    """Each piece of text with millimetres from the left and the top, and its size in points."""
    found: list[tuple[str, float, float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        if text.strip():
            x, y = tm[4] + cm[4], tm[5] + cm[5]
            found.append((text.strip(), x / MILLIMETRE, HEIGHT - y / MILLIMETRE, size))

    page.extract_text(visitor_text=visit)
    return found


def test_the_address_is_in_the_window() -> None:
    most = [*(f"{number} Long Line Street" for number in range(6)), "LS6 2AB"]
    page = drawn(("en", "Bins", "Out on Tuesday."), address=most).pages[0]
    shown = {text: (x, y) for text, x, y, _ in places(page)}
    for line in most:
        x, y = shown[line]
        assert 24.6 <= x < 30
        assert 39.5 <= y <= 39.5 + 26.8
    assert all(y < 35 or y > 70 for text, (_, y) in shown.items() if text not in most)


@pytest.mark.parametrize(("large", "least"), [(False, 12), (True, 18)])
def test_the_words_are_large_enough(large: bool, least: int) -> None:
    page = drawn(
        ("en", "Bins", "# What\n\nOut on Tuesday.\n\n* one\n\n1. two\n\n^ three"), large=large
    ).pages[0]
    words = [size for text, _, _, size in places(page) if text not in ADDRESS and "Page" not in text]
    assert len(words) >= 7
    assert min(words) >= least


def test_both_languages_each_on_its_own_page() -> None:
    reader = drawn(("cy", "Biniau", "Tŷ, ŵyn, â, ê, ŷ."), ("en", "Bins", "Out on Tuesday."))
    first, second = (page.extract_text() for page in reader.pages)
    assert "23 Tachwedd 2026" in first
    assert "Tŷ, ŵyn, â, ê, ŷ." in first
    assert "Tudalen 1 o 2" in first
    assert "23 November 2026" in second
    assert "Page 2 of 2" in second
    assert reader.metadata is not None
    assert reader.metadata.title == "Biniau"


def test_a_long_letter_goes_on() -> None:
    reader = drawn(("en", "Bins", "\n\n".join(["A paragraph of words. " * 12] * 20)), large=True)
    assert len(reader.pages) > 2
    told = "".join(page.extract_text() for page in reader.pages)
    assert told.count("paragraph") == 240


@given(st.text(max_size=300))
@settings(max_examples=15, deadline=None)
def test_whatever_is_written_can_be_drawn(text: str) -> None:
    drawn(
        ("en", text[:40].replace("\n", " "), text),
        address=[text[:60].replace("\n", " ") or "x", "y", "LS6 2AB"],
    )


@pytest.fixture
async def worker(database_url: str) -> AsyncIterator[Worker]:
    worker = await Worker.start(database_url)
    yield worker
    await worker.stop()


async def post(pool: Pool, worker: Worker) -> int:
    """A letter that was asked for and drawn; its number."""
    async with pool.acquire() as connection, connection.transaction():
        await open_department(connection, "reports")
        words = {"en": Words("Out on Tuesday.", "Bins"), "cy": Words("Ddydd Mawrth.", "Biniau")}
        notice = Notice("reports", "letter", "\n".join(ADDRESS), words, details={"large_print": True})
        made = await Notices().make(connection, notice, now=datetime.now(UTC))
        conversation = await connection.fetchval(
            "SELECT conversation_id FROM outbound WHERE id = $1", made.id
        )
    await Delivery(pool, {"letter": LetterSender(pool, zone="Europe/London")}, worker).deliver(conversation)
    return made.id


async def test_from_the_request_to_the_post(pool: Pool, worker: Worker, tmp_path: Path) -> None:
    number = await post(pool, worker)
    assert [line.split("  ")[:3] for line in await describe(pool)] == [[str(number), "reports", "2 pages"]]
    assert await save(pool, tmp_path / "out") == 1
    path = tmp_path / "out" / f"letter-{number}.pdf"
    assert path.stat().st_mode & 0o777 == 0o600
    text = PdfReader(path).pages[0].extract_text()
    assert "Reports of problems" in text
    assert "Out on Tuesday." in text
    await printed(pool, [number])
    assert await describe(pool) == ["No letter waits."]
    assert await pool.fetchval("SELECT status FROM outbound") == "delivered"


async def test_drawn_once_whatever_dies(pool: Pool, worker: Worker) -> None:
    number = await post(pool, worker)
    before = await pool.fetchval("SELECT pdf FROM letter")
    await pool.execute("UPDATE outbound SET status = 'handing', sender = NULL")
    conversation = await pool.fetchval("SELECT conversation_id FROM outbound")
    await Delivery(pool, {"letter": LetterSender(pool, zone="Europe/London")}, worker).deliver(conversation)
    row = await pool.fetchrow("SELECT status, sender_message_id, perhaps_twice FROM outbound")
    assert row is not None
    assert tuple(row) == ("accepted", f"letter {number}", False)
    assert await pool.fetchval("SELECT pdf FROM letter") == before


async def test_a_number_that_is_no_letter(pool: Pool, worker: Worker) -> None:
    number = await post(pool, worker)
    with pytest.raises(Problem, match="There is no letter 0"):
        await printed(pool, [number, 0])
    assert await pool.fetchval("SELECT status FROM outbound") == "accepted"
