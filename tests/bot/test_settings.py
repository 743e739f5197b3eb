"""What an installation may set: defaults, the file, the environment, and a sentence for each mistake."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, read_settings

TWILIO = {"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "t0ken", "TWILIO_FROM": "+447700900000"}
PUBLIC = {"ONEDOOR_PUBLIC_URL": "https://onedoor.example/"}
SECRET = "tops3cret"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without any setting, in a folder without a file."""
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        monkeypatch.delenv(alias if isinstance(alias, str) else f"ONEDOOR_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def put(monkeypatch: pytest.MonkeyPatch, environment: Iterable[tuple[str, str]]) -> None:
    for name, value in environment:
        monkeypatch.setenv(name, value)


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings()
    assert (settings.base_url, settings.twilio, settings.database_url) == (
        "http://127.0.0.1:8080",
        False,
        None,
    )


@pytest.mark.parametrize(
    ("environment", "field", "value"),
    [
        ({"PORT": "9000"}, "port", 9000),
        ({"HOST": "0.0.0.0"}, "host", "0.0.0.0"),
        ({"ONEDOOR_PACKS": '["health", "care"]'}, "packs", ["health", "care"]),
        ({"ONEDOOR_DEFAULT_LANGUAGE": "cy"}, "default_language", "cy"),
        ({"ONEDOOR_KEEP_MESSAGES_DAYS": "30"}, "keep_messages_days", 30),
        ({"ONEDOOR_TURN_TIMEOUT": "2.5"}, "turn_timeout", 2.5),
        ({**TWILIO, **PUBLIC}, "twilio", True),
        (PUBLIC, "base_url", "https://onedoor.example"),
        ({"ONEDOOR_UNKNOWN": "x"}, "port", 8080),
    ],
)
def test_the_environment_sets(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], field: str, value: object
) -> None:
    put(monkeypatch, environment.items())
    assert getattr(read_settings(), field) == value


def test_the_file_sets_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "onedoor.env").write_text("# ours\nPORT=9001\nONEDOOR_LOG_LEVEL=debug\n\nSOMETHING_ELSE=1\n")
    assert (read_settings().port, read_settings().log_level) == (9001, "debug")
    monkeypatch.setenv("PORT", "9002")
    assert (read_settings().port, read_settings().log_level) == (9002, "debug")


def test_another_file_may_be_named(tmp_path: Path) -> None:
    file = tmp_path / "other.env"
    file.write_text("PORT=9003\n")
    assert read_settings(file).port == 9003


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "0"}, "The setting PORT is wrong: input should be greater than or equal to 1."),
        ({"PORT": "http"}, "The setting PORT is wrong: "),
        ({"ONEDOOR_PUBLIC_URL": "onedoor.example"}, "The setting ONEDOOR_PUBLIC_URL is wrong: "),
        ({"ONEDOOR_PUBLIC_URL": "ftp://onedoor.example"}, "The setting ONEDOOR_PUBLIC_URL is wrong: "),
        ({"ONEDOOR_DEFAULT_LANGUAGE": "fr"}, "The setting ONEDOOR_DEFAULT_LANGUAGE is wrong: "),
        ({"ONEDOOR_TURN_TIMEOUT": "1"}, "The setting ONEDOOR_TURN_TIMEOUT is wrong: "),
        ({"ONEDOOR_POOL_SIZE": "1"}, "The setting ONEDOOR_POOL_SIZE is wrong: "),
        ({"ONEDOOR_KEEP_MESSAGES_DAYS": "0"}, "The setting ONEDOOR_KEEP_MESSAGES_DAYS is wrong: "),
        ({"ONEDOOR_PACKS": "health"}, "The setting ONEDOOR_PACKS is wrong: "),
        ({"ONEDOOR_SECRET_KEY": SECRET}, "ONEDOOR_SECRET_KEY is wrong: needs 32 characters or more."),
        ({"TWILIO_AUTH_TOKEN": SECRET}, "TWILIO_ACCOUNT_SID, TWILIO_FROM is missing."),
        ({**TWILIO, "TWILIO_FROM": ""}, "TWILIO_FROM is missing."),
        (TWILIO, "ONEDOOR_PUBLIC_URL is missing"),
        ({"PORT": "0", "HOST": "x", "ONEDOOR_POOL_SIZE": "1"}, "PORT is wrong"),
    ],
)
def test_a_mistake_is_a_sentence_without_the_value(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
) -> None:
    put(monkeypatch, environment.items())
    with pytest.raises(SettingsError) as raised:
        read_settings()
    said = str(raised.value)
    assert sentence in said
    assert SECRET not in said


def test_each_mistake_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"PORT": "0", "ONEDOOR_POOL_SIZE": "1"}.items())
    with pytest.raises(SettingsError) as raised:
        read_settings()
    assert len(str(raised.value).splitlines()) == 2


def test_secrets_are_hidden_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        monkeypatch,
        {**TWILIO, **PUBLIC, "TWILIO_AUTH_TOKEN": SECRET, "ONEDOOR_SECRET_KEY": SECRET * 4,
         "DATABASE_URL": f"postgresql://onedoor:{SECRET}@db.example/onedoor"}.items(),
    )  # fmt: skip
    assert SECRET not in repr(read_settings())


@pytest.mark.parametrize(
    "value",
    [
        "tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}.png",
        "https://t/{z}/{x}/{y}; script-src *",
    ],
)
def test_a_tile_address_that_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes into the page's security policy, so nothing but an address may be in it."""
    monkeypatch.setenv("ONEDOOR_MAP_TILES", value)
    with pytest.raises(SettingsError, match="ONEDOOR_MAP_TILES"):
        read_settings()
