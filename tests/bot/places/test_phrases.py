"""What citizens say of a place is found as what they mean, in both languages."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.places import Places

PHRASES = YAML(typ="safe").load(Path(__file__).with_name("phrases.yml").read_text("utf-8"))
HEADINGLEY = (53.8190, -1.5790)


def ids(rows: Iterable[object]) -> list[str]:
    """The phrases by number, as some of them are no name for a test."""
    return [str(at) for at, _ in enumerate(rows)]


@pytest.mark.parametrize(("said", "label"), PHRASES["one"], ids=ids(PHRASES["one"]))
async def test_found(places: Places, said: str, label: str) -> None:
    assert [spot.label["en"] for spot in await places.find(said)] == [label]


@pytest.mark.parametrize(("said", "begins"), PHRASES["several"], ids=ids(PHRASES["several"]))
async def test_ambiguous(places: Places, said: str, begins: str) -> None:
    spots = await places.find(said, near=HEADINGLEY)
    assert len(spots) > 1
    assert all(spot.label["en"].startswith(begins) for spot in spots)
    for language in ("en", "cy"):
        assert len({spot.label[language] for spot in spots}) == len(spots)


@pytest.mark.parametrize("said", PHRASES["none"], ids=ids(PHRASES["none"]))
async def test_not_invented(places: Places, said: str) -> None:
    assert await places.find(said) == []
