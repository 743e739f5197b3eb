"""`onedoor batches` as it is typed: nothing leaves while a row is wrong, and the cost is told before."""

import argparse
import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bot.batches import read_batches
from bot.commands.batches import batches
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings
from bot.templates import save
from bot.urgency import Urgency

GOOD = "phone number,name,language\n07700 900123,Maya,Welsh\n07700 900124,George,\n"


class Desk:
    """Somebody at the command line."""

    def __init__(self, url: str, template: UUID, folder: Path) -> None:
        self.template, self._folder = template, folder
        self._settings = Settings(_env_file=None, DATABASE_URL=url)  # type: ignore[call-arg]

    async def type(self, task: str, **given: Any) -> None:
        """A command; the real one runs a loop of its own."""
        arguments = argparse.Namespace(verb="batches", task=task, **given)
        assert await asyncio.to_thread(batches, self._settings, arguments) == 0

    async def send(self, text: str, *, check: bool = False, yes: bool = True) -> None:
        """A file."""
        path = self._folder / "november.csv"
        path.write_text(text)
        await self.type("send", template=self.template, file=path, name=None, check=check, yes=yes)


@pytest.fixture
async def desk(pool: Pool, database_url: str, tmp_path: Path) -> Desk:
    async with pool.acquire() as connection:
        template = await save(
            connection, department="reports", channel="sms", name="bins", urgency=Urgency.BULK, by="a test",
            body={"en": "Dear ((name)).", "cy": "Annwyl ((name))."},
        )  # fmt: skip
    return Desk(database_url, template.id, tmp_path)


async def test_sent_watched_paused_and_cancelled(
    desk: Desk, pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    await desk.send(GOOD)
    out = capsys.readouterr().out
    # One citizen's language is known, the other gets both.
    assert "2 recipients of “bins” (version 1). 2 segments, £0.08." in out
    (batch,) = await read_batches(pool)
    assert (batch.name, batch.status, batch.total) == ("november", "running", 2)
    await desk.type("pause", id=batch.id)
    await desk.type("list")
    assert f"{batch.id}  reports  november  paused  0 of 2" in capsys.readouterr().out
    await desk.type("resume", id=batch.id)
    await desk.type("cancel", id=batch.id)
    assert "2 recipients get no message." in capsys.readouterr().out
    await desk.type("watch", id=batch.id)
    assert "cancelled" in capsys.readouterr().out


async def test_one_wrong_row_and_nothing_is_sent(
    desk: Desk, pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Problem, match=r"2 rows are wrong, so nothing is sent\. 2 are right"):
        await desk.send(GOOD + "0113 496 0000,Tom,\n07700900126,,\n")
    told = capsys.readouterr().err
    assert "Row 4: Not a mobile number: it is a landline" in told
    assert "Row 5: Missing: name." in told
    assert await read_batches(pool) == []


async def test_only_checked(desk: Desk, pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
    await desk.send(GOOD, check=True)
    assert "Nothing is sent." in capsys.readouterr().out
    assert await read_batches(pool) == []


async def test_nobody_there_to_agree(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115, ASYNC230
    with pytest.raises(Problem, match="--yes"):
        await desk.send(GOOD, yes=False)


@pytest.mark.parametrize("task", ["watch", "pause", "resume", "cancel"])
async def test_no_such_batch(desk: Desk, task: str) -> None:
    with pytest.raises(Problem, match="no such batch"):
        await desk.type(task, id=UUID(int=1))


async def test_what_nothing_carries_is_refused_at_once(desk: Desk, pool: Pool) -> None:
    async with pool.acquire() as connection:
        email = await save(
            connection, department="reports", channel="email", name="e-mail", by="a test",
            urgency=Urgency.BULK, subject={"en": "Bins", "cy": "Biniau"},
            body={"en": "Dear ((name)).", "cy": "Annwyl ((name))."},
        )  # fmt: skip
    desk.template = email.id
    with pytest.raises(Problem, match="There is no mail server: set ONEDOOR_SMTP_URL"):
        await desk.send(GOOD)
