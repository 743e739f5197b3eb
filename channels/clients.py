"""The departments' clients for pages: opened and closed with the application that has the pages."""

from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

from bot.engine.runtime import packs
from bot.services import Services


class Clients:
    """Gives them while the application runs; `open` belongs into its `cleanup_ctx`."""

    services: Services

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """Prepares.

        Args:
            addresses: of the services that are served here, as `bot.services.stand_in_addresses` gives them.
        """
        self._addresses = dict(addresses)

    async def open(self, _app: web.Application) -> AsyncIterator[None]:
        """Opens their session, and closes it."""
        async with aiohttp.ClientSession() as session:
            self.services = Services(packs(), session, self._addresses)
            yield
