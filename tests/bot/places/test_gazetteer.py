"""With many names each look-up goes by an index, and only what is near is read."""

import random
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.places import open_places
from bot.places.entry import Entry
from bot.places.gazetteer import KINDS_SQL, KNOWN_SQL, NEAREST_SQL, ROWS_SQL, SLIPS_SQL, WORDS_SQL
from bot.places.loading import load_names
from bot.places.names import slips
from bot.queue import Pool

MANY = 60_000
FIRST = (
    "ash", "beck", "cardigan", "dale", "elm", "fern", "grange", "heath", "ivy", "jubilee", "kelso", "larch",
    "manor", "nether", "oak", "quarry",
)  # fmt: skip
LAST = (
    "bourne", "croft", "den", "ely", "field", "gate", "holme", "ing", "kirk", "ley", "mead", "ness", "over",
    "port", "royd", "stead", "thorpe", "wick",
)  # fmt: skip
KINDS = ("Road", "Street", "Lane", "Avenue", "Grove", "Close", "Drive", "Terrace")


def generated(count: int) -> Iterator[Entry]:
    """Streets all over England, each name in several places."""
    chance = random.Random(7)
    for _ in range(count):
        name = (
            f"{chance.choice(FIRST)}{chance.choice(LAST)}{chance.choice(LAST)} {chance.choice(KINDS)}".title()
        )
        lat, long = 51.5 + chance.random() * 3, -2.5 + chance.random() * 2
        yield Entry("street", name, lat, long, 200, town=chance.choice(LAST).title())
    for _ in range(2_000):
        yield Entry("street", "High Street", 51.5 + chance.random() * 3, -2.5 + chance.random() * 2, 200)


@pytest.fixture(scope="module")
async def many(server_url: str, template: str) -> AsyncIterator[Pool]:
    """A database with a large gazetteer."""
    name = f"{template}_many_places"
    pool = await connect_pool(await create_database(server_url, name, template=template), size=2)
    assert (await load_names(pool, generated(MANY), "many")).rows == MANY + 2_000
    yield pool
    await close_pool(pool)
    await drop_database(server_url, name)


@pytest.mark.parametrize(
    ("sql", "arguments", "index"),
    [
        (KINDS_SQL, [["cardiganleyroydrd", "highst"]], "place_keys"),
        (ROWS_SQL, [["cardiganleyroydrd", "highst"], ["street"], [(-1.5, 53.8)], 40], "place_keys"),
        (WORDS_SQL, [["w:cardiganleyroyd"], [(-1.5, 53.8)], 40], "place_keys"),
        (SLIPS_SQL, [slips("cardigonleyroyd")], "place_word_slips"),
        (KNOWN_SQL, [["cardiganleyroyd"]], "place_word_pkey"),
        (NEAREST_SQL, [53.8, -1.55, 0.006, 40], "place_at"),
    ],
)  # fmt: skip
async def test_plans(many: Pool, sql: str, arguments: list[object], index: str) -> None:
    plan = "\n".join(row[0] for row in await many.fetch(f"EXPLAIN {sql}", *arguments))
    assert index in plan
    assert "Seq Scan on place" not in plan


async def test_of_a_common_name_the_nearest_are_given(many: Pool) -> None:
    places = open_places(many)
    here = (53.0, -1.5)
    spots = await places.find("High Street", near=here, limit=3)
    nearest = await many.fetch(
        "SELECT at[1] AS lat, at[0] AS long FROM place WHERE name = 'High Street'"
        " ORDER BY at <-> point(-1.5, 53.0) LIMIT 12"
    )
    assert len(spots) == 3
    assert {(spot.lat, spot.long) for spot in spots} <= {(row["lat"], row["long"]) for row in nearest}


async def test_a_slip_among_many(many: Pool) -> None:
    row = await many.fetchrow("SELECT name FROM place WHERE name LIKE 'Cardigan%' ORDER BY id LIMIT 1")
    assert row is not None
    spots = await open_places(many).find(row["name"].replace("digan", "digon"), near=(53.0, -1.5))
    assert spots
    assert all(spot.label["en"].startswith(row["name"]) for spot in spots)
