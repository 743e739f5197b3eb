"""The packs' public pages as the one application mounts them: they share one count of tries to sign in."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from bot.engine.runtime import packs
from bot.queue import Pool
from bot.services import stand_in_addresses
from bot.settings import Settings
from channels.app import add_public_pages, stand_ins
from channels.pages import add_pages
from tests.departments import much_tried

PROVIDER = {"number": "XC1001", "code": "NEST 0000"}
BUDGET = {"reference": "4000 0003", "code": "ROBIN 7715", "year": "1996"}


async def test_every_pack_s_pages_are_mounted_and_a_network_is_locked_out_of_all(pool: Pool) -> None:
    settings = Settings(_env_file=None, PORT=unused_port())  # type: ignore[call-arg]
    root = web.Application()
    add_pages(root, https=False)
    for path, service in stand_ins(pool, stand_in_addresses(settings.base_url)).items():
        root.add_subapp(path, service)
    add_public_pages(root, pool, settings, demo=True)
    server, ours = TestServer(root, port=settings.port), {"Origin": settings.base_url}
    async with TestClient(server, headers=ours) as client:
        for pack in packs().packs.values():
            if pack.pages is not None:
                assert (await client.get(pack.pages)).status == 200, pack.name
        # Each page's service is asked with our key: else it would not say that the proof is wrong.
        assert (await client.post("/childcare/provider/sign-in", data=PROVIDER)).status == 401
        assert (await client.post("/care/sign-in", data=BUDGET)).status == 401
        await much_tried(pool)
        assert (await client.post("/childcare/provider/sign-in", data=PROVIDER)).status == 429
        assert (await client.post("/care/sign-in", data=BUDGET)).status == 429
