"""`onedoor places`: what an operator types, and what comes back."""

import sys
from pathlib import Path

import pytest

from bot.command import main


@pytest.fixture
def onedoor(monkeypatch: pytest.MonkeyPatch, database_url: str) -> object:
    """Runs the command on an empty database; gives what it returned."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def run(*arguments: str) -> int:
        import asyncio

        monkeypatch.setattr(sys, "argv", ["onedoor", *arguments])
        return await asyncio.to_thread(main)

    return run


async def test_load_find_and_list(
    onedoor: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(onedoor)
    file = tmp_path / "shops.csv"
    file.write_text("kind,name,lat,long\nlandmark,Big Shop,53.8,-1.55\nlandmark,Odd,0,0\n")
    assert await onedoor("places", "load", str(file)) == 0
    told = capsys.readouterr()
    assert told.out == "1 names from shops. 1 rows can't be used.\n"
    assert "Row 3" in told.err
    assert await onedoor("places", "demo") == 0
    capsys.readouterr()
    assert await onedoor("places", "find", "outside", "the", "Big", "Shop") == 0
    told = capsys.readouterr()
    assert "Big Shop (outside)" in told.out
    assert "Leeds City Council" in told.out
    assert await onedoor("places", "list") == 0
    assert "landmark" in capsys.readouterr().out
    assert await onedoor("places", "find", "nowhere at all") == 0
    assert capsys.readouterr().out == "Nothing is found.\n"


async def test_mistakes_are_sentences(
    onedoor: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(onedoor)
    assert await onedoor("places", "load", str(tmp_path / "none.csv")) == 1
    assert "can't be read" in capsys.readouterr().err
    assert await onedoor("places", "load", "a.csv", "b.csv") == 1
    assert "--source" in capsys.readouterr().err
    assert await onedoor("places", "areas", str(tmp_path / "none.geojson")) == 1
    assert "can't be read" in capsys.readouterr().err
