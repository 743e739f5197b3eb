"""Links to pictures that citizens sent: an address nobody can guess, for those the pictures are meant for."""

import hashlib
import hmac
from typing import Any, Final
from uuid import UUID

from bot.keys import installation_secret
from bot.queue import Pool
from bot.settings import Settings

LENGTH: Final = 32
"""Characters of a link's proof, 4 bits each."""


class Photos:
    """Makes the links, and finds the pictures they lead to; they end when the picture does."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool, self._settings = pool, settings
        self._secret: bytes | None = None

    async def url(self, photo: str) -> str:
        """The public address of a picture by its id.

        Raises:
            ValueError: it is no id.
        """
        name = str(UUID(photo))
        return f"{self._settings.base_url}/pictures/{name}/{await self._proof(name)}"

    async def find(self, photo: str, proof: str) -> Any | None:
        """Type and bytes of the picture a link leads to; None when it is gone or the link is made up."""
        if not hmac.compare_digest((await self._proof(photo)).encode(), proof.encode()):
            return None
        return await self._pool.fetchrow("SELECT type, bytes FROM picture WHERE id = $1", UUID(photo))

    async def _proof(self, name: str) -> str:
        if self._secret is None:
            self._secret = await installation_secret(self._pool, self._settings)
        return hmac.new(self._secret, f"picture:{name}".encode(), hashlib.sha256).hexdigest()[:LENGTH]
