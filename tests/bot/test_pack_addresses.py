"""A department's address is read from the environment, from onedoor.env, or is the stand-in's."""

from pathlib import Path

import pytest

from bot.packs import expand

WRITTEN = "ONEDOOR_HEALTH_URL=https://written.example\n"


@pytest.mark.parametrize(
    ("environment", "file", "address"),
    [
        ("https://given.example", WRITTEN, "https://given.example"),
        (None, WRITTEN, "https://written.example"),
        (None, "", "http://stand-in"),
    ],
)
def test_where_an_address_comes_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: str | None, file: str, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONEDOOR_HEALTH_URL", raising=False)
    if environment:
        monkeypatch.setenv("ONEDOOR_HEALTH_URL", environment)
    (tmp_path / "onedoor.env").write_text(file)
    assert expand("${ONEDOOR_HEALTH_URL}", {"ONEDOOR_HEALTH_URL": "http://stand-in"}) == address
