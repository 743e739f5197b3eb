"""Tries to sign in on departments' public pages, counted by the network that they come from."""

from typing import Final

from aiohttp import web

from bot.keys import installation_secret
from bot.queue import Pool
from bot.settings import Settings
from bot.signin.failures import MOST_OF_NETWORK, Failures
from channels.origin import caller

WHOSE: Final = "public network"
"""Counted apart from officers' sign-ins, so that neither locks the other out; one count for all pages."""


class Tries:
    """Lets no network try many references: each locks by itself after a few wrong codes, whoever tries."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        """Prepares.

        Args:
            pool: the process's connections.
            settings: of the installation: its secret, and the proxies before it.
        """
        self._pool, self._settings = pool, settings
        self._secret = b""
        self._failures = Failures(pool, lambda: self._secret)

    async def another(self, request: web.Request) -> bool:
        """Counts a try as failed until `forgive`. False: there were too many, do not even look."""
        if not self._secret:
            self._secret = await installation_secret(self._pool, self._settings)
        return await self._failures.count(self._who(request), MOST_OF_NETWORK) <= MOST_OF_NETWORK

    async def forgive(self, request: web.Request) -> None:
        """Takes the try back: they are who they say."""
        await self._failures.forgive_one(self._who(request))

    def _who(self, request: web.Request) -> str:
        return f"{WHOSE} {caller(request, self._settings.proxies)}"
