"""Place finding on the demo's names and boundaries, loaded once."""

from collections.abc import AsyncIterator

import pytest

from bot.database import close_pool, connect_pool, create_database, drop_database
from bot.places import Places, load_demo, open_places
from bot.queue import Pool


@pytest.fixture(scope="session")
async def demo_pool(server_url: str, template: str) -> AsyncIterator[Pool]:
    """A database with the demo's places."""
    name = f"{template}_places"
    pool = await connect_pool(await create_database(server_url, name, template=template), size=4)
    await load_demo(pool)
    yield pool
    await close_pool(pool)
    await drop_database(server_url, name)


@pytest.fixture(scope="session")
def places(demo_pool: Pool) -> Places:
    """Place finding on the demo's places."""
    return open_places(demo_pool)
